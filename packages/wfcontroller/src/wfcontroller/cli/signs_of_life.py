"""Checks of `doctor`: whether controller and executor are alive, the clocks agree, and nothing is frozen."""

from __future__ import annotations

from datetime import datetime, timedelta

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.ages import short
from wfcontroller.cli.connection import caller
from wfcontroller.cli.diagnosis import FAILED, OK, WARNING, Diagnosis, Patient
from wfcontroller.cli.finding import found
from wfcontroller.configuration.controller import LeaderElection
from wfcontroller.freeze import FREEZE, freeze_reason
from wfcontroller.objects import metadata, spec
from wfcore.codec.times import parse_time
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.resources import CONFIG_MAPS, LEASES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

_DRIFT, _TOO_FAR = timedelta(seconds=5), timedelta(seconds=30)


async def controller(patient: Patient) -> Diagnosis:
    """The Lease of the controller that leads; one that runs alone may hold none."""
    name = LeaderElection().lease_name
    lease = await found(patient.cluster, LEASES, patient.namespace, name)
    if lease is None:
        return Diagnosis("controller", WARNING, f"no Lease {patient.namespace}/{name}: it has never run, "
                         "or runs without leader election", f"kubectl get pods -n {patient.namespace}")
    silent = _silent_since(lease, patient.cluster.now())
    # As long as it lasts the next leader waits; twice that, nobody has taken over.
    patience = 2 * timedelta(seconds=int(spec(lease).get("leaseDurationSeconds") or 15))
    return _life("controller", lease, silent, patience, "no workflow goes on", patient)


async def executor(patient: Patient) -> Diagnosis:
    """The heartbeat of the executor, as the controller judges it."""
    settings = Settings()
    lease = await found(patient.cluster, LEASES, patient.namespace, settings.executor_lease)
    if lease is None:
        return Diagnosis("executor", FAILED, f"no Lease {patient.namespace}/{settings.executor_lease}: no executor has "
                         "ever run, and no step is performed", "wfctl install --part workloads")
    silent = _silent_since(lease, patient.cluster.now())
    return _life("executor", lease, silent, settings.executor_silence, "no step is performed", patient)


def _silent_since(lease: Object, now: datetime) -> timedelta | None:
    renewed = spec(lease).get("renewTime")
    return now - parse_time(renewed) if renewed else None


def _life(check: str, lease: Object, silent: timedelta | None, patience: timedelta, so: str,
          patient: Patient) -> Diagnosis:
    holder = spec(lease).get("holderIdentity") or ""
    if silent is None or not holder:
        return Diagnosis(check, FAILED, f"nobody holds its Lease: {so}", f"kubectl get pods -n {patient.namespace}")
    if silent > patience:
        return Diagnosis(check, FAILED, f"{holder} has been silent for {short(silent)}, more than {short(patience)}: "
                         f"{so}",
                         f"kubectl logs -n {patient.namespace} deployment/wf-{check}")
    return Diagnosis(check, OK, f"{holder} was heard {short(silent)} ago")


async def clocks(patient: Patient) -> Diagnosis:
    """This machine's clock against the server's, by the creation time of a workflow that is not stored."""
    cluster = patient.cluster
    probe = {
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"generateName": "wfctl-doctor-", "namespace": cluster.namespace,
                     "annotations": {ANNOTATION_CREATED_BY: await caller(cluster)}},
        "spec": {"executionStrategy": {"mode": "Plan"}, "workflowDefinition": {
            "name": "probe", "steps": [{"stepNumber": 1, "name": "look", "action": "check-pod-health"}]}},
    }
    before = cluster.now()
    try:
        created = await cluster.api.create(WORKFLOW_EXECUTIONS, probe, dry_run=True)
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        return Diagnosis("clocks", WARNING, f"cannot be compared, because no workflow can be created in namespace "
                         f"{cluster.namespace}: {error.message}", "name a namespace in which you can, with -n; without "
                         "definitions nobody can")
    ahead = _ahead(parse_time(metadata(created)["creationTimestamp"]), before, cluster.now())
    if abs(ahead) <= _DRIFT:
        return Diagnosis("clocks", OK, "this machine and the server agree within 5s")
    word = "ahead of" if ahead > timedelta(0) else "behind"
    return Diagnosis("clocks", FAILED if abs(ahead) > _TOO_FAR else WARNING,
                     f"the server is {short(abs(ahead))} {word} this machine: ages and deadlines are off by as much",
                     "synchronise both with NTP")


def _ahead(server: datetime, before: datetime, after: datetime) -> timedelta:
    """How far the server's clock is ahead; zero where its whole second fits between question and answer."""
    if server > after:
        return server - after
    behind = before - (server + timedelta(seconds=1))
    return -behind if behind > timedelta(0) else timedelta(0)


async def freeze(patient: Patient) -> Diagnosis:
    """Whether everything is held."""
    current = await found(patient.cluster, CONFIG_MAPS, patient.namespace, FREEZE)
    reason = freeze_reason(current)
    if current is None or reason is None:
        return Diagnosis("freeze", OK, "nothing is frozen")
    by = (current.get("data") or {}).get("by")
    return Diagnosis("freeze", WARNING, "every workflow is frozen" + (f" by {by}" if by else "") + (
        f": {reason}" if reason else ""), "wfctl unfreeze, once it is over")
