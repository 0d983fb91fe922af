"""Whether a pod may be evicted: the disruption budgets that select it have to allow it."""

from __future__ import annotations

from collections.abc import Iterable

from wfcontroller.api import ApiError
from wfcore.simulation.objects import Json
from wfcore.simulation.selectors import Requirement


def check_eviction(pod: Json, budgets: Iterable[Json]) -> Json | None:
    """The budget an eviction takes one disruption from, if any; raises `ApiError` when it may not happen now.

    As the API server: a pod that is finished or already going costs nothing, two
    budgets over one pod are an error of their author (500), and a budget whose
    status lags behind its spec allows nothing yet.
    """
    phase = pod.get("status", {}).get("phase")
    if phase in ("Pending", "Succeeded", "Failed") or "deletionTimestamp" in pod["metadata"]:
        return None
    labels = pod["metadata"].get("labels", {})
    selecting = [b for b in budgets if _selects(b["spec"].get("selector"), labels)]
    if not selecting:
        return None
    if len(selecting) > 1:
        raise ApiError(
            500, "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        )
    budget = selecting[0]
    return None if _broken_anyway(pod, budget.get("status", {})) else _allowing(budget)


def after_eviction(budget: Json) -> dict[str, object]:
    """The budget with one disruption spent, so that concurrent evictions cannot spend it twice."""
    status = budget["status"]
    return {**budget, "status": {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1}}


def _broken_anyway(pod: Json, status: Json) -> bool:
    """`IfHealthyBudget`: a pod that isn't ready may go while the others are healthy enough without it."""
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", ()))
    return not ready and status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0


def _allowing(budget: Json) -> Json:
    status, name = budget.get("status", {}), budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _not_now(f"The disruption budget {name} is still being processed by the server.", 10.0)
    if status.get("disruptionsAllowed", 0) <= 0:
        wanted, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        raise _not_now(
            f"The disruption budget {name} needs {wanted} healthy pods and has {healthy} currently"
            if healthy <= wanted else f"The disruption budget {name} does not allow evicting pods currently")
    return budget


def _not_now(why: str, retry_after: float | None = None) -> ApiError:
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return ApiError(429, "TooManyRequests", message, retry_after=retry_after, causes=(("", why),))


def _selects(selector: Json | None, labels: Json) -> bool:
    """`metav1.LabelSelector`: absent selects nothing, empty everything."""
    if selector is None:
        return False
    exact = selector.get("matchLabels", {}).items()
    expressions = selector.get("matchExpressions", ())
    return all(labels.get(k) == v for k, v in exact) and all(_requirement(e).holds(labels) for e in expressions)


def _requirement(expression: Json) -> Requirement:
    operator = expression["operator"]
    values = frozenset(expression.get("values", ())) if operator in ("In", "NotIn") else None
    return Requirement(expression["key"], values, operator in ("NotIn", "DoesNotExist"))
