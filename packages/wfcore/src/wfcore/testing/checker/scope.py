"""What is explored: the graph of steps, how many controllers, which faults, which promises of others are broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import combinations, permutations
from typing import Any

from attrs import evolve, field, frozen

from wfcore.model.workflow import ANNOTATION_CREATED_BY
from wfcore.resources import ALERT_REMEDIATIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings

# Round figures, so that a trace can be read; a rollback's time is over in the middle of the grace of a compensation.
SETTINGS = Settings(
    step_timeout=timedelta(seconds=100), compensation_timeout=timedelta(seconds=100),
    cancel_grace=timedelta(seconds=10), rolling_back_timeout=timedelta(seconds=105),
    approval_timeout=timedelta(seconds=200), backoff_base=timedelta(seconds=8),
    stability_window=timedelta(0), outcome_hold=timedelta(0))

CREATOR = "alice"
STABLE = timedelta(seconds=20)  # for scopes that watch whether targets stay healthy
TARGETS = ("healthy", "sick", "unreadable")

# The promises of the executor that the engine relies on; each can be broken to see what depends on it.
RELY = {
    "E1": "the spec of an execution does not change",
    "E2": "a terminal execution stays as it is",
    "E3": "an execution acts at most once",
    "E4": "a deleted execution ends within the grace",
    "E5": "an execution begins only while the workflow's ledger intends it",
}
Dag = tuple[frozenset[int], ...]


@frozen(kw_only=True)
class Scope:
    """One exploration.

    Attributes:
        needs: For each step, in order of its number from 1, the numbers of its prerequisites.
        critical: Steps whose failure fails the workflow; default: the last one.
        retries: Retries of each step; default: one for the first, none for the others.
        undo: Steps with a rollbackSpec; default: all.
        controllers: How many act at the same time, without leader election.
        faults: Budget of faults: crash, lost request, lost answer, refusal by the weather, a pause in mid-pass.
        lag: How many versions a cached view may be behind, for each controller and kind.
        person: What a person may do to the workflow at any moment: names in `person.MOVES`.
        moves: How often a person may do what could be done for ever, as suspending and resuming.
        strategy: Further fields of `executionStrategy`, such as `dryRunFirst`.
        spec: Further fields of the spec.
        settings: What the operator decides.
        targets: What monitoring sees of the targets, all the time: one of `TARGETS`.
        intruder: `stranger`: another owner's object has the name of the first child and says it succeeded;
            `impostor`: the same, with our uid as its owner and another plan's digest.
        broken: Promises of `RELY` that do not hold.
        impatient: Whether time may pass while something else could happen; otherwise only when nothing else can.
        endings: Whether L1 is checked from every state.
        unreliable: Whether an executor may also die in the middle of acting.
    """

    needs: Dag
    critical: frozenset[int] = field()
    retries: tuple[int, ...] = field()
    undo: frozenset[int] = field()
    controllers: int = 2
    faults: int = 0
    lag: int = 1
    max_parallel: int = 2
    person: tuple[str, ...] = ()
    moves: int = 0
    strategy: Mapping[str, Any] = field(factory=dict)
    spec: Mapping[str, Any] = field(factory=dict)
    settings: Settings = SETTINGS
    targets: str = TARGETS[0]
    intruder: str = ""
    broken: frozenset[str] = frozenset()
    impatient: bool = True
    endings: bool = True
    unreliable: bool = True

    @critical.default
    def _last(self) -> frozenset[int]:
        return frozenset({len(self.needs)})

    @retries.default
    def _first_once(self) -> tuple[int, ...]:
        return tuple(1 if number == 0 else 0 for number in range(len(self.needs)))

    @undo.default
    def _all(self) -> frozenset[int]:
        return frozenset(self.numbers)

    @property
    def numbers(self) -> range:
        """The step numbers."""
        return range(1, len(self.needs) + 1)

    @property
    def name(self) -> str:
        """`1 2<-1 3<-1,2` and what is special about the scope."""
        steps = [f"{n}<-{','.join(map(str, sorted(self.needs[n - 1])))}" if self.needs[n - 1] else str(n)
                 for n in self.numbers]
        return " ".join([*steps, self.actors, *self._special()])

    def _special(self) -> Iterator[str]:
        asked = {
            "retries": self.retries if any(self.retries) else "",
            "critical": sorted(self.critical) if self.critical != {len(self.needs)} else "",
            "undo": sorted(self.undo) if self.undo != set(self.numbers) else "", "moves": self.moves or "",
            **self.strategy, **self.spec}
        yield from self.person
        yield from (f"{key}={value}" for key, value in asked.items() if value != "")
        special = {"observe": self.settings.observe_only, "stable": bool(self.settings.stability_window),
                   self.intruder: bool(self.intruder), self.targets: self.targets != TARGETS[0],
                   "patient": not self.impatient, "reliable": not self.unreliable}
        yield from (word for word, holds in special.items() if holds)
        yield from sorted(self.broken)

    @property
    def actors(self) -> str:
        """How many controllers, faults, versions behind, in words."""
        return f"controllers={self.controllers} faults={self.faults} lag={self.lag}"

    @property
    def condenses(self) -> bool:
        """Whether a child may be forgotten but for what it changed, once the ledger has done with it.

        Not when somebody may still ask it: a deletion waits for each child, and
        an executor that breaks a promise may take up any.
        """
        return not self.broken and "delete" not in self.person

    def body(self) -> dict[str, Any]:
        """The WorkflowExecution.  A parent owns it, so that it has no time to live of its own."""
        return {
            "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
            "metadata": {
                "name": "w", "namespace": "default", "annotations": {ANNOTATION_CREATED_BY: CREATOR},
                "ownerReferences": [{"apiVersion": ALERT_REMEDIATIONS.api_version, "kind": ALERT_REMEDIATIONS.kind,
                                     "name": "parent", "uid": "parent-uid"}]},
            "spec": {
                "workflowDefinition": {"name": "heal", "steps": [self._step(number) for number in self.numbers]},
                "executionStrategy": {"maxParallelSteps": self.max_parallel, **self.strategy}, **self.spec},
        }

    def _step(self, number: int) -> dict[str, Any]:
        # The compensation has no values of its own: only captured ones can undo the step.
        deployment = {"deployment": f"web-{number}"}
        undo = {"rollbackSpec": {"action": "scale-to-previous", "parameters": {"scaleToPrevious": deployment}}}
        return {
            "stepNumber": number, "action": "scale-deployment", "dependsOn": sorted(self.needs[number - 1]),
            "criticalStep": number in self.critical, "maxRetries": self.retries[number - 1],
            "parameters": {"scaleDeployment": {**deployment, "replicas": 3}},
            **(undo if number in self.undo else {})}


def dags(size: int) -> tuple[Dag, ...]:
    """One graph of each isomorphism class with `size` steps, edges from lower to higher numbers, few edges first.

    1, 2, 6, 31 graphs for 1 to 4 steps.
    """
    edges = [(a, b) for b in range(size) for a in range(b)]
    found: dict[frozenset[tuple[int, int]], Dag] = {}
    for count in range(len(edges) + 1):
        for chosen in combinations(edges, count):
            found.setdefault(_canonical(chosen, size), tuple(
                frozenset(a + 1 for a, b in chosen if b == step) for step in range(size)))
    return tuple(found.values())


def _canonical(edges: tuple[tuple[int, int], ...], size: int) -> frozenset[tuple[int, int]]:
    renumbered = (tuple(sorted((p[a], p[b]) for a, b in edges)) for p in permutations(range(size)))
    return frozenset(min(renumbered))


def parse_dag(text: str) -> Dag:
    """The graph written as its name is: `1 2<-1 3<-1,2`; raises ValueError saying what is wrong."""
    needs: list[frozenset[int]] = []
    for word in text.split():
        number, _, before = word.partition("<-")
        named = frozenset(int(n) for n in before.split(",") if n.isdigit())
        if number != str(len(needs) + 1) or len(named) != len([n for n in before.split(",") if n]) or any(
                not 0 < n <= len(needs) for n in named):
            raise ValueError(f"{word!r} in {text!r}: expected step {len(needs) + 1}, alone or with <- and numbers of "
                             "earlier steps, such as 1 2<-1 3<-1,2")
        needs.append(named)
    if not needs:
        raise ValueError("a graph has at least one step, such as 1 2<-1 3<-1,2")
    return tuple(needs)


def with_broken(scope: Scope, *promises: str) -> Scope:
    """The scope with promises of the executor broken."""
    return evolve(scope, broken=frozenset(promises))
