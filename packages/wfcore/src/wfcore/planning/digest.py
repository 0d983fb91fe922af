"""The plan digest: what an approval is bound to.

It covers everything that decides what will be done - rendered steps, edges,
retries, strategy, inputs - and nothing that differs between runs of the same
plan (uid, child names, attempts) or that must stay secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from wfcore.codec import encode
from wfcore.codec.canonical import canonical
from wfcore.model.actions import UpdateSecretParams
from wfcore.model.definition import ExecutionStrategy
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.fields import StrMap
from wfcore.model.plan import PlanInputs


def plan_digest(steps: Iterable[KubernetesExecutionSpec], needs: Mapping[int, frozenset[int]],
                retries: Mapping[int, int], critical: frozenset[int], strategy: ExecutionStrategy,
                max_parallel: int, inputs: PlanInputs, adaptation: Mapping[str, Any]) -> str:
    """`sha256:` and 64 hex digits.  `adaptation` says what may be adapted and how; nothing is an empty mapping."""
    content = {
        "steps": [encode(without_secrets(step)) for step in steps],
        "needs": {str(number): sorted(wanted) for number, wanted in needs.items()},
        "retries": {str(number): count for number, count in retries.items()},
        "critical": sorted(critical),
        "strategy": encode(strategy),
        "maxParallelSteps": max_parallel,
        # Which sources answered decides nothing by itself: what they said is there.
        "inputs": encode(evolve(inputs, note="", history_available=False)),
        **({"adaptation": dict(adaptation)} if adaptation else {}),
    }
    return f"sha256:{hashlib.sha256(canonical(content)).hexdigest()}"


def without_secrets(spec: KubernetesExecutionSpec) -> KubernetesExecutionSpec:
    """The spec with every inline value of a Secret emptied; the keys stay."""
    if not isinstance(spec.parameters, UpdateSecretParams) or not spec.parameters.data_updates:
        return spec
    keys = StrMap(dict.fromkeys(spec.parameters.data_updates, ""))
    return evolve(spec, parameters=evolve(spec.parameters, data_updates=keys))
