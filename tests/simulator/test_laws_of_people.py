"""The laws about approvals and holds say no to what they forbid."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from wfcore.model.enums import ApprovalPolicy
from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND, instant, wire
from wfcore.testing.simulator.laws.broken import StatusCommit
from wfcore.testing.simulator.laws.of_people import STATUS_LAWS_OF_PEOPLE, needs_an_approval
from wfcore.testing.simulator.runs import Decision, Run

from .histories import (
    NO,
    NOW,
    SPEC,
    THREE,
    YES,
    careful,
    commit,
    entry,
    problems,
    status,
)

GIVEN = {"needed": "it is", "decision": "approved", "by": "bob", "digest": "d"}
WAITED = {"deadline": wire(instant(NOW))}


def begins(of: Run) -> StatusCommit:
    return commit(status("executing", *THREE), of.status, of)


def approval(of: Run, after: Any, before: Any = None, phase: str = "validating", **more: Any) -> StatusCommit:
    return commit(status(phase, *THREE, approval=after, **more),
                  status("validating", *THREE, **({"approval": before} if before else {})), of)


@pytest.mark.parametrize(("law", "words", "seen"), [
    ("S12", "nobody has approved", begins(careful())),
    ("S12", "nobody has approved", begins(careful(NO))),
    ("S12", "nobody has approved", begins(careful(NO, YES))),
    ("S12", "nobody has approved", begins(careful(Decision("alice", "approved", "d")))),
    ("S12", "nobody has approved", begins(careful(Decision("bob", "approved", "e"), Decision("bob", "perhaps", "d"),
                                                  Decision("", "approved", "d")))),
    ("S12", "nobody has approved", begins(careful(YES, creator=""))),
    ("S12", "was settled and changes", approval(careful(YES), GIVEN, {**GIVEN, "by": "eve"})),
    ("S12", "bob is said to have approved d, and said is None", approval(careful(), GIVEN)),
    ("S12", "and said is ('bob', 'denied', 'd')", approval(careful(NO), GIVEN)),
    ("S12", "nobody may do that", approval(careful(spec=SPEC), {"skipped": True})),
    ("S12", "nobody may do that", approval(careful(may_skip=True), {"skipped": True})),
    ("S12", "is rejected, and the workflow is executing", approval(
        careful(NO), {**GIVEN, "decision": "denied"}, phase="executing")),
    ("S12", "and bob has", approval(careful(YES), WAITED, phase="failed", failureReason="approval_timeout")),
    ("S12", "is over before", approval(
        careful(), {"deadline": wire(instant(NOW + 60 * SECOND))}, phase="failed", failureReason="approval_timeout")),
    ("S6", "11 seconds after a freeze", attrs.evolve(
        commit(status("executing", entry(1, "executing", 1), *THREE[1:])), frozen_for=11 * SECOND)),
    ("S6", "12 seconds after a freeze", attrs.evolve(
        commit(status("validating", *THREE, dryRunStartTime="now"), status("validating", *THREE)),
        frozen_for=12 * SECOND)),
])
def test_what_people_did_not_want_is_named(law: str, words: str, seen: StatusCommit) -> None:
    found = problems(STATUS_LAWS_OF_PEOPLE, law, seen)

    assert any(words in problem for problem in found), found


@pytest.mark.parametrize("seen", [
    begins(careful(Decision("alice", "approved", "d"), YES, NO)), begins(careful(spec=SPEC)),
    approval(careful(YES), GIVEN), approval(careful(YES), GIVEN, GIVEN),
    approval(careful(spec=SPEC, may_skip=True), {"skipped": True}),
    approval(careful(NO), {**GIVEN, "decision": "denied"}, phase="failed"),
    approval(careful(), WAITED, phase="failed", failureReason="approval_timeout"),
    attrs.evolve(commit(status("executing", entry(1, "executing", 1), *THREE[1:])), frozen_for=9 * SECOND),
    attrs.evolve(commit(status("failed", *THREE)), frozen_for=900 * SECOND),
])
def test_what_people_wanted_breaks_no_law(seen: StatusCommit) -> None:
    assert [] == [p for law in STATUS_LAWS_OF_PEOPLE for p in problems(STATUS_LAWS_OF_PEOPLE, law, seen)]


@pytest.mark.parametrize(("policy", "wanted"), [
    ({"approval_policy": ApprovalPolicy.ALWAYS}, True), ({}, False),
    ({"approval_policy": ApprovalPolicy.OVER_STEPS, "approval_over_steps": 2}, True),
    ({"approval_policy": ApprovalPolicy.OVER_STEPS, "approval_over_steps": 3}, False),
])
def test_the_operator_may_want_approvals_that_some_may_skip(policy: Any, wanted: bool) -> None:
    settings, loop = Settings(**policy), {"planInputs": {"approvalNeededBecause": "it failed three times"}}
    assert wanted == needs_an_approval(careful(spec=SPEC), settings)
    assert not needs_an_approval(careful(spec=SPEC, may_skip=True), settings)

    assert needs_an_approval(careful(spec=SPEC, may_skip=True, status=loop), settings)
    assert not needs_an_approval(careful(spec={}), settings)
