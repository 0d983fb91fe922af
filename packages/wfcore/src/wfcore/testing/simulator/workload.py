"""What a schedule runs: the mixture that finds bugs, or one standard chain that speed is measured with."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from wfcore.testing.simulator.scenario import Body, body

CHAIN_STEPS = 6
_CRITICAL = 4


class Workload(Enum):
    """MIXED: workflows drawn by chance.  CHAIN6: one workflow of six steps in a row, run to its end."""

    MIXED = "mixed"
    CHAIN6 = "chain6"

    @property
    def draw(self) -> Callable[[str], Body] | None:
        """Makes the body of the one workflow; None draws them by chance."""
        return chain if self is Workload.CHAIN6 else None


def chain(name: str) -> Body:
    """Six steps in a row, each with retries and a compensation, the fourth critical."""
    steps = [_step(number) for number in range(1, CHAIN_STEPS + 1)]
    return body(name, {"workflowDefinition": {"name": "chain", "steps": steps}})


def _step(number: int) -> Body:
    target = f"web-{number}"
    return {
        "stepNumber": number, "name": f"step-{number}", "action": "scale-deployment", "maxRetries": 2, "timeout": "20s",
        "dependsOn": [number - 1] if number > 1 else [], "criticalStep": number == _CRITICAL,
        "parameters": {"scaleDeployment": {"deployment": target, "replicas": 3}},
        "rollbackSpec": {"action": "scale-to-previous",
                         "parameters": {"scaleToPrevious": {"deployment": target, "previousReplicas": 7}}},
    }
