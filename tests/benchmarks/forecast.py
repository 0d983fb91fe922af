"""How long a forecast takes: `python tests/benchmarks/forecast.py [RUNS]` prints JSON."""

from __future__ import annotations

import json
import sys
import time

from wfcore.insight.forecast import forecast
from wfcore.model.actions import ScaleDeploymentParams
from wfcore.model.compensations import ScaleToPreviousParams
from wfcore.model.definition import RollbackSpec, WorkflowDefinition, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, RollbackAction

SHAPES = {
    "6 steps, a diamond and a tail": {1: (), 2: (1,), 3: (1,), 4: (2, 3), 5: (4,), 6: (5,)},
    "1 step": {1: ()},
    "20 steps in a chain": {n: (n - 1,) if n > 1 else () for n in range(1, 21)},
    "50 steps at once": dict.fromkeys(range(1, 51), ()),
}


def spec(needs: dict[int, tuple[int, ...]]) -> WorkflowExecutionSpec:
    """Steps that scale, each with a compensation; the last is critical."""
    back = RollbackSpec(action=RollbackAction.SCALE_TO_PREVIOUS, parameters=ScaleToPreviousParams(deployment="web"))
    return WorkflowExecutionSpec(workflow_definition=WorkflowDefinition(name="measured", steps=tuple(
        WorkflowStep(step_number=n, name=f"s{n}", action=Action.SCALE_DEPLOYMENT, depends_on=before,
                     parameters=ScaleDeploymentParams(deployment="web", replicas=2), rollback_spec=back,
                     critical_step=n == len(needs)) for n, before in needs.items())))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rows = []
    for name, needs in SHAPES.items():
        began = time.process_time()
        found = forecast(spec(needs), runs=runs, seed=1)
        seconds = time.process_time() - began
        rows.append({"workflow": name, "runs": runs, "cpuSeconds": round(seconds, 3),
                     "millisecondsPerRun": round(seconds / runs * 1000, 3), "success": found.success})
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
