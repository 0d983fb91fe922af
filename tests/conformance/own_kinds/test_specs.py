"""What the delivered definitions let into a spec: a real server judges as the tables of `tests/crds` say."""

from __future__ import annotations

import pytest
from tests.conformance.gadgets import refusal
from tests.crds.samples import PARAMETERS, ROLLBACKS, execution, rollback, step, workflow
from tests.crds.test_rules import CREATED, STEP, UPDATED
from tests.crds.test_samples import DRY_RUN, FULL, INVALID, ONE, edited

from wfcontroller.api import ApiError
from wfcore.codec import decode_execution, decode_workflow, encode
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

from .bodies import RESOURCES, made, refused, said, tried


def message_only(case):
    return case if isinstance(case, str) else ""


@pytest.mark.parametrize(("accepted", "wrong", "message"), CREATED, ids=message_only)
def test_a_rule_refuses_where_it_says_and_nowhere_else(run, place, accepted, wrong, message):
    run(tried(place, accepted))
    error = run(refused(place, wrong))

    assert (422, "Invalid") == (error.status, error.reason)
    assert any(message in sentence for sentence in said(error))


@pytest.mark.parametrize(("allowed", "forbidden", "message"), UPDATED, ids=message_only)
def test_of_a_spec_only_what_may_change_changes(run, place, allowed, forbidden, message):
    async def story():
        for name, (new, old) in (("allowed", allowed), ("forbidden", forbidden)):
            resource = RESOURCES[old["kind"]]
            stored = await made(place, old, name)
            update = place.api.update(resource, {**stored, "spec": new["spec"]})
            if name == "allowed":
                assert (await update)["metadata"]["uid"] == stored["metadata"]["uid"]
            else:
                error = await refusal(update)
                assert 422 == error.status
                assert any(message in sentence for sentence in said(error))
                assert stored == await place.get(resource, name)

    run(story())


@pytest.mark.parametrize("action", PARAMETERS)
def test_each_action_takes_the_member_of_its_own(run, place, action):
    run(tried(place, workflow(step(1, action))))
    foreign = step(1, next(other for other in PARAMETERS if other != action))
    error = run(refused(place, workflow({**foreign, "action": action})))

    assert [f"{STEP}.parameters: Invalid value: action {action} needs parameters.{PARAMETERS[action][0]}"] == (
        said(error))


@pytest.mark.parametrize("action", ROLLBACKS)
def test_each_compensation_takes_the_member_of_its_own(run, place, action):
    run(tried(place, workflow(step(1, "scale-deployment", rollbackSpec=rollback(action)))))
    parameters = rollback(next(other for other in ROLLBACKS if other != action))["parameters"]
    wrong = {"action": action, "parameters": parameters}
    error = run(refused(place, workflow(step(1, "scale-deployment", rollbackSpec=wrong))))

    member = ROLLBACKS[action][0]
    assert [f"{STEP}.rollbackSpec.parameters: Invalid value: action {action} needs parameters.{member}"] == said(error)


@pytest.mark.parametrize(("path", "value"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID])
def test_what_is_out_of_its_limits_is_refused_under_its_path(run, place, path, value):
    error = run(refused(place, edited(FULL, path, value)))

    field = "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    assert 422 == error.status
    assert [] != [found for found, _ in error.causes if _concerns(found, field)]


def _concerns(found, field):
    """A rule may blame what holds the value, and a list its member."""
    return found.startswith(field) or (found != "<nil>" and field.startswith(found))


def test_every_problem_is_told_at_once(run, place):
    wrong = workflow(step(1, "scale-deployment", timeout="5"), step(1, "cordon-node", maxRetries=-1))
    fields = {field for field, _ in run(refused(place, wrong)).causes}

    assert {f"{STEP}.timeout", f"{STEP.replace('0', '1')}.maxRetries", STEP.replace("0", "1")} <= fields


@pytest.mark.parametrize("sample", [FULL, workflow(), DRY_RUN, execution()], ids=[
    "full workflow", "smallest workflow", "dry run", "execution"])
