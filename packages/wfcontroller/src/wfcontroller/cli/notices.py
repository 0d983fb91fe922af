"""What is worth saying about a workflow besides phase and steps: whom it waits for, who decided, what was found.

A notice is a sentence that follows from the status alone, so whoever remembers
those it has said says each once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from wfcore.model.enums import ApprovalDecision
from wfcore.reasons import Reason

Raw: TypeAlias = Mapping[str, Any]


def notices(status: Raw) -> Iterator[str]:
    """The sentences of a raw status, in the order in which they come about."""
    if status.get("waitingFor"):
        yield f"waits: {status['waitingFor']}{_until(status.get('targetWaitDeadline'))}"
    yield from failed_checks((status.get("validationResults") or {}).get("safetyChecks") or ())
    if status.get("approval"):
        yield from approval_lines(status["approval"], status.get("planDigest", ""))
    if status.get("frozenSince"):
        yield f"frozen since {status['frozenSince']}"
    yield from map(adjustment_line, status.get("adaptiveAdjustments") or ())


def failed_checks(checks: Any) -> Iterator[str]:
    """The safety checks that did not pass; only a required one fails the workflow."""
    for check in checks:
        if not check.get("passed"):
            found = "could not be judged" if check.get("unknown") else "failed"
            weight = "" if check.get("required") else " (a warning: it is not required)"
            yield f"safety check {check['type']} {found}: {check.get('message', '')}{weight}"


def approval_lines(approval: Raw, digest: str) -> Iterator[str]:
    """An approval that is waited for, does not count, or was decided."""
    if approval.get("ignored"):
        yield f"the approval that is there does not count: {approval['ignored']}"
    if approval.get("decision"):
        yield decision_line(approval)
    else:
        yield f"waits for an approval of {digest}: {approval['neededBecause']}{_until(approval.get('deadline'))}"


def decision_line(approval: Raw) -> str:
    """Who decided what, and what they said."""
    word = "approved" if approval["decision"] == ApprovalDecision.APPROVED else "denied"
    said = f": {approval['reason']}" if approval.get("reason") else ""
    return f"{word} by {approval.get('by') or 'somebody'}{said}"


def adjustment_line(adjustment: Raw) -> str:
    """One adaptation and why."""
    return f"adapted: {adjustment['adjustment']} ({adjustment['reason']})"


def is_carried_over(entry: Raw) -> bool:
    """Whether a step was achieved by the workflow that this one retries."""
    return bool(entry.get("reason") == Reason.CARRIED_OVER)


def _until(instant: str | None) -> str:
    return f"; until {instant}" if instant else ""
