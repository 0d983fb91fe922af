"""Every key of the engine has an effect: what the engine does changes with it, from the file to the workflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.engine import ENGINE
from wfcontroller.configuration.loading import load
from wfcore.settings import Settings

from . import observing as see


@frozen
class Effect:
    """A key, another value for it, and what is seen without and with it; `along` is said in both."""

    key: str
    value: Any
    see: Callable[[Settings], Any]
    without: Any
    with_it: Any
    along: Any = field(factory=dict)


SILENT = "no executor has reported for 1m30s (lease/kubernaut-system/wf-executor)"
EXECUTOR = "system:serviceaccount:kubernaut-system:wf-executor"
# Shares of 5 s and 10 s: the jitter is a hash, so it is the same whatever the bounds are.
FIRST = [4.313, 6.944]
EFFECTS = [
    Effect("mode", "Observe", see.phase, "executing", "completed"),
    Effect("limits.maxActiveWorkflows", 1, see.second_elsewhere, "executing", "planning"),
    Effect("limits.maxParallelSteps", 1, see.both_started, ["step-1", "step-2"], ["step-1"]),
    Effect("limits.maxSpecBytes", 1024, see.large, "executing", "failed"),
    Effect("outbox.limit", 0, see.kept_in_outbox, 1, 0),
    Effect("timeouts.planning", "12s", see.planning_ends, 30, 12),
    Effect("timeouts.validating", "4m", see.validating_ends, 300, 240),
    Effect("timeouts.dryRun", "20s", see.dry_run_timeout, "30s", "20s"),
    Effect("timeouts.step", "1m", see.step_timeout, "5m", "1m"),
    Effect("timeouts.monitoring", "20m", see.monitoring_ends, 600, 1200),
    Effect("timeouts.compensation", "1m", see.compensation_timeout, "5m", "1m"),
    Effect("timeouts.rollingBack", "2h", see.rollback_ends, 3600, 7200),
    Effect("timeouts.approval", "168h", see.approval_ends, 3600, 604800),
    Effect("timeouts.cancelGrace", "7s", see.cancelled_for, 30, 7),
    Effect("timeouts.recheckAfter", "3m", see.looked_again, 1, 2),
    Effect("timeouts.ttlWithoutParent", "48h", see.kept_for, 86400, 172800),
    Effect("retries.max", 0, see.attempts, 3, 1),
    Effect("retries.backoffBase", "10s", see.pauses, FIRST, [8.625, 13.887]),
    Effect("retries.backoffFactor", 4, see.pauses, FIRST, [4.313, 13.887]),
    Effect("retries.backoffCap", "5s", see.pauses, FIRST, [4.313, 3.472]),
    Effect("retries.outcomeHold", "3s", see.held, 1, 3),
    Effect("monitoring.stabilityWindow", "2m", see.stable_for, 60, 120),
    Effect("monitoring.sampleInterval", "5s", see.sampled_next, 10, 5),
    Effect("approval.policy", "Always", see.needs_approval, "StepsRunning", "AwaitingApproval"),
    Effect("approval.policy", "OverSteps(1)", see.needs_approval, "StepsRunning", "AwaitingApproval"),
    Effect("targets.waitTimeout", "1h", see.wait_cap, 1800, 3600),
    Effect("targets.pollInterval", "5s", see.wait_poll, 10, 5),
    Effect("targets.cooldown", "0s", see.after_success, "planning", "executing"),
    Effect("loopBreaker.runs", 2, see.breaks_loop, False, True),
    Effect("loopBreaker.window", "90m", see.breaks_loop, True, False, {"loopBreaker": {"runs": 2}}),
    Effect("history.minConfidence", 0.99, see.adapted, "7m30s", "5m"),
    Effect("history.minSamples", 51, see.adapted, "7m30s", "5m"),
    Effect("controllerNamespace", "ops", see.network, SILENT,
           "no executor has reported yet: there is no lease/ops/wf-executor"),
    Effect("executor.account", "robot", see.reviewed, {EXECUTOR}, {"robot"}),
    Effect("executor.lease", "robot", see.network, SILENT,
           "no executor has reported yet: there is no lease/kubernaut-system/robot"),
    Effect("executor.silence", "2m", see.network, SILENT,
           "an executor is alive and every Service of a target has ready endpoints"),
    Effect("trustedNamespaces", ["default"], see.on_a_node, "failed", "executing"),
    Effect("protectedNamespaces", ["shop"], see.in_the_shop, "executing", "failed", {"trustedNamespaces": "*"}),
    Effect("allowInlineSecrets", True, see.inline, "failed", "executing"),
    Effect("customActions", [{"actionType": "flush"}], see.custom, "failed", "executing"),
]


def nested(key: str, value: Any) -> Any:
    section, _, name = key.rpartition(".")
    return {section: {name: value}} if section else {name: value}


def settings(*said: Any) -> Settings:
    """The engine's settings of a file that says this."""
    document: dict[str, Any] = {}
    for one in said:
        for name, value in one.items():
            document[name] = {**document.get(name, {}), **value} if isinstance(value, dict) else value
    return load(ControllerConfig, str(document), "wf.yaml", {}).engine


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: f"{effect.key}={effect.value}")
def test_a_key_changes_what_the_engine_does(effect: Effect) -> None:
    seen = [effect.see(settings(*said)) for said in (
        (effect.along,), (effect.along, nested(effect.key, effect.value)))]

    assert [effect.without, effect.with_it] == seen
    assert effect.without != effect.with_it


def test_every_key_of_the_engine_has_its_effect() -> None:
    assert {key.path for key in ENGINE.values()} == {effect.key for effect in EFFECTS}
