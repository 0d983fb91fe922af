"""The keys of the engine: each sets a field of `wfcore.settings.Settings`, which knows nothing of files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from wfcontroller.configuration.keys import Key
from wfcontroller.configuration.kinds import OneOf, Share, Text, Whole
from wfcontroller.configuration.lists import CustomActions
from wfcontroller.configuration.policy import Policy
from wfcontroller.configuration.shared import NAMESPACE, OBJECT_NAME, POWERS, lasting

_AT_ONCE, _WEEK = timedelta(0), timedelta(days=7)

_LIMITS = {
    "observe_only": Key(
        path="mode", kind=OneOf({"Execute": False, "Observe": True}),
        about="Whether workflows are executed.",
        effect="Under Observe they are planned and validated, end completed with reason ObserveOnly, and nothing is "
               "created."),
    "max_active_workflows": Key(
        path="limits.maxActiveWorkflows", kind=Whole(0, 100_000),
        about="Workflows under way at the same time over the whole cluster, those that wait for an approval apart; "
              "0: any number.",
        effect="The others wait for their turn in planning, the oldest first."),
    "max_parallel_steps": Key(
        path="limits.maxParallelSteps", kind=Whole(1, 500),
        about="Steps of one workflow that run at the same time, unless the workflow says how many.",
        effect="Steps that are ready wait until another one ends."),
    "max_spec_bytes": Key(
        path="limits.maxSpecBytes", kind=Whole(1024, 384 * 1024),
        about="Bytes of a workflow's spec as canonical JSON.",
        effect="A workflow with a larger spec fails in planning."),
    "outbox_limit": Key(
        path="outbox.limit", kind=Whole(0, 100_000),
        about="Audit records that may wait in the API server for the database.",
        effect="Past it a workflow deleted while the database is away leaves no audit row, only a Warning event."),
}
_TIMEOUTS = {
    "planning_timeout": Key(
        path="timeouts.planning", kind=lasting(), about="How long planning may take, waits for other workflows apart.",
        effect="A workflow that is not planned by then fails with planning_timeout."),
    "validating_timeout": Key(
        path="timeouts.validating", kind=lasting(),
        about="How long validating may take, the wait for an approval apart.",
        effect="A workflow that is not validated by then fails with validating_timeout."),
    "dry_run_timeout": Key(
        path="timeouts.dryRun", kind=lasting(), about="How long the dry run of a step may take.",
        effect="A dry run that has not ended by then has failed."),
    "step_timeout": Key(
        path="timeouts.step", kind=lasting(), about="How long an attempt of a step may take, unless the step says.",
        effect="An attempt that has not ended by then is cancelled."),
    "monitoring_timeout": Key(
        path="timeouts.monitoring", kind=lasting(), about="How long the targets are watched for stability at most.",
        effect="Not stable by then: completed with outcome unknown."),
    "compensation_timeout": Key(
        path="timeouts.compensation", kind=lasting(),
        about="How long an attempt of a compensation may take, unless its rollbackSpec says.",
        effect="A compensation that has not ended by then is cancelled."),
    "rolling_back_timeout": Key(
        path="timeouts.rollingBack", kind=lasting(), about="How long a whole rollback may take.",
        effect="What is not undone by then is given up and listed as dirty."),
    "approval_timeout": Key(
        path="timeouts.approval", kind=lasting(most=_WEEK),
        about="How long an approval is waited for, unless the workflow says.",
        effect="Without a decision by then the workflow fails with approval_timeout."),
    "cancel_grace": Key(
        path="timeouts.cancelGrace", kind=lasting(),
        about="How long an executor has for the answer to a cancelled attempt.",
        effect="Without an answer by then the attempt's outcome is unknown."),
    "recheck_after": Key(
        path="timeouts.recheckAfter", kind=lasting(_AT_ONCE),
        about="How old the live checks of validating may be when execution begins.",
        effect="Older ones are made again first."),
    "ttl_without_parent": Key(
        path="timeouts.ttlWithoutParent", kind=lasting(most=timedelta(days=365)),
        about="How long an ended workflow without a parent is kept, unless it says.",
        effect="It is deleted then, once its audit record is stored."),
}
_RETRIES = {
    "default_max_retries": Key(
        path="retries.max", kind=Whole(0, 10), about="Retries of a step, unless the step or the workflow says.",
        effect="A step whose failure may pass is attempted once more than this."),
    "backoff_base": Key(
        path="retries.backoffBase", kind=lasting(), about="Upper bound of the pause before the first retry.",
        effect="Retries and waits for answers begin sooner or later."),
    "backoff_factor": Key(
        path="retries.backoffFactor", kind=Whole(1, 10), about="By what the bound grows with each retry.",
        effect="Later retries are spread over longer pauses."),
    "backoff_cap": Key(
        path="retries.backoffCap", kind=lasting(), about="The longest bound of a pause.",
        effect="No pause before a retry is longer."),
    "outcome_hold": Key(
        path="retries.outcomeHold", kind=lasting(_AT_ONCE, timedelta(seconds=30)),
        about="How long outcomes that unlock nothing are held, to write several at once.",
        effect="Fewer writes of the status, which shows such outcomes later."),
}
_CARE = {
    "stability_window": Key(
        path="monitoring.stabilityWindow", kind=lasting(),
        about="How long the targets have to be seen healthy without a break.",
        effect="Only then does a workflow complete with success."),
    "sample_interval": Key(
        path="monitoring.sampleInterval", kind=lasting(), about="How often the targets are looked at while monitoring.",
        effect="A shorter interval sees shorter lapses and costs more reads."),
    "approval_policy approval_over_steps": Key(
        path="approval.policy", kind=Policy(),
        about="Which workflows need an approval: those that request one, all, or also those with more than N steps.",
        effect="Validating waits for an approver's decision on the plan digest."),
    "target_wait_timeout": Key(
        path="targets.waitTimeout", kind=lasting(_AT_ONCE, _WEEK),
        about="How long a workflow waits for a busy target or for its turn.",
        effect="Then it fails with target_busy or parallelism_limit."),
    "target_poll_interval": Key(
        path="targets.pollInterval", kind=lasting(), about="How often a waiting workflow looks whether it may go on.",
        effect="A shorter interval starts it sooner and costs more passes."),
    "target_cooldown": Key(
        path="targets.cooldown", kind=lasting(_AT_ONCE),
        about="How long a target rests after the same action on it succeeded.",
        effect="Another workflow with that action on it waits."),
    "loop_breaker_runs": Key(
        path="loopBreaker.runs", kind=Whole(0, 1000),
        about="Failed or ineffective runs on a target that call for a person; 0: never.",
        effect="The next workflow on that target needs an approval."),
    "loop_breaker_window": Key(
        path="loopBreaker.window", kind=lasting(most=timedelta(days=30)), about="Within which time those runs count.",
        effect="Older runs are forgotten."),
    "history_min_confidence": Key(
        path="history.minConfidence", kind=Share(), about="From which confidence on recorded history counts.",
        effect="Below it plans are not adapted."),
    "history_min_samples": Key(
        path="history.minSamples", kind=Whole(0, 1_000_000), about="From how many recorded runs on history counts.",
        effect="Below it plans are not adapted."),
}
_OTHERS = {
    "controller_namespace": Key(
        path="controllerNamespace", kind=NAMESPACE,
        about="The controller's own namespace: audit records wait here, the freeze and the Leases are looked for here.",
        effect="No workflow may act in it."),
    "executor_account": Key(
        path="executor.account", kind=Text("the name of an account, as the API server spells it", r"^[^\s]+$"),
        about="The executor's account, as the API server names it.",
        effect="Its rights are what the check rbac reviews."),
    "executor_lease": Key(
        path="executor.lease", kind=OBJECT_NAME, about="The Lease by which the executor says that it is alive.",
        effect="The check network looks at it."),
    "executor_silence": Key(
        path="executor.silence", kind=lasting(), about="How long that Lease may go without being renewed.",
        effect="A longer silence fails the check network."),
    **POWERS,
    "custom_actions": Key(
        path="customActions", kind=CustomActions(),
        about="Custom actions that workflows may use; only idempotent ones are retried after an unknown outcome.",
        effect="A step with another actionType is refused."),
}
ENGINE: Mapping[str, Key] = {**_LIMITS, **_TIMEOUTS, **_RETRIES, **_CARE, **_OTHERS}