def test_what_comes_back_means_what_was_sent(run, place, sample):
    stored = run(made(place, sample))
    decode = decode_workflow if sample["kind"] == "WorkflowExecution" else decode_execution

    assert decode(sample).spec == decode(stored).spec


def test_nothing_the_model_knows_is_pruned_and_all_else_is(run, place):
    written = {**FULL, "spec": encode(decode_workflow(FULL).spec)}
    surprising = edited(edited(written, ("surprise",), {"deep": [1]}), (*ONE, "surprise"), 1)

    assert written["spec"] == run(tried(place, surprising))["spec"]


@pytest.mark.parametrize("duration", ["1s", "90s", "1m30s", "1h30m", "1.5h", "1500ms", "24h", "1000000us", "1h0m0s"])
def test_a_duration_that_the_engine_reads_is_accepted_as_it_is_written(run, place, duration):
    stored = run(tried(place, workflow(step(1, "cordon-node", timeout=duration))))

    assert duration == stored["spec"]["workflowDefinition"]["steps"][0]["timeout"]


@pytest.mark.parametrize("duration", ["5", "5 minutes", "1d", "", "-5m", "1m-30s", "999ms", "24h1s", "9999999999999h"])
def test_what_is_no_duration_of_ours_is_refused(run, place, duration):
    error = run(refused(place, workflow(step(1, "cordon-node", timeout=duration))))

    assert f"{STEP}.timeout" in [field for field, _ in error.causes]


def test_the_largest_workflow_is_accepted_within_the_cost_of_its_rules(run, place):
    """The server adds up what rules cost on an object: 500 steps with every action and compensation still pass."""
    actions, undos = list(PARAMETERS), list(ROLLBACKS)
    steps = [step(n, actions[n % len(actions)], name=f"step-{n}", timeout="2m", dependsOn=[n - 1] if n > 1 else [],
                  rollbackSpec=rollback(undos[n % len(undos)], timeout="1m")) for n in range(1, 501)]
    stored = run(made(place, workflow(*steps)))
    suspended = run(place.api.update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], "suspend": True}}))

    assert (500, True) == (len(suspended["spec"]["workflowDefinition"]["steps"]), suspended["spec"]["suspend"])


def test_a_step_too_many_is_refused(run, place):
    error = run(refused(place, workflow(*(step(n, "cordon-node") for n in range(1, 502)))))

    assert ("spec.workflowDefinition.steps", "Too many: 501: must have at most 500 items") == error.causes[0]


def test_an_execution_never_changes(run, place):
    async def story():
        stored = await made(place, execution())
        for edit in ({"attempt": 2}, {"timeout": "6m"}, {"parameters": step(1, "cordon-node")["parameters"]}):
            changed = {**stored, "spec": {**stored["spec"], **edit}}
            error = await refusal(place.api.update(KUBERNETES_EXECUTIONS, changed))
            assert "spec" in [field for field, _ in error.causes]
            assert any("can't be changed after creation" in sentence for sentence in said(error))
        labelled = {**stored, "metadata": {**stored["metadata"], "labels": {"a": "b"}}}
        kept = await place.api.update(KUBERNETES_EXECUTIONS, labelled)
        assert (stored["spec"], 1) == (kept["spec"], kept["metadata"]["generation"])

    run(story())


def test_stop_goes_forwards_only(run, place):
    async def story():
        allowed, refusals = set(), []
        for old in ("", "Graceful", "Rollback"):
            stored = await made(place, workflow(stop=old), f"from-{old.lower() or 'none'}")
            for new in ("", "Graceful", "Rollback"):
                changed = {**stored, "spec": {**stored["spec"], "stop": new}}
                try:
                    await place.api.update(WORKFLOW_EXECUTIONS, changed, dry_run=True)
                except ApiError as error:
                    refusals.append(said(error))
                else:
                    allowed.add((old, new))
        assert {("", ""), ("", "Graceful"), ("", "Rollback"), ("Graceful", "Graceful"), ("Graceful", "Rollback"),
                ("Rollback", "Rollback")} == allowed
        sentence = "spec.stop: Forbidden: stop only goes forwards: empty, then Graceful, then Rollback"
        assert [[sentence]] * 3 == refusals

    run(story())
