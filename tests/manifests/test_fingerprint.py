"""The fingerprint of `wf-guard` tells whether the policy stands as shipped, whatever the server adds to it."""

from __future__ import annotations

import copy

import pytest

from wfcontroller.deployment import expected_fingerprint, guard_fingerprint, objects
from wfcore.settings import Settings


def shipped():
    return objects(("policy",))


def stored():
    """As an API server of 1.36 answered: its defaults, metadata and status added."""
    policy, binding = shipped()
    for document in (policy, binding):
        document["metadata"] |= {"uid": "u", "resourceVersion": "7", "generation": 1, "managedFields": [{}],
                                 "creationTimestamp": "2026-01-01T00:00:00Z"}
    constraints = policy["spec"]["matchConstraints"]
    constraints |= {"namespaceSelector": {}, "objectSelector": {}}
    for rule in constraints["resourceRules"]:
        rule["scope"] = "*"
    policy["status"] = {"observedGeneration": 1, "typeChecking": {}}
    return policy, binding


def test_what_the_server_stores_has_the_fingerprint_of_what_is_shipped():
    assert expected_fingerprint() == guard_fingerprint(*stored())
    assert expected_fingerprint(Settings().controller_namespace) == expected_fingerprint()


def test_without_its_defaults_a_policy_means_the_same():
    policy, binding = shipped()
    del policy["spec"]["failurePolicy"]
    del policy["spec"]["matchConstraints"]["matchPolicy"]

    assert expected_fingerprint() == guard_fingerprint(policy, binding)


def test_another_namespace_has_another_fingerprint():
    """Its accounts are others."""
    policy, binding = objects(("policy",), namespace="other")

    assert expected_fingerprint("other") == guard_fingerprint(policy, binding)
    assert expected_fingerprint("other") != expected_fingerprint()


@pytest.mark.parametrize("weaken", [
    lambda policy, binding: policy["spec"]["validations"].pop(),
    lambda policy, binding: policy["spec"]["validations"][0].update(expression="true"),
    lambda policy, binding: policy["spec"]["variables"][0].update(expression="'mallory'"),
    lambda policy, binding: policy["spec"]["variables"].reverse(),
    lambda policy, binding: policy["spec"].update(failurePolicy="Ignore"),
    lambda policy, binding: policy["spec"].update(matchConditions=[{"name": "n", "expression": "false"}]),
    lambda policy, binding: policy["spec"].update(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}),
    lambda policy, binding: policy["spec"]["matchConstraints"].update(matchPolicy="Exact"),
    lambda policy, binding: policy["spec"]["matchConstraints"].update(
        namespaceSelector={"matchLabels": {"guarded": "yes"}}),
    lambda policy, binding: policy["spec"]["matchConstraints"].update(
        excludeResourceRules=[{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]),
    lambda policy, binding: policy["spec"]["matchConstraints"]["resourceRules"].pop(),
    lambda policy, binding: policy["spec"]["matchConstraints"]["resourceRules"][0].update(scope="Cluster"),
    lambda policy, binding: policy["spec"]["matchConstraints"]["resourceRules"][0].update(resourceNames=["w"]),
    lambda policy, binding: policy["spec"]["matchConstraints"]["resourceRules"][0].update(operations=["CREATE"]),
    lambda policy, binding: binding["spec"].update(validationActions=["Audit"]),
    lambda policy, binding: binding["spec"].update(policyName="other"),
    lambda policy, binding: binding["spec"].update(paramRef={"name": "p"}),
    lambda policy, binding: binding["spec"].update(matchResources={"namespaceSelector": {"matchLabels": {"a": "b"}}}),
    lambda policy, binding: policy.pop("spec"),
    lambda policy, binding: binding.pop("spec"),
])
def test_what_weakens_the_policy_changes_the_fingerprint(weaken):
    policy, binding = stored()
    weaken(policy, binding)

    assert expected_fingerprint() != guard_fingerprint(policy, binding)


def test_a_fingerprint_changes_nothing():
    policy, binding = stored()
    before = copy.deepcopy((policy, binding))
    guard_fingerprint(policy, binding)

    assert before == (policy, binding)
