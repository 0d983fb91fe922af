"""What a run is said to have achieved, in how many words, and that the same run is always said to be the same."""

from __future__ import annotations

from random import SystemRandom
from typing import Any

from wfcore.codec import encode
from wfcore.codec.size import json_bytes
from wfcore.ending import completed
from wfcore.execution import ledger
from wfcore.lifecycle import phase_executing, phase_monitoring
from wfcore.model.enums import Outcome
from wfcore.model.status import MESSAGE_BYTES
from wfcore.planning.targets import Target
from wfcore.testing.mutants.mutant import Examination, mutant
from wfcore.testing.mutants.patching import Patch, original
from wfcore.testing.mutants.rehearsal import SUCCEEDED, Rehearsal, failed, require, step


def _outcome(run: Rehearsal) -> str:
    result = run.status.workflow_result
    return result.outcome.value if result is not None else ""


def _what_nobody_saw_is_unknown() -> None:
    run = Rehearsal(step(1))
    run.world.facts[Target("Deployment", "default", "web-1")] = None
    run.go().report("step-1", SUCCEEDED).wait(3_600)
    require("S16", _outcome(run) == "unknown",
            f"the outcome is {_outcome(run) or 'nothing'} although nobody could read the target")


@mutant("S16", hunt=Examination(examine=_what_nobody_saw_is_unknown))
def what_cannot_be_read_counts_as_healthy(patch: Patch) -> None:
    honest = original(phase_monitoring, "_health")

    def health(facts: Any, targets: Any) -> Any:
        return honest({target: found for target, found in facts.items() if found is not None},
                      tuple(target for target in targets if facts.get(target) is not None))
    patch.setattr(phase_monitoring, "_health", health)


def _a_failed_step_is_no_success() -> None:
    run = Rehearsal(step(1), step(2), strategy={"maxRetries": 0}).go()
    run.report("step-1", failed("validation_error")).report("step-2", SUCCEEDED).wait(600)
    require("S16", _outcome(run) == "partial_success", f"the outcome is {_outcome(run)} although step 1 failed")


@mutant("S16", hunt=Examination(examine=_a_failed_step_is_no_success))
def a_part_counts_as_the_whole(patch: Patch) -> None:
    patch.setattr(phase_monitoring, "_verdict", lambda status, health, now: completed(
        status, Outcome.SUCCESS, health, now))


def _a_run_can_be_made_again() -> None:
    one, other = (Rehearsal(step(1), strategy={"maxRetries": 1}).go().report("step-1", failed("service_unavailable"))
                  for _ in range(2))
    require("S19", one.world.commits == other.world.commits, "the same workflow, told the same, is decided otherwise")


@mutant("S19", hunt=Examination(examine=_a_run_can_be_made_again))
def chance_decides_when_to_retry(patch: Patch) -> None:
    honest, random = original(phase_executing, "retry_delay"), SystemRandom()
    patch.setattr(phase_executing, "retry_delay", lambda uid, what, attempt, settings: random.random() * honest(
        uid, what, attempt, settings))


def _a_ledger_is_as_small_as_it_says() -> None:
    run = Rehearsal(step(1, criticalStep=True), strategy={"maxRetries": 0}).go()
    run.report("step-1", failed("validation_error", errorMessage="x" * 1_000))
    said = json_bytes(encode(run.status.step_statuses[0].error_message))
    require("S22", said <= MESSAGE_BYTES + 2, f"an entry of the ledger holds a message of {said} bytes")


@mutant("S22", "S26", hunt=Examination(examine=_a_ledger_is_as_small_as_it_says))
def what_executors_say_is_kept_whole(patch: Patch) -> None:
    patch.setattr(ledger, "clipped", lambda message, limit=0: message)
