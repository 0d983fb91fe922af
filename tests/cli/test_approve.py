"""`wfctl approve` and `reject`: what is decided is shown, asked for, bound to its digest, and written once."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcontroller.cli import deciding
from wfcore.model.enums import Level, Phase
from wfcore.model.evolving import evolve
from wfcore.model.results import DryRunResults, DryRunStepResult, PotentialIssue, ResourceChange
from wfcore.model.status import ApprovalStatus, ValidationResults
from wfcore.model.workflow import APPROVAL_ANNOTATIONS
from wfcore.resources import DEPLOYMENTS, WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow, written
from .ended import START, entry, shown, succeeded
from .test_submit import deployment

NAME = "workflowexecution.workflowexecution.kubernaut.io"
ASKED = workflow(scale(1), executionStrategy={"approvalRequired": True, "dryRunFirst": True})


@pytest.fixture
def asking(world, tmp_path):
    """A real workflow of alice's that waits for an approval; bob calls."""
    world.add(DEPLOYMENTS, deployment("web-1"))
    wfctl("submit", written(tmp_path, ASKED))
    world.pass_time(60)
    world.caller = "bob"
    assert "validating" == world.workflow("fix")["status"]["phase"]
    return world


def decided(world):
    given = world.workflow("fix")["metadata"]["annotations"]
    return tuple(given.get(name) for name in APPROVAL_ANNOTATIONS)


def someone_types(monkeypatch):
    monkeypatch.setattr(deciding, "can_ask", lambda: True)


def test_an_approval_that_is_given_lets_the_workflow_go_on(asking) -> None:
    digest = asking.workflow("fix")["status"]["planDigest"]
    answer = wfctl("approve", "fix", "--yes", "--reason", "CHG-1", "--digest", digest)

    assert (0, f"{NAME}/fix approved\n", "") == (answer.code, answer.out, answer.err)
    assert ("bob", "approved", digest, "CHG-1") == decided(asking)
    asking.pass_time(120)
    assert "completed" == asking.workflow("fix")["status"]["phase"]


def test_a_rejection_ends_it(asking) -> None:
    answer = wfctl("reject", "fix", "-y", "--reason", "too risky", "-o", "json")
    asking.pass_time(5)
    status = asking.workflow("fix")["status"]

    assert (0, "fix") == (answer.code, answer.document["metadata"]["name"])
    assert ("failed", "approval_rejected", "bob rejected the plan: too risky") == (
        status["phase"], status["failureReason"], status["failureMessage"])


def test_plan_dry_run_risk_and_digest_are_shown_before_it_is_asked(asking, monkeypatch) -> None:
    someone_types(monkeypatch)
    answer = wfctl("approve", "fix", given="y\n")
    digest = asking.workflow("fix")["status"]["planDigest"]

    assert (0, f"{NAME}/fix approved\n") == (answer.code, answer.out)
    for said in ("1 steps in 1 waves", "scale-deployment", "Dry run  every step would succeed",
                 "Simulated risk  success 98%, rolled back 0%, left changed 1%, takes 1m21s to 1m41s (100 runs",
                 "Asked for because the workflow asks for it (approvalRequired), until 2026-01-01T01:",
                 f"Digest {digest}", "As bob, approve this plan? [y/N]: "):
        assert said in answer.err


def test_a_no_decides_nothing(asking, monkeypatch) -> None:
    someone_types(monkeypatch)
    answer = wfctl("reject", "fix", given="n\n")

    assert (1, "") == (answer.code, answer.out)
    assert answer.err.endswith("As bob, reject this plan? [y/N]: n\nNothing was decided.\n")
    assert (None, None, None, None) == decided(asking)


def test_without_a_terminal_and_without_yes_nobody_can_be_asked(asking) -> None:
    answer = wfctl("approve", "fix")

    assert (2, "") == (answer.code, answer.out)
    assert "1 steps in 1 waves" in answer.err
    assert "nobody can be asked; look at the plan above, then repeat the command with --yes --digest sha" in answer.err


def test_a_plan_that_changes_while_it_is_looked_at_is_not_decided_on(asking, monkeypatch) -> None:
    someone_types(monkeypatch)
    monkeypatch.setattr(deciding, "show_what_is_decided", lambda workflow, console: None)
    other = asking.workflow("fix")
    other["status"]["planDigest"] = "sha256:0"

    def confirm(text, err):
        asking.answers["get", "workflowexecutions"] = other
        return True

    monkeypatch.setattr(deciding.click, "confirm", confirm)
    answer = wfctl("approve", "fix")

    assert 2 == answer.code
    assert "cannot approve: workflow fix has the plan sha256:0, not sha256:" in answer.err


