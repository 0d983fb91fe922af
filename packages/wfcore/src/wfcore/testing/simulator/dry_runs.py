"""What a dry run finds: it would succeed, or not, or would change what nobody meant; drawn once a child."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.features import Features

_REFUSED = ("permission_denied", "validation_error", "resource_quota_exceeded")
_EXCUSED = ("resource_not_found", "resource_conflict")
_KIND_OF = {"scaleDeployment": ("Deployment", "deployment", "scale"),
            "updateConfigMap": ("ConfigMap", "name", "update"), "updateSecret": ("Secret", "name", "update")}


class DryRuns:
    """The dry runs of one schedule."""

    def __init__(self, features: Features) -> None:
        self._features = features

    def found(self, spec: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The failure class, empty for none, and the result, empty when there is none to speak of."""
        random, deeds = self._features.random, self._features.deeds
        chosen = random.random()
        result = {"stepNumber": spec.get("stepNumber", 1), "action": str(spec.get("action", "")), "wouldSucceed": True}
        if chosen < 0.10:
            deeds[Deed.DRY_RUN_EXCUSED] += 1
            return random.choice(_EXCUSED), {}
        if chosen < 0.15:
            deeds[Deed.DRY_RUN_BAD] += 1
            return random.choice(_REFUSED), {}
        if chosen < 0.2:
            deeds[Deed.DRY_RUN_BAD] += 1
            return "", {**result, "wouldSucceed": False, "validationErrors": ["the webhook says no"]}
        deeds[Deed.DRY_RUN_GOOD] += 1
        changes = list(_meant(spec))
        if chosen < 0.34:
            deeds[Deed.DRY_RUN_SURPRISING] += 1
            place = random.choice(("default", "default", "default", "kube-system"))
            changes.append({"resourceType": "Deployment", "resourceName": "db", "namespace": place,
                            "changeType": "scale"})
        return "", {**result, "resourceChanges": changes} if chosen < 0.5 else result


def _meant(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The change of the step's own target; an indiscreet executor tells the values, too."""
    for member, parameters in (spec.get("parameters") or {}).items():
        if member in _KIND_OF:
            kind, name, how = _KIND_OF[member]
            return [{"resourceType": kind, "resourceName": parameters[name], "namespace": "default",
                     "changeType": how, "afterState": dict(parameters.get("dataUpdates", {}))}]
    return []
