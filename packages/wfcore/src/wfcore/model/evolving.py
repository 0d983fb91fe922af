"""`evolve` for the frozen values that every pass changes: as attrs' own, at the cost of copying one dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import attrs

if TYPE_CHECKING:
    evolve = attrs.evolve  # the type checker knows which names and types may be changed
else:
    T = TypeVar("T")
    _new, _set = object.__new__, object.__setattr__

    def evolve(value: T, /, **changes: Any) -> T:
        """The value with some fields changed.

        Fast for attrs classes without slots, converters and validators, which is
        what those of the model that change often are; others are left to attrs.

        Raises:
            TypeError: when there is no such field.
        """
        if not hasattr(value, "__dict__"):
            return attrs.evolve(value, **changes)
        merged = value.__dict__ | changes
        if len(merged) != len(value.__dict__):
            unknown = ", ".join(sorted(changes.keys() - value.__dict__.keys()))
            raise TypeError(f"{type(value).__name__} has no field {unknown}")
        copy = _new(type(value))
        _set(copy, "__dict__", merged)
        return copy
