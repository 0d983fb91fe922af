"""The parent: its owner reference is verified, set when absent, and not needed."""

from __future__ import annotations

import attrs
import pytest

from wfcore.model.workflow import ObjectMeta, OwnerReference
from wfcore.program import Failed, FindParent, Finished, Found, SetMetadata, Unknown
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.snapshot import controller_uid
from wfcore.testing.world import World

from .stories import Story, done, scale, workflow


def child_of(parent: dict | None = None, world: World | None = None, **reference: str) -> Story:
    """A workflow that names the AlertRemediation `alert`, which exists when `parent` says so."""
    world = world or World()
    if parent is not None:
        world.add(ALERT_REMEDIATIONS, {"metadata": {"name": "alert", **parent}})
    return Story(workflow(scale(1), alertRemediationRef={"name": "alert", **reference}), world=world)


def owners(story: Story) -> list[dict]:
    return story.world.get(WORKFLOW_EXECUTIONS, "w")["metadata"].get("ownerReferences", [])


def warnings(story: Story) -> list[str]:
    return [e.message for e in story.world.events if e.reason == "OwnerReferenceFailed"]


def test_the_owner_reference_is_set_once_with_the_finalizer() -> None:
    story = child_of({})
    first = story.run()

    [owner] = owners(story)
    assert ("AlertRemediation", "alert", True, True) == (
        owner["kind"], owner["name"], owner["controller"], owner["blockOwnerDeletion"])
    assert story.world.get(ALERT_REMEDIATIONS, "alert")["metadata"]["uid"] == owner["uid"]
    assert 1 == len(first.asked(SetMetadata))
    assert [] == warnings(story)


def test_a_missing_parent_is_said_once_and_the_workflow_stands_alone() -> None:
    story = child_of().go()

    assert [] == owners(story)
    assert ["AlertRemediation alert does not exist; the workflow stands alone"] == warnings(story)
    assert "executing" == story.status.phase


def test_another_object_of_the_parents_name_does_not_become_the_owner() -> None:
    story = child_of({}, uid="another").go()

    assert [] == owners(story)
    assert ["AlertRemediation alert is not the one that is meant: its uid differs"] == warnings(story)
    assert "executing" == story.status.phase


def test_a_parent_in_another_namespace_cannot_own() -> None:
    world = World()
    world.perform(op.Create(NAMESPACES, {"metadata": {"name": "far"}}, world.now))
    story = child_of({"namespace": "far"}, world, namespace="far").go()

    assert [] == owners(story)
    assert ["the parent is in another namespace and cannot own the workflow"] == warnings(story)


def test_a_reference_that_is_there_is_left_alone_and_another_controller_stays_it() -> None:
    story = child_of({})
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "c", "controller": True}
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**body, "metadata": {
        **body["metadata"], "ownerReferences": [other]}}, story.now))
    story.go()
    assert [True, False] == [owner.get("controller", False) for owner in owners(story)]

    before = owners(story)
    story.go()
    assert before == owners(story)


@pytest.mark.parametrize("answer", [Failed("unavailable", retry_after=3.0), Unknown()])
def test_a_parent_that_cannot_be_read_is_looked_for_again(answer: object) -> None:
    story = child_of({})
    story.fault = lambda request: answer if isinstance(request, FindParent) else None

    assert Finished(backoff=True, retry_after=getattr(answer, "retry_after", 0.0)) == story.run().finished


def test_the_parent_is_looked_for_only_in_the_beginning() -> None:
    story = child_of({}).go()
    story.run()

    assert () == story.passes[-1].asked(FindParent)


def test_a_workflow_goes_with_its_parent_recorded_and_with_its_children() -> None:
    story = child_of({}).go()
    story.world.delete(ALERT_REMEDIATIONS, "alert")
    story.world.perform(op.CollectGarbage(story.now))
    story.go().after(seconds=31)

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None
    assert {} == story.world.children()
    assert ["deleted"] == [record.status for record in story.world.audit.values()]


def test_a_parent_that_goes_unnoticed_changes_nothing_about_the_run() -> None:
    """The garbage collector may be slow, or not there at all."""
    story = child_of({}).go()
    before = owners(story)
    story.world.delete(ALERT_REMEDIATIONS, "alert")
    story.say(step_1=done()).stable()

    assert ("completed", before) == (story.status.phase, owners(story))


@pytest.mark.parametrize("reference", [{}, {"uid": "another"}])
def test_a_workflow_that_stands_alone_is_kept_as_long_as_one_without_a_parent(reference: dict) -> None:
    story = child_of({} if reference else None, **reference).go().say(step_1=done()).stable()
    assert story.status.completion_time + story.settings.ttl_without_parent == story.passes[-1].finished.wake_at

    story.wake()
    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None


def test_a_parent_whose_metadata_makes_no_sense_is_none() -> None:
    story = child_of({})
    raw = RawObject({"metadata": {"name": ["alert"]}})
    story.fault = lambda request: Found(raw) if isinstance(request, FindParent) else None

    assert ([], "executing") == (owners(story.go()), story.status.phase)
    assert ["AlertRemediation alert does not exist; the workflow stands alone"] == warnings(story)


def test_an_owner_that_a_person_set_is_found_and_not_doubled() -> None:
    story = child_of({})
    uid = story.world.get(ALERT_REMEDIATIONS, "alert")["metadata"]["uid"]
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    own = {"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation", "name": "alert", "uid": uid}
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**body, "metadata": {
        **body["metadata"], "ownerReferences": [own]}}, story.now))

    assert [uid] == [owner["uid"] for owner in owners(story.go())]


def test_the_controller_is_the_owner_that_says_so() -> None:
    owner = OwnerReference(api_version="v1", kind="ConfigMap", name="c", uid="1")
    controller = attrs.evolve(owner, uid="2", controller=True)

    assert "2" == controller_uid(ObjectMeta(name="a", owner_references=(owner, controller)))
    assert "" == controller_uid(ObjectMeta(name="a", owner_references=(owner,)))
