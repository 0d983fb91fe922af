"""Values that somebody gave, with who gave them; and what was meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from attrs import frozen

from wfcontroller.cli.places import Spot


@frozen(eq=False)
class Given:
    """One value for the key at `path`: text of a variable or flag, or (with `spot`) a JSON value of a file.

    `source` is the name of the variable, the flag or the file.
    """

    path: str
    value: Any
    source: str
    spot: Spot | None = None

    def source_of(self, within: Sequence[str | int] = ()) -> str:
        """Where the value stands, or what is `within` it."""
        return self.source if self.spot is None else placed(self.source, self.spot.find(within))


def placed(file: str, spot: Spot) -> str:
    """`file:line:column`."""
    return f"{file}:{spot.line}:{spot.column}"


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing when no known name is near."""
    by_lower = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[found[0]]}?" if found else ""
