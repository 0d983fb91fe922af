"""Custom actions: the registered object does the work, the attempt around it stays the same."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from wfcontroller.executor.contract import Captured, CustomAction, Done, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.record import clipped
from wfcore.model.actions import CustomActionParams
from wfcore.model.compensations import CustomRollbackParams
from wfcore.model.enums import FailureClass
from wfcore.model.fields import StrMap
from wfcore.model.results import CustomExecutionResult

MOST_OUTPUT = 64


@define
class Custom:
    """Implements `Operation` around a registered action."""

    action: CustomAction
    parameters: CustomActionParams
    _output: Mapping[str, str] = StrMap()

    async def capture(self, work: Work) -> Captured:
        undo = await self.action.capture(work.api, work.namespace, self.parameters.config)
        if undo is None:
            return Captured()
        parameters = CustomRollbackParams(action_type=self.parameters.action_type, config=StrMap(undo))
        return Captured(parameters, digested=dict(undo))

    async def rehearse(self, work: Work, captured: Captured) -> None:
        return None  # a registered action has no dry run; its settings were checked

    async def act(self, work: Work, captured: Captured) -> None:
        refuse_repetition(work, self.action, self.parameters.action_type)
        self._output = await self.action.act(work.api, work.namespace, self.parameters.config)

    async def verify(self, work: Work, captured: Captured) -> Done:
        return _done(self.parameters.action_type, self._output)

    def changed(self, work: Work, captured: Captured) -> bool:
        return True


@define
class CustomCompensation:
    """Implements `Operation` around the compensation of a registered action."""

    action: CustomAction
    parameters: CustomRollbackParams
    _output: Mapping[str, str] = StrMap()

    async def capture(self, work: Work) -> Captured:
        return Captured()

    async def rehearse(self, work: Work, captured: Captured) -> None:
        return None

    async def act(self, work: Work, captured: Captured) -> None:
        refuse_repetition(work, self.action, self.parameters.action_type)
        self._output = await self.action.compensate(work.api, work.namespace, self.parameters.config)

    async def verify(self, work: Work, captured: Captured) -> Done:
        return _done(self.parameters.action_type, self._output)

    def changed(self, work: Work, captured: Captured) -> bool:
        return True


def refuse_repetition(work: Work, action: CustomAction, action_type: str) -> None:
    """After a restart nobody knows how far a foreign action came: only an idempotent one is called again."""
    if work.resumed and not action.idempotent:
        raise ExecutionFailed(
            FailureClass.UNKNOWN_ERROR,
            f"the executor was restarted while {action_type} ran, which is not idempotent; see what it changed")


def _done(action_type: str, output: Mapping[str, str]) -> Done:
    shown = {key: clipped(value) for key, value in list(output.items())[:MOST_OUTPUT]}
    return Done(CustomExecutionResult(action_type=action_type, output=StrMap(shown)))
