"""Closed vocabularies of the API, as they are spelt on the wire."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """A vocabulary: its members are text, and hash as fast as text does."""

    __hash__ = str.__hash__


class Action(Word):
    """What a step may do.  There is no apply-manifest and no arbitrary patch."""

    SCALE_DEPLOYMENT = "scale-deployment"
    RESTART_DEPLOYMENT = "restart-deployment"
    UPDATE_IMAGE = "update-image"
    RESTART_POD = "restart-pod"
    DELETE_POD = "delete-pod"
    UPDATE_CONFIGMAP = "update-configmap"
    UPDATE_SECRET = "update-secret"
    CORDON_NODE = "cordon-node"
    UNCORDON_NODE = "uncordon-node"
    DRAIN_NODE = "drain-node"
    CHECK_POD_HEALTH = "check-pod-health"
    CUSTOM = "custom"


class RollbackAction(Word):
    """How a step may be compensated."""

    RESTORE_PREVIOUS_DEPLOYMENT = "restore-previous-deployment"
    SCALE_TO_PREVIOUS = "scale-to-previous"
    RESTORE_PREVIOUS_CONFIG = "restore-previous-config"
    UNCORDON_NODE = "uncordon-node"
    CUSTOM = "custom"


class Phase(Word):
    """The stage of a workflow: a summary of its conditions."""

    NEW = ""
    PLANNING = "planning"
    VALIDATING = "validating"
    EXECUTING = "executing"
    MONITORING = "monitoring"
    ROLLING_BACK = "rolling_back"
    COMPLETED = "completed"
    FAILED = "failed"


class StepPhase(Word):
    """The stage of one step in the ledger."""

    PENDING = "pending"
    EXECUTING = "executing"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled_back"


class RollbackPhase(Word):
    """The stage of one step's compensation in the ledger."""

    PENDING = "pending"
    EXECUTING = "executing"
    COMPLETED = "completed"
    FAILED = "failed"


class ExecutionPhase(Word):
    """The phases an executor may report; anything else counts as in progress until the deadline."""

    NEW = ""
    PENDING = "pending"
    VALIDATING = "validating"
    VALIDATED = "validated"
    WAITING_APPROVAL = "waiting_approval"
    EXECUTING = "executing"
    ROLLBACK_READY = "rollback_ready"
    COMPLETED = "completed"
    FAILED = "failed"


class ExecutionKind(Word):
    """Why a KubernetesExecution exists."""

    FORWARD = "forward"
    DRYRUN = "dryrun"
    ROLLBACK = "rollback"


class Mutated(Word):
    """Whether an attempt changed the cluster; `unknown` is persisted before acting."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"


class FailureClass(Word):
    """Why an attempt failed, in words a retry policy can decide on."""

    TIMEOUT = "timeout"
    PERMISSION_DENIED = "permission_denied"
    RESOURCE_NOT_FOUND = "resource_not_found"
    RESOURCE_CONFLICT = "resource_conflict"
    RESOURCE_QUOTA_EXCEEDED = "resource_quota_exceeded"
    RATE_LIMITED = "rate_limited"
    SERVICE_UNAVAILABLE = "service_unavailable"
    VALIDATION_ERROR = "validation_error"
    VERIFICATION_FAILED = "verification_failed"
    CANCELLED = "cancelled"
    UNKNOWN_ERROR = "unknown_error"


class Strategy(Word):
    """How much of a plan can run at the same time."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    SEQUENTIAL_WITH_PARALLEL = "sequential-with-parallel"


class RollbackStrategy(Word):
    """Who starts a rollback after a critical failure."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    NONE = "none"


class ApprovalPolicy(Word):
    """Which workflows need an approval: those that ask for one, all, or also those with many steps."""

    REQUESTED = "Requested"
    ALWAYS = "Always"
    OVER_STEPS = "OverSteps"


class ApprovalDecision(Word):
    """What an approver decided; final either way."""

    APPROVED = "approved"
    DENIED = "denied"


class AdjustmentType(Word):
    """What an adaptation changed.  `skip` is only ever recommended."""

    TIMEOUT = "timeout"
    RETRY = "retry"
    ORDER = "order"
    PARALLELISM = "parallelism"
    SKIP = "skip"


class Mode(Word):
    """`Plan` plans, validates statically and publishes the rendered steps without creating anything."""

    EXECUTE = "Execute"
    PLAN = "Plan"


class Stop(Word):
    """How a running workflow is asked to end; only `"" -> Graceful -> Rollback` is allowed."""

    NO = ""
    GRACEFUL = "Graceful"
    ROLLBACK = "Rollback"


class Outcome(Word):
    """The verdict on a finished workflow."""

    SUCCESS = "success"
    PARTIAL_SUCCESS = "partial_success"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ResourceHealth(Word):
    """The state of the workflow's targets when it ended."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class Level(Word):
    """Low, medium, high: impact, priority, severity."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class RiskLevel(Word):
    """How risky a recommended action is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class SafetyCheckType(Word):
    """The safety checks that can be asked for."""

    RBAC = "rbac"
    CAPACITY = "capacity"
    HEALTH = "health"
    NETWORK = "network"


class ConfigKind(Word):
    """What `restore-previous-config` restores."""

    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"


class ConditionStatus(Word):
    """As in `metav1.Condition`."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"
