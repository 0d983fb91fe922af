"""Takes secret values out of JSON that is kept: each is replaced by a word of its length that says nothing.

Equal values get equal words and different values different ones, within one
document: whether two secrets are the same may decide something, what they are
never does.  A veiled document is veiled to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import attrs

from wfcore.codec import wire_name
from wfcore.model.actions import STEP_MEMBERS
from wfcore.model.fields import limits_of

# Of each member of a union of parameters, the fields whose values are secret.
_SECRET: Mapping[str, frozenset[str]] = {
    member: names for member, cls in STEP_MEMBERS.items()
    if (names := frozenset(wire_name(a.name) for a in attrs.fields(cls)
                           if (limits := limits_of(a)) is not None and limits.secret))}
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64 = frozenset(_DIGITS + "=")


class Veil:
    """The words given so far; one veil for all that is compared with each other."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._given: dict[tuple[int, bool], int] = {}

    def over(self, value: Any) -> Any:
        """The JSON with veiled secrets, without what may repeat them as text.  O(size)."""
        if isinstance(value, list | tuple):
            return [self.over(item) for item in value]
        if not isinstance(value, Mapping):
            return value.value if isinstance(value, StrEnum) else value
        return {key: self._member(key, value[key]) for key in sorted(value)}

    def _member(self, key: str, value: Any) -> Any:
        if key in _SECRET and isinstance(value, Mapping):
            return {name: self._secret(value[name]) if name in _SECRET[key] else self.over(value[name])
                    for name in sorted(value)}
        if key == "annotations" and isinstance(value, Mapping):
            return {name: text for name, text in sorted(value.items()) if not _repeats(name, text)}
        if key == "env" and isinstance(value, list):
            # The environment of a container may hold anything, and nothing is decided by it.
            return [{k: v for k, v in item.items() if k != "value"} if isinstance(item, Mapping) else item
                    for item in value]
        return self.over(value)

    def _secret(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._word(value[name]) for name in sorted(value)}
        return None if value is None else 0

    def _word(self, value: Any) -> Any:
        """A word that is as long, and base64 if the value is; of what is no text only that it is none."""
        if not isinstance(value, str):
            return 0
        if value not in self._words:
            fits = _BASE64.issuperset(value)
            number = self._given.get((len(value), fits), 0)
            self._given[len(value), fits] = number + 1
            self._words[value] = _spelt(number, len(value)) if fits else "*" + _spelt(number, len(value) - 1)
        return self._words[value]


def _spelt(number: int, length: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text.rjust(length, _DIGITS[0])[:length]


def _repeats(name: str, text: Any) -> bool:
    return name == _LAST_APPLIED or any(member in str(text) for member in _SECRET)


def without_secrets(value: Any) -> Any:
    """The JSON with every secret value emptied: what a digest may cover."""
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {key: {name: dict.fromkeys(inner, "") if name in _SECRET[key] else without_secrets(inner)
                  for name, inner in item.items()} if key in _SECRET else without_secrets(item)
            for key, item in value.items()}
