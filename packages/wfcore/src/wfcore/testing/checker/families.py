"""Which scopes belong together: the graphs, what people do, what is asked of a workflow, any number of controllers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from wfcore.model.enums import ApprovalPolicy
from wfcore.testing.checker.scope import SETTINGS, STABLE, Dag, Scope, dags

CHAIN6: Dag = tuple(frozenset([n]) if n else frozenset() for n in range(6))
DIAMOND6: Dag = tuple(map(frozenset, ((), (1,), (1,), (2, 3), (4,), (4,))))
WORKLOADS: Mapping[str, Dag] = {"chain6": CHAIN6, "diamond6": DIAMOND6}
CHAIN4: Dag = CHAIN6[:4]
DIAMOND4: Dag = DIAMOND6[:4]
ONE: Dag = dags(1)[0]
CHAIN2: Dag = dags(2)[1]


@frozen
class Task:
    """A scope, whether it is explored for any number of controllers and faults, and its share of a common time."""

    scope: Scope
    unbounded: bool = False
    weight: int = 1


def of_graph(needs: Dag, **fields: Any) -> Scope:
    """A graph without retries; time passes only when nothing else can happen, and executors do not die.

    With more than one step, deadlines that may come at any moment multiply the
    states by all their orders; those are met by the scopes of one step.
    """
    size = len(needs)
    return Scope(**{"needs": needs, "retries": (0,) * size, "max_parallel": max(2, size - 1), "impatient": False,
                    "unreliable": False, **fields})


def default(steps: int, **common: Any) -> Iterator[Task]:
    """One step with deadlines, one with a retry; every class of graphs up to `steps`; intruders; deletion."""
    yield Task(Scope(needs=ONE, retries=(0,), **common))
    yield Task(Scope(needs=ONE, impatient=False, **common))
    for size in range(2, steps + 1):
        for needs in dags(size):
            yield Task(of_graph(needs, **common))
    for intruder in ("stranger", "impostor"):
        yield Task(Scope(needs=ONE, retries=(0,), intruder=intruder, **common))
    yield from people(**common)


def people(**common: Any) -> Iterator[Task]:
    """What a person does at any moment, and what else is asked of a workflow."""
    one: dict[str, Any] = {"needs": ONE, "retries": (0,), **common}
    chain = of_graph(CHAIN2, **common)
    yield Task(Scope(person=("delete",), **one))
    yield Task(Scope(person=("stop",), **one))
    yield Task(evolve(chain, person=("stop",)))
    yield Task(evolve(chain, person=("stop",), critical=frozenset({1}), strategy={"rollbackStrategy": "manual"}))
    yield Task(evolve(chain, person=("suspend",), moves=2))
    yield Task(evolve(chain, person=("stop", "suspend"), moves=1))
    yield Task(evolve(chain, person=("delete", "stop")))
    yield Task(evolve(chain, strategy={"dryRunFirst": True}))
    yield Task(evolve(chain, strategy={"dryRunFirst": True}, person=("stop",), endings=False))
    asks = evolve(of_graph(ONE, **common), strategy={"approvalRequired": True}, person=("approve",), moves=1)
    yield Task(asks)
    yield Task(evolve(asks, moves=2))
    yield Task(evolve(asks, person=("approve", "stop", "suspend"), moves=2))
    yield Task(evolve(chain, person=("freeze",), moves=2))
    yield Task(evolve(asks, person=("approve", "freeze"), moves=3, strategy={
        "approvalRequired": True, "dryRunFirst": True}))
    yield Task(Scope(strategy={"mode": "Plan"}, person=("stop",), **one))
    yield Task(Scope(settings=evolve(SETTINGS, observe_only=True), person=("stop",), **one))
    yield Task(Scope(strategy={"workflowTimeout": "50s"}, **{**one, "impatient": False}))
    yield Task(evolve(chain, strategy={"workflowTimeout": "50s"}, unreliable=True))
    stable = evolve(SETTINGS, stability_window=STABLE)
    yield Task(Scope(settings=stable, person=("stop",), **{**one, "impatient": False, "unreliable": False}))
    for targets in ("sick", "unreadable"):
        yield Task(evolve(chain, settings=stable, answers=(targets,), person=("suspend",), moves=1))
    yield from surrounded(**common)
    yield Task(Scope(**{**one, "needs": (frozenset({1}),)}))  # a cycle: refused in planning
    yield Task(Scope(strategy={"maxParallelSteps": 0}, **one))  # cannot be decoded
    yield Task(evolve(chain, spec={"alertRemediationRef": {"name": "gone"}}))
    yield Task(evolve(chain, critical=frozenset(), undo=frozenset({2})))
    yield Task(evolve(chain, strategy={"rollbackStrategy": "none"}))


def surrounded(**common: Any) -> Iterator[Task]:
    """What the rest of the cluster may answer: alerts, refusals, rivals, history, an earlier workflow."""
    small = of_graph(ONE, **common)
    learning = {"adaptiveOrchestration": {
        "optimizationEnabled": True, "learningFromHistory": True, "dynamicStepAdjustment": True}}
    yield Task(evolve(of_graph(CHAIN2, **common), answers=("alarming",)))
    for doubt in ("denied", "unsure"):
        yield Task(evolve(small, answers=(doubt,), strategy={"safetyChecks": [{"type": "rbac", "required": True}]}))
    yield Task(evolve(small, answers=("silent",), spec=learning))
    yield Task(evolve(small, answers=("busy",), person=("stop", "suspend"), moves=2))
    yield Task(evolve(small, answers=("crowd",), settings=evolve(SETTINGS, max_active_workflows=1),
                      person=("stop", "suspend"), moves=2))
    yield Task(evolve(small, answers=("learned",), spec=learning, retries=(1,)))
    yield Task(evolve(of_graph(dags(2)[0], **common), spec=learning, retries=(1, 1)))
    yield Task(evolve(small, settings=evolve(SETTINGS, approval_policy=ApprovalPolicy.ALWAYS)))
    undoing = of_graph((frozenset({2}), frozenset()), critical=frozenset(), source="rollbackOf", **common)
    yield Task(undoing)
    theirs = Scope(needs=CHAIN2, retries=(0, 0)).body()["spec"]["workflowDefinition"]
    yield Task(evolve(undoing, spec={"workflowDefinition": theirs}))
    yield Task(evolve(undoing, spec={"workflowDefinition": {**theirs, "name": "other"}}))
    for wrong in ("absent", "another", "leaving", "unfinished"):
        yield Task(evolve(undoing, source=f"{wrong} rollbackOf"))
    yield Task(evolve(of_graph(CHAIN2, **common), answers=("surprising",), strategy={"dryRunFirst": True}))
    stable = evolve(SETTINGS, stability_window=STABLE)
    yield Task(evolve(of_graph(CHAIN2, **common), answers=("half sick",), settings=stable))
    yield Task(evolve(undoing, person=("stop",)))
    yield Task(of_graph(CHAIN2, source="retryOf", carried=frozenset({1}), critical=frozenset({2}), **common))


def unbounded(steps: int) -> Iterator[Task]:
    """Any number of controllers and faults: S17 for every (ancestor, state) pair."""
    yield Task(of_graph(ONE, retries=(1,)), unbounded=True)
    yield Task(of_graph(ONE, unreliable=True), unbounded=True)
    for size in range(2, steps + 1):
        for needs in dags(size):
            yield Task(of_graph(needs), unbounded=True)
    for task in people():
        if not task.scope.impatient:
            yield Task(task.scope, unbounded=True)


def full() -> Iterator[Task]:
    """One fault on the 40 classes of graphs up to four steps; two on the 9 up to three, the diamond and the chain.

    Smaller scopes come first, so that the time they leave goes to the larger ones, whose share is larger too.
    """
    common: dict[str, Any] = {"controllers": 2, "lag": 1}
    yield from default(3, faults=1, **common)
    yield from unbounded(3)
    for faults, graphs in ((2, (*dags(1), *dags(2), *dags(3), DIAMOND4, CHAIN4)), (1, dags(4))):
        for needs in sorted(graphs, key=_width):
            yield Task(of_graph(needs, faults=faults, **common), weight=2 + _width(needs))
    yield Task(Scope(needs=ONE, retries=(0,), faults=1, controllers=2, lag=3))
    yield Task(of_graph(CHAIN2, faults=1, controllers=3, lag=1))
    yield Task(of_graph(CHAIN2, faults=1, controllers=2, lag=3))
    yield Task(of_graph(CHAIN2, faults=1, controllers=2, lag=1, unreliable=True))
    yield Task(of_graph(CHAIN2, faults=1, controllers=2, lag=1, retries=(1, 1)))


def _width(needs: Dag) -> int:
    """How many pairs of steps may run side by side: what multiplies states."""
    before: list[set[int]] = []
    for step in needs:
        before.append(set(step).union(*(before[n - 1] for n in step)))
    return sum(1 for late in range(len(needs)) for early in range(late) if early + 1 not in before[late])
