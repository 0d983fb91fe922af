"""Composes a run: embedded API server, workloads, executor, controller and database on one virtual loop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from wfcontroller.api import Api, Object
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.embedded.workloads import Timings, run_workloads
from wfcontroller.executor import Executor, ExecutorSettings
from wfcontroller.objects import key_of
from wfcontroller.run.initial import is_workflow, load, make_namespace, settle
from wfcontroller.run.person import Person
from wfcontroller.run.request import RunFailed, RunObserver, RunRequest, RunResult
from wfcontroller.run.storage import InlineHistory, InlineRecorder, open_storage
from wfcontroller.run.submission import Submission
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.maintenance import Maintenance
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import Deadlock, VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.ports import PermanentError, Storage, TransientError
from wfcore.program import Ref
from wfcore.programs.outbox import DrainOutbox
from wfcore.resources import ALL, CUSTOM_RESOURCE_DEFINITIONS, EVENTS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

SEEDED_START = datetime(2026, 1, 1, tzinfo=UTC)
# Longer than any deadline a workflow can have.
STALLED_SECONDS = 49 * 3600.0
# What `wfctl run` decides as operator: the file's namespaces and nodes are trusted.
RUN_SETTINGS = Settings(trusted_namespaces=None)
DRAIN_EVERY = timedelta(minutes=1)
_NOT_DUMPED = (CUSTOM_RESOURCE_DEFINITIONS, EVENTS)


def run_session(request: RunRequest, observer: RunObserver) -> RunResult:
    """Run every workflow of the request to its end.

    Raises:
        RunFailed: the database or the cluster failed, or a document was refused.
    """
    try:
        with open_storage("postgresql", request.database, throw_away=request.seed is not None) as storage:
            observer.message(f"audit log: {storage.url}")
            # Before anything is run: a database that is away would only be noticed at the end.
            storage.audit_log.find("")
            return _run(request, observer, storage)
    except (TransientError, PermanentError) as error:
        raise RunFailed(f"the audit log cannot be used: {error}") from error


def _run(request: RunRequest, observer: RunObserver, storage: Storage) -> RunResult:
    start = SEEDED_START if request.seed is not None else datetime.now(UTC).replace(microsecond=0)
    loop = VirtualLoop(start, request.speed)
    session = Session(request, observer, storage, loop)
    try:
        result: RunResult = run_virtual(loop, session.main())
    except BaseExceptionGroup as group:
        # The first defect ended the run; the others are its consequences.
        raise _first(group) from group
    except Deadlock as error:
        waiting = ", ".join(map(str, session.unfinished())) or "none"
        raise RunFailed(f"the run came to a halt ({type(error).__name__}); unfinished workflows: {waiting}") from error
    return result


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


class Session:
    """One run's parts and what is known of its workflows."""

    def __init__(self, request: RunRequest, observer: RunObserver, storage: Storage, loop: VirtualLoop) -> None:
        self._request, self._observer, self._loop = request, observer, loop
        self._recorder, self._database = InlineRecorder(storage.audit_log), storage.url
        self._history = InlineHistory(storage.history.about)
        self._server = EmbeddedServer(loop.now, request.seed, (*crds(), *others()), bookmark_seconds=math.inf)
        self._executor = ExecutorSettings(
            trusted_namespaces=None, fail=dict(request.fail), namespace=RUN_SETTINGS.controller_namespace,
            heartbeat=True, heartbeat_lease=RUN_SETTINGS.executor_lease)
        self._cache = Cache(RUN_SETTINGS.controller_namespace)
        workflows = filter(is_workflow, request.documents)
        self._submission = Submission(self._server, workflows, self._ended, observer)
        self._changed = asyncio.Event()

    def unfinished(self) -> list[Ref]:
        """The workflows that have not ended and been recorded."""
        return [ref for ref in self._submission.refs if self._ended(ref) is None]

    async def main(self) -> RunResult:
        """Load, settle, start the workflows, wait for their end."""
        api: Api = self._server
        await make_namespace(api, self._executor.namespace)
        await load(api, self._request.documents)
        # A group, so that a defect in one part ends the run instead of leaving it waiting.
        async with asyncio.TaskGroup() as group:
            workloads = run_workloads(api, self._loop.now, timings=Timings(watch_timeout=math.inf))
            background = [group.create_task(workloads, name="workloads")]
            await settle(api, self._request.documents)
            background += self._start(api, group)
            await self._until_all_have_ended()
            for task in background:
                task.cancel()
        workflows = tuple([await api.get(WORKFLOW_EXECUTIONS, ref.namespace, ref.name)
                           for ref in self._submission.refs])
        return RunResult(workflows=workflows, cluster=tuple(await self._everything(api)), audit_ids=self._recorder.ids,
                         database=self._database)

    def _start(self, api: Api, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        # Nobody but this process writes here: approvals need no policy to be trusted.
        ports = Ports(now=self._loop.now, record=self._recorder, consult=self._history,
                      surroundings=Watched(self._cache, guarded=lambda: True))
        performer = Performer(api, self._cache, ports, RUN_SETTINGS.controller_namespace)
        controller = Controller(api, self._cache, performer.perform, RUN_SETTINGS, self._loop.now,
                                pacing=Pacing(watch_timeout=math.inf),
                                maintenance=(Maintenance(DRAIN_EVERY, DrainOutbox(RUN_SETTINGS)),))
        self._cache.workflows.subscribe(self._tell)
        parts = [group.create_task(controller.run(), name="controller"),
                 group.create_task(Executor(api, self._executor, self._loop.now).run(), name="executor")]
        if self._request.decision is not None:
            person = Person(api, self._request.decision)
            self._cache.workflows.subscribe(person.look)
            parts.append(group.create_task(person.run(), name="person"))
        return parts

    async def _until_all_have_ended(self) -> None:
        while True:
            # Cleared before it is looked, so that no change goes unseen.
            self._changed.clear()
            await self._submission.submit_due()
            if not self.unfinished():
                return
            await self._change()

    async def _change(self) -> None:
        """Wait until a workflow changes.  Some part always holds a timer, so a halt shows as too long a silence."""
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            waiting = ", ".join(map(str, self.unfinished()))
            raise RunFailed(f"nothing has happened for {STALLED_SECONDS / 3600:.0f} hours; unfinished: {waiting}"
                            ) from None

    def _tell(self, workflow: Object) -> None:
        self._observer.changed(workflow, self._loop.now())
        self._changed.set()

    def _ended(self, ref: Ref) -> Object | None:
        """The workflow, once it has ended and its audit record is stored."""
        workflow = self._cache.workflows.get((ref.namespace, ref.name))
        conditions = ((workflow or {}).get("status") or {}).get("conditions") or ()
        states = {condition["type"]: condition for condition in conditions}
        audit = states.get("AuditRecorded")
        if audit is not None and audit["status"] == "False" and states.get("Finished"):
            raise RunFailed(f"workflow {ref} ended, but its audit row could not be stored: {audit.get('message')}")
        return workflow if audit is not None and audit["status"] == "True" else None

    async def _everything(self, api: Api) -> Iterable[Object]:
        """The final cluster, without Events and without the executor's own namespace: its snapshots hold secrets."""
        found: list[Object] = []
        for resource in (r for r in ALL if r not in _NOT_DUMPED):
            page = await api.list(resource)
            found += [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in page.items
                      if self._executor.namespace not in key_of(item)]
        return found
