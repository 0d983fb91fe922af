"""How often and how much is written, counted and not timed, as JSON on standard output.

Run it from the repository's root: `python tests/benchmarks/writes.py`

`commits` are writes of status, `bytes` the sum of what they carry, `perStep` the
commits a step; `objects` are children created.  Each step succeeds at once.
`largest` is the largest status there was.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from wfcore.codec import decode, encode
from wfcore.codec.size import json_bytes
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.testing.strategies import SETTINGS
from wfcore.testing.walking import Behaviour, Walk

SHAPES = {
    "500 steps at once, one after the other": (500, False, 1), "500 steps at once, five at a time": (500, False, 5),
    "500 steps at once, all together": (500, False, 500), "200 steps in a chain": (200, True, 5)}


def main() -> None:
    """Count, print, done."""
    json.dump({name: counted(*shape) for name, shape in SHAPES.items()}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def counted(steps: int, chain: bool, parallel: int) -> dict[str, Any]:
    """What one workflow of so many steps writes until it has ended."""
    success = Behaviour(1, "succeed", {"phase": "completed", "executionResult": {"success": True}})
    walk = Walk(spec(steps, chain, parallel), [success], SETTINGS).to_the_end()
    sizes = [json_bytes(encode(status)) for status in walk.commits]
    return {"steps": steps, "commits": len(sizes), "perStep": round(len(sizes) / steps, 2), "bytes": sum(sizes),
            "largest": max(sizes), "objects": len(walk.created)}


def spec(steps: int, chain: bool, parallel: int) -> WorkflowExecutionSpec:
    """Steps that scale a Deployment of their own, each with a compensation."""
    listed = [{"stepNumber": n, "action": "scale-deployment", "dependsOn": [n - 1] if chain and n > 1 else [],
               "parameters": {"scaleDeployment": {"deployment": f"web-{n}", "replicas": 2}},
               "rollbackSpec": {"action": "scale-to-previous"}} for n in range(1, steps + 1)]
    found = decode(WorkflowExecutionSpec, {"workflowDefinition": {"name": "counted", "steps": listed},
                                           "executionStrategy": {"maxParallelSteps": parallel}})
    assert isinstance(found, WorkflowExecutionSpec)
    return found


if __name__ == "__main__":
    main()
