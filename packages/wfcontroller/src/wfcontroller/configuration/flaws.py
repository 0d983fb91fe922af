"""What is wrong with a configuration: one `Flaw` per finding, each saying who gave the value and under which key."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from wfcontroller.redaction import scrubbed


@frozen
class Flaw:
    """One thing that is wrong.

    `source` is `file:line:column`, the name of an environment variable or of a flag; `path` the key as the
    documentation names it (`approval.policy`), empty when it is about the whole; `reason` one word for machines.
    """

    # Somebody may have put a URL with a password where it does not belong.
    source: str = field(converter=scrubbed)
    path: str = field(converter=scrubbed)
    reason: str
    message: str = field(converter=scrubbed)

    def __str__(self) -> str:
        about = f"{self.path}: " if self.path else ""
        return f"{self.source}: {about}{self.message} ({self.reason})"


class ConfigurationError(ValueError):
    """The configuration cannot be used; `flaws` is all that is wrong with it: the file's first, in its order."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(dict.fromkeys(flaws))
        super().__init__("\n".join(map(str, self.flaws)))
