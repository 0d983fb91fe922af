"""A whole run: what it loads, how it ends, and which failures it names."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from wfcontroller.run import session
from wfcontroller.run.request import RunFailed, RunRequest
from wfcontroller.run.storage import open_storage
from wfcore.ports import PermanentError, TransientError
from wfcore.resources import LEASES
from wfcore.testing.contracts import sample_record

CHECK = {"stepNumber": 1, "action": "scale-deployment", "criticalStep": True,
         "parameters": {"scaleDeployment": {"deployment": "web", "replicas": 2}}}


def workflow(*steps, name="w", namespace="shop"):
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"workflowDefinition": {"name": "x", "steps": list(steps or (CHECK,))}}}


def deployment(image="web:1", **metadata):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", **metadata},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
                     "template": {"metadata": {"labels": {"app": "web"}},
                                  "spec": {"containers": [{"name": "web", "image": image}]}}}}


class Observer:
    def __init__(self):
        self.phases, self.messages = [], []

    def changed(self, workflow, now):
        self.phases.append((workflow.get("status") or {}).get("phase", ""))

    def message(self, text):
        self.messages.append(text)


class Log:
    """An audit log in memory that fails as it is told."""

    url = "memory"

    def __init__(self, record_error=None, find_error=None):
        self.records, self._record_error, self._find_error = {}, record_error, find_error

    @property
    def audit_log(self):
        return self

    @property
    def history(self):
        return self

    def about(self, workflow, actions):
        return ()

    def record(self, record):
        if self._record_error:
            raise self._record_error
        self.records[record.workflow_uid] = record
        return record.id

    def find(self, uid):
        if self._find_error:
            raise self._find_error
        return self.records.get(uid)


@pytest.fixture
def run(monkeypatch):
    def start(*documents, log=None, observer=None, **request):
        log = log or Log()

        @contextmanager
        def opened(name, url, *, throw_away):
            yield log

        monkeypatch.setattr(session, "open_storage", opened)
        return session.run_session(RunRequest(documents=documents, seed=1, **request), observer or Observer())

    return start


def test_a_run_ends_with_every_workflow_finished_and_recorded(run):
    log, observer = Log(), Observer()
    result = run(deployment(), workflow(), workflow(name="second"), log=log, observer=observer)

    assert ["w", "second"] == [w["metadata"]["name"] for w in result.workflows]
    assert ["completed", "completed"] == [w["status"]["phase"] for w in result.workflows]
    assert set(log.records) == {w["metadata"]["uid"] for w in result.workflows} == set(result.audit_ids)
    assert ["audit log: memory"] == observer.messages
    assert {"planning", "validating", "executing", "monitoring", "completed"} <= set(observer.phases)


def test_the_final_cluster_holds_what_was_given_and_what_came_of_it(run):
    result = run(deployment(), workflow())
    kinds = {item["kind"] for item in result.cluster}

    assert {"Deployment", "ReplicaSet", "Pod", "Node", "Namespace", "WorkflowExecution", "KubernetesExecution"} <= kinds
    assert {"Event", "CustomResourceDefinition"}.isdisjoint(kinds)
    assert "kubernaut-system" not in {i["metadata"].get("namespace", i["metadata"]["name"]) for i in result.cluster}


def test_a_deployment_that_is_given_broken_does_not_hold_the_run_up_for_ever(run):
    result = run(deployment(image="web:bad"), workflow())

    assert "failed" == result.workflows[0]["status"]["phase"]


def test_a_status_that_is_given_is_kept(run):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"pods": "7"}}}
    result = run(node, deployment(), workflow())
    (found,) = [item for item in result.cluster if item["kind"] == "Node"]

    assert "7" == found["status"]["allocatable"]["pods"]


def test_a_document_the_server_refuses_is_the_users_error_and_says_why(run):
    bad = deployment()
    del bad["spec"]["selector"]

    with pytest.raises(RunFailed, match="Deployment 'web' was refused") as refused:
        run(bad, workflow())
    assert refused.value.bad_input


def test_an_unknown_kind_is_the_users_error(run):
    with pytest.raises(RunFailed, match="unknown kind v9 Thing") as refused:
        run({"apiVersion": "v9", "kind": "Thing", "metadata": {"name": "a"}}, workflow())
    assert refused.value.bad_input


@pytest.mark.parametrize("error", [TransientError("the database is away"), PermanentError("no such right")])
def test_a_database_that_cannot_be_used_is_said_before_anything_runs(run, error):
    observer = Observer()

    with pytest.raises(RunFailed, match=f"the audit log cannot be used: {error}"):
        run(deployment(), workflow(), log=Log(find_error=error), observer=observer)
    assert [] == observer.phases


@pytest.mark.parametrize("error", [TransientError("the database went away"), PermanentError("a different record")])
def test_an_audit_row_that_cannot_be_stored_fails_the_run_naming_the_workflow(run, error):
    with pytest.raises(RunFailed, match=f"shop/w ended, but its audit row could not be stored: {error}") as failed:
        run(deployment(), workflow(), log=Log(record_error=error))
    assert not failed.value.bad_input


def test_a_defect_in_one_part_ends_the_run_with_that_defect(run, monkeypatch):
    async def broken(self):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(session.Controller, "run", broken)

    with pytest.raises(ZeroDivisionError, match="a defect"):
        run(deployment(), workflow())


def test_a_run_in_which_nothing_happens_any_more_names_the_workflows_that_wait(run, monkeypatch):
    async def idle(self):
        self._cache.subscribe(lambda ref: None)
        await self._cache.follow(self._api, self._pacing)

    monkeypatch.setattr(session.Controller, "run", idle)

    with pytest.raises(RunFailed, match="nothing has happened for 49 hours; unfinished: shop/w"):
        run(deployment(), workflow())


def test_a_halt_of_the_loop_names_the_workflows_that_wait(run, monkeypatch):
    def halted(loop, main):
        main.close()
        loop.close()
        raise session.Deadlock("no timer")

    monkeypatch.setattr(session, "run_virtual", halted)

    with pytest.raises(RunFailed, match="came to a halt"):
        run(deployment(), workflow())


def test_a_missing_storage_adapter_says_what_to_install():
    with pytest.raises(RunFailed, match=r"no storage adapter named 'nothing' is installed; install wfcontroller\[emb"):
        open_storage("nothing", None, throw_away=True)


def test_a_record_is_answered_in_the_words_of_programs():
    from wfcontroller.run.storage import InlineRecorder
    from wfcore.program import Did, Failed, Record

    def answer(error):
        recorder = InlineRecorder(Log(record_error=error))
        coroutine = recorder(Record(sample_record("u")))
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        return stop.value.value

    assert Did() == answer(None)
    assert Failed("unavailable", "away", 5.0) == answer(TransientError("away"))
    assert Failed("refused", "no") == answer(PermanentError("no"))


def test_the_executor_rehearses_every_step_of_a_workflow_that_asks_for_it(run):
    asked = workflow()
    asked["spec"]["executionStrategy"] = {"dryRunFirst": True}
    (finished,) = run(deployment(), asked).workflows
    absent = workflow({**CHECK, "parameters": {"scaleDeployment": {"deployment": "nothing", "replicas": 2}}})
    absent["spec"]["executionStrategy"] = {"dryRunFirst": True}
    result = run(deployment(), absent)

    rehearsal = finished["status"]["validationResults"]["dryRunResults"]
    assert (True, 1, "completed") == (
        rehearsal["overallSuccess"], rehearsal["stepsSimulated"], finished["status"]["phase"])
    assert "dry_run_failed" == result.workflows[0]["status"]["failureReason"]
    assert ["dryrun"] == [i["spec"]["kind"] for i in result.cluster if i["kind"] == "KubernetesExecution"]


@pytest.mark.parametrize("field", ["rollbackOf", "retryOf"])
def test_a_workflow_that_names_an_earlier_one_as_its_source_is_submitted_with_its_uid_after_its_end(run, field):
    second = workflow(name="second")
    second["spec"][field] = {"name": "w"}
    first, second = run(deployment(), workflow(), second).workflows

    assert first["metadata"]["uid"] == second["spec"][field]["uid"]
    assert first["status"]["completionTime"] <= second["metadata"]["creationTimestamp"]


def test_the_executor_of_a_run_shows_that_it_is_alive_where_checks_look_for_it(run):
    """In the controller's namespace, which is not dumped."""
    seen = {}

    class Looking(Observer):
        def changed(self, workflow, now):
            lease = part._server.state.find(LEASES, "kubernaut-system", "wf-executor")
            seen[now] = lease is not None

    part = None
    original = session.Session.__init__

    def remembered(self, *args):
        nonlocal part
        original(self, *args)
        part = self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session.Session, "__init__", remembered)
        run(deployment(), workflow(), observer=Looking())

    assert seen[max(seen)]


def test_the_history_is_asked_in_the_words_of_programs():
    from wfcontroller.run.storage import InlineHistory
    from wfcore.program import Consult, Consulted, Failed

    def answer(about):
        coroutine = InlineHistory(about)(Consult("x", ()))
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        return stop.value.value

    def failing(error):
        def about(workflow, actions):
            raise error
        return about

    assert Consulted(("x", ())) == answer(lambda workflow, actions: (workflow, actions))
    assert Failed("unavailable", "away", 5.0) == answer(failing(TransientError("away")))
    assert Failed("refused", "no") == answer(failing(PermanentError("no")))
