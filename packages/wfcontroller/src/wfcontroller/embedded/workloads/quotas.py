"""What a ResourceQuota says is used: pods of the namespace, their requests and limits, and counted workloads.

Only told, never enforced: this server admits a pod beyond its quota, so a plan
has to look at the quota before it acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.pod_status import is_finished
from wfcontroller.embedded.workloads.quantities import format_quantity, parse_quantity
from wfcontroller.objects import spec

_PODS = ("pods", "count/pods")


def quota_status(quota: Object, pods: Iterable[Object], counts: Mapping[str, int]) -> dict[str, Any]:
    """The status for the pods of the namespace; `counts` gives what else can be counted, by the quota's own words.

    A limit on something that is not watched here has no entry in `used`.
    """
    hard: Mapping[str, Any] = spec(quota).get("hard") or {}
    counted = [pod for pod in pods if not is_finished(pod) and _in_scope(pod, spec(quota).get("scopes") or ())]
    used = {key: format_quantity(amount) for key in hard if (amount := _used(key, counted, counts)) is not None}
    return {"hard": {key: str(limit) for key, limit in hard.items()}, "used": used}


def _used(key: str, pods: list[Object], counts: Mapping[str, int]) -> Fraction | None:
    if key in _PODS:
        return Fraction(len(pods))
    if key in counts:
        return Fraction(counts[key])
    kind, dot, resource = key.partition(".")
    if dot and kind in ("requests", "limits"):
        return sum((_asked(pod, kind, resource) for pod in pods), Fraction(0))
    if key in ("cpu", "memory", "ephemeral-storage"):
        return sum((_asked(pod, "requests", key) for pod in pods), Fraction(0))
    return None


def _asked(pod: Object, kind: str, resource: str) -> Fraction:
    """All containers together, or the largest initial one, as the scheduler counts."""
    running, initial = (
        [parse_quantity(((container.get("resources") or {}).get(kind) or {}).get(resource, 0))
         for container in spec(pod).get(group) or ()] for group in ("containers", "initContainers"))
    return max([sum(running, Fraction(0)), *initial])


def _in_scope(pod: Object, scopes: Iterable[str]) -> bool:
    asks = any((container.get("resources") or {}).get(kind)
               for container in spec(pod).get("containers") or () for kind in ("requests", "limits"))
    ends = spec(pod).get("activeDeadlineSeconds") is not None
    known = {"Terminating": ends, "NotTerminating": not ends, "BestEffort": not asks, "NotBestEffort": asks}
    return all(known.get(scope, False) for scope in scopes)
