"""How the objects of the engine belong together on a server: owners, finalizers, outboxes, watches."""

from __future__ import annotations

import pytest
from tests.conformance.gadgets import events, refusal, until
from tests.crds.samples import execution, workflow
from tests.traces.situations import FOLDER, read

from wfcore.audit import audit_record
from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec import decode_workflow
from wfcore.codec.times import parse_time
from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.resources import AUDIT_OUTBOXES, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .bodies import made

END = parse_time("2026-01-02T03:04:05Z")


def child_of(parent):
    return {"ownerReferences": [{
        "apiVersion": parent["apiVersion"], "kind": parent["kind"], "name": parent["metadata"]["name"],
        "uid": parent["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}],
        "finalizers": [TRACKING_FINALIZER]}


async def release(place, resource, name):
    await place.change(resource, name, lambda found: found["metadata"].pop("finalizers", None))


def record():
    trace = read(FOLDER / "terminal.json")
    return audit_record(decode_workflow(trace["workflow"]), END, "completed")


def outbox(**spec):
    return {"apiVersion": AUDIT_OUTBOXES.api_version, "kind": AUDIT_OUTBOXES.kind,
            "spec": {**encode_record(record()), **spec}}


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_a_workflow_takes_its_executions_along_when_they_are_released(run, place, propagation):
    async def story():
        parent = await made(place, workflow())
        for number in (1, 2):
            await made(place, execution(), f"w-step-{number}", **child_of(parent))
        await place.api.delete(WORKFLOW_EXECUTIONS, place.namespace, "w", propagation=propagation)
        for number in (1, 2):
            async def going(name=f"w-step-{number}"):
                return "deletionTimestamp" in (await place.get(KUBERNETES_EXECUTIONS, name))["metadata"]
            await until(going)
            await release(place, KUBERNETES_EXECUTIONS, f"w-step-{number}")
            await place.gone(KUBERNETES_EXECUTIONS, f"w-step-{number}")
        await place.gone(WORKFLOW_EXECUTIONS, "w")
        assert () == (await place.api.list(KUBERNETES_EXECUTIONS, place.namespace)).items

    run(story())


def test_a_workflow_held_by_the_engine_stays_readable_until_it_lets_go(run, place):
    async def story():
        parent = await made(place, workflow(), finalizers=[TRACKING_FINALIZER])
        await place.api.delete(WORKFLOW_EXECUTIONS, place.namespace, "w")
        found = await place.get(WORKFLOW_EXECUTIONS, "w")
        assert parent["spec"] == found["spec"]
        found = await place.api.update_status(WORKFLOW_EXECUTIONS, {**found, "status": {"phase": "failed"}})
        # As the engine does: on the version it read, the rest as it was.
        found["metadata"]["finalizers"] = []
        await place.api.update(WORKFLOW_EXECUTIONS, found)
        assert 404 == (await refusal(place.get(WORKFLOW_EXECUTIONS, "w"))).status

    run(story())


def test_a_finalizer_and_an_owner_are_no_new_generation(run, place):
    async def story():
        parent = await made(place, workflow(), "parent")
        await made(place, workflow())
        owned = await place.change(WORKFLOW_EXECUTIONS, "w", lambda found: found["metadata"].update(child_of(parent)))
        assert (1, [TRACKING_FINALIZER]) == (owned["metadata"]["generation"], owned["metadata"]["finalizers"])
        for name in ("w", "parent"):
            await release(place, WORKFLOW_EXECUTIONS, name)

    run(story())


def test_suspending_is_a_new_generation_each_time(run, place):
    async def story():
        await made(place, workflow())
        for generation, suspend in ((2, True), (3, False), (3, False), (4, True)):
            stored = await place.change(
                WORKFLOW_EXECUTIONS, "w", lambda found, to=suspend: found["spec"].update(suspend=to))
            assert (generation, suspend) == (stored["metadata"]["generation"], stored["spec"]["suspend"])

    run(story())


def test_executions_of_one_workflow_are_found_by_its_label(run, place):
    async def story():
        for name, uid in (("a", "u-1"), ("b", "u-2"), ("c", "u-1")):
            await made(place, execution(), name, labels={"kubernaut.io/workflow-uid": uid})
        page = await place.api.list(
            KUBERNETES_EXECUTIONS, place.namespace, label_selector="kubernaut.io/workflow-uid=u-1")
        assert ["a", "c"] == [item["metadata"]["name"] for item in page.items]
        assert {"KubernetesExecution"} == {item["kind"] for item in page.items}

    run(story())


def test_an_attempt_is_created_once(run, place):
    """Two controllers ask for the same one: the second learns that it is there, whatever it would have said."""
    async def story():
        first = await made(place, execution(), "w-step-1")
        error = await refusal(made(place, execution(timeout="6m"), "w-step-1"))
        assert (409, "AlreadyExists") == (error.status, error.reason)
        assert first == await place.get(KUBERNETES_EXECUTIONS, "w-step-1")

    run(story())


def test_watches_of_workflows_and_executions_see_spec_and_status(run, place):
    async def story():
        start = (await place.api.list(WORKFLOW_EXECUTIONS, place.namespace)).resource_version
        stored = await made(place, workflow())
        await made(place, execution(), "w-step-1")
        stored = await place.api.update_status(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": "planning"}})
        await place.api.update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], "suspend": True}})
        await place.api.delete(WORKFLOW_EXECUTIONS, place.namespace, "w")
        watch = place.api.watch(WORKFLOW_EXECUTIONS, place.namespace, resource_version=start)
        assert [("ADDED", "w"), ("MODIFIED", "w"), ("MODIFIED", "w"), ("DELETED", "w")] == await events(watch, 4)
        watch = place.api.watch(KUBERNETES_EXECUTIONS, place.namespace, resource_version=start)
        assert [("ADDED", "w-step-1")] == await events(watch, 1)

    run(story())


def test_an_outbox_keeps_a_record_whole(run, place):
    stored = run(made(place, outbox(), "audit-1"))

    assert record() == decode_record(stored["spec"])


def test_an_outbox_has_no_status(run, place):
    async def story():
        stored = await made(place, outbox(), "audit-1")
        error = await refusal(place.api.update_status(AUDIT_OUTBOXES, {**stored, "status": {}}))
        assert (404, "NotFound") == (error.status, error.reason)

    run(story())


@pytest.mark.parametrize(("spec", "field"), [
    ({"totalSteps": -1}, "spec.totalSteps"), ({"effectivenessScore": 2}, "spec.effectivenessScore"),
    ({"errorMessage": "x" * 1025}, "spec.errorMessage"), ({"completedAt": None}, "spec.completedAt"),
    ({"completedAt": "yesterday"}, "spec.completedAt"), ({"steps": [{}] * 501}, "spec.steps"),
])
def test_an_outbox_keeps_to_its_limits(run, place, spec, field):
    error = run(refusal(made(place, outbox(**spec), "audit-1")))

    assert 422 == error.status
    assert field in [found for found, _ in error.causes]