def test_another_digest_than_the_one_that_waits_is_refused(asking) -> None:
    answer = wfctl("approve", "fix", "--yes", "--digest", "sha256:1")

    assert 2 == answer.code
    assert "not sha256:1; look at it again" in answer.err


def test_the_creator_is_told_that_somebody_else_has_to_decide(asking) -> None:
    asking.caller = "alice"
    answer = wfctl("approve", "fix", "--yes")

    assert 2 == answer.code
    assert ("Error: cannot approve: workflow fix was created by alice, and somebody else has to decide; `wfctl stop "
            "fix -n default` ends it\n") == answer.err


def test_what_the_guard_says_is_passed_on(asking) -> None:
    asking.guard_says = "bob may not approve: the verb approve on workflowapprovals is needed"
    answer = wfctl("approve", "fix", "--yes")

    assert 2 == answer.code
    assert f"Error: the server does not let bob approve workflow fix: {asking.guard_says}\n" == answer.err
    assert (None, None, None, None) == decided(asking)


def test_a_conflict_is_judged_anew(asking) -> None:
    asking.refuse_after("update", 0, ApiError(409, "Conflict", "modified"), times=2)

    assert 0 == wfctl("approve", "fix", "--yes").code


def test_there_has_to_be_something_to_decide(world) -> None:
    world.add_workflow(succeeded())
    world.caller = "bob"
    answer = wfctl("approve", "fix", "--yes")

    assert 2 == answer.code
    assert "cannot approve: workflow fix has ended (completed); there is nothing to decide any more" in answer.err


def unlike_this_engine(**results):
    """A workflow whose plan this engine computes otherwise."""
    approval = ApprovalStatus(needed_because="it says so", requested_at=START, deadline=START)
    return shown(entry(1), phase=Phase.VALIDATING, plan_digest="sha256:1", approval=approval, total_steps=1,
                 validation_results=ValidationResults(**results))


def test_a_plan_that_cannot_be_computed_here_is_a_warning(world, monkeypatch) -> None:
    world.add_workflow(unlike_this_engine())
    world.caller = "bob"
    someone_types(monkeypatch)
    answer = wfctl("approve", "fix", given="y\n")

    assert 0 == answer.code
    assert "warning: its plan cannot be computed here, under other settings than the controller's" in answer.err
    assert "Dry run  none was asked for (executionStrategy.dryRunFirst)" in answer.err


def test_what_a_dry_run_found_wrong_is_shown(world, monkeypatch) -> None:
    change = ResourceChange(resource_type="Node", resource_name="n1", change_type="cordon")
    world.add_workflow(unlike_this_engine(dry_run_results=DryRunResults(
        overall_success=False, step_results=(
            DryRunStepResult(step_number=1, action="cordon-node", would_succeed=False,
                             validation_errors=("no such node",)),),
        resource_changes=(change, evolve(change, namespace="shop", resource_type="Pod")),
        potential_issues=(PotentialIssue(severity=Level.HIGH, description="an HPA owns it"),
                          PotentialIssue(severity=Level.LOW, description="maybe", recommendation="wait")))))
    world.caller = "bob"
    someone_types(monkeypatch)
    lines = wfctl("approve", "fix", given="n\n").err.splitlines()

    assert "Dry run  not every step would succeed" in lines
    assert ["  - cordon node n1", "  - cordon pod shop/n1", "  - step 1 (cordon-node) would fail: no such node",
            "  - high: an HPA owns it", "  - low: maybe; wait"] == [
                line for line in lines if line.startswith("  - ")]
    assert [] == [item["metadata"]["name"] for item in world.do(lambda api: api.list(WORKFLOW_EXECUTIONS)).items
                  if set(APPROVAL_ANNOTATIONS) & item["metadata"]["annotations"].keys()]


def test_of_what_starts_from_another_workflow_no_risk_is_simulated(world, monkeypatch) -> None:
    made = unlike_this_engine()
    made["spec"] = {"rollbackOf": {"name": "other", "uid": "u"}}
    world.add_workflow(made)
    world.caller = "bob"
    someone_types(monkeypatch)
    answer = wfctl("approve", "fix", given="n\n")

    assert 1 == answer.code
    assert "Simulated risk" not in answer.err
