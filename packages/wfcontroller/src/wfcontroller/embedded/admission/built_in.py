"""Admission of built-in kinds: what their schemas can't say, and what the server fills in or forbids to change."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from wfcontroller.embedded.admission.built_in_schemas import SCHEMAS
from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcontroller.embedded.admission.paths import Cause, forbidden, invalid_value
from wfcore.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DAEMON_SETS,
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    SECRETS,
    STATEFUL_SETS,
    Resource,
)
from wfcore.simulation.objects import Json

Check: TypeAlias = Callable[[Json, Json | None], Iterator[Cause]]


class BuiltInAdmission:
    """A light schema, plus the checks of the kind."""

    def __init__(self, resource: Resource) -> None:
        self._schema = CustomAdmission(SCHEMAS.get(resource, {"x-kubernetes-preserve-unknown-fields": True}))
        self._complete = _COMPLETIONS.get(resource)
        self._checks = _CHECKS.get(resource, ())

    def prepare(self, body: dict[str, Any]) -> None:
        """Default a request's body in place."""
        self._schema.prepare(body)
        if self._complete is not None:
            self._complete(body)

    def problems(self, value: Json, old: Json | None) -> tuple[Cause, ...]:
        """Everything wrong with the object that would be stored; the kind's own checks need a sound shape."""
        found = self._schema.problems(value, old)
        return found or tuple(cause for check in self._checks for cause in check(value, old))


def _merge_string_data(secret: dict[str, Any]) -> None:
    plain = secret.get("stringData")
    if isinstance(plain, dict) and all(isinstance(text, str) for text in plain.values()):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
        del secret["stringData"]


def _rolling_update_defaults(deployment: dict[str, Any]) -> None:
    spec = deployment.get("spec")
    strategy = spec.get("strategy") if isinstance(spec, dict) else None
    if isinstance(strategy, dict) and strategy.get("type") == "RollingUpdate":
        given = strategy.get("rollingUpdate") or {}
        if isinstance(given, dict):
            strategy["rollingUpdate"] = {"maxUnavailable": "25%", "maxSurge": "25%", **given}


def _labels_match(value: Json, _old: Json | None) -> Iterator[Cause]:
    labels = value["spec"]["template"].get("metadata", {}).get("labels", {})
    selector = value["spec"]["selector"]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid_value(("spec", "selector"), selector, "empty selector is invalid for a workload")
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != text for key, text in wanted.items()):
        yield invalid_value(
            ("spec", "template", "metadata", "labels"), labels, f"`selector` does not match template `labels`: {wanted}"
        )


def _selector_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is not None and value["spec"]["selector"] != old["spec"]["selector"]:
        yield invalid_value(("spec", "selector"), value["spec"]["selector"], "field is immutable")


def _data_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is None or not old.get("immutable"):
        return
    if not value.get("immutable"):
        yield forbidden(("immutable",), "field is immutable when `immutable` is set")
    for name in ("data", "binaryData"):
        if (value.get(name) or {}) != (old.get(name) or {}):
            yield forbidden((name,), "field is immutable when `immutable` is set")


def _secret_type_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is not None and value.get("type") != old.get("type"):
        yield invalid_value(("type",), value.get("type"), "field is immutable")


def _pod_spec_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is not None and _fixed(value["spec"], old["spec"]) != _fixed(old["spec"], old["spec"]):
        yield forbidden(
            ("spec",),
            "pod updates may not change fields other than `spec.containers[*].image`,"
            " `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to"
            " existing tolerations), `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was"
            " previously negative)",
        )


def _fixed(spec: Json, old: Json) -> dict[str, Any]:
    """What of a pod's spec never changes.  A scheduler may still bind a pod that has no node."""
    free = {"activeDeadlineSeconds", "tolerations", "containers", "initContainers"}
    if not old.get("nodeName"):
        free.add("nodeName")
    containers = [
        {k: v for k, v in c.items() if k != "image"}
        for name in ("containers", "initContainers") for c in spec.get(name, ())
    ]
    return {**{k: v for k, v in spec.items() if k not in free}, "containers": containers}


def _one_budget(value: Json, _old: Json | None) -> Iterator[Cause]:
    if "minAvailable" in value["spec"] and "maxUnavailable" in value["spec"]:
        yield invalid_value(("spec",), "object", "minAvailable and maxUnavailable cannot be both set")


def _definition_consistent(value: Json, _old: Json | None) -> Iterator[Cause]:
    spec, name = value["spec"], value["metadata"]["name"]
    wanted = f"{spec['names']['plural']}.{spec['group']}"
    if name != wanted:
        yield invalid_value(("metadata", "name"), name, f"must be spec.names.plural+\".\"+spec.group: {wanted!r}")
    if sum(version["storage"] for version in spec["versions"]) != 1:
        yield invalid_value(("spec", "versions"), "array", "must have exactly one version marked as storage version")
    for index, version in enumerate(spec["versions"]):
        schema = version["schema"]["openAPIV3Schema"]
        try:
            CustomAdmission(schema)
        except ValueError as error:
            path = ("spec", "versions", index, "schema", "openAPIV3Schema")
            yield invalid_value(path, "object", f"does not compile: {error}")


_COMPLETIONS: Mapping[Resource, Callable[[dict[str, Any]], None]] = {
    SECRETS: _merge_string_data, DEPLOYMENTS: _rolling_update_defaults,
}
_CHECKS: Mapping[Resource, tuple[Check, ...]] = {
    DEPLOYMENTS: (_labels_match, _selector_immutable), REPLICA_SETS: (_labels_match, _selector_immutable),
    STATEFUL_SETS: (_labels_match, _selector_immutable), DAEMON_SETS: (_labels_match, _selector_immutable),
    CONFIG_MAPS: (_data_immutable,), SECRETS: (_data_immutable, _secret_type_immutable),
    PODS: (_pod_spec_immutable,), POD_DISRUPTION_BUDGETS: (_one_budget,),
    CUSTOM_RESOURCE_DEFINITIONS: (_definition_consistent,),
}
