"""What is measured, and the closed sets that its labels are taken from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from wfcore.model.enums import Action, AdjustmentType, Outcome, Phase, SafetyCheckType, Word
from wfcore.reasons import EventReason, Reason

# Stands for every value of a label that has no series of its own.
OTHER = "other"


class Measure(Word):
    """A family of series, by its name; the adapter adds the common prefix."""

    # Counted or observed once, when it happens.
    CREATED = "created_total"
    DELETED = "deleted_total"
    EXECUTIONS = "executions_total"
    LIFECYCLE = "lifecycle_duration_seconds"
    PHASE_DURATION = "phase_duration_seconds"
    WORKFLOW_STEPS = "workflow_steps_total"
    STEPS_CREATED = "steps_created_total"
    STEPS_COMPLETED = "steps_completed_total"
    ROLLBACKS = "rollbacks_total"
    EFFECTIVENESS = "effectiveness_score"
    SAFETY = "safety_validation_total"
    ADJUSTMENTS = "adaptive_adjustments_total"
    VALIDATION_FAILURES = "validation_failures_total"
    ERRORS = "errors_total"
    CONFLICTS = "conflicts_total"
    EVENTS = "events_total"
    AUDIT = "audit_records_total"
    # As last seen.
    OUTBOX = "audit_outbox_records"
    OUTBOX_OLDEST = "audit_outbox_oldest_timestamp_seconds"
    # As they stand among all workflows.
    ACTIVE = "active_total"
    EXECUTING = "active_executions"
    PHASE_START = "phase_start_timestamp"
    WAITING = "waiting"
    VALIDATION_STATUS = "validation_status"


class Ending(Word):
    """How an execution ended; `none`: it completed without executing anything, as one that only plans."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NONE = "none"


class StepEnding(Word):
    """How a step ended that was attempted."""

    SUCCESS = "success"
    FAILED = "failed"


class CheckResult(Word):
    """What a safety check found; `unknown`: its facts could not be read."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class RollbackCause(Word):
    """Why something is undone: a step failed, the result did not hold, or a person asked for it."""

    STEP_FAILURE = "step_failure"
    VALIDATION_FAILURE = "validation_failure"
    MANUAL = "manual"


class Validation(Word):
    """What validating has found about a workflow so far."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


class ErrorType(Word):
    """What could not be done.  A conflict is none: whoever decided on an older version decides again."""

    CREATION = "k8s_exec_creation_failed"
    CLEANUP = "k8s_exec_cleanup_failed"
    STATUS = "status_update_failed"
    METADATA = "metadata_update_failed"
    DELETION = "workflow_deletion_failed"
    READ = "read_failed"
    HISTORY = "history_failed"
    AUDIT = "audit_failed"


class AuditFate(Word):
    """What became of a delivery of an audit record; `outboxed`: it waits in the API server."""

    RECORDED = "recorded"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNANSWERED = "unanswered"
    OUTBOXED = "outboxed"


WAITING_REASONS = (Reason.FROZEN, Reason.SUSPENDED, Reason.AWAITING_APPROVAL, Reason.TARGET_BUSY,
                   Reason.PARALLELISM_LIMIT)
OUTCOMES: Mapping[Outcome, Ending] = {
    Outcome.SUCCESS: Ending.SUCCESS, Outcome.PARTIAL_SUCCESS: Ending.PARTIAL, Outcome.FAILED: Ending.FAILED,
    Outcome.UNKNOWN: Ending.UNKNOWN,
}


def phase_label(phase: Phase) -> str:
    """The phase as a label: a workflow that nobody has accepted yet is `new`."""
    return phase.value or "new"


def _words(members: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(member) for member in members)


ACTIVE_PHASES: tuple[Phase, ...] = tuple(phase for phase in Phase if phase not in (Phase.COMPLETED, Phase.FAILED))
_LASTING = _words(phase for phase in ACTIVE_PHASES if phase is not Phase.NEW)
_ACTIVE = tuple(map(phase_label, ACTIVE_PHASES))
_ACTIONS = _words(Action)
# The one label that people fill: the name of a definition.  Its values are as many as an adapter wants to keep apart.
WORKFLOW_NAME = "workflow_name"
_NAMES = (OTHER,)

# Label -> its values, in the order in which an observation gives them.
LABELS: Mapping[Measure, Mapping[str, tuple[str, ...]]] = {measure: {} for measure in Measure} | {
    Measure.EXECUTIONS: {WORKFLOW_NAME: _NAMES, "outcome": _words(Ending)},
    Measure.PHASE_DURATION: {"phase": _LASTING},
    Measure.STEPS_CREATED: {WORKFLOW_NAME: _NAMES, "action": _ACTIONS},
    Measure.STEPS_COMPLETED: {WORKFLOW_NAME: _NAMES, "action": _ACTIONS, "status": _words(StepEnding)},
    Measure.ROLLBACKS: {WORKFLOW_NAME: _NAMES, "reason": _words(RollbackCause)},
    Measure.SAFETY: {"check_type": _words(SafetyCheckType), "result": _words(CheckResult)},
    Measure.ADJUSTMENTS: {"adjustment_type": _words(AdjustmentType)},
    Measure.VALIDATION_FAILURES: {"reason": _words(Reason)},
    Measure.ERRORS: {"error_type": _words(ErrorType), "phase": (*map(phase_label, Phase), OTHER)},
    Measure.EVENTS: {"reason": _words(EventReason)},
    Measure.AUDIT: {"result": _words(AuditFate)},
    Measure.ACTIVE: {"phase": _ACTIVE},
    Measure.PHASE_START: {"phase": _LASTING},
    Measure.WAITING: {"reason": _words(WAITING_REASONS)},
    Measure.VALIDATION_STATUS: {"status": _words(Validation)},
}


@frozen
class Observation:
    """One thing to count, or one value to keep; `labels` in the order of `LABELS[measure]`."""

    measure: Measure
    labels: tuple[str, ...] = ()
    value: float = 1.0
