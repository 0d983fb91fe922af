"""What the oracles see: ledger and children read straight from JSON, with none of the engine's own code.

So a law cannot be fooled by the decoder, the planner or the judge it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcore.testing.checker.scope import SETTINGS, STABLE

SILENT = "the executor died"
_STAGES = {"": "pending", "executing": "acting", "completed": "ok", "failed": "failed"}


@frozen
class Effort:
    """A step's forward side or its compensation: stage, attempt, the child's name and recorded uid."""

    stage: str
    attempt: int
    child: str
    uid: str
    waiting: bool  # for a retry
    deadline: datetime | None
    cancelled_at: datetime | None


@frozen
class Entry:
    """One step in the ledger."""

    forward: Effort
    undo: Effort | None
    mutated: str
    undo_source: int


@frozen(eq=False)
class Ledger:
    """A workflow."""

    uid: str
    phase: str
    deleted_at: datetime | None
    digest: str
    entries: Mapping[int, Entry]
    performed: bool
    instants: tuple[datetime, ...]  # at which something is due
    deadline: datetime | None  # of the whole workflow
    stop: str
    suspended: bool  # by spec.suspend
    annotations: Mapping[str, str]
    dry_run: bool  # is intended
    drying: bool  # and has no results yet
    without_audit: Mapping[str, Any]  # the whole status but for the condition AuditRecorded
    audited: bool

    @property
    def terminal(self) -> bool:
        """Whether the workflow has ended."""
        return self.phase in ("completed", "failed")

    def effort(self, step: int, kind: str) -> Effort | None:
        """The forward side of a step, or its compensation; a dry run leaves nothing in the ledger."""
        entry = self.entries.get(step)
        if entry is None or kind == "dryrun":
            return None
        return entry.undo if kind == "rollback" else entry.forward


@frozen(eq=False)
class Child:
    """A KubernetesExecution.  `stage`: pending, acting, ok, failed; `silent`: its executor died while acting.

    `excused`: it failed for what a prerequisite may still make.
    """

    name: str
    uid: str
    owner: str
    kind: str
    step: int
    attempt: int
    digest: str
    stage: str
    mutated: str
    silent: bool
    deleted_at: datetime | None
    captured: int | None
    restores: int | None
    excused: bool

    @property
    def over(self) -> bool:
        """Whether it reported an end."""
        return self.stage in ("ok", "failed")

    @property
    def acting(self) -> bool:
        """Whether an executor is changing the cluster for it now."""
        return self.stage == "acting" and not self.silent


def read_ledger(value: Mapping[str, Any]) -> Ledger:
    """A workflow's JSON as the oracles need it."""
    meta, spec, status = value["metadata"], value["spec"], value.get("status", {})
    entries = {e["stepNumber"]: _entry(e) for e in status.get("stepStatuses", ())}
    conditions = status.get("conditions", ())
    rest = [c for c in conditions if c["type"] != "AuditRecorded"]
    dried = bool((status.get("validationResults") or {}).get("dryRunPerformed"))
    return Ledger(
        uid=meta["uid"], phase=status.get("phase", ""), deleted_at=_time(meta.get("deletionTimestamp")),
        digest=status.get("planDigest", ""), entries=entries,
        performed=bool((status.get("rollback") or {}).get("performed")),
        instants=tuple(sorted(_instants(status, dried=dried))),
        deadline=_time(status.get("workflowDeadline")), stop=spec.get("stop", ""),
        suspended=bool(spec.get("suspend")) and not spec.get("stop"),
        annotations=meta.get("annotations", {}), dry_run="dryRunStartTime" in status,
        drying="dryRunStartTime" in status and not dried and status.get("phase") == "validating",
        without_audit={**status, "conditions": rest},
        audited=any(c["type"] == "AuditRecorded" and c["status"] == "True" for c in conditions))


