"""Whether the admission policy `wf-guard` stands as shipped: one fingerprint of the policy and its binding."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from wfcontroller.api import Object
from wfcontroller.deployment.parts import NAMESPACE, objects
from wfcore.codec.canonical import canonical

# What the API server writes where nothing was said.
_DEFAULTS = {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "scope": "*"}


def guard_fingerprint(policy: Object, binding: Object) -> str:
    """`sha256:` of what the two mean; metadata, status, empty fields and the server's defaults mean nothing.

    Equal fingerprints mean equal rules, bound equally.  Every other field counts, known or not, so that a field that
    a newer API server fills in counts as a change: approvals then wait rather than be believed.
    """
    meant = [_meant(policy.get("spec")), _meant(binding.get("spec"))]
    return f"sha256:{hashlib.sha256(canonical(meant)).hexdigest()}"


@lru_cache(maxsize=8)
def expected_fingerprint(namespace: str = NAMESPACE) -> str:
    """The fingerprint of the shipped policy and binding, for an installation in this namespace."""
    policy, binding = objects(("policy",), namespace=namespace)
    return guard_fingerprint(policy, binding)


def _meant(value: Any) -> Any:
    """The value without what says nothing.  The order of a list is part of what it means: variables build on others."""
    match value:
        case dict():
            fields = {key: _meant(each) for key, each in value.items() if _DEFAULTS.get(key) != each}
            return {key: each for key, each in fields.items() if each not in (None, "", {}, [])}
        case list():
            return [_meant(each) for each in value]
        case _:
            return value
