"""What a phase lacks to decide: the one place where "which question" and "what then" meet."""

from __future__ import annotations

from attrs import frozen

from wfcore.program import Request


@frozen
class Need:
    """Nothing can be decided before this is answered."""

    request: Request
