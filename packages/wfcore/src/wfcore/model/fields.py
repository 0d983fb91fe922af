"""How a model field states its description and limits, once, for the codec and the CRD alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

LIMITS = "wfcore.limits"
UNKNOWN = "wfcore.unknown"

# RFC 1123, as the API server checks names.
DNS_LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
IMAGE = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
SELECTOR = r"^[A-Za-z0-9._/=!(), -]+$"
# Limits of a duration that a user gives, in seconds.
DURATION_IN: Final[Mapping[str, Any]] = {"minimum": 1, "maximum": 86_400}
CONFIG_KEY = r"^[-._a-zA-Z0-9]+$"


@attrs.frozen(kw_only=True)
class Limits:
    """What JSON schema can say about one field; `None` means no limit.

    `minimum` and `maximum` are seconds for a duration (DURATION_IN: 1s to 24h).

    `items` limits each item of a list, `values` each value of a map.
    `secret` marks values that must never leave spec: they are excluded from the
    plan digest, status, events, logs and audit.
    """

    doc: str
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    min_items: int | None = None
    max_items: int | None = None
    max_properties: int | None = None
    list_map_keys: tuple[str, ...] = ()
    items: Limits | None = None
    values: Limits | None = None
    secret: bool = False


def prop(
    doc: str,
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    **limits: Any,
) -> Any:
    """An attrs field that carries its `Limits`; without default it is required on the wire too."""
    metadata = {LIMITS: Limits(doc=doc, **limits)}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata)
    return attrs.field(default=default, metadata=metadata)


def limits_of(attribute: attrs.Attribute[Any]) -> Limits | None:
    """The limits a field was declared with, or `None` for a plain attrs field."""
    found: Limits | None = attribute.metadata.get(LIMITS)
    return found


def kept_unknown() -> Any:
    """The attrs field that keeps what a newer version wrote into a status: JSON text of the fields unknown here.

    It is no field of the API: reading fills it, and writing puts them back in
    their place.  Name it `unknown`.
    """
    return attrs.field(default="", metadata={UNKNOWN: True})


def wire_fields(cls: Any) -> tuple[attrs.Attribute[Any], ...]:
    """The attributes of a model class that are fields of the API, in order."""
    return tuple(attribute for attribute in attrs.fields(cls) if UNKNOWN not in attribute.metadata)


class StrMap(Mapping[str, str]):
    """An immutable, hashable string map, ordered by key so that equal maps print alike."""

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items: dict[str, str] = dict(sorted((items or {}).items()))
        self._hash: int | None = None

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(tuple(self._items.items()))
        return self._hash

    def __repr__(self) -> str:
        return f"StrMap({self._items!r})"

    def __reduce__(self) -> tuple[type[StrMap], tuple[dict[str, str]]]:
        # A cached str hash is only valid in the process that computed it.
        return (StrMap, (self._items,))
