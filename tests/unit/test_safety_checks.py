"""Safety checks: which run, what fails them, and what follows; `rbac` and `health` one by one."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.model.enums import Action
from wfcore.planning.targets import Target
from wfcore.program import AccessQuestion, Failed, Inspect, Review
from wfcore.settings import Settings
from wfcore.testing.world import World
from wfcore.validation.safety_rbac import ON_TARGET

from .clusters import (
    BUDGETS,
    LEASE,
    NODES,
    PODS,
    QUOTAS,
    READY,
    SERVICES,
    SLICES,
    WEB,
    checked,
    cordon,
    drain,
    inspected,
    verdict,
)
from .stories import Story, scale, workflow

EXECUTOR = "system:serviceaccount:kubernaut-system:wf-executor"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:kubernaut-system", "system:authenticated")
DELETE_POD = {"stepNumber": 1, "action": "delete-pod", "parameters": {"deletePod": {"podName": "p"}}}
RESTART = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": "app=web"}}}
CONFIG = {"stepNumber": 1, "action": "update-configmap", "parameters": {
    "updateConfigMap": {"name": "c", "dataUpdates": {"a": "b"}}}}
SECRET = {"stepNumber": 1, "action": "update-secret", "parameters": {"updateSecret": {
    "name": "s", "updates": [{"key": "a", "secretKeyRef": {"name": "t", "key": "a"}}]}}}


def executor(verb: str, group: str, resource: str, namespace: str = "default", name: str = "") -> AccessQuestion:
    return AccessQuestion(EXECUTOR, verb, group, resource, namespace, name, GROUPS)


def reviewed(story: Story) -> list[tuple[str, str, str, str]]:
    return [(q.verb, q.resource, q.namespace, q.name) for p in story.passes for r in p.asked(Review)
            for q in r.questions]


# --- which run, and what follows --------------------------------------------------------------------------


def test_only_the_listed_checks_run_and_rbac() -> None:
    assert ["health", "rbac"] == [c.type.value for c in checked(
        "health", scale(1)).status.validation_results.safety_checks]
    assert ["rbac"] == [c.type.value for c in Story(workflow(scale(1))).go().status.validation_results.safety_checks]


def test_nothing_is_read_for_a_check_that_nobody_listed() -> None:
    assert [WEB] == inspected(Story(workflow(scale(1))).go())


def test_a_required_check_that_fails_fails_the_workflow_before_anything_is_done() -> None:
    story = checked("health", scale(1), facts={WEB: ()})

    assert ("failed", "safety_validation_failed", []) == (
        story.status.phase, story.status.failure_reason, story.names())
    assert "safety checks failed: health: deployment/default/web does not exist" == story.status.failure_message
    assert not story.status.validation_results.safety_checks_passed
    assert ("False", "SafetyValidationFailed") == story.condition("Validated")


def test_a_check_that_is_not_required_only_warns() -> None:
    story = checked("health", scale(1), required=False, facts={WEB: ()})

    assert ("executing", True) == (story.status.phase, story.status.validation_results.safety_checks_passed)
    assert "safety check health: deployment/default/web does not exist" in story.status.validation_results.warnings


def test_every_required_check_that_failed_is_named() -> None:
    world = World()
    world.facts.update({WEB: (), LEASE: ()})
    checks = [{"type": kind, "required": True} for kind in ("health", "network", "capacity")]
    story = Story(workflow(scale(1), strategy={"safetyChecks": checks}), world=world).go()

    message = story.status.failure_message
    assert all(f"{kind}: " in message for kind in ("health", "network", "capacity"))
    assert 3 == len(story.status.validation_results.validation_errors)


@pytest.mark.parametrize("kind", ["health", "network", "capacity"])
def test_what_cannot_be_known_fails_a_required_check_and_warns_otherwise(kind: str) -> None:
    unknown = dict.fromkeys((WEB, LEASE, NODES, PODS, QUOTAS, SERVICES, SLICES))
    required, warned = (checked(kind, scale(1), required=wanted, facts=unknown) for wanted in (True, False))

    assert ("failed", (False, True)) == (required.status.phase, verdict(required, kind)[:2])
    assert ("executing", (False, True)) == (warned.status.phase, verdict(warned, kind)[:2])
    assert [text for text in warned.status.validation_results.warnings if text.startswith(f"safety check {kind}")]


def test_an_unanswered_inspection_is_unknown() -> None:
    story = Story(workflow(scale(1), strategy={"safetyChecks": [{"type": "health", "required": True}]}))
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Inspect) else None

    assert "safety_validation_failed" == story.go().status.failure_reason


@pytest.mark.parametrize("required", [(False, True), (True, False)])
def test_a_check_that_is_listed_twice_is_required_when_one_says_so(required: tuple[bool, ...]) -> None:
    checks = [{"type": "health", "required": wanted} for wanted in required]
    world = World()
    world.facts[WEB] = ()
    story = Story(workflow(scale(1), strategy={"safetyChecks": checks}), world=world).go()

    assert "failed" == story.status.phase
    assert [("health", True), ("rbac", False)] == [
        (c.type.value, c.required) for c in story.status.validation_results.safety_checks]


def test_what_is_known_to_be_wrong_outweighs_what_is_unknown() -> None:
    other = Target("Deployment", "default", "other")
    story = checked("health", scale(1), scale(2, deployment="other"), facts={WEB: (), other: None})

    assert (False, False) == verdict(story, "health")[:2]
    assert "deployment/default/other cannot be read" in verdict(story, "health")[2]


def test_many_findings_are_counted() -> None:
    steps = [scale(n, deployment=f"d{n}") for n in range(1, 9)]
    story = checked("health", *steps, facts={Target("Deployment", "default", f"d{n}"): () for n in range(1, 9)})

    assert verdict(story, "health")[2].endswith("; and 3 more")


def test_a_targets_kind_that_monitoring_cannot_read_is_warned_of() -> None:
    story = Story(workflow(scale(1), RESTART | {"stepNumber": 2}))
    story.world.facts[WEB] = None
    warnings = story.go().status.validation_results.warnings

    assert "executing" == story.status.phase
    assert [w for w in warnings if w.startswith("deployment/default/web cannot be read") and "wf-observer" in w]
    assert not [w for w in warnings if w.startswith("pod/")]


@pytest.mark.parametrize(("critical", "strategy", "warned"), [
    (True, "automatic", True), (False, "automatic", False), (True, "manual", False), (True, "none", False)])
def test_a_rollback_that_is_required_and_not_defined_is_warned_of(critical: bool, strategy: str, warned: bool) -> None:
    steps = (scale(1, undo=False), scale(2, criticalStep=critical), {**RESTART, "stepNumber": 3})
    story = Story(workflow(*steps, strategy={"rollbackStrategy": strategy})).go()
    said = [w for w in story.status.validation_results.warnings if w.startswith("rollback is not defined")]

    assert ["rollback is not defined for step 1", "rollback is not defined for step 3"] * warned == said


def test_of_many_steps_without_a_rollback_the_first_are_named() -> None:
    steps = [scale(n, undo=False, criticalStep=n == 1) for n in range(1, 25)]
    said = Story(workflow(*steps)).go().status.validation_results.warnings

    assert "rollback is not defined for 4 more steps" in said


def test_a_check_changes_nothing_so_it_needs_no_rollback() -> None:
    look = {"stepNumber": 2, "action": "check-pod-health", "criticalStep": True}
    said = Story(workflow(scale(1), {**look, "dependsOn": [1]})).go().status.validation_results.warnings

    assert not [w for w in said if w.startswith("rollback is not defined")]


# --- rbac -------------------------------------------------------------------------------------------------


def test_every_action_says_what_it_needs_on_its_target_and_nothing_is_patched() -> None:
    assert set(Action) == ON_TARGET.keys()
    assert {"get", "update", "delete"} == {verb for verbs in ON_TARGET.values() for verb in verbs}


@pytest.mark.parametrize(("step", "wanted"), [
    (scale(1, undo=False), {("get", "deployments", "default", ""), ("update", "deployments", "default", ""),
                            ("watch", "deployments", "default", "")}),
    (DELETE_POD, {(verb, "pods", "default", "") for verb in ("get", "delete", "list", "watch")}),
    (RESTART, {(verb, "pods", "default", "") for verb in ("delete", "list", "watch")}),
    (CONFIG, {(verb, "configmaps", "default", "") for verb in ("get", "update")}),
    (SECRET, {(verb, "secrets", "default", "") for verb in ("get", "update")}),
    (cordon(1), {(verb, "nodes", "", "") for verb in ("get", "update")}),
    (drain(1), {("get", "nodes", "", ""), ("update", "nodes", "", ""), ("list", "pods", "", ""),
                ("watch", "pods", "", ""), ("create", "pods/eviction", "", "")}),
    (scale(1, rollbackSpec={"action": "restore-previous-config", "parameters": {
        "restorePreviousConfig": {"name": "c", "type": "ConfigMap"}}}),
     {(verb, "deployments", "default", "") for verb in ("get", "update", "watch")}
     | {(verb, "configmaps", "default", "") for verb in ("get", "update")}),
])
def test_the_executor_is_asked_about_once_per_verb_and_namespace(step: dict[str, Any], wanted: set) -> None:
    story = checked("rbac", step)

    assert sorted(wanted) == sorted(reviewed(story))
    assert "executing" == story.status.phase


def test_the_account_of_the_executor_is_the_operators() -> None:
    story = Story(workflow(scale(1)), Settings(executor_account="robot")).go()

    assert {("robot", ())} == {(q.user, q.groups) for p in story.passes for r in p.asked(Review) for q in r.questions}


def test_what_the_executor_may_not_do_is_named() -> None:
    world = World()
    world.access.update({executor("update", "apps", "deployments", name=name): False for name in ("", "web")})
    story = checked("rbac", scale(1), world=world)

    assert ("safety_validation_failed", (False, False)) == (story.status.failure_reason, verdict(story, "rbac")[:2])
    assert f"{EXECUTOR} may not update deployments 'web' in namespace 'default'" == verdict(story, "rbac")[2]


@pytest.mark.parametrize(("question", "step", "said"), [
    (executor("watch", "", "pods", "default"), RESTART, "watch pods in namespace 'default'"),
    (executor("create", "", "pods/eviction", ""), drain(1), "create pods/eviction")])
def test_what_it_may_not_do_is_named_with_no_more_than_it_has(question: AccessQuestion, step: dict[str, Any],
                                                              said: str) -> None:
    world = World()
    world.access[question] = False

    assert f"{EXECUTOR} may not {said}" == verdict(checked("rbac", step, world=world), "rbac")[2]


def test_a_right_that_is_bound_to_a_name_is_found() -> None:
    world = World()
    world.access[executor("update", "apps", "deployments")] = False
    story = checked("rbac", scale(1), world=world)

    assert ("executing", True) == (story.status.phase, verdict(story, "rbac")[0])
    assert ("update", "deployments", "default", "web") in reviewed(story)


def test_what_has_no_name_is_not_asked_for_by_name() -> None:
    world = World()
    world.access[executor("delete", "", "pods")] = False
    story = checked("rbac", RESTART, world=world)

    assert "failed" == story.status.phase
    assert {""} == {name for *_, name in reviewed(story)}
    assert 1 == sum(len(p.asked(Review)) for p in story.passes)


@pytest.mark.parametrize(("required", "phase"), [(True, "failed"), (False, "executing")])
def test_an_unanswered_review_fails_a_required_check_and_warns_otherwise(required: bool, phase: str) -> None:
    world = World()
    world.allowed_by_default = None
    story = checked("rbac", scale(1), required=required, world=world)

    assert (phase, (False, True)) == (story.status.phase, verdict(story, "rbac")[:2])


def test_where_nothing_can_review_and_nobody_listed_rbac_it_is_left_out() -> None:
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Review) else None

    assert ("executing", ()) == (story.go().status.phase, story.status.validation_results.safety_checks)


def test_rbac_that_nobody_listed_only_warns() -> None:
    story = Story(workflow(scale(1)))
    story.world.allowed_by_default = False

    assert ("executing", False) == (story.go().status.phase, verdict(story, "rbac")[0])
    assert [w for w in story.status.validation_results.warnings if w.startswith("safety check rbac: ")]


# --- health -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "target", "objects", "why"), [
    (scale(1), WEB, (), "does not exist"),
    (scale(1), WEB, ({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},), "is being deleted"),
    (DELETE_POD, Target("Pod", "default", "p"), (), "does not exist"),
    (RESTART, Target("Pod", "default", "", "app=web"), (), "matches no pod"),
    (cordon(1, "n"), Target("Node", "", "n"), ({"metadata": {"name": "n"}},), "is not Ready"),
    (cordon(1, "n"), Target("Node", "", "n"), (), "does not exist")])
def test_a_target_that_is_not_as_it_has_to_be_fails_health(step: dict[str, Any], target: Target, objects: tuple,
                                                           why: str) -> None:
    story = checked("health", step, facts={target: objects})

    assert (False, False, f"{target} {why}") == verdict(story, "health")


def test_a_selector_is_healthy_while_one_pod_stays() -> None:
    going = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    story = checked("health", RESTART, facts={Target("Pod", "default", "", "app=web"): (going, {"status": READY})})

    assert (True, False, "1 targets exist") == verdict(story, "health")


def test_a_node_that_is_ready_is_healthy() -> None:
    story = checked("health", cordon(1, "n"), facts={Target("Node", "", "n"): ({"status": READY},)})

    assert (True, False, "1 targets exist") == verdict(story, "health")


@pytest.mark.parametrize("step", [CONFIG, SECRET])
def test_health_never_reads_configmaps_and_secrets(step: dict[str, Any]) -> None:
    story = checked("health", step)

    assert ([], (True, False, "0 targets exist")) == (inspected(story), verdict(story, "health"))


def test_no_step_makes_what_a_later_one_needs_so_absent_stays_absent() -> None:
    other = Target("Deployment", "default", "other")
    story = checked("health", scale(1), scale(2, 1, deployment="other"), facts={other: ()})

    assert "safety_validation_failed" == story.status.failure_reason


def test_checks_are_pure_functions_of_what_was_found() -> None:
    one, other = (checked("health", scale(1), drain(2), facts={BUDGETS: ()}) for _ in range(2))

    assert attrs.asdict(one.status) == attrs.asdict(other.status)
