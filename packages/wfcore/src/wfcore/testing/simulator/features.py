"""What is out of the ordinary in a schedule: approvals, dry runs, checks, secrets, adaptation, other modes.

Three schedules in five have none of it.  It is drawn from a stream of its own, so
that those stay as they are whatever is added here.
"""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from random import Random
from typing import Any

from wfcore.model.enums import ApprovalPolicy
from wfcore.model.evolving import evolve
from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.settings import Settings
from wfcore.testing.simulator.canaries import Canaries
from wfcore.testing.simulator.deeds import Deed, Deeds
from wfcore.testing.simulator.scenario import Body

CREATOR, APPROVER = "alice", "bob"
_PEOPLED = 0.4
_HURDLES = ("approval", "approval", "dry run", "dry run", "checks")
_CHECKS = ("health", "network", "capacity", "rbac")


class Features:
    """What is drawn once a schedule, and what makes a workflow of this schedule a special one."""

    def __init__(self, seed: int, settings: Settings, *, allowed: bool = True) -> None:
        random = self.random = Random(f"features/{seed}")
        self.deeds: Deeds = Deeds()
        self.canaries = Canaries(seed)
        self._earlier: Body | None = None  # the definition of the workflow before
        self.peopled = allowed and random.random() < _PEOPLED
        self.guarded = random.random() < 0.8
        self.skippers = frozenset({CREATOR}) if random.random() < 0.6 else frozenset[str]()
        self.denies, self.unsure = (random.random() < 0.2 for _ in range(2))
        self.settings = self._operator(settings) if self.peopled else settings

    def strikes(self, rate: float) -> bool:
        """Whether something happens that does so at this rate."""
        return self.random.random() < rate

    def micros(self, low: float, high: float) -> int:
        """Microseconds between two numbers of seconds."""
        return int(self.random.uniform(low, high) * 1_000_000)

    def dress(self, workflow: Body) -> Body:
        """A drawn workflow with features of its own; the same object in an ordinary schedule."""
        if not self.peopled:
            return workflow
        if self.strikes(0.9):
            workflow["metadata"]["annotations"] = {ANNOTATION_CREATED_BY: CREATOR}
        spec = workflow["spec"]
        if self._earlier is not None and self.strikes(0.35):
            spec["workflowDefinition"] = deepcopy(self._earlier)  # so that both want the same targets
        self._earlier = spec["workflowDefinition"]
        self.careful(spec)
        if self.strikes(0.35):
            spec["adaptiveOrchestration"] = {
                "optimizationEnabled": self.strikes(0.9), "learningFromHistory": self.strikes(0.8),
                "dynamicStepAdjustment": self.strikes(0.8)}
        if self.strikes(0.4):
            self._keep_a_secret(self.random.choice(spec["workflowDefinition"]["steps"]))
        return workflow

    def careful(self, spec: Body) -> None:
        """Two hurdles at most before anything is executed: more of them, and hardly anything ever is."""
        strategy, random = spec.setdefault("executionStrategy", {}), self.random
        hurdles = {random.choice(_HURDLES) for _ in range(random.choice((0, 0, 1, 1, 2)))}
        if "approval" in hurdles:
            strategy["approvalRequired"] = True
        if self.strikes(0.5):
            strategy["approvalTimeout"] = random.choice(("30s", "2m"))
        if "dry run" in hurdles and "rollbackOf" not in spec:
            strategy["dryRunFirst"] = True
        if "checks" in hurdles:
            strategy["safetyChecks"] = [{"type": kind, "required": self.strikes(0.5)}
                                        for kind in random.sample(_CHECKS, random.randint(1, 2))]
        if self.strikes(0.06):
            strategy["mode"] = "Plan"

    def _operator(self, settings: Settings) -> Settings:
        chosen, parts = self.random.random(), dict[str, Any]()
        if chosen < 0.08:
            parts["observe_only"] = True
        elif chosen < 0.2:
            parts["approval_policy"] = ApprovalPolicy.ALWAYS
        elif chosen < 0.36:
            parts["approval_policy"], parts["approval_over_steps"] = ApprovalPolicy.OVER_STEPS, 2
        elif chosen < 0.5:
            parts["max_active_workflows"] = 1
        return evolve(settings, **parts)

    def _keep_a_secret(self, step: Body) -> None:
        self.deeds[Deed.SECRET] += 1
        name, secret = f"secret-{step['stepNumber']}", self.canaries.draw()
        # Somebody forgets to encode it: nothing can be planned then, and no message may quote it.
        value = secret if self.strikes(0.07) else b64encode(secret.encode()).decode()
        step["action"], step["parameters"] = "update-secret", {
            "updateSecret": {"name": name, "dataUpdates": {"password": value}}}
        if step.pop("rollbackSpec", None):
            back = {"restorePreviousConfig": {"name": name, "type": "Secret"}}
            step["rollbackSpec"] = {"action": "restore-previous-config",
                                    **({"parameters": back} if self.strikes(0.7) else {})}
