"""Where things stand in a file: each value of a document with the line and column at which it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen


@frozen(eq=False)
class Spot:
    """The place of one value, from 1, and the places of what is in it, by key or index."""

    line: int = 1
    column: int = 1
    children: Mapping[str | int, Spot] | None = None

    def find(self, path: Sequence[str | int]) -> Spot:
        """The place of the value at `path`, or of its nearest existing parent."""
        here = self
        for segment in path:
            inner = (here.children or {}).get(segment)
            if inner is None:
                break
            here = inner
        return here


@frozen(order=True)
class Finding:
    """One problem of one file.  `path` is rendered (`$.spec...`); findings sort by place."""

    file: str
    line: int
    column: int
    path: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.message} ({self.reason})"
