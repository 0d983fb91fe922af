"""What a run is asked for and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from wfcontroller.api import Object
from wfcore.model.enums import ApprovalDecision


@frozen(kw_only=True)
class RunRequest:
    """Documents in file order; `seed` fixes uids and the start; `speed` is virtual seconds per second, None at once.

    `fail` maps a step number to how many of its first attempts fail, None for all.
    `decision` is the answer to every workflow that asks for an approval; without one none is given.
    """

    documents: tuple[Object, ...]
    seed: int | None = None
    speed: float | None = None
    fail: Mapping[int, int | None] = field(factory=dict)
    database: str | None = None
    decision: ApprovalDecision | None = None


@frozen(kw_only=True)
class RunResult:
    """The end: workflows in file order, every object of the cluster, audit ids by workflow uid."""

    workflows: tuple[Object, ...]
    cluster: tuple[Object, ...]
    audit_ids: Mapping[str, str]
    database: str


class RunObserver(Protocol):
    """Is told of every change of a workflow."""

    def changed(self, workflow: Object, now: datetime) -> None:
        """A workflow, as it is now."""
        ...

    def message(self, text: str) -> None:
        """Something a person waiting should know."""
        ...


class RunFailed(Exception):
    """The environment failed: database, cluster or a document the server refuses.

    Attributes:
        bad_input: True when the documents are to blame.
    """

    def __init__(self, message: str, *, bad_input: bool = False) -> None:
        self.bad_input = bad_input
        super().__init__(message)
