"""The parts of a process: its scope, whether an executor lives, whether approvals can be trusted, its store."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wfcontroller.api import ApiError
from wfcontroller.deployment.parts import objects
from wfcontroller.kinds import VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcontroller.service.alive import ExecutorWatch
from wfcontroller.service.guarding import Guard
from wfcontroller.service.scope import scope_of, watched
from wfcontroller.service.storing import Absent, ThreadedStore, opened_store
from wfcore.model.enums import Action
from wfcore.ports import PermanentError, TransientError
from wfcore.program import Consult, Consulted, Did, Failed, Record
from wfcore.resources import LEASES
from wfcore.simulation.operations import Refusal
from wfcore.testing.contracts import sample_record

HOME = "kubernaut-system"


def item(namespace: str = "a", **labels: str) -> dict[str, object]:
    return {"metadata": {"name": "w", "namespace": namespace, "labels": labels}}


def test_without_a_scope_everything_is_ours() -> None:
    assert scope_of((), "")(item())
    assert "" == watched(())


def test_a_scope_is_some_namespaces_and_some_labels_together() -> None:
    wanted = scope_of(("a", "b"), "team=red,tier!=test")

    assert wanted(item("a", team="red"))
    assert not wanted(item("c", team="red"))
    assert not wanted(item("a", team="blue"))
    assert not wanted(item("a", team="red", tier="test"))


def test_one_namespace_is_watched_alone_and_several_within_the_whole_cluster() -> None:
    assert ("a", "") == (watched(("a",)), watched(("a", "b")))


def test_a_selector_that_is_none_is_refused() -> None:
    with pytest.raises(Refusal, match="unable to parse"):
        scope_of((), "a=(b")


class Answers:
    """An API that answers what it is told, or fails."""

    def __init__(self, **found: object) -> None:
        self.found = found

    async def get(self, resource: object, _namespace: str, _name: str) -> object:
        for kind, answer in self.found.items():
            if getattr(resource, "plural", "") == kind:
                if isinstance(answer, Exception):
                    raise answer
                return answer
        raise ApiError(404, "NotFound", "absent")


def looked(api: Answers) -> bool:
    guard = Guard(api, HOME)  # type: ignore[arg-type]
    asyncio.run(guard.look())
    return guard()


def test_approvals_are_trusted_only_while_the_policy_and_its_binding_stand_as_shipped() -> None:
    policy, binding = objects(("policy",))
    names = VALIDATING_ADMISSION_POLICIES.plural, VALIDATING_ADMISSION_POLICY_BINDINGS.plural
    whole = dict(zip(names, (policy, binding), strict=True))
    weak = {**policy, "spec": {**policy["spec"], "validations": policy["spec"]["validations"][1:]}}

    assert looked(Answers(**whole))
    assert not looked(Answers())
    assert not looked(Answers(**{names[0]: policy}))
    assert not looked(Answers(**{**whole, names[0]: weak}))
    assert not looked(Answers(**{**whole, names[1]: ApiError(500, "InternalError", "away")}))


def lives(*renewals: object, silence: float = 60.0, step: float = 15.0) -> list[bool]:
    """What is told at each look at the Lease."""
    told: list[bool] = []
    answers, clock = iter(renewals), [0.0]

    class Leases(Answers):
        async def get(self, resource: object, _namespace: str, _name: str) -> object:
            assert resource == LEASES
            clock[0] += step
            found = next(answers)
            if isinstance(found, Exception):
                raise found
            return {"spec": {"renewTime": found}}

    watch = ExecutorWatch(Leases(), HOME, "wf-executor", silence, lambda: clock[0], told.append)  # type: ignore[arg-type]

    async def look() -> None:
        told.extend([await watch.is_alive() for _ in renewals])
    asyncio.run(look())
    return told


def test_an_executor_lives_as_long_as_its_lease_changes_whatever_its_clock_says() -> None:
    assert [True, True, True] == lives("1999", "1998", "2099")
    assert [True, True, True, True, False] == lives(*["now"] * 5)


def test_without_a_lease_or_an_answer_nobody_is_there() -> None:
    assert [False, False, True] == lives(ApiError(404, "NotFound", "no"), None, "now")


class Store:
    """A store that does what it is told, and says on which threads."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.threads = error, set[str]()
        self.audit_log = self.history = self
        self.url = "somewhere"

    def record(self, _record: object) -> str:
        return self._answer("id")

    def about(self, _workflow: str, _actions: object) -> tuple[()]:
        return self._answer(())

    def find(self, _uid: str) -> None:
        return self._answer(None)

    def _answer(self, value):  # type: ignore[no-untyped-def]
        self.threads.add(threading.current_thread().name.partition("_")[0])
        if self.error is not None:
            raise self.error
        return value


RECORD, CONSULT = Record(sample_record("u")), Consult("heal", (Action.SCALE_DEPLOYMENT,))


async def both(store: ThreadedStore | Absent) -> tuple[object, object]:
    return await store.record(RECORD), await store.consult(CONSULT)


def test_the_store_is_asked_on_threads_of_its_own() -> None:
    store = Store()

    assert (Did(), Consulted(())) == asyncio.run(both(ThreadedStore(store)))  # type: ignore[arg-type]
    assert {"audit", "history"} == store.threads


@pytest.mark.parametrize(("error", "answer"), [
    (TransientError("away", retry_after=3.0), Failed("unavailable", "away", 3.0)),
    (PermanentError("no"), Failed("refused", "no"))])
def test_the_port_s_errors_are_the_two_answers(error: Exception, answer: Failed) -> None:
    assert (answer, answer) == asyncio.run(both(ThreadedStore(Store(error))))  # type: ignore[arg-type]


@pytest.mark.parametrize(("error", "answers"), [(None, True), (TransientError("away"), False),
                                               (PermanentError("no"), False)])
def test_whether_the_store_answers_is_told_after_each_request(error: Exception | None, answers: bool) -> None:
    told: list[bool] = []
    asyncio.run(both(ThreadedStore(Store(error), told.append)))  # type: ignore[arg-type]

    assert [answers, answers] == told


def test_without_a_database_nothing_is_stored_and_nothing_known_and_it_is_told() -> None:
    told: list[bool] = []

    async def scenario() -> tuple[object, object]:
        async with opened_store(None, told.append) as store:
            return await both(store)

    assert ["unavailable"] * 2 == [answer.why for answer in asyncio.run(scenario())]  # type: ignore[attr-defined]
    assert [False] == told
