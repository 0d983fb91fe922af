"""A finished (or running) workflow as the document that `run -o json` prints: a pure function of the raw object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wfcontroller.cli.notices import Raw, is_carried_over
from wfcore.codec.times import parse_time
from wfcore.model.enums import Outcome
from wfcore.reasons import Reason


def run_document(workflow: Raw, audit_ids: Mapping[str, str]) -> dict[str, Any]:
    """What happened to one workflow; absent values are null, `durationSeconds` is virtual time."""
    meta, status = workflow["metadata"], workflow.get("status") or {}
    result = status.get("workflowResult") or {}
    return {
        "name": meta["name"],
        "namespace": meta.get("namespace", ""),
        "uid": meta.get("uid", ""),
        "phase": status.get("phase", ""),
        "outcome": result.get("outcome"),
        "effectivenessScore": result.get("effectivenessScore"),
        "failureReason": status.get("failureReason"),
        "failureMessage": status.get("failureMessage"),
        "rollbackReason": status.get("rollbackReason"),
        "durationSeconds": seconds_between(status.get("planningStartTime"), status.get("completionTime")),
        "steps": [_step(entry, names_of(workflow)) for entry in ledger(workflow)],
        "rollback": [{"stepNumber": entry["stepNumber"], "status": entry["rollback"]["status"]}
                     for entry in compensated(workflow)],
        "approval": status.get("approval"),
        "safetyChecks": list((status.get("validationResults") or {}).get("safetyChecks") or ()),
        "adaptiveAdjustments": list(status.get("adaptiveAdjustments") or ()),
        "optimizations": list(result.get("optimizations") or ()),
        "carriedOver": [entry["stepNumber"] for entry in ledger(workflow) if is_carried_over(entry)],
        "dirty": list((status.get("rollback") or {}).get("dirty") or ()),
        "conditions": list(status.get("conditions") or ()),
        "planDigest": status.get("planDigest"),
        "auditId": audit_ids.get(meta.get("uid", "")),
    }


def ledger(workflow: Raw) -> list[Raw]:
    """The step entries, by number."""
    entries = (workflow.get("status") or {}).get("stepStatuses") or ()
    return sorted(entries, key=lambda entry: int(entry["stepNumber"]))


def names_of(workflow: Raw) -> Mapping[int, str]:
    """Step names by number; an unnamed step goes by its action, a compensation of another workflow by `undo NAME`."""
    inputs = (workflow.get("status") or {}).get("planInputs") or {}
    definition = (workflow.get("spec") or {}).get("workflowDefinition") or inputs.get("definition") or {}
    undone = {one["stepNumber"]: f"undo {one.get('name') or one['action']}"
              for one in inputs.get("compensations") or ()}
    return {**{step["stepNumber"]: step.get("name") or step["action"] for step in definition.get("steps") or ()},
            **undone}


def compensated(workflow: Raw) -> list[Raw]:
    """The entries with a compensation, in the order in which these began; those that never did come last.

    Compensations that began at the same instant stand in the rollback's own order, then by number.
    """
    planned = ((workflow.get("status") or {}).get("rollback") or {}).get("steps") or ()
    rank = {number: index for index, number in enumerate(planned)}

    def begun(entry: Raw) -> tuple[float, int, int]:
        start, number = entry["rollback"].get("startTime"), int(entry["stepNumber"])
        instant = parse_time(start).timestamp() if start else math.inf
        return instant, rank.get(number, len(rank)), number

    return sorted((entry for entry in ledger(workflow) if entry.get("rollback")), key=begun)


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds from one RFC 3339 time to another, to the millisecond; None if either is missing."""
    if not start or not end:
        return None
    return round((parse_time(end) - parse_time(start)).total_seconds(), 3)


def is_success(document: Mapping[str, Any]) -> bool:
    """Whether this outcome alone would end in exit status 0; a plan that was only asked for has none."""
    return planned_only(document) or bool(document["outcome"] == Outcome.SUCCESS)


def planned_only(document: Mapping[str, Any]) -> bool:
    """Whether only the plan was asked for, and was made."""
    return any(c["type"] == "Complete" and c["status"] == "True" and c["reason"] == Reason.PLAN_ONLY
               for c in document["conditions"])


def _step(entry: Raw, names: Mapping[int, str]) -> dict[str, Any]:
    number = entry["stepNumber"]
    return {
        "stepNumber": number,
        "name": names.get(number, ""),
        "action": entry.get("action", ""),
        "status": entry.get("status", "pending"),
        "attempts": entry.get("attempt", 0),
        "startTime": entry.get("startTime"),
        "endTime": entry.get("endTime"),
        "reason": entry.get("reason"),
        "errorMessage": entry.get("errorMessage"),
    }
