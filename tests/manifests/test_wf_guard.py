"""`wf-guard` lets through what is honest and refuses every spoof, each by a rule that says what to do."""

from __future__ import annotations

import re
from functools import cache

import pytest

from wfcore.model.enums import ApprovalDecision, Phase
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
    ANNOTATION_CREATED_BY,
)

from .judging import Judge
from .shipped import NAMESPACE, one
from .spoofs import ATTEMPTS, CONTROLLER, CREATED_BY, EXECUTOR, PREFIX

POLICY = one("ValidatingAdmissionPolicy", "wf-guard")
BINDING = one("ValidatingAdmissionPolicyBinding", "wf-guard")
VALIDATIONS = POLICY["spec"]["validations"]
TEXT = " ".join(each["expression"] for each in (*POLICY["spec"]["variables"], *VALIDATIONS))
JUDGE = Judge(POLICY)
ENDED = {phase.value for phase in (Phase.COMPLETED, Phase.FAILED)}


@cache
def objections(name):
    """What the rules have against one attempt, by their place."""
    (attempt,) = [each for each in ATTEMPTS if each.name == name]
    return JUDGE.objections(attempt)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda each: each.name)
def test_a_write_is_judged_as_it_deserves(attempt):
    assert attempt.allowed == (objections(attempt.name) == {})


def test_there_are_many_spoofs_and_no_name_is_taken_twice():
    assert 40 < sum(not each.allowed for each in ATTEMPTS)
    assert len(ATTEMPTS) == len({each.name for each in ATTEMPTS})
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", each.name) for each in ATTEMPTS)


@pytest.mark.parametrize("place", range(len(VALIDATIONS)), ids=lambda place: VALIDATIONS[place]["message"][:40])
def test_no_rule_is_idle(place):
    """Without it some spoof would be let through that no other rule refuses."""
    assert [each.name for each in ATTEMPTS if not each.allowed and set(objections(each.name)) == {place}]


def test_the_policy_fails_closed_and_is_bound_to_everything_it_matches():
    spec = POLICY["spec"]
    rules = {(group, version, resource): set(rule["operations"])
             for rule in spec["matchConstraints"]["resourceRules"] for group in rule["apiGroups"]
             for version in rule["apiVersions"] for resource in rule["resources"]}
    kinds = [("workflowexecution.kubernaut.io", "workflowexecutions"),
             ("kubernetesexecution.kubernaut.io", "kubernetesexecutions")]

    assert ("Fail", "Equivalent") == (spec["failurePolicy"], spec["matchConstraints"]["matchPolicy"])
    assert {(group, "v1", name + part): {"CREATE", "UPDATE"} for group, name in kinds for part in ("", "/status")
            } == rules
    assert {"policyName": "wf-guard", "validationActions": ["Deny"]} == BINDING["spec"]
    assert {"failurePolicy", "matchConstraints", "variables", "validations"} == set(spec)


def test_the_policy_speaks_of_the_annotations_and_words_of_the_model():
    assert ANNOTATION_CREATED_BY == CREATED_BY
    for annotation in (ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST,
                       ANNOTATION_APPROVAL_REASON):
        assert annotation.startswith(PREFIX)
        assert f"'{annotation}'" in TEXT
    assert str([word.value for word in ApprovalDecision]) in TEXT
    assert ENDED == set(re.findall(r"'(\w+)'", TEXT.partition("variables.old.status.phase in [")[2].partition("]")[0]))


def test_the_policy_knows_both_accounts_by_the_namespace():
    accounts = [f"system:serviceaccount:{NAMESPACE}:{name}" for name in ("wf-controller", "wf-executor")]

    assert [CONTROLLER, EXECUTOR] == accounts
    assert [f"'{account}'" for account in accounts] == [
        each["expression"] for each in POLICY["spec"]["variables"][:2]]


@pytest.mark.parametrize("expression", [each["expression"] for each in (*POLICY["spec"]["variables"], *VALIDATIONS)])
def test_an_expression_asks_the_authorizer_no_more_than_it_may_cost(expression):
    """Each question costs 350,000 of the 1,000,000 that one expression may cost."""
    assert expression.count(".check(") <= 2


@pytest.mark.parametrize("validation", VALIDATIONS, ids=lambda each: each["message"][:40])
def test_a_message_is_one_line_that_the_server_takes(validation):
    assert 10 < len(validation["message"]) < 500
    assert "\n" not in validation["message"]
    assert validation.get("reason", "Invalid") in ("Invalid", "Forbidden")


@pytest.mark.parametrize(("name", "words"), [
    ("nobody-names-another", "says 'alice', but it is 'mallory' who creates"),
    ("without-the-verb-nobody-approves", "ask for the ClusterRole wf-approver"),
    ("a-creator-does-not-approve", "somebody else has to"),
    ("nobody-approves-as-an-approver", "must be 'mallory'"),
    ("no-approval-of-another-plan", "sha256:aaaa"),
    ("no-approval-before-there-is-a-plan", "not planned yet"),
    ("no-approval-where-nobody-knows-the-creator", "wfctl submit"),
    ("a-decision-is-not-reversed", "a decision is final"),
    ("an-administrator-does-not-report", "only the controller"),
])
def test_a_refusal_says_what_is_wrong_and_what_to_do(name, words):
    assert any(words in objection for objection in objections(name).values())
