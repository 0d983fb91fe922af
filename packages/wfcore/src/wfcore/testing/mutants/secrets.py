"""What leaves a workflow: secret values never do, and what metrics are labelled by is a closed vocabulary.

No metric is declared in wfcore; the adapters label theirs with what it hands out: reasons of Events and of
conditions, phases, failure reasons.  So those are what is examined.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from attrs import evolve

from wfcore import reconciler
from wfcore.codec import encode
from wfcore.insight import veil
from wfcore.insight.recorded import record
from wfcore.lifecycle import phase_planning
from wfcore.lifecycle.machine import decide
from wfcore.model.enums import Phase
from wfcore.planning import digest
from wfcore.reasons import EventReason, Reason
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.mutants.mutant import Examination, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import SUCCEEDED, Rehearsal, failed, require, step

_INLINE = Settings(allow_inline_secrets=True)
_EVENTS, _REASONS = frozenset(EventReason), frozenset(Reason)
_FAILURES, _PHASES = frozenset(reason.snake for reason in Reason) | {""}, frozenset(Phase)


def _updating(value: Any, **strategy: Any) -> Rehearsal:
    parameters = {"updateSecret": {"name": "keys", "dataUpdates": {"password": value}}}
    run = Rehearsal(step(1, action="update-secret", parameters=parameters), settings=_INLINE, strategy=strategy).go()
    return run.report("step-1", SUCCEEDED).wait(600) if run.children else run


def _told(run: Rehearsal) -> str:
    """All that is told about a workflow, its spec and the specs of its children apart."""
    world = run.world
    return json.dumps([encode(status) for status in world.commits] + [encode(row) for row in world.audit.values()]
                      + [[event.reason, event.message] for event in world.events], sort_keys=True)


def _records(run: Rehearsal) -> str:
    workflow = run.world.workflow(run.ref.name)
    snapshot = Snapshot(workflow=workflow, settings=run.settings)
    return json.dumps(record(snapshot, run.world.now, decide(snapshot, run.world.now)).as_json(), sort_keys=True)


def _nothing_told_depends_on_a_secret() -> None:
    for strategy in ({}, {"mode": "Plan"}):
        one, other = (_updating(value, **strategy) for value in ("c2VzYW1l", "bWVsbG9u"))
        require("S23", _told(one) == _told(other), "status, Events or audit row depend on the value of a Secret")


def _nothing_recorded_depends_on_a_secret() -> None:
    one, other = (_records(_updating(value)) for value in ("c2VzYW1l", "bWVsbG9u"))
    require("S23", one == other, "a recorded decision depends on the value of a Secret")


def _a_refused_secret_is_not_shown() -> None:
    one, other = (_updating(value) for value in (123456, 654321))
    require("S23", _told(one) == _told(other), "what is wrong with the value of a Secret shows the value")


@mutant("S23", hunt=Examination(examine=_nothing_told_depends_on_a_secret), defect="D11")
def secrets_are_published_with_the_plan(patch: Patch) -> None:
    patch.setattr(phase_planning, "without_secrets", lambda spec: spec)


@mutant("S23", hunt=Examination(examine=_nothing_told_depends_on_a_secret), defect="D11")
def the_digest_covers_secrets(patch: Patch) -> None:
    patch.setattr(digest, "without_secrets", lambda spec: spec)


@mutant("S23", hunt=Examination(examine=_a_refused_secret_is_not_shown), defect="D11")
def a_refused_secret_is_shown(patch: Patch) -> None:
    patch.setattr(import_module("wfcore.codec.converter"), "_veiled", lambda error: error)


@mutant("S23", hunt=Examination(examine=_nothing_recorded_depends_on_a_secret), defect="D11")
def secrets_are_recorded(patch: Patch) -> None:
    patch.setattr(veil, "_SECRET", {})


def _ends() -> Iterator[Rehearsal]:
    """Workflows with names of their own that succeed, fail, and are refused."""
    yield Rehearsal(step(1), name="one").go().report("step-1", SUCCEEDED).wait(600)
    yield Rehearsal(step(1), name="two", strategy={"maxRetries": 0}).go().report(
        "step-1", failed("validation_error")).wait(600)
    yield Rehearsal(step(1, 1), name="three").go()


def _labels_are_words_of_a_closed_vocabulary() -> None:
    for run in _ends():
        for event in run.world.events:
            require("S24", event.reason in _EVENTS, f"{event.reason!r} is no reason of Events")
        for status in run.world.commits:
            require("S24", status.phase in _PHASES and status.failure_reason in _FAILURES,
                    f"{status.failure_reason!r} is no failure reason")
            for condition in status.conditions:
                require("S24", condition.reason in _REASONS, f"{condition.reason!r} is no reason of conditions")


@mutant("S24", hunt=Examination(examine=_labels_are_words_of_a_closed_vocabulary), defect="D14")
def a_label_holds_the_workflows_name(patch: Patch) -> None:
    honest = original(reconciler, "Emit")

    def named(ref: Any, uid: str, at: Any, events: Any) -> Any:
        return honest(ref, uid, at, tuple(evolve(event, reason=f"{event.reason}-{ref.name}") for event in events))
    patch.setattr(reconciler, "Emit", named)
