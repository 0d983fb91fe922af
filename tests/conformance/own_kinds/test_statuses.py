"""What the delivered definitions let into a status, and that spec and status never touch each other."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.gadgets import refusal
from tests.crds.samples import execution, step, workflow
from tests.crds.test_samples import EXECUTION_STATUS, WORKFLOW_STATUS
from tests.traces.situations import FOLDER, read

from wfcontroller.api import ApiError
from wfcore.codec import decode_execution, decode_workflow, encode
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .bodies import RESOURCES, made

SAMPLES = [(workflow(), WORKFLOW_STATUS), (execution(), EXECUTION_STATUS)]
KINDS = ["workflow", "execution"]
TRACES = sorted(path.stem for path in FOLDER.glob("*.json"))


async def with_status(place, sample, status, name="w"):
    stored = await made(place, sample, name)
    return await place.api.update_status(RESOURCES[sample["kind"]], {**stored, "status": status})


@pytest.mark.parametrize(("sample", "status"), SAMPLES, ids=KINDS)
def test_a_new_object_has_no_status_whatever_it_says(run, place, sample, status):
    assert "status" not in run(made(place, {**sample, "status": status}))


@pytest.mark.parametrize(("sample", "status"), SAMPLES, ids=KINDS)
def test_a_status_is_kept_whole_and_is_no_new_generation(run, place, sample, status):
    stored = run(with_status(place, sample, status))

    assert (status, 1) == (stored["status"], stored["metadata"]["generation"])


@pytest.mark.parametrize(("sample", "status"), SAMPLES, ids=KINDS)
def test_a_write_of_the_status_changes_nothing_else(run, place, sample, status):
    async def story():
        stored = await made(place, sample)
        resource = RESOURCES[sample["kind"]]
        lying = {**stored, "spec": {}, "status": status,
                 "metadata": {**stored["metadata"], "labels": {"a": "b"}, "finalizers": ["kubernaut.io/x"]}}
        written = await place.api.update_status(resource, lying)
        assert stored["spec"] == written["spec"]
        assert {k: v for k, v in stored["metadata"].items() if k not in ("resourceVersion", "managedFields")} == (
            {k: v for k, v in written["metadata"].items() if k not in ("resourceVersion", "managedFields")})

    run(story())


def test_a_write_of_the_spec_leaves_the_status(run, place):
    async def story():
        stored = await with_status(place, workflow(), WORKFLOW_STATUS)
        for lie in ({}, {"phase": "completed"}, None):
            changed = {**stored, "status": lie, "spec": {**stored["spec"], "suspend": not stored["spec"]["suspend"]}}
            written = await place.api.update(WORKFLOW_EXECUTIONS, changed)
            assert WORKFLOW_STATUS == written["status"]
            assert stored["metadata"]["generation"] + 1 == written["metadata"]["generation"]
            stored = written

    run(story())


def test_what_a_newer_engine_would_write_is_pruned(run, place):
    """Whoever rolls back finds a status it can read; it never finds half of what it does not know."""
    status = {**WORKFLOW_STATUS, "fromTheFuture": {"a": 1}}
    status["stepStatuses"] = [{**WORKFLOW_STATUS["stepStatuses"][0], "alsoNew": True}]

    assert WORKFLOW_STATUS == run(with_status(place, workflow(), status))["status"]


@pytest.mark.parametrize("name", TRACES)
def test_every_recorded_status_is_stored_as_it_was_written(run, place, name):
    """Those of older code too: an update of the engine finds them, and so does the server they are written to."""
    trace = read(FOLDER / f"{name}.json")

    async def story():
        for number, found in enumerate((trace["workflow"], *trace["children"])):
            resource, decode = RESOURCES[found["kind"]], (
                decode_workflow if found["kind"] == "WorkflowExecution" else decode_execution)
            stored = await made(place, {"apiVersion": found["apiVersion"], "kind": found["kind"],
                                        "spec": found["spec"]}, f"w-{number}")
            status = found.get("status") or {}
            stored = await place.api.update_status(resource, {**stored, "status": status})
            assert status == (stored.get("status") or {})
            assert decode(found).status == decode(stored).status
            # The next pass writes what today's code makes of it.
            again = {**stored, "status": encode(decode(stored).status)}
            assert again["status"] == (await place.api.update_status(resource, again)).get("status", {})

    run(story())


@pytest.mark.parametrize("name", TRACES)
def test_every_status_the_engine_decides_on_is_stored_as_it_decided(run, place, name):
    trace = read(FOLDER / f"{name}.json")
    decided = trace["decision"].get("status") or {}

    async def story():
        found = trace["workflow"]
        sample = {"apiVersion": found["apiVersion"], "kind": found["kind"], "spec": found["spec"]}
        stored = await with_status(place, sample, decided)
        assert decided == (stored.get("status") or {})

    run(story())


@pytest.mark.parametrize(("edit", "field"), [
    ({"phase": 5}, "status.phase"), ({"currentStep": -1}, "status.currentStep"),
    ({"stepStatuses": [{"stepNumber": 1}, {"stepNumber": 1}]}, "status.stepStatuses[1]"),
    ({"conditions": "none"}, "status.conditions"), ({"executionStartTime": "noon"}, "status.executionStartTime"),
    ({"planDigest": "x" * 100}, "status.planDigest"),
])
def test_a_status_keeps_to_its_limits(run, place, edit, field):
    async def story():
        stored = await made(place, workflow())
        error = await refusal(place.api.update_status(
            WORKFLOW_EXECUTIONS, {**stored, "status": {**WORKFLOW_STATUS, **edit}}))
        assert 422 == error.status
        assert any(found.startswith(field) for found, _ in error.causes)
        assert stored == await place.get(WORKFLOW_EXECUTIONS, "w")

    run(story())


@pytest.mark.parametrize("resource", [WORKFLOW_EXECUTIONS, KUBERNETES_EXECUTIONS])
def test_a_status_is_written_on_the_version_that_was_read(run, place, resource):
    sample = workflow() if resource == WORKFLOW_EXECUTIONS else execution()

    async def story():
        old = await made(place, sample)
        new = await place.api.update_status(resource, {**old, "status": {"phase": "executing"}})
        for stale in (old, {**new, "metadata": {**new["metadata"], "uid": "another"}}):
            error = await refusal(place.api.update_status(resource, {**stale, "status": {"phase": "failed"}}))
            assert (409, "Conflict") == (error.status, error.reason)
        unversioned = {**new, "metadata": {k: v for k, v in new["metadata"].items() if k != "resourceVersion"}}
        error = await refusal(place.api.update_status(resource, {**unversioned, "status": {"phase": "failed"}}))
        assert (422, "metadata.resourceVersion") == (error.status, error.causes[0][0])
        assert "executing" == (await place.get(resource, "w"))["status"]["phase"]

    run(story())


def test_of_two_controllers_that_read_the_same_one_commits(run, place):
    async def story():
        stored = await made(place, workflow())

        async def commit(phase):
            try:
                await place.api.update_status(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": phase}})
            except ApiError as error:
                return error.status
            return phase

        answers = await asyncio.gather(*(commit(phase) for phase in ("planning", "validating", "failed")))
        assert 2 == answers.count(409)
        assert (await place.get(WORKFLOW_EXECUTIONS, "w"))["status"]["phase"] in answers

    run(story())


def test_a_status_of_500_steps_is_stored(run, place):
    steps = [step(number, "cordon-node") for number in range(1, 501)]
    reported = [{**WORKFLOW_STATUS["stepStatuses"][0], "stepNumber": number} for number in range(1, 501)]

    async def story():
        stored = await with_status(place, workflow(*steps), {**WORKFLOW_STATUS, "stepStatuses": reported})
        assert reported == stored["status"]["stepStatuses"]
        # A second time its members are compared with those before.
        reported[499] = {**reported[499], "attempt": 2}
        stored = await place.api.update_status(WORKFLOW_EXECUTIONS, {
            **stored, "status": {**stored["status"], "stepStatuses": reported}})
        assert 2 == stored["status"]["stepStatuses"][499]["attempt"]

    run(story())
