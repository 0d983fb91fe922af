"""The approval policy: a word, or a word with a number of steps."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from wfcontroller.configuration.kinds import Whole, refused
from wfcore.model.enums import ApprovalPolicy
from wfcore.settings import Settings

_STEPS = Whole(0, 500)
_WRITTEN = re.compile(r"OverSteps\(\s*([0-9]{1,4})\s*\)", re.ASCII)


@frozen
class Policy:
    """`Requested`, `Always`, `OverSteps(10)` or `{OverSteps: 10}`, as (policy, steps)."""

    allowed: str = "Requested, Always or OverSteps(N) with N from 0 to 500"

    def read(self, value: Any) -> tuple[ApprovalPolicy, int]:
        if isinstance(value, dict) and list(value) == [ApprovalPolicy.OVER_STEPS.value]:
            return ApprovalPolicy.OVER_STEPS, _STEPS.read(value[ApprovalPolicy.OVER_STEPS.value])
        if not isinstance(value, str):
            raise refused(self, value)
        return self.read_text(value)

    def read_text(self, text: str) -> tuple[ApprovalPolicy, int]:
        if match := _WRITTEN.fullmatch(text):
            return ApprovalPolicy.OVER_STEPS, _STEPS.read_text(match[1])
        if text not in (ApprovalPolicy.REQUESTED, ApprovalPolicy.ALWAYS):
            raise refused(self, text, "BadFormat")
        # The number of steps means nothing under these two.
        return ApprovalPolicy(text), Settings().approval_over_steps

    def written(self, value: Any) -> Any:
        policy, steps = value
        return f"{policy.value}({steps})" if policy is ApprovalPolicy.OVER_STEPS else policy.value
