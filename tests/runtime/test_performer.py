"""The performer: each request becomes API calls, each answer and error a response of the closed union."""

import attrs
import pytest

from wfcontroller.api import ApiError
from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import FINALIZER, LABEL_WORKFLOW_UID, TRACKING_FINALIZER
from wfcore.planning.targets import Target
from wfcore.program import (
    CommitStatus,
    Create,
    DeleteChild,
    DeleteWorkflow,
    Did,
    Emit,
    Failed,
    FindParent,
    Found,
    Freshness,
    Happening,
    Inspect,
    Inspected,
    Observe,
    Ref,
    ReleaseChild,
    SetMetadata,
    Unknown,
)
from wfcore.rawobject import RawObject
from wfcore.resources import CONFIG_MAPS, EVENTS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .performing import REF, START, Broken, run


def child(owner_uid, name="w-step-1"):
    return RawObject({
        "apiVersion": KUBERNETES_EXECUTIONS.api_version, "kind": "KubernetesExecution",
        "metadata": {"name": name, "namespace": "default", "labels": {LABEL_WORKFLOW_UID: owner_uid},
                     "finalizers": [TRACKING_FINALIZER],
                     "ownerReferences": [{"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": "WorkflowExecution",
                                          "name": "w", "uid": owner_uid, "controller": True}]},
        "spec": {"workflowExecutionRef": {"name": "w", "namespace": "default", "uid": owner_uid}, "stepNumber": 1,
                 "attempt": 1, "kind": "forward", "action": "check-pod-health", "timeout": "5m"},
    })


def commit(meta, version=None):
    return CommitStatus(REF, meta["uid"], version or meta["resourceVersion"],
                        WorkflowExecutionStatus(phase=Phase.PLANNING))


def test_a_committed_status_is_seen_by_the_next_cached_read():
    async def scenario(performer, server, created):
        answer = await performer.perform(commit(created["metadata"]))
        seen = await performer.perform(Observe(REF, Freshness.CACHED))
        return answer, seen.workflow.workflow().status.phase

    assert (Did(), Phase.PLANNING) == run(scenario)


def test_a_commit_on_an_old_version_is_a_conflict_and_changes_nothing():
    async def scenario(performer, server, created):
        await performer.perform(commit(created["metadata"]))
        answer = await performer.perform(attrs.evolve(commit(created["metadata"]),
                                                      status=WorkflowExecutionStatus(phase=Phase.FAILED)))
        return answer, (await server.get(WORKFLOW_EXECUTIONS, "default", "w"))["status"]["phase"]

    answer, phase = run(scenario)

    assert isinstance(answer, Failed)
    assert ("conflict", "planning") == (answer.why, phase)


@pytest.mark.parametrize(("status", "reason", "heard"), [
    (0, "Unknown", Unknown()),
    (409, "Conflict", Failed("conflict", "m")),
    (404, "NotFound", Failed("missing", "m")),
    (429, "TooManyRequests", Failed("unavailable", "m", 7.0)),
    (503, "ServiceUnavailable", Failed("unavailable", "m", 7.0)),
    (403, "Forbidden", Failed("refused", "m")),
    (422, "Invalid", Failed("refused", "m")),
])
def test_every_api_error_has_its_answer(status, reason, heard):
    async def scenario(performer, server, created):
        return await performer.perform(commit(created["metadata"]))

    error = ApiError(status, reason, "m", retry_after=7.0)

    assert heard == run(scenario, lambda api: Broken(api, error, "update_status"))


def test_a_name_that_is_taken_is_handed_back_as_it_is():
    async def scenario(performer, server, created):
        first = await performer.perform(Create(REF, (child("somebody-else"),)))
        second = await performer.perform(Create(REF, (child(created["metadata"]["uid"]),)))
        return first, second

    first, second = run(scenario)

    assert () == first.existing
    assert ["somebody-else"] == [raw.metadata().owner_references[0].uid for raw in second.existing]


def test_a_refused_creation_is_no_existing_name():
    async def scenario(performer, server, created):
        return await performer.perform(Create(REF, (child(created["metadata"]["uid"]),)))

    answer = run(scenario, lambda api: Broken(api, ApiError(403, "Forbidden", "m"), "create"))

    assert Failed("refused", "m") == answer


def test_deleting_a_child_by_uid_spares_another_of_its_name_and_a_missing_one_is_gone():
    async def scenario(performer, server, created):
        await performer.perform(Create(REF, (child(created["metadata"]["uid"]),)))
        spared = await performer.perform(DeleteChild("default", "w-step-1", "another-uid"))
        absent = await performer.perform(DeleteChild("default", "absent", "uid"))
        return spared, absent, (await server.get(KUBERNETES_EXECUTIONS, "default", "w-step-1"))["metadata"]

    spared, absent, meta = run(scenario)

    assert Did() == spared == absent
    assert "deletionTimestamp" not in meta


