"""Whether approvals can be trusted is looked at again and again, and whoever waits for it hears of a change."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.deployment.parts import objects
from wfcontroller.service.guarding import LOOK_AGAIN_AFTER, LOOK_EVERY, Guard

POLICY, BINDING = objects(("policy",))


class Cluster:
    """Holds the policy, or does not."""

    def __init__(self):
        self.policy = POLICY

    async def get(self, resource, namespace, name):
        if resource.kind == "ValidatingAdmissionPolicyBinding":
            return BINDING
        if self.policy is None:
            raise ApiError(404, "NotFound", "no such policy")
        return self.policy


def looks(*policies):
    """What each look makes of it: whether it stands, whether that was told, how many changes there were by then."""
    cluster, told, changes, found = Cluster(), [], [], []
    guard = Guard(cluster, "kubernaut-system", told.append, lambda: changes.append(guard()))

    async def look():
        for cluster.policy in policies:
            await guard.look()
            found.append((guard(), told[-1], list(changes)))
    asyncio.run(look())
    return found


def test_nobody_is_told_of_what_has_not_changed_and_each_change_is_told_once_it_holds():
    assert [(True, True, [True]), (True, True, [True]), (False, False, [True, False]), (False, False, [True, False]),
            (True, True, [True, False, True])] == looks(POLICY, POLICY, None, None, POLICY)


@pytest.mark.parametrize("policy", [None, {**POLICY, "spec": {**POLICY["spec"], "failurePolicy": "Ignore"}}])
def test_a_policy_that_is_missing_or_altered_does_not_stand(policy):
    assert [(False, False, [])] == looks(policy)


def test_before_the_first_look_nothing_is_trusted_and_what_is_missing_is_looked_for_sooner():
    assert not Guard(Cluster(), "kubernaut-system")()
    assert LOOK_AGAIN_AFTER < LOOK_EVERY
