"""Intent before effect: what is done without, or before, what is committed; and what is believed of a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from wfcore import reconciler
from wfcore.decision import CreateChild, Decision
from wfcore.execution import attempts
from wfcore.program import CommitStatus, Create, Did, Failed, Freshness, Observe, Response, Seen, Steps, Unknown
from wfcore.testing.checker.scope import Scope
from wfcore.testing.mutants.mutant import Schedules, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.scopes import ONE, quick


@frozen
class PerformThenCommit:
    """The effects before the intent."""

    commit: reconciler.Commit

    def run(self) -> Steps:
        """One batch of creations, then the write that should have come first."""
        effects = self.commit.decision.effects
        yield Create(self.commit.ref, tuple(e.body for e in effects if isinstance(e, CreateChild)))
        return evolve(self.commit, decision=evolve(self.commit.decision, effects=()))


@mutant("S3", hunt=quick(100), defect="D4", by_hand=True)
def effects_are_performed_before_the_commit(patch: Patch) -> None:
    honest = original(reconciler.Judge, "_act")

    def act(self: Any, decision: Decision) -> Any:
        following = honest(self, decision)
        if isinstance(following, reconciler.Commit) and any(isinstance(e, CreateChild) for e in decision.effects):
            return PerformThenCommit(following)
        return following
    patch.setattr(reconciler.Judge, "_act", act)


@mutant("S3", hunt=Schedules(within=100))
def children_are_created_without_an_intent(patch: Patch) -> None:
    honest = original(reconciler.Judge, "_act")

    def act(self: Any, decision: Decision) -> Any:
        if decision.effects and not decision.need_live:
            return reconciler.Perform(self.ref, self.settings, decision.effects, decision.wake_at)
        return honest(self, decision)
    patch.setattr(reconciler.Judge, "_act", act)


def answered(steps: Any, hear: Callable[[Any], Any]) -> Any:
    """The steps of a program whose answers are changed by `hear`, which may make requests of its own."""
    try:
        request = next(steps)
        while True:
            request = steps.send((yield from hear((yield request))))
    except StopIteration as end:
        return end.value


@mutant("S3", hunt=quick(100, faults=1))
def a_write_without_an_answer_counts_as_made(patch: Patch) -> None:
    honest = original(reconciler.Commit, "run")

    def hear(answer: Response) -> Any:
        yield from ()
        return Did() if isinstance(answer, Unknown) else answer
    patch.setattr(reconciler.Commit, "run", lambda self: answered(honest(self), hear))


@mutant("S4", "S5", "S7", "S8", "S9", "S11", "S21", hunt=Schedules(within=200))
def a_conflict_is_overwritten(patch: Patch) -> None:
    """Not a new decision on what somebody else wrote, but the old one with the new version."""
    honest = original(reconciler.Commit, "run")

    def run(self: Any) -> Any:
        def hear(answer: Response) -> Any:
            if not isinstance(answer, Failed) or answer.why != "conflict":
                return answer
            seen = yield Observe(self.ref, Freshness.LIVE)
            meta = seen.workflow.metadata() if isinstance(seen, Seen) and seen.workflow is not None else None
            version = getattr(meta, "resource_version", self.meta.resource_version)
            return (yield CommitStatus(self.ref, self.meta.uid, version, self.decision.status))
        return (yield from answered(honest(self), hear))
    patch.setattr(reconciler.Commit, "run", run)


@mutant("S9", hunt=quick(2_000, Scope(needs=ONE, lag=2, endings=False)))
def absence_in_the_cache_is_believed(patch: Patch) -> None:
    honest = original(attempts, "_absent")
    patch.setattr(attempts, "_absent", lambda attempt, foreign, live, now, settings: honest(
        attempt, foreign, True, now, settings))
