"""The one vocabulary of reasons: conditions, Events, failure reasons, metrics labels and audit rows use it alike."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """A CamelCase word for machines; `snake` is the same word in `failureReason`."""

    # Planning and validating.
    ACCEPTED = "Accepted"
    PLANNED = "Planned"
    PLANNING_ERROR = "PlanningError"
    PLANNING_TIMEOUT = "PlanningTimeout"
    INVALID_SPEC = "InvalidSpec"
    NOT_SUPPORTED = "NotSupported"
    VALIDATED = "Validated"
    VALIDATING = "Validating"
    VALIDATING_TIMEOUT = "ValidatingTimeout"
    PLAN_ONLY = "PlanOnly"
    OBSERVE_ONLY = "ObserveOnly"
    SUSPENDED = "Suspended"
    RESUMED = "Resumed"
    STOPPED = "Stopped"
    DRY_RUN_FAILED = "DryRunFailed"
    SAFETY_VALIDATION_FAILED = "SafetyValidationFailed"
    APPROVAL_NOT_NEEDED = "ApprovalNotNeeded"
    AWAITING_APPROVAL = "AwaitingApproval"
    APPROVED = "Approved"
    APPROVAL_SKIPPED = "ApprovalSkipped"
    APPROVAL_REJECTED = "ApprovalRejected"
    APPROVAL_TIMEOUT = "ApprovalTimeout"
    APPROVAL_POLICY_MISSING = "ApprovalPolicyMissing"
    APPROVAL_INCOMPLETE = "ApprovalIncomplete"
    APPROVAL_FOR_ANOTHER_PLAN = "ApprovalForAnotherPlan"
    APPROVER_IS_CREATOR = "ApproverIsCreator"
    CREATOR_UNKNOWN = "CreatorUnknown"
    UNAUTHORIZED = "Unauthorized"
    FROZEN = "Frozen"
    TARGET_BUSY = "TargetBusy"
    SOURCE_NOT_FOUND = "SourceNotFound"
    SOURCE_NOT_FINISHED = "SourceNotFinished"
    SOURCE_DIRTY = "SourceDirty"
    SOURCE_UNUSABLE = "SourceUnusable"
    NOTHING_TO_ROLL_BACK = "NothingToRollBack"
    NOTHING_TO_RETRY = "NothingToRetry"
    CARRIED_OVER = "CarriedOver"
    # Executing.
    STEPS_RUNNING = "StepsRunning"
    WAITING_FOR_RETRY = "WaitingForRetry"
    STEP_EXECUTION_FAILED = "StepExecutionFailed"
    WORKFLOW_TIMEOUT = "WorkflowTimeout"
    # One attempt.
    ATTEMPT_FAILED = "AttemptFailed"
    STEP_TIMEOUT = "StepTimeout"
    NAME_CONFLICT = "NameConflict"
    CHILD_DELETED = "ChildDeleted"
    CHILD_SPEC_MISMATCH = "ChildSpecMismatch"
    INVALID_CHILD_STATUS = "InvalidChildStatus"
    PREREQUISITE_FAILED = "PrerequisiteFailed"
    HALTED = "Halted"
    # Monitoring.
    STABILISING = "Stabilising"
    MONITORING_TIMEOUT = "MonitoringTimeoutCannotVerifySuccess"
    NEW_ALERTS = "WorkflowTriggeredNewAlerts"
    # Rolling back.
    ROLLING_BACK = "RollingBack"
    ROLLED_BACK = "RolledBack"
    ROLLBACK_INCOMPLETE = "RollbackIncomplete"
    ROLLBACK_TIMEOUT = "RollbackTimeout"
    NOT_COMPENSABLE = "NotCompensable"
    NOTHING_CAPTURED = "NothingCaptured"
    # The end.
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    UNVERIFIED = "Unverified"
    FINISHED = "Finished"
    RECORDED = "Recorded"
    STORE_UNAVAILABLE = "StoreUnavailable"
    STORE_REFUSED = "StoreRefused"
    DELETED = "Deleted"
    STATUS_UNREADABLE = "StatusUnreadable"
    STATUS_TOO_LARGE = "StatusTooLarge"

    @property
    def snake(self) -> str:
        """`StepExecutionFailed` -> `step_execution_failed`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.value).lower()


class EventReason(StrEnum):
    """Reasons of Kubernetes Events."""

    CREATED = "WorkflowExecutionCreated"
    PHASE_TRANSITION = "PhaseTransition"
    GENERATED = "WorkflowGenerated"
    VALIDATED = "WorkflowValidated"
    VALIDATION_FAILED = "WorkflowValidationFailed"
    COMPLETED = "WorkflowExecutionCompleted"
    FAILED = "WorkflowExecutionFailed"
    DELETED = "WorkflowExecutionDeleted"
    OWNER_REFERENCE_FAILED = "OwnerReferenceFailed"
    MANUAL_INTERVENTION = "ManualInterventionRequired"
    APPROVAL_REQUESTED = "ApprovalRequested"
    APPROVAL_DECIDED = "ApprovalDecided"
    TARGET_BUSY = "TargetBusy"
    UNKNOWN_PHASE = "UnknownPhase"
    RECONCILE_PANIC = "ReconcilePanic"
    AUDIT_OUTBOXED = "AuditOutboxed"
    AUDIT_REFUSED = "AuditRefused"
    AUDIT_DROPPED = "AuditDropped"
