"""Hand-made histories: a workflow of three steps, its ledger, its children, and what the laws look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND
from wfcore.testing.simulator.laws.broken import ChildChange, Clocks, StatusCommit
from wfcore.testing.simulator.meaning import meaning_of
from wfcore.testing.simulator.runs import Child, Decision, Run

SETTINGS = Settings(cancel_grace=timedelta(seconds=10))
BACK = {"action": "scale-to-previous"}
SPEC = {"executionStrategy": {"maxParallelSteps": 2, "maxRetries": 1}, "workflowDefinition": {
    "steps": [
        {"stepNumber": 1, "name": "a", "rollbackSpec": BACK, "timeout": "1m30s"},
        {"stepNumber": 2, "name": "b", "dependsOn": [1], "rollbackSpec": BACK},
        {"stepNumber": 3, "name": "c", "criticalStep": True, "maxRetries": 0}],
    "dependencies": {"c": ["b"]}}}
NOW = 1000 * SECOND


def run(**more: Any) -> Run:
    return Run("w", "u", 0, meaning_of(SPEC, SETTINGS), {}, **more)


def entry(number: int, status: str = "pending", attempt: int = 0, **more: Any) -> dict[str, Any]:
    return {"stepNumber": number, "status": status, "attempt": attempt, "mutated": "no",
            "k8sExecutionRef": {"name": f"w-step-{number}", "uid": f"c{number}"}, **more}


def status(phase: str, *ledger: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"phase": phase, "planDigest": "d", "stepStatuses": list(ledger), **more}


def child(number: int, attempt: int = 1, kind: str = "forward", **more: Any) -> Child:
    word = "rollback" if kind == "rollback" else "step"
    name = f"w-{word}-{number}" + (f"-r{attempt - 1}" if attempt > 1 else "")
    return Child(name, f"c{number}", "u", NOW, {"planDigest": "d"}, (kind, number, attempt), **more)


DONE = {"phase": "completed", "executionResult": {"success": True}}
THREE = (entry(1), entry(2), entry(3))
COMPENSATED = {"rollback": {"status": "executing", "attempt": 1}}


def problems(laws: Any, law: str, seen: Any) -> list[str]:
    return [problem for check in laws[law] for problem in check(seen)]


def commit(after: Any, before: Any = None, of: Run | None = None, clocks: Clocks | None = None) -> StatusCommit:
    return StatusCommit(of or run(), before or status("executing", *THREE), after, NOW, clocks or Clocks(), SETTINGS)


def change(new: Child, of: Run | None, known: Child | None = None, removed: bool = False) -> ChildChange:
    return ChildChange(of, known, new, removed, NOW, Clocks(), SETTINGS)


def executing(**more: Any) -> Run:
    return run(status=status("executing", entry(1, "executing", 1)), intents={("forward", 1, 1): NOW}, **more)


STRATEGY = SPEC["executionStrategy"]
CAREFUL = {**SPEC, "executionStrategy": {**STRATEGY, "approvalRequired": True, "dryRunFirst": True}}
YES, NO = Decision("bob", "approved", "d"), Decision("bob", "denied", "d")


def careful(*said: Decision, spec: Any = CAREFUL, creator: str = "alice", **more: Any) -> Run:
    """A workflow that needs an approval and dry runs, and what was said about it."""
    given = {"status": status("validating", *THREE), "creator": creator, "said": list(said), **more}
    return Run("w", "u", 0, meaning_of(spec, SETTINGS), {"spec": spec}, **given)
