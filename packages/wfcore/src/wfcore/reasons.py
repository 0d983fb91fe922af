"""The one vocabulary of reasons: conditions, Events, failure reasons, metrics labels and audit rows use it alike."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """A CamelCase word for machines; `snake` is the same word in `failureReason`."""

    # Planning and validating.
    ACCEPTED = "Accepted"  # planning has begun
    PLANNED = "Planned"  # the plan is published
    PLANNING_ERROR = "PlanningError"  # the spec makes no plan
    PLANNING_TIMEOUT = "PlanningTimeout"  # planning took too long
    INVALID_SPEC = "InvalidSpec"  # the spec cannot be read
    NOT_SUPPORTED = "NotSupported"  # the spec asks for what this version does not do
    VALIDATED = "Validated"  # every check passed
    VALIDATING = "Validating"  # checks are under way
    VALIDATING_TIMEOUT = "ValidatingTimeout"  # the checks took too long
    PLAN_ONLY = "PlanOnly"  # only the plan was asked for
    OBSERVE_ONLY = "ObserveOnly"  # the operator only observes
    SUSPENDED = "Suspended"  # held by spec.suspend
    RESUMED = "Resumed"  # no longer held
    STOPPED = "Stopped"  # spec.stop ended it
    DRY_RUN_FAILED = "DryRunFailed"  # a step would fail
    SAFETY_VALIDATION_FAILED = "SafetyValidationFailed"  # a required safety check failed
    APPROVAL_NOT_NEEDED = "ApprovalNotNeeded"  # nobody asks for an approval
    AWAITING_APPROVAL = "AwaitingApproval"  # an approval is waited for
    APPROVED = "Approved"  # an approval of this plan counted
    APPROVAL_SKIPPED = "ApprovalSkipped"  # the creator may go without an approval
    APPROVAL_REJECTED = "ApprovalRejected"  # an approver refused
    APPROVAL_TIMEOUT = "ApprovalTimeout"  # nobody approved in time
    APPROVAL_POLICY_MISSING = "ApprovalPolicyMissing"  # no approval can be trusted in this cluster
    APPROVAL_INCOMPLETE = "ApprovalIncomplete"  # an approval lacks a part
    APPROVAL_FOR_ANOTHER_PLAN = "ApprovalForAnotherPlan"  # an approval quotes another digest
    APPROVER_IS_CREATOR = "ApproverIsCreator"  # nobody approves their own
    CREATOR_UNKNOWN = "CreatorUnknown"  # nobody knows who created it
    UNAUTHORIZED = "Unauthorized"  # an account may not do what a step needs
    FROZEN = "Frozen"  # held by an emergency freeze
    TARGET_BUSY = "TargetBusy"  # another workflow acts on a target
    PARALLELISM_LIMIT = "ParallelismLimit"  # as many workflows are under way as may be
    SOURCE_NOT_FOUND = "SourceNotFound"  # the workflow to start from is gone
    SOURCE_NOT_FINISHED = "SourceNotFinished"  # the workflow to start from still runs
    SOURCE_DIRTY = "SourceDirty"  # the workflow to retry left objects changed
    SOURCE_UNUSABLE = "SourceUnusable"  # the workflow to start from cannot serve as one
    NOTHING_TO_ROLL_BACK = "NothingToRollBack"  # the source changed nothing that is still changed
    NOTHING_TO_RETRY = "NothingToRetry"  # the source achieved everything
    CARRIED_OVER = "CarriedOver"  # the source has done this step
    # Executing.
    STEPS_RUNNING = "StepsRunning"  # attempts are under way
    WAITING_FOR_RETRY = "WaitingForRetry"  # every open step waits for its next attempt
    STEP_EXECUTION_FAILED = "StepExecutionFailed"  # a critical step failed, or none succeeded
    WORKFLOW_TIMEOUT = "WorkflowTimeout"  # workflowTimeout is over
    # One attempt.
    ATTEMPT_FAILED = "AttemptFailed"  # the executor reported a failure
    STEP_TIMEOUT = "StepTimeout"  # the attempt did not end in time
    NAME_CONFLICT = "NameConflict"  # the child's name belongs to somebody else
    CHILD_DELETED = "ChildDeleted"  # somebody deleted the child
    CHILD_SPEC_MISMATCH = "ChildSpecMismatch"  # the child is not the one intended
    INVALID_CHILD_STATUS = "InvalidChildStatus"  # the child's status makes no sense
    PREREQUISITE_FAILED = "PrerequisiteFailed"  # a step this one needs failed
    HALTED = "Halted"  # the workflow launches nothing more
    # Monitoring.
    STABILISING = "Stabilising"  # the targets are watched
    MONITORING_TIMEOUT = "MonitoringTimeoutCannotVerifySuccess"  # the targets were never stable, or never seen
    NEW_ALERTS = "WorkflowTriggeredNewAlerts"  # an alert that began since names a target
    # Rolling back.
    ROLLING_BACK = "RollingBack"  # compensations are under way
    ROLLED_BACK = "RolledBack"  # every changed object was restored
    ROLLBACK_INCOMPLETE = "RollbackIncomplete"  # objects are still changed
    NOT_COMPENSABLE = "NotCompensable"  # a chosen step cannot be undone
    # The end.
    SUCCEEDED = "Succeeded"  # outcome success
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"  # outcome partial_success
    UNVERIFIED = "Unverified"  # outcome unknown
    FINISHED = "Finished"  # ended, and no other word fits
    RECORDED = "Recorded"  # the audit row is stored
    STORE_UNAVAILABLE = "StoreUnavailable"  # the audit store does not answer
    STORE_REFUSED = "StoreRefused"  # the audit store refuses the row
    STATUS_UNREADABLE = "StatusUnreadable"  # somebody else wrote into status
    STATUS_TOO_LARGE = "StatusTooLarge"  # the server stores no such status

    @property
    def snake(self) -> str:
        """`StepExecutionFailed` -> `step_execution_failed`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.value).lower()


class EventReason(StrEnum):
    """Reasons of Kubernetes Events."""

    CREATED = "WorkflowExecutionCreated"  # it was accepted
    PHASE_TRANSITION = "PhaseTransition"  # it entered a phase
    GENERATED = "WorkflowGenerated"  # its plan is published
    VALIDATED = "WorkflowValidated"  # every check passed
    VALIDATION_FAILED = "WorkflowValidationFailed"  # it failed before executing anything
    COMPLETED = "WorkflowExecutionCompleted"  # it completed
    FAILED = "WorkflowExecutionFailed"  # it failed
    DELETED = "WorkflowExecutionDeleted"  # our finalizer goes
    OWNER_REFERENCE_FAILED = "OwnerReferenceFailed"  # its parent cannot own it
    MANUAL_INTERVENTION = "ManualInterventionRequired"  # objects are still changed
    APPROVAL_REQUESTED = "ApprovalRequested"  # an approval is waited for
    APPROVAL_DECIDED = "ApprovalDecided"  # an approval counted, or a refusal
    TARGET_BUSY = "TargetBusy"  # another workflow acts on a target
    PARALLELISM_LIMIT = "ParallelismLimit"  # as many workflows are under way as may be
    UNKNOWN_PHASE = "UnknownPhase"  # a newer version wrote its phase
    RECONCILE_PANIC = "ReconcilePanic"  # a defect of this engine: its reconcile raised
    AUDIT_OUTBOXED = "AuditOutboxed"  # its record waits in the API server
    AUDIT_REFUSED = "AuditRefused"  # the store refuses a waiting record
    AUDIT_DROPPED = "AuditDropped"  # it goes without a record
