"""Check of `doctor`: what the caller may do, command by command."""

from __future__ import annotations

from attrs import frozen

from wfcontroller.cli.connection import caller
from wfcontroller.cli.diagnosis import OK, WARNING, Diagnosis, Patient
from wfcontroller.cluster.reviews import verdict
from wfcontroller.kinds import SELF_SUBJECT_ACCESS_REVIEWS
from wfcore.lifecycle.approval import APPROVALS
from wfcore.resources import CONFIG_MAPS, EVENTS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, WORKFLOW_GROUP

_BY_NAME = "; the controller reviews creators by name, so there a right through a group does not count"


@frozen
class _Right:
    """A right, and the commands that need it."""

    verb: str
    group: str
    resource: str
    commands: str
    of_controller: bool = False


def _on(verb: str, commands: str) -> _Right:
    return _Right(verb, WORKFLOW_GROUP, WORKFLOW_EXECUTIONS.plural, commands)


_RIGHTS = (
    _on("get", "every command"), _on("list", "get, watch"), _on("watch", "watch, --wait"),
    _on("create", "submit, rollback, retry"), _on("update", "suspend, resume, stop, approve, reject"),
    _Right("approve", WORKFLOW_GROUP, APPROVALS, "approve, reject"),
    _Right("list", KUBERNETES_EXECUTIONS.group, KUBERNETES_EXECUTIONS.plural, "explain"),
    _Right("list", EVENTS.group, EVENTS.plural, "events"),
    _Right("create", CONFIG_MAPS.group, CONFIG_MAPS.plural, "freeze", of_controller=True),
    _Right("delete", CONFIG_MAPS.group, CONFIG_MAPS.plural, "unfreeze", of_controller=True),
)


async def rights(patient: Patient) -> Diagnosis:
    """What may not be done is a warning: not everybody needs to do everything."""
    name, place = await caller(patient.cluster), patient.cluster.namespace
    lacking = [right for right in _RIGHTS if not await _holds(patient, right)]
    if not lacking:
        return Diagnosis("rights", OK, f"{name} may use every command in namespace {place}{_BY_NAME}")
    listed = ", ".join(f"{right.verb} {right.resource} ({right.commands})" for right in lacking)
    return Diagnosis("rights", WARNING, f"{name} may not do everything in namespace {place}: {listed}{_BY_NAME}",
                     "ask for the ClusterRole wf-viewer, wf-requester or wf-approver where you need it")


async def _holds(patient: Patient, right: _Right) -> bool | None:
    attributes = {"verb": right.verb, "group": right.group, "resource": right.resource,
                  "namespace": patient.namespace if right.of_controller else patient.cluster.namespace}
    asked = {key: value for key, value in attributes.items() if value}
    review = {"apiVersion": SELF_SUBJECT_ACCESS_REVIEWS.api_version, "kind": SELF_SUBJECT_ACCESS_REVIEWS.kind,
              "metadata": {}, "spec": {"resourceAttributes": asked}}
    return verdict(await patient.cluster.api.create(SELF_SUBJECT_ACCESS_REVIEWS, review))
