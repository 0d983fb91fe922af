"""Kinds of single values: what a file may hold, what a variable may say, and how either is read, strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from attrs import frozen

from wfcontroller.configuration.secret import Secret
from wfcore.codec.durations import format_duration, parse_duration
from wfcore.codec.limits import matches
from wfcore.codec.problems import Rejected, shown

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


class Kind(Protocol):
    """Reads one value.  Both ways of reading raise `Rejected` or `Nested`, which say what is allowed instead."""

    @property
    def allowed(self) -> str:
        """What may be given, as it stands after "expected"."""
        ...

    def read(self, value: Any) -> Any:
        """A JSON value of a file."""
        ...

    def read_text(self, text: str) -> Any:
        """The text of a variable or a flag."""
        ...

    def written(self, value: Any) -> Any:
        """The JSON value that `read` makes this value of."""
        ...


def refused(kind: Kind, value: object, reason: str = "WrongType") -> Rejected:
    """The refusal of a value that may be shown."""
    return Rejected(reason, f"expected {kind.allowed}, got {shown(value)}")


@frozen
class Duration:
    """A Go duration within bounds, as a `timedelta`."""

    least: timedelta
    most: timedelta = timedelta(hours=24)

    @property
    def allowed(self) -> str:
        return f"a duration like 90s or 1h30m, from {format_duration(self.least)} to {format_duration(self.most)}"

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise refused(self, value)
        return self.read_text(value)

    def read_text(self, text: str) -> Any:
        try:
            found = parse_duration(text)
        except ValueError:
            raise refused(self, text, "BadFormat") from None
        if not self.least <= found <= self.most:
            raise refused(self, text, "OutOfRange")
        return found

    def written(self, value: Any) -> Any:
        return format_duration(value)


@frozen
class Seconds(Duration):
    """A Go duration within bounds, as seconds of the loop's clock."""

    def read_text(self, text: str) -> Any:
        return Duration.read_text(self, text).total_seconds()

    def written(self, value: Any) -> Any:
        return format_duration(timedelta(seconds=value))


@frozen
class Whole:
    """A whole number within bounds."""

    least: int
    most: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def read(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refused(self, value)
        if not self.least <= value <= self.most:
            raise refused(self, value, "OutOfRange")
        return value

    def read_text(self, text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise refused(self, text, "BadFormat")
        return self.read(int(text))

    def written(self, value: Any) -> Any:
        return value


@frozen
class Share:
    """A number from 0 to 1."""

    allowed: str = "a number from 0 to 1"

    def read(self, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise refused(self, value)
        if not 0 <= value <= 1:
            raise refused(self, value, "OutOfRange")
        return float(value)

    def read_text(self, text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise refused(self, text, "BadFormat")
        return self.read(float(text))

    def written(self, value: Any) -> Any:
        return value


@frozen
class OneOf:
    """One of these words, each with what it means."""

    words: Mapping[str, Any]

    @property
    def allowed(self) -> str:
        return " or ".join(self.words)

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise refused(self, value)
        return self.read_text(value)

    def read_text(self, text: str) -> Any:
        if text not in self.words:
            raise refused(self, text, "BadFormat")
        return self.words[text]

    def written(self, value: Any) -> Any:
        return next(word for word, meaning in self.words.items() if meaning == value)


@frozen
class Switch(OneOf):
    """True or false."""

    words: Mapping[str, Any] = {"true": True, "false": False}

    def read(self, value: Any) -> Any:
        if not isinstance(value, bool):
            raise refused(self, value)
        return value

    def written(self, value: Any) -> Any:
        return value


@frozen
class Text:
    """Text of one line that matches a pattern; `allowed` says in words what the pattern does."""

    allowed: str
    pattern: str = r"^[^\x00-\x1f\x7f]*$"
    longest: int = 1024

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise refused(self, value)
        return self.read_text(value)

    def read_text(self, text: str) -> Any:
        if len(text) > self.longest or not matches(self.pattern, text):
            raise refused(self, text, "BadFormat")
        return text

    def written(self, value: Any) -> Any:
        return value


@frozen
class Hidden:
    """A secret text; what is wrong with it is said without it."""

    allowed: str

    def read(self, value: Any) -> Any:
        raise Rejected("SecretInFile", f"a secret does not belong into this file; expected {self.allowed}")

    def read_text(self, text: str) -> Secret:
        if not text.strip():
            raise Rejected("Missing", f"it is empty; expected {self.allowed}")
        return Secret(text.strip())

    def written(self, value: Any) -> Any:
        raise TypeError("a secret is never written")
