"""What every action implements, and what it is given: the executor's only inner seam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import define, frozen

from wfcontroller.api import Api
from wfcontroller.executor.settings import ExecutorSettings
from wfcore.model.compensations import RollbackParameters
from wfcore.model.results import (
    AffectedResource,
    CustomExecutionResult,
    RestartExecutionResult,
    ScaleExecutionResult,
    UpdateExecutionResult,
)
from wfcore.model.workflow import KubernetesExecution

ActionResult = ScaleExecutionResult | RestartExecutionResult | UpdateExecutionResult | CustomExecutionResult


@frozen
class Captured:
    """What was true before the attempt.

    Attributes:
        parameters: The compensation's parameters with the captured values; None when nothing can undo the action.
        kept: JSON that does not fit into a status, to be kept as the snapshot of this attempt; None for nothing.
        digested: JSON whose SHA-256 is published; never the values of a Secret.
    """

    parameters: RollbackParameters | None = None
    kept: Any = None
    digested: Any = None


@frozen
class Done:
    """A verified outcome."""

    result: ActionResult | None = None
    affected: tuple[AffectedResource, ...] = ()


@frozen
class Pending:
    """Not yet true; `why` is what the timeout will say."""

    why: str


@frozen
class Broken:
    """Will not become true."""

    why: str


Verdict = Done | Pending | Broken


@define
class Work:
    """One attempt in progress, as its operation sees it.

    `api` performs no mutation unless the workflow still intends this attempt; `store` is the plain server,
    for the executor's own objects.  `resumed`: an earlier life of this executor captured, and may have acted.
    """

    execution: KubernetesExecution
    started: datetime
    api: Api
    store: Api
    settings: ExecutorSettings
    now: Callable[[], datetime]
    resumed: bool = False
    waiting_for: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        """The namespace of the execution, and so of its workflow."""
        return self.execution.metadata.namespace

    @property
    def snapshot(self) -> str:
        """The name of this attempt's snapshot."""
        return f"wf-snapshot-{self.execution.metadata.uid}"

    def warn(self, text: str) -> None:
        """Report something worth knowing, once."""
        if text not in self.warnings and len(self.warnings) < 50:
            self.warnings = (*self.warnings, text[:1024])


class Operation(Protocol):
    """One action or compensation with its parameters.

    The driver calls `capture` (or finds what an earlier life captured), persists it, then `rehearse`, `act` and
    `verify`.  All may raise `ExecutionFailed` and `ApiError`.
    """

    async def capture(self, work: Work) -> Captured:
        """Read what is there, refuse what can't work.  Changes nothing."""
        ...

    async def rehearse(self, work: Work, captured: Captured) -> None:
        """Ask the server to accept every change, without making it."""
        ...

    async def act(self, work: Work, captured: Captured) -> None:
        """Bring the cluster to what is wanted; what already is so is left alone, so a second pass does nothing."""
        ...

    async def verify(self, work: Work, captured: Captured) -> Done:
        """Wait until the outcome is there.  The driver ends the wait at the deadline and on cancellation."""
        ...

    def changed(self, work: Work, captured: Captured) -> bool:
        """Whether the wanted outcome differs from what was captured: asked after a restart, once it is reached."""
        ...


class CustomAction(Protocol):
    """A custom action: found in the entry-point group `wfexecutor.actions`, or given to the executor.

    `api` is the guarded one: each of its mutations first asks whether the attempt is still wanted.
    """

    idempotent: bool

    def problems(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """What is wrong with the settings; empty when nothing is."""
        ...

    async def capture(self, api: Api, namespace: str, config: Mapping[str, str]) -> Mapping[str, str] | None:
        """Settings for `compensate` that undo the action; None when it can't be undone.  Changes nothing."""
        ...

    async def act(self, api: Api, namespace: str, config: Mapping[str, str]) -> Mapping[str, str]:
        """Do it and verify it; the answer is reported.  Called again after a crash only if `idempotent`."""
        ...

    async def compensate(self, api: Api, namespace: str, config: Mapping[str, str]) -> Mapping[str, str]:
        """Undo it, with the settings that `capture` gave, or else those of the step."""
        ...
