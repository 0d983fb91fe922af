"""One execution from its first look to its terminal status, whatever happens in between.

Order: validate, capture, persist with `mutated: unknown`, rehearse, act, verify,
report.  Every decision after a restart is made from the persisted status and the
live objects, so a life that ends anywhere is continued by the next one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor import reporting
from wfcontroller.executor.contract import Captured, CustomAction, Done, Operation, Work
from wfcontroller.executor.failures import Cancelled, ExecutionFailed, class_of
from wfcontroller.executor.faults import with_faults
from wfcontroller.executor.guarded import GuardedApi
from wfcontroller.executor.permit import Permit
from wfcontroller.executor.power import check_power
from wfcontroller.executor.record import NotOurs, Record, clipped
from wfcontroller.executor.registry import operation_for
from wfcontroller.executor.settings import ExecutorSettings
from wfcontroller.executor.snapshots import load, save
from wfcontroller.executor.validation import problems
from wfcore.codec import Malformed, decode_execution
from wfcore.model.enums import ExecutionKind, FailureClass, Mutated
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.model.workflow import KubernetesExecution

T = TypeVar("T")

_log = logging.getLogger("wfexecutor")


class Attempt:
    """Drives one KubernetesExecution.  `raw` is a live read of it."""

    def __init__(
        self, api: Api, settings: ExecutorSettings, now: Callable[[], datetime], actions: Mapping[str, CustomAction],
        raw: Object,
    ) -> None:
        self._api, self._settings, self._now, self._actions = api, settings, now, actions
        self._record = Record(api, raw)
        self._status = KubernetesExecutionStatus()
        self._guarded: GuardedApi | None = None
        self._scope: asyncio.Timeout | None = None
        self._cancelled = "deletionTimestamp" in raw["metadata"]

    def cancel(self) -> None:
        """Stop before the next mutation; one that is on its way is awaited."""
        self._cancelled = True
        in_flight = self._guarded is not None and self._guarded.in_flight
        if self._scope is not None and not in_flight and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> bool:
        """Execute and report; False when somebody else reports on it.

        Never raises but for the task's own cancellation.
        """
        try:
            await self._run()
        except NotOurs:
            _log.info("%s: gone, or somebody else reports on it", self._record.raw["metadata"]["name"])
            return False
        except ApiError as error:
            _log.error("%s: the report was refused: %s", self._record.raw["metadata"]["name"], error)
        return True

    async def _run(self) -> None:
        if self._record.ended:
            return
        execution = decode_execution(self._record.raw)
        if isinstance(execution, Malformed):
            await self._record.end(KubernetesExecutionStatus(
                phase="failed", completion_time=self._now(), failure_class=FailureClass.VALIDATION_ERROR,
                error_message=clipped(f"the execution can't be read: {execution}")))
            return
        self._status = execution.status
        work = self._work(execution)
        await self._record.end(await self._outcome(work))

    async def _outcome(self, work: Work) -> KubernetesExecutionStatus:
        """The terminal status to report."""
        assert self._guarded is not None
        try:
            if work.execution.spec.kind is ExecutionKind.DRYRUN:
                await self._report(phase="validating", start_time=work.started)
                return await self._rehearsed(work)
            done = await self._performed(work)
        except ExecutionFailed as failure:
            return reporting.failed(self._status, failure, self._mutated(), work.warnings, self._now())
        return reporting.succeeded(
            self._status, work.execution.spec, done, self._mutated(), work.warnings, self._now())

    async def _rehearsed(self, work: Work) -> KubernetesExecutionStatus:
        async def rehearse() -> None:
            await self._validate(work)
            operation = await operation_for(work, self._actions)
            await operation.rehearse(work, await operation.capture(work))

        error: ExecutionFailed | None = None
        try:
            await self._until_deadline(work, rehearse)
        except ExecutionFailed as failure:
            error = failure
        return reporting.rehearsed(self._status, work.execution.spec, error, self._now())

    async def _performed(self, work: Work) -> Done:
        if not work.resumed:
            await self._report(phase="validating", start_time=work.started)
        operation, captured = await self._until_deadline(work, lambda: self._prepared(work))
        if not work.resumed:
            information = reporting.captured_information(captured)
            await self._report(phase="executing", rollback_information=information)
        return await self._until_deadline(work, lambda: self._acted(work, operation, captured))

    async def _prepared(self, work: Work) -> tuple[Operation, Captured]:
        await self._validate(work)
        operation = with_faults(
            await operation_for(work, self._actions), work.execution.spec, self._settings.fail)
        if work.resumed:
            return operation, await self._remembered(work)
        captured = await operation.capture(work)
        if captured.kept is not None:
            await save(work, captured.kept)
        return operation, captured

    async def _remembered(self, work: Work) -> Captured:
        information = self._status.rollback_information
        assert information is not None
        try:
            kept = await load(work, work.snapshot)
        except ExecutionFailed as failure:
            if failure.failure_class is not FailureClass.RESOURCE_NOT_FOUND:
                raise
            kept = None  # the operation kept nothing
        return Captured(information.parameters, kept)

    async def _acted(self, work: Work, operation: Operation, captured: Captured) -> Done:
        assert self._guarded is not None
        if not work.resumed:
            await operation.rehearse(work, captured)
        await operation.act(work, captured)
        if self._guarded.mutated is Mutated.UNKNOWN:
            self._guarded.mutated = Mutated.YES if operation.changed(work, captured) else Mutated.NO
        self._stop_if_cancelled()
        return await operation.verify(work, captured)

    async def _validate(self, work: Work) -> None:
        self._stop_if_cancelled()
        failure_class, wrong = problems(work.execution, self._settings, self._actions)
        if wrong:
            raise ExecutionFailed(failure_class, "; ".join(wrong))
        await check_power(self._api, work.execution, self._settings)

    async def _until_deadline(self, work: Work, stage: Callable[[], Awaitable[T]]) -> T:
        """Run a stage; its end by deadline, cancellation, refusal or surprise is an `ExecutionFailed`."""
        spec, loop = work.execution.spec, asyncio.get_running_loop()
        created = work.execution.metadata.creation_timestamp or work.started
        deadline = min(created, work.started) + spec.timeout - self._settings.margin_of(spec.timeout)
        scope = asyncio.timeout_at(loop.time() + (deadline - self._now()).total_seconds())
        try:
            async with scope:
                self._scope = scope
                self._stop_if_cancelled()
                return await stage()
        except ExecutionFailed:
            raise
        except TimeoutError:
            if self._cancelled:
                raise Cancelled("cancelled: the execution is being deleted") from None
            raise ExecutionFailed(FailureClass.TIMEOUT, _timeout_message(work)) from None
        except ApiError as error:
            raise ExecutionFailed(class_of(error), str(error)) from error
        except Exception as error:  # custom actions are foreign code, and no fault may go unreported
            _log.exception("%s: unexpected failure", work.execution.metadata.name)
            raise ExecutionFailed(
                FailureClass.UNKNOWN_ERROR, f"unexpected {type(error).__name__}; see the executor's log") from error
        finally:
            self._scope = None

    def _stop_if_cancelled(self) -> None:
        if self._cancelled:
            raise Cancelled("cancelled: the execution is being deleted")

    async def _report(self, **changes: Any) -> None:
        self._status = attrs.evolve(self._status, **changes)
        await self._record.write(self._status)

    def _work(self, execution: KubernetesExecution) -> Work:
        information = execution.status.rollback_information
        resumed = information is not None and information.captured
        known = information.mutated if information is not None else Mutated.NO
        permit = Permit(self._api, execution, self._settings, lambda: self._cancelled)
        self._guarded = GuardedApi(self._api, permit.check, known)
        return Work(
            execution=execution, started=execution.status.start_time or self._now(), api=self._guarded,
            store=self._api, settings=self._settings, now=self._now, resumed=resumed)

    def _mutated(self) -> Mutated:
        return self._guarded.mutated if self._guarded is not None else Mutated.UNKNOWN


def _timeout_message(work: Work) -> str:
    waited = f": {work.waiting_for}" if work.waiting_for else ""
    return f"not finished in time (timeout {work.execution.spec.timeout.total_seconds():g}s){waited}"