def _instants(status: Mapping[str, Any], *, dried: bool) -> set[datetime]:
    """When something is due; what is held has no deadline, only time left."""
    held, approval = "suspendedSince" in status or "frozenSince" in status, status.get("approval") or {}
    found = [None if held else _time(status.get("phaseDeadline")), _time(status.get("workflowDeadline"))]
    if approval and "decision" not in approval and not held and status.get("phase") == "validating":
        found.append(_time(approval["deadline"]))
    if status.get("phase") == "monitoring" and "stableSince" in status:
        found.append(datetime.fromisoformat(status["stableSince"]) + STABLE)
    if not dried and not held and "dryRunStartTime" in status:
        found.append(datetime.fromisoformat(status["dryRunStartTime"]) + SETTINGS.dry_run_timeout)
    for raw in status.get("stepStatuses", ()):
        for part, moves in ((raw, False), (raw.get("rollback") or {}, held)):
            cancelled = _time(part.get("cancelledAt"))
            found += [None if moves else _time(part.get("deadline")), _time(part.get("retryAt")),
                      cancelled + SETTINGS.cancel_grace if cancelled else None]
    return {at for at in found if at is not None}


def _entry(raw: Mapping[str, Any]) -> Entry:
    undo = raw.get("rollback")
    return Entry(_effort(raw), _effort(undo) if undo else None, raw.get("mutated", "no"),
                 undo.get("sourceAttempt", 0) if undo else 0)


def _effort(raw: Mapping[str, Any]) -> Effort:
    reference = raw.get("k8sExecutionRef") or {}
    return Effort(raw.get("status", "pending"), raw.get("attempt", 0), reference.get("name", ""),
                  reference.get("uid", ""), "retryAt" in raw, _time(raw.get("deadline")), _time(raw.get("cancelledAt")))


def read_child(value: Mapping[str, Any]) -> Child:
    """A child's JSON as the oracles need it."""
    meta, spec, status = value["metadata"], value["spec"], value.get("status", {})
    information = status.get("rollbackInformation") or {}
    return Child(
        name=meta["name"], uid=meta["uid"],
        owner=next((o["uid"] for o in meta.get("ownerReferences", ()) if o.get("controller")), ""),
        kind=spec["kind"], step=spec["stepNumber"], attempt=spec["attempt"], digest=spec.get("planDigest", ""),
        stage=_stage(status), mutated=information.get("mutated", "no"),
        silent=status.get("errorMessage") == SILENT, deleted_at=_time(meta.get("deletionTimestamp")),
        captured=_replicas(information.get("parameters")), restores=_replicas(spec.get("rollbackParameters")),
        excused=status.get("failureClass") in ("resource_not_found", "resource_conflict"))


def _stage(status: Mapping[str, Any]) -> str:
    refused = not (status.get("dryRunResult") or {}).get("wouldSucceed", True)
    return "failed" if refused else _STAGES[status.get("phase", "")]


def _replicas(parameters: Mapping[str, Any] | None) -> int | None:
    found: int | None = ((parameters or {}).get("scaleToPrevious") or {}).get("previousReplicas")
    return found


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def may_begin(ledger: Ledger | None, child: Child) -> bool:
    """Promise E5: the ledger as it is now intends this very child, nobody has cancelled it or deletes the workflow."""
    if ledger is None or ledger.terminal or ledger.uid != child.owner:
        return False
    if child.deleted_at is not None or ledger.deleted_at is not None:
        return False
    if child.kind == "dryrun":
        return ledger.drying and child.digest == ledger.digest
    effort = ledger.effort(child.step, child.kind)
    return (effort is not None and effort.stage == "executing" and not effort.waiting
            and effort.cancelled_at is None and effort.child == child.name and child.digest == ledger.digest
            and (child.kind == "rollback") == (ledger.phase == "rolling_back"))


def is_concluded(ledger: Ledger | None, child: Child) -> bool:
    """Whether the ledger has done with this child."""
    effort = ledger.effort(child.step, child.kind) if ledger is not None and child.owner == ledger.uid else None
    return effort is not None and (
        child.attempt < effort.attempt or effort.waiting or effort.stage not in ("pending", "executing"))
