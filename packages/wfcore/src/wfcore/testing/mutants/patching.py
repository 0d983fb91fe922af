"""Plants a breakage in the engine and takes it out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

_ABSENT = object()


class Patch(Protocol):
    """What a breakage is planted with; pytest's `monkeypatch` is one too."""

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Replace an attribute.  Raises AttributeError for one that does not exist."""
        ...


def original(target: Any, name: str) -> Any:
    """What a module or class has under a name, its own or imported: what a breakage calls where it is honest."""
    return getattr(target, name)


class Replacements:
    """Replaces attributes of modules and classes, and remembers what was there."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Replace an attribute.  Raises AttributeError for one that does not exist: the engine has moved on."""
        if not hasattr(target, name):
            raise AttributeError(f"{target!r} has no {name}: the breakage is about something that is gone")
        self._before.append((target, name, vars(target).get(name, _ABSENT)))
        setattr(target, name, value)

    def undo(self) -> None:
        """Put everything back, last replacement first."""
        while self._before:
            target, name, value = self._before.pop()
            if value is _ABSENT:
                delattr(target, name)
            else:
                setattr(target, name, value)


@contextmanager
def patching() -> Iterator[Replacements]:
    """A `Patch` that is undone at the end, however it ends."""
    patch = Replacements()
    try:
        yield patch
    finally:
        patch.undo()
