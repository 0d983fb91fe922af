"""Whether `wf-guard` stands in a cluster as it was shipped."""

from __future__ import annotations

from wfcontroller.api import Api
from wfcontroller.deployment.guard import expected_fingerprint, guard_fingerprint
from wfcontroller.kinds import VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcontroller.rights import GUARD


async def altered(api: Api, namespace: str) -> str:
    """How the policy or its binding differ from those shipped for an installation in this namespace; empty: not at all.

    Two reads.  Raises `ApiError`, with status 404 where one of them is missing.
    """
    policy = await api.get(VALIDATING_ADMISSION_POLICIES, "", GUARD)
    binding = await api.get(VALIDATING_ADMISSION_POLICY_BINDINGS, "", GUARD)
    as_shipped = guard_fingerprint(policy, binding) == expected_fingerprint(namespace)
    return "" if as_shipped else "it is not the one that was shipped"
