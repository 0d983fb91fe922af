"""Strategies for any class of the model, from the limits that its fields declare: valid by construction.

A class that is added to the model needs nothing here; a new kind of scalar does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("the strategies of wfcore.testing need Hypothesis: pip install 'wfcore[testing]'") from error

from wfcore.codec import wire_name
from wfcore.model.definition import DependencyList
from wfcore.model.fields import (
    CONFIG_KEY,
    DNS_LABEL,
    DNS_SUBDOMAIN,
    IMAGE,
    SELECTOR,
    Limits,
    StrMap,
    limits_of,
    wire_fields,
)

T = TypeVar("T")

# Hypothesis adds the time zone.
_EPOCH, _END = datetime(1970, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001
_DAY = timedelta(days=1)
# Text as it may come from anywhere: control characters, other scripts, quotes; no lone surrogates, UTF-8 has none.
_ALPHABET = st.characters(exclude_categories=["Cs"])
_FEW = 3


def times() -> st.SearchStrategy[datetime]:
    """Aware instants with microseconds."""
    return st.datetimes(_EPOCH, _END, timezones=st.just(UTC))


def json_values(leaves: int = 20) -> st.SearchStrategy[Any]:
    """Any JSON value."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(_ALPHABET, max_size=20)
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=leaves)


@cache
def instances(cls: type[T]) -> st.SearchStrategy[T]:
    """Instances of a class of the model that its codec accepts.

    Each field alone fits its limits; what only holds between fields (parameters
    that match the action, edges that exist) is for the strategies below.
    """
    attrs.resolve_types(cls)  # type: ignore[type-var]
    fields = {a.name: _of(a.type, limits_of(a)) for a in wire_fields(cls)}
    return st.builds(cls, **fields)


def _of(kind: Any, limits: Limits | None) -> st.SearchStrategy[Any]:
    bounds = limits or Limits(doc="")
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        some: st.SearchStrategy[Any] = st.one_of([_of(member, limits) for member in members])
        return st.none() | some if len(members) < len(get_args(kind)) else some
    if get_origin(kind) is tuple:
        return _lists(get_args(kind)[0], bounds)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if kind is StrMap:
        return _maps(bounds)
    if attrs.has(kind):
        return st.deferred(lambda: instances(kind))
    return _scalar(kind, bounds)


def _scalar(kind: Any, limits: Limits) -> st.SearchStrategy[Any]:
    low, high = limits.minimum, limits.maximum
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(None if low is None else int(low), None if high is None else int(high))
    if kind is float:
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    if kind is timedelta:
        return st.timedeltas(timedelta(seconds=low or 0), _DAY if high is None else timedelta(seconds=high))
    if kind is datetime:
        return times()
    if kind is str:
        return texts(limits)
    raise TypeError(f"no strategy for {kind!r}; add it to wfcore.testing.strategies")


# Expressions are slow to draw from; these few make up the model's.
_WORD = st.text("abz09", min_size=1, max_size=6)


def words() -> st.SearchStrategy[str]:
    """Names that every kind of object may have."""
    return _WORD


_MATCHING: Mapping[str, st.SearchStrategy[str]] = {
    DNS_LABEL: _WORD, DNS_SUBDOMAIN: _WORD | st.tuples(_WORD, _WORD).map(".".join),
    IMAGE: st.tuples(_WORD, _WORD).map("/".join), SELECTOR: _WORD.map("app={}".format),
    CONFIG_KEY: st.text("-._aZ9", min_size=1, max_size=6),
}


def texts(limits: Limits) -> st.SearchStrategy[str]:
    """Strings within limits: short ones that match the pattern, or any text."""
    if limits.pattern is None:
        return st.text(_ALPHABET, min_size=limits.min_length or 0, max_size=min(limits.max_length or 12, 12))
    optional, pattern = limits.pattern.startswith("^$|"), limits.pattern.removeprefix("^$|")
    # A `$` of the schema is the very end; Hypothesis would add a newline after it.
    known = _MATCHING.get(pattern)
    some = st.from_regex(re.compile(pattern.replace("$", r"\Z"), re.ASCII)).map(
        lambda text: text[:limits.max_length]) if known is None else known
    return st.just("") | some if optional else some


def _lists(item: Any, limits: Limits) -> st.SearchStrategy[tuple[Any, ...]]:
    if item is DependencyList:
        names = st.text(_ALPHABET, min_size=1, max_size=6)
        given = st.dictionaries(names, st.lists(names, max_size=_FEW), max_size=_FEW)
        return given.map(lambda d: tuple(DependencyList(step=k, needs=tuple(d[k])) for k in sorted(d)))
    key = limits.list_map_keys[0] if limits.list_map_keys else None
    unique = None if key is None else lambda value: next(
        getattr(value, a.name) for a in attrs.fields(type(value)) if wire_name(a.name) == key)
    most = min(limits.max_items or _FEW, _FEW)
    return st.lists(_of(item, limits.items), min_size=limits.min_items or 0, max_size=most,
                    unique_by=unique).map(tuple)


def _maps(limits: Limits) -> st.SearchStrategy[StrMap]:
    values = texts(limits.values or Limits(doc=""))
    return st.dictionaries(st.text(_ALPHABET, min_size=1, max_size=8), values, max_size=_FEW).map(StrMap)
