"""What the operator decides for all workflows: limits, time-outs, powers.  Passed in, never read from anywhere."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from wfcore.model.enums import ApprovalPolicy

PROTECTED_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})


@frozen(kw_only=True)
class CustomAction:
    """A custom action the operator declares; only an idempotent one is retried after an unknown outcome."""

    action_type: str
    idempotent: bool = False


@frozen(kw_only=True)
class Settings:
    """The engine's settings.  Durations are hard limits unless their name says otherwise."""

    default_max_retries: int = 2
    max_parallel_steps: int = 5
    planning_timeout: timedelta = timedelta(seconds=30)
    validating_timeout: timedelta = timedelta(minutes=5)
    dry_run_timeout: timedelta = timedelta(seconds=30)
    step_timeout: timedelta = timedelta(minutes=5)
    monitoring_timeout: timedelta = timedelta(minutes=10)
    compensation_timeout: timedelta = timedelta(minutes=5)
    rolling_back_timeout: timedelta = timedelta(hours=1)
    cancel_grace: timedelta = timedelta(seconds=30)
    stability_window: timedelta = timedelta(seconds=60)
    sample_interval: timedelta = timedelta(seconds=10)
    outcome_hold: timedelta = timedelta(seconds=1)
    backoff_base: timedelta = timedelta(seconds=5)
    backoff_factor: int = 2
    backoff_cap: timedelta = timedelta(minutes=5)
    ttl_without_parent: timedelta = timedelta(hours=24)
    approval_timeout: timedelta = timedelta(hours=1)
    approval_policy: ApprovalPolicy = ApprovalPolicy.REQUESTED
    # Under OVER_STEPS: a workflow with more steps than this needs an approval.
    approval_over_steps: int = 10
    # Live state that was checked longer ago is checked again before anything is executed.
    recheck_after: timedelta = timedelta(minutes=5)
    # Workflows under way at the same time over the whole cluster, those that wait for an approval apart; 0: any number.
    max_active_workflows: int = 0
    # Busy targets, and that limit: how long to wait for another workflow, how long a target rests after a success.
    target_wait_timeout: timedelta = timedelta(minutes=30)
    target_poll_interval: timedelta = timedelta(seconds=10)
    target_cooldown: timedelta = timedelta(minutes=5)
    # After so many failed or ineffective runs on a target within the window an approval is needed; 0: never.
    loop_breaker_runs: int = 3
    loop_breaker_window: timedelta = timedelta(hours=24)
    # History counts only from this confidence and number of samples on.
    history_min_confidence: float = 0.80
    history_min_samples: int = 10
    # The executor's account, as the API server names it, and the Lease that says it is alive.
    executor_account: str = "system:serviceaccount:kubernaut-system:wf-executor"
    controller_namespace: str = "kubernaut-system"
    executor_lease: str = "wf-executor"
    executor_silence: timedelta = timedelta(seconds=60)
    # Audit records that may wait in the API server for the database; past it a deleted workflow goes unrecorded.
    outbox_limit: int = 5_000
    # Plan and validate, then complete without executing anything.
    observe_only: bool = False
    max_spec_bytes: int = 384 * 1024
    # Namespaces whose workflows may act in every namespace that is not protected, and on nodes; None trusts them all.
    trusted_namespaces: frozenset[str] | None = frozenset()
    protected_namespaces: frozenset[str] = PROTECTED_NAMESPACES
    allow_inline_secrets: bool = False
    custom_actions: tuple[CustomAction, ...] = ()