def test_an_unanswered_deletion_is_not_taken_for_done():
    async def scenario(performer, server, created):
        return (await performer.perform(DeleteChild("default", "a", "u")),
                await performer.perform(DeleteWorkflow(REF, "u")))

    answers = run(scenario, lambda api: Broken(api, ApiError(503, "ServiceUnavailable", "m"), "delete"))

    assert (Failed("unavailable", "m"), Failed("unavailable", "m")) == answers


def test_releasing_drops_only_our_finalizer_and_only_of_the_uid_that_is_meant():
    async def scenario(performer, server, created):
        body = child(created["metadata"]["uid"]).value
        body = {**body, "metadata": {**body["metadata"], "finalizers": ["a.example/other", TRACKING_FINALIZER]}}
        made = await server.create(KUBERNETES_EXECUTIONS, body)
        await performer.perform(ReleaseChild("default", "w-step-1", "another-uid"))
        kept = (await server.get(KUBERNETES_EXECUTIONS, "default", "w-step-1"))["metadata"]["finalizers"]
        await performer.perform(ReleaseChild("default", "w-step-1", made["metadata"]["uid"]))
        left = (await server.get(KUBERNETES_EXECUTIONS, "default", "w-step-1"))["metadata"]["finalizers"]
        absent = await performer.perform(ReleaseChild("default", "absent", "u"))
        return kept, left, absent

    assert (["a.example/other", TRACKING_FINALIZER], ["a.example/other"], Did()) == run(scenario)


@pytest.mark.parametrize("request_", [
    Observe(REF, Freshness.LIVE), FindParent(REF), ReleaseChild("default", "a", "u"),
])
def test_a_read_without_an_answer_says_so(request_):
    async def scenario(performer, server, created):
        return await performer.perform(request_)

    answer = run(scenario, lambda api: Broken(api, ApiError(503, "ServiceUnavailable", "m"), "get"))

    assert Failed("unavailable", "m") == answer


def test_a_live_read_of_a_missing_workflow_shows_what_it_left():
    async def scenario(performer, server, created):
        return await performer.perform(Observe(Ref("default", "absent"), Freshness.LIVE))

    assert run(scenario).workflow is None


def test_absent_targets_are_facts_and_forbidden_ones_are_not():
    async def scenario(performer, server, created):
        return await performer.perform(Inspect((Target("Deployment", "default", "d"),)))

    forbidden = run(scenario, lambda api: Broken(api, ApiError(403, "Forbidden", "m"), "get"))

    assert Inspected(((),)) == run(scenario)
    assert Inspected((None,)) == forbidden


def test_pods_are_inspected_by_their_selector():
    async def scenario(performer, server, created):
        return await performer.perform(Inspect((Target("Pod", "default", "", "app=web"),)))

    assert Inspected(((),)) == run(scenario)


def test_a_missing_parent_is_found_missing():
    async def scenario(performer, server, created):
        return await performer.perform(FindParent(Ref("default", "alert")))

    assert Found(None) == run(scenario)


def test_metadata_is_set_only_on_the_version_that_was_read():
    async def scenario(performer, server, created):
        meta = created["metadata"]
        done = await performer.perform(SetMetadata(REF, meta["resourceVersion"], (FINALIZER,), ()))
        stale = await performer.perform(SetMetadata(REF, meta["resourceVersion"], (), ()))
        return done, stale.why, (await server.get(WORKFLOW_EXECUTIONS, "default", "w"))["metadata"]["finalizers"]

    assert (Did(), "conflict", [FINALIZER]) == run(scenario)


def test_the_same_happening_is_published_once_and_a_lost_one_costs_nothing():
    emit = Emit(REF, "u", START, (Happening("Normal", "R", "m" * 2000),))

    async def scenario(performer, server, created):
        answers = [await performer.perform(emit), await performer.perform(emit)]
        return answers, [event["note"] for event in (await server.list(EVENTS)).items]

    async def lost(performer, server, created):
        return await performer.perform(emit)

    answers, notes = run(scenario)

    assert [Did(), Did()] == answers
    assert ["m" * 1024] == notes
    assert Did() == run(lost, lambda api: Broken(api, ApiError(0, "Timeout", "m"), "create"))


def test_deleting_the_workflow_needs_its_uid():
    async def scenario(performer, server, created):
        wrong = await performer.perform(DeleteWorkflow(REF, "another"))
        right = await performer.perform(DeleteWorkflow(REF, created["metadata"]["uid"]))
        return wrong.why, right, len((await server.list(WORKFLOW_EXECUTIONS)).items)

    assert ("conflict", Did(), 0) == run(scenario)


def test_other_kinds_are_left_alone():
    async def scenario(performer, server, created):
        await performer.perform(commit(created["metadata"]))
        return [item["metadata"]["name"] for item in (await server.list(CONFIG_MAPS)).items]

    assert [] == run(scenario)
