"""Kinds of values that are lists: in a file as YAML lists, in a variable joined by commas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from wfcontroller.cli.composing import Refused, compose
from wfcontroller.configuration.kinds import refused
from wfcore.codec.limits import matches
from wfcore.codec.problems import Nested, Path, Rejected, shown
from wfcore.model.fields import DNS_LABEL
from wfcore.settings import PROTECTED_NAMESPACES, CustomAction

EVERYWHERE = "*"
_FIELDS = ("actionType", "idempotent")


def _namespace(name: Any) -> str:
    if not isinstance(name, str) or not matches(DNS_LABEL, name):
        raise Rejected("BadFormat", f"{shown(name)} is not the name of a namespace, such as shop or team-a")
    return name


def _each(items: Iterable[Any], read: Callable[[Any], Any]) -> list[Any]:
    """Every item read, or all that is wrong with them."""
    found, wrong = [], list[tuple[Path, Exception]]()
    for index, item in enumerate(items):
        try:
            found.append(read(item))
        except (Nested, Rejected) as error:
            wrong.append(((index,), error))
    if wrong:
        raise Nested(wrong)
    return found


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []


@frozen
class Namespaces:
    """Names of namespaces, each once; `made` builds the collection that the settings want."""

    made: Callable[[Iterable[str]], Any] = tuple
    allowed: str = "a list of namespaces"

    def read(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise refused(self, value)
        return self.made(dict.fromkeys(_each(value, _namespace)))

    def read_text(self, text: str) -> Any:
        return self.read(_parts(text))

    def written(self, value: Any) -> Any:
        return sorted(value) if isinstance(value, frozenset) else list(value)


@frozen
class FurtherNamespaces(Namespaces):
    """Namespaces besides those that are always protected: nobody unprotects kube-system by naming another."""

    def read(self, value: Any) -> Any:
        return PROTECTED_NAMESPACES | frozenset(Namespaces.read(self, value))

    def written(self, value: Any) -> Any:
        return sorted(value - PROTECTED_NAMESPACES)


@frozen
class TrustedNamespaces(Namespaces):
    """Namespaces, or `*` for all of them, which the settings spell None."""

    made: Callable[[Iterable[str]], Any] = frozenset
    allowed: str = 'a list of namespaces, or "*" for all of them'

    def read(self, value: Any) -> Any:
        return None if value == EVERYWHERE else Namespaces.read(self, value)

    def read_text(self, text: str) -> Any:
        return self.read(EVERYWHERE if text.strip() == EVERYWHERE else _parts(text))

    def written(self, value: Any) -> Any:
        return EVERYWHERE if value is None else Namespaces.written(self, value)


@frozen
class CustomActions:
    """Custom actions; a variable holds the YAML list in one line."""

    allowed: str = "a list of objects {actionType: NAME, idempotent: true or false}"

    def read(self, value: Any) -> tuple[CustomAction, ...]:
        if not isinstance(value, list):
            raise refused(self, value)
        names = [item.get("actionType") if isinstance(item, dict) else None for item in value]
        return tuple(_each(range(len(value)), lambda index: _custom_action(value[index], names[:index])))

    def read_text(self, text: str) -> tuple[CustomAction, ...]:
        try:
            documents = list(compose(text))
        except Refused as error:
            raise Rejected("BadFormat", f"expected {self.allowed}; {error.message}") from None
        if len(documents) != 1 or documents[0].problems:
            raise refused(self, text, "BadFormat")
        return self.read(documents[0].value)

    def written(self, value: Any) -> Any:
        return [{"actionType": action.action_type, "idempotent": action.idempotent} for action in value]


def _custom_action(item: Any, earlier: list[Any]) -> CustomAction:
    if not isinstance(item, dict):
        raise Rejected("WrongType", f"expected an object {{actionType, idempotent}}, got {shown(item)}")
    wrong: list[tuple[Path, Exception]] = [
        ((key,), Rejected("UnknownKey", f"unknown; allowed are {' and '.join(_FIELDS)}"))
        for key in item if key not in _FIELDS]
    name, idempotent = item.get("actionType"), item.get("idempotent", False)
    if not isinstance(name, str) or not matches(DNS_LABEL, name):
        wrong.append((("actionType",), Rejected("BadFormat", f"expected a name like flush-cache, got {shown(name)}")))
    elif name in earlier:
        wrong.append((("actionType",), Rejected("Duplicate", f"{shown(name)} is declared twice; remove one")))
    if not isinstance(idempotent, bool):
        wrong.append((("idempotent",), Rejected("WrongType", f"expected true or false, got {shown(idempotent)}")))
    if wrong:
        raise Nested(wrong)
    return CustomAction(action_type=str(name), idempotent=idempotent)
