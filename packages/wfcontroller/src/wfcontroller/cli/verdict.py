"""The last words on a workflow: how it ended, why, what was undone, what is still changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcontroller.cli.notices import adjustment_line, decision_line, failed_checks
from wfcontroller.cli.outcomes import is_success, planned_only
from wfcore.model.enums import ApprovalDecision


def verdict_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The verdict on one workflow from its `run_document`, one fact a line."""
    yield _head(document)
    steps = {step["stepNumber"]: step for step in document["steps"]}
    why = document["failureMessage"] or ""
    if why:
        yield f"why: {why} ({document['failureReason']})"
    yield from failed_checks(check for check in document["safetyChecks"] if (check.get("message") or "?") not in why)
    approval = document["approval"] or {}
    if approval.get("decision") == ApprovalDecision.APPROVED:
        yield decision_line(approval)
    for step in document["steps"]:
        said = step["errorMessage"]
        if said and step["status"] in ("failed", "skipped") and said not in why:
            yield f"step {step['stepNumber']} {step['name']} {step['status']}: {said}"
    if document["carriedOver"]:
        yield "carried over: " + ", ".join(f"{number} {steps[number]['name']}" for number in document["carriedOver"])
    yield from map(adjustment_line, document["adaptiveAdjustments"])
    if document["rollback"]:
        done = [f"{one['stepNumber']} {steps[one['stepNumber']]['name']}" + (
            "" if one["status"] == "completed" else f" ({one['status']})") for one in document["rollback"]]
        yield f"rolled back: {', '.join(done)}"
    for left in document["dirty"]:
        yield f"still changed: {_object(left)}{_states(left)}; restore it by hand"
    for optimization in document["optimizations"]:
        yield f"next time: {optimization}"
    if document["auditId"]:
        yield f"audit record: {document['auditId']}"


def _head(document: Mapping[str, Any]) -> str:
    outcome = document["outcome"] or ("planned only, nothing was executed" if planned_only(document) else "no outcome")
    ended = ", ".join(dict.fromkeys((document["phase"], outcome)))
    done = sum(step["status"] == "completed" for step in document["steps"])
    # What a rollback has undone is not worth counting as done.
    count = "" if document["rollback"] or not document["steps"] else f"; {done} of {len(document['steps'])} steps"
    took = f" in {document['durationSeconds']:.0f}s" if document["durationSeconds"] is not None else ""
    score = document["effectivenessScore"]
    effect = f", effectiveness {score:.2f}" if score is not None and is_success(document) else ""
    return f"{document['name']}: {ended}{count}{took}{effect}"


def _object(left: Mapping[str, Any]) -> str:
    place = f"{left['namespace']}/" if left.get("namespace") else ""
    return f"{left['kind'].lower()} {place}{left['name']}"


def _states(left: Mapping[str, Any]) -> str:
    said = [f"{word} {left[key]}" for word, key in (("should be", "expected"), ("is", "actual")) if left.get(key)]
    return f", {', '.join(said)}" if said else ""
