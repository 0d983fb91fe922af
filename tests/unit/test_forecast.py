"""A forecast: laws of the figures, what is drawn and what is not, and what follows from which assumption."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import attrs
import pytest

from wfcore.codec import decode
from wfcore.insight.assumptions import FAILURE_RATES, Assumptions
from wfcore.insight.forecast import Forecast, forecast
from wfcore.model.definition import SourceReference, WorkflowExecutionSpec
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.model.workflow import (
    ObjectMeta,
    WorkflowExecution,
)
from wfcore.program import SourceFound
from wfcore.settings import Settings
from wfcore.simulation.requests import owned

from .stories import Story, broken, done, scale, workflow

SURE = Assumptions(spread=1, healthy=1, compensation_failure_rate=0)
LEGS = (scale(1, deployment="a"), scale(2, 1, deployment="b"), scale(3, 1, deployment="c"))
DIAMOND = (*LEGS, scale(4, 2, 3, deployment="d", criticalStep=True))
WINDOW = Settings().stability_window


def spec(*steps: dict[str, Any], **more: Any) -> WorkflowExecutionSpec:
    found = decode(WorkflowExecutionSpec, workflow(*steps, **more)["spec"])
    assert isinstance(found, WorkflowExecutionSpec), found
    return found


def foretold(*steps: dict[str, Any], rates: dict[int, float] | None = None, assume: Assumptions = SURE,
             runs: int = 20, seed: int = 0, history: tuple[ActionHistory, ...] = (), settings: Settings | None = None,
             **more: Any) -> Forecast:
    """A forecast; with `rates` attempts fail that often, those of the other steps never."""
    if rates is not None:
        assume = attrs.evolve(assume, failure_rates={**{s["stepNumber"]: 0.0 for s in steps}, **rates})
    return forecast(spec(*steps, **more), settings, runs=runs, seed=seed, history=history, assumptions=assume)


def forced(fail: dict[int, int | None], **more: Any) -> Assumptions:
    return attrs.evolve(SURE, fail=fail, **more)


def test_without_failures_every_run_succeeds_and_takes_the_critical_path_and_the_window() -> None:
    said = foretold(*DIAMOND, rates={})

    assert ({"success": 1.0}, {}, 0.0, 0.0, 0.0, 1.0) == (
        said.outcomes, said.reasons, said.rollback_risk, said.manual_intervention, said.standard_error,
        said.effectiveness)
    assert {3 * timedelta(seconds=20) + WINDOW} == set(attrs.astuple(said.durations))
    assert [(1.0, 0.0, 0.0)] * 4 == [(s.attempts, s.failed, s.blamed) for s in said.steps]
    assert said.riskiest is None


def test_probabilities_sum_to_one_and_quantiles_ascend() -> None:
    said = foretold(*DIAMOND, assume=Assumptions(failure_rates={1: 0.4, 4: 0.3}), runs=60)

    assert pytest.approx(1) == sum(said.outcomes.values())
    assert len(said.outcomes) >= 3
    assert said.durations.p50 <= said.durations.p90 <= said.durations.p95 <= said.durations.max
    assert said.manual_intervention <= said.rollback_risk <= 1 - said.success


def test_a_higher_failure_rate_never_raises_the_probability_of_success() -> None:
    """Common random numbers: what fails at a lower rate fails at a higher one too, run by run."""
    rates = [0, 0.2, 0.21, 0.22, 0.23, 0.24, 0.25, 0.5, 0.51, 0.9, 1]
    found = [foretold(*DIAMOND, rates={1: rate, 3: rate}, runs=40).success for rate in rates]

    assert sorted(found, reverse=True) == found
    assert (1.0, 0.0) == (found[0], found[-1])
    assert len(set(found)) > 3


def test_a_forced_failure_of_a_critical_step_rolls_back_every_run() -> None:
    said = foretold(*DIAMOND, rates={}, assume=forced({4: None}))

    assert ({"failed": 1.0}, {"step_execution_failed": 1.0}, 1.0, 0.0) == (
        said.outcomes, said.reasons, said.rollback_risk, said.manual_intervention)
    assert (4, 1.0, 1.0) == (said.riskiest, said.steps[3].failed, said.steps[3].blamed)


def test_a_step_forced_to_fail_once_is_retried_and_succeeds_later() -> None:
    said = foretold(*DIAMOND, rates={}, assume=forced({1: 1}))

    assert ({"success": 1.0}, [2.0, 1.0, 1.0, 1.0]) == (said.outcomes, [s.attempts for s in said.steps])
    assert said.durations.max > 4 * timedelta(seconds=20) + WINDOW
    assert said.durations.p50 < said.durations.max, "lives differ in the pauses before retries"
    assert pytest.approx(0.95) == said.effectiveness


def test_a_forced_failure_outlasts_as_many_retries_as_there_are() -> None:
    said = foretold(scale(1, criticalStep=True, maxRetries=1), assume=forced({1: 2}))

    assert ({"failed": 1.0}, 2.0, 0.0) == (said.outcomes, said.steps[0].attempts, said.rollback_risk)


def test_a_failure_that_is_not_critical_is_partial_and_skips_what_stands_on_it() -> None:
    said = foretold(*LEGS, rates={}, assume=forced({2: None}))

    assert {"partial_success": 1.0} == said.outcomes
    assert [0.0, 1.0, 0.0] == [s.failed for s in said.steps]


def test_the_share_of_success_agrees_with_the_rate() -> None:
    """One step, no retries: successes are draws of a coin."""
    said = foretold(scale(1, criticalStep=True, maxRetries=0), rates={1: 0.3}, runs=300, seed=5)

    assert abs(said.success - 0.7) < 4 * said.standard_error
    assert pytest.approx((said.success * (1 - said.success) / 300) ** 0.5) == said.standard_error
    assert 0.5 * 0.3 < said.rollback_risk < 0.3


def test_the_step_that_fails_most_often_dominates_the_risk() -> None:
    assert 3 == foretold(*DIAMOND, rates={2: 0.1, 3: 0.7}, runs=60).riskiest


def test_compensations_that_fail_leave_objects_for_people() -> None:
    said = foretold(*DIAMOND, rates={}, assume=forced({4: None}, compensation_failure_rate=1))

    assert (1.0, 1.0) == (said.rollback_risk, said.manual_intervention)


def test_targets_that_stay_ill_leave_the_outcome_unknown() -> None:
    said = foretold(scale(1), rates={}, assume=attrs.evolve(SURE, healthy=0))

    assert ({"unknown": 1.0}, {"monitoring_timeout_cannot_verify_success": 1.0}) == (said.outcomes, said.reasons)
    assert timedelta(seconds=20) + Settings().monitoring_timeout == said.durations.p50


def test_each_target_is_ill_by_a_chance_of_its_own() -> None:
    one, four = (foretold(*(scale(n, deployment=f"d{n}") for n in range(1, count + 1)), rates={}, runs=80,
                          assume=attrs.evolve(SURE, healthy=0.7)).success for count in (1, 4))

    assert abs(one - 0.7) < 0.16
    assert abs(four - 0.7**4) < 0.16


RESTART = {"stepNumber": 1, "action": "restart-deployment", "criticalStep": True, "maxRetries": 0,
           "parameters": {"restartDeployment": {"deployment": "web"}}}


def known(**more: Any) -> ActionHistory:
    return ActionHistory(**{"action": Action.RESTART_DEPLOYMENT, "samples": 100, "success_rate": 1.0,
                            "retry_success_rate": 1.0, "confidence": 0.95, "typical_duration": timedelta(seconds=40),
                            "slow_duration": timedelta(seconds=40), **more})


def test_history_decides_durations_and_failures_where_there_is_enough() -> None:
    enough = foretold(RESTART, history=(known(),))

    assert ({"success": 1.0}, timedelta(seconds=40) + WINDOW) == (enough.outcomes, enough.durations.max)
    assert "100 recorded" in enough.assumptions[0]


@pytest.mark.parametrize("little", [known(samples=9), known(confidence=0.79), known(action=Action.DRAIN_NODE)])
def test_too_little_history_decides_nothing(little: ActionHistory) -> None:
    said = foretold(RESTART, history=(little,))

    assert foretold(RESTART) == said
    assert "no history" in said.assumptions[0]


def test_history_without_durations_leaves_the_usual_ones() -> None:
    said = foretold(RESTART, history=(known(typical_duration=None, slow_duration=None),))

    assert timedelta(seconds=75) + WINDOW == said.durations.max


@pytest.mark.parametrize(("success", "retry", "first", "again"), [
    (0.8, 0.0, "33.3 %", "20 %"), (0.8, 0.6, "28.6 %", "40 %"), (0.0, 1.0, "100 %", "0 %"), (1.0, 0.0, "0 %", "0 %")])
def test_rates_of_attempts_follow_from_those_of_steps(success: float, retry: float, first: str, again: str) -> None:
    said = foretold(RESTART, history=(known(success_rate=success, retry_success_rate=retry),), runs=1)

    assert f"{first} of first attempts and {again} of retries fail" in said.assumptions[0]


def test_an_attempt_slower_than_its_time_out_is_cancelled() -> None:
    """Only history can say that a step is slower than its time-out."""
    slow = known(typical_duration=timedelta(minutes=6), slow_duration=timedelta(minutes=6))
    said = foretold(RESTART, history=(slow,))

    assert ({"failed": 1.0}, 1.0) == (said.outcomes, said.manual_intervention)
    assert timedelta(minutes=5, seconds=1) <= said.durations.max < timedelta(minutes=6)
    assert timedelta(minutes=5) + WINDOW == foretold(
        {**RESTART, "timeout": "5m"}, history=(known(typical_duration=timedelta(minutes=5),
                                                     slow_duration=timedelta(minutes=5)),)).durations.max


def test_without_history_no_attempt_times_out() -> None:
    said = foretold({**RESTART, "timeout": "1m"}, assume=Assumptions(failure_rates={1: 0}, healthy=1, spread=9))

    assert ({"success": 1.0}, timedelta(minutes=1) + WINDOW) == (said.outcomes, said.durations.max)


def test_durations_spread_as_assumed() -> None:
    said = foretold(scale(1), assume=Assumptions(failure_rates={1: 0}, healthy=1), runs=200)

    assert timedelta(seconds=17) < said.durations.p50 - WINDOW < timedelta(seconds=23)
    assert timedelta(seconds=36) < said.durations.p95 - WINDOW < timedelta(seconds=44)
    assert said.durations.max - WINDOW <= timedelta(seconds=60)


def test_what_is_only_planned_executes_nothing() -> None:
    said = foretold(scale(1), strategy={"mode": "Plan"})

    assert ({"nothing_executed": 1.0}, 0.0, timedelta(0)) == (said.outcomes, said.effectiveness, said.durations.max)


def test_what_cannot_be_planned_fails_every_run_and_says_why() -> None:
    said = foretold(scale(1, 7))

    assert ({"failed": 1.0}, {"planning_error": 1.0}, (), None) == (
        said.outcomes, said.reasons, said.steps, said.riskiest)
    assert ("the workflow ends before anything is executed",) == said.assumptions


def test_what_is_dry_run_first_takes_that_much_longer() -> None:
    said = foretold(scale(1), rates={}, strategy={"dryRunFirst": True})

    assert timedelta(seconds=21) + WINDOW == said.durations.max


def test_a_workflow_that_is_held_is_foretold_as_if_it_were_not() -> None:
    assert foretold(scale(1)) == foretold(scale(1), suspend=True) == foretold(scale(1), stop="Graceful")


def test_a_workflow_is_foretold_in_its_own_namespace() -> None:
    there = WorkflowExecution(metadata=ObjectMeta(name="heal", namespace="elsewhere"), spec=spec(scale(1)))
    closed = Settings(protected_namespaces=frozenset({"elsewhere"}))

    assert {"success": 1.0} == forecast(there.spec, closed, runs=1, assumptions=attrs.evolve(
        SURE, failure_rates={1: 0})).outcomes
    assert {"planning_error": 1.0} == forecast(there, closed, runs=1).reasons


def test_an_approval_is_given_after_as_long_as_assumed_and_without_one_the_wait_ends() -> None:
    at_once, later, never = (
        foretold(scale(1), rates={}, strategy={"approvalRequired": True}, assume=forced({}, approval_after=after))
        for after in (timedelta(0), timedelta(minutes=7), None))

    assert ({"success": 1.0}, timedelta(seconds=20) + WINDOW) == (at_once.outcomes, at_once.durations.max)
    assert at_once.durations.max + timedelta(minutes=7) == later.durations.max
    assert ({"approval_timeout": 1.0}, timedelta(hours=1)) == (never.reasons, never.durations.max)


def test_safety_checks_are_taken_to_pass() -> None:
    checks = [{"type": kind, "required": True} for kind in ("rbac", "capacity", "health", "network")]

    assert {"success": 1.0} == foretold(scale(1), rates={}, strategy={"safetyChecks": checks}).outcomes


def test_the_undoing_of_a_finished_workflow_is_foretold_from_it() -> None:
    values = {"deployment": "web", "previousReplicas": 1}
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True), name="old",
                           strategy={"rollbackStrategy": "manual"})).go()
    story.say(step_1=done(**values)).say(step_2=broken("validation_error", "yes", **values))
    raw, children = owned(story.world.state, story.ref)
    undo = WorkflowExecutionSpec(rollback_of=SourceReference(name="old", uid=raw.value["metadata"]["uid"]))
    found = forecast(undo, runs=5, assumptions=SURE, source=SourceFound(raw, children))

    assert {"success": 1.0} == found.outcomes
    assert [1.0, 1.0] == [step.attempts for step in found.steps]
    assert {"source_not_found": 1.0} == forecast(undo, runs=1).reasons


PROGRAM = """
import json
from tests.unit.test_forecast import DIAMOND, Assumptions, foretold
print(json.dumps(foretold(*DIAMOND, assume=Assumptions(failure_rates={2: 0.5}), runs=12, seed=3).as_json()))
"""


def test_equal_arguments_give_equal_bytes_in_every_process() -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    here = json.dumps(foretold(*DIAMOND, assume=Assumptions(failure_rates={2: 0.5}), runs=12, seed=3).as_json())
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo",
                   "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)

    assert here == done.stdout.strip()


def test_another_seed_is_another_forecast() -> None:
    said = {foretold(*DIAMOND, assume=Assumptions(), seed=seed).durations for seed in range(3)}

    assert 3 == len(said)


def test_a_forecast_as_json_names_everything() -> None:
    said = foretold(*DIAMOND, assume=Assumptions(failure_rates={2: 0.5}), runs=3).as_json()

    assert said == json.loads(json.dumps(said))
    assert ["runs", "seed", "outcomes", "reasons", "standardError", "rollbackRisk", "manualIntervention",
            "effectiveness", "durations", "steps", "riskiest", "assumptions"] == list(said)
    assert {"p50", "p90", "p95", "max"} == said["durations"].keys()
    assert ("scale-2", "scale-deployment", 2) == (
        said["steps"][1]["name"], said["steps"][1]["action"], said["steps"][1]["stepNumber"])


def test_what_was_assumed_is_said() -> None:
    said = "\n".join(foretold(*DIAMOND, runs=1, assume=forced(
        {1: 1, 4: None}, approval_after=None, healthy=0.5)).assumptions)

    for words in ("step 1 (scale-deployment, no history): an attempt takes 20s", "step 1: the first 1 attempts fail",
                  "step 4: every attempt fails after it acted", "is never given", "healthy afterwards in 50 %",
                  "3 % of first attempts"):
        assert words in said


@pytest.mark.parametrize(("options", "words"), [
    ({"failure_rates": {1: 1.5}}, "failure_rates: 1.5 is no probability; give 0 to 1"),
    ({"healthy": -0.1}, "healthy: -0.1 is no probability"), ({"spread": 0.5}, "not 0.5 times"),
    ({"spread": float("nan")}, "not nan times")])
def test_what_cannot_be_assumed_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Assumptions(**options)


def test_assumptions_about_nobody_are_refused_and_no_run_is_no_forecast() -> None:
    with pytest.raises(ValueError, match="no step 8, 9 to assume something about; the steps are 1, 2, 3"):
        foretold(*LEGS, assume=forced({9: 1}, failure_rates={8: 1}))
    with pytest.raises(ValueError, match="runs: 0 runs say nothing; give 1 or more"):
        foretold(scale(1), runs=0)


def test_every_action_has_a_default_rate() -> None:
    assert set(Action) == FAILURE_RATES.keys()
