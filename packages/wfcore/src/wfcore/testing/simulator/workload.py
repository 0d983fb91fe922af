"""What a schedule runs: the mixture that finds bugs, or one standard chain that speed is measured with."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from wfcore.testing.simulator.scenario import MAX_STEPS, Body, body

CHAIN_STEPS = 6
_CRITICAL = 4


class Workload(Enum):
    """MIXED: up to three workflows drawn by chance.  SHORT: one of one or two steps.  CHAIN6: one of six in a row."""

    MIXED = "mixed"
    SHORT = "short"
    CHAIN6 = "chain6"

    @property
    def draw(self) -> Callable[[str], Body] | None:
        """Makes the body of the one workflow; None draws them by chance."""
        return chain if self is Workload.CHAIN6 else None

    @property
    def counts(self) -> tuple[int, ...]:
        """How many workflows of its own a schedule may have, each as likely."""
        return (1, 1, 1, 2, 3) if self is Workload.MIXED else (1,)

    @property
    def chaos(self) -> int:
        """How many seconds faults strike in liveness; in safety nobody looks any longer than twice that."""
        return 120 if self is Workload.SHORT else 240

    @property
    def most_steps(self) -> int:
        """How many steps a workflow drawn by chance may have."""
        return 2 if self is Workload.SHORT else MAX_STEPS


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
