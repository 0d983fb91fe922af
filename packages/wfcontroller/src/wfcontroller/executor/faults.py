"""Injected faults, for `wfctl run --fail`: one decorator around an operation, and nothing anywhere else."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from wfcontroller.executor.contract import Captured, Done, Operation, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcore.model.enums import ExecutionKind, FailureClass
from wfcore.model.execution import KubernetesExecutionSpec


def with_faults(operation: Operation, spec: KubernetesExecutionSpec, fail: Mapping[int, int | None]) -> Operation:
    """The operation as this attempt is to experience it; compensations and dry runs never fail by injection."""
    if spec.kind is not ExecutionKind.FORWARD or spec.step_number not in fail:
        return operation
    attempts = fail[spec.step_number]
    if attempts is None:
        return Unverifiable(operation)
    return Unavailable(operation) if spec.attempt <= attempts else operation


@frozen
class _Around:
    """Implements `Operation` by passing everything on."""

    operation: Operation

    async def capture(self, work: Work) -> Captured:
        return await self.operation.capture(work)

    async def rehearse(self, work: Work, captured: Captured) -> None:
        await self.operation.rehearse(work, captured)

    async def act(self, work: Work, captured: Captured) -> None:
        await self.operation.act(work, captured)

    async def verify(self, work: Work, captured: Captured) -> Done:
        return await self.operation.verify(work, captured)

    def changed(self, work: Work, captured: Captured) -> bool:
        return self.operation.changed(work, captured)


@frozen
class Unavailable(_Around):
    """Fails before it acts, as if the API server were away: worth a retry."""

    async def act(self, work: Work, captured: Captured) -> None:
        raise ExecutionFailed(FailureClass.SERVICE_UNAVAILABLE, "injected fault: failed before it acted")


@frozen
class Unverifiable(_Around):
    """Acts for real, then finds the outcome wrong: not worth a retry, to be rolled back."""

    async def verify(self, work: Work, captured: Captured) -> Done:
        raise ExecutionFailed(FailureClass.VERIFICATION_FAILED, "injected fault: acted, then failed its verification")
