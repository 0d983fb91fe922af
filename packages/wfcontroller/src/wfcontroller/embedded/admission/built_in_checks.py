"""What the API server asks of single built-in kinds beyond their schemas.

A check may rely on the types that the schemas give, and on nothing being there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from wfcontroller.embedded.admission.definition_checks import definition_consistent
from wfcontroller.embedded.admission.names import data_key
from wfcontroller.embedded.admission.paths import Cause, Key, forbidden, invalid_value, required, unsupported
from wfcontroller.embedded.admission.workload_checks import (
    deployment_strategy,
    labels_match,
    pod_spec_immutable,
    pod_spec_sound,
    selector_immutable,
    template_sound,
)
from wfcore.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)
from wfcore.simulation.objects import Json

Check: TypeAlias = Callable[[Json, Json | None], Iterator[Cause]]
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_SCOPES = frozenset({"Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
                     "CrossNamespacePodAffinity"})
_MAX_DATA = 1024 * 1024
_PERCENT = re.compile(r"[0-9]+%", re.ASCII)


def _data_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is None or not old.get("immutable"):
        return
    if not value.get("immutable"):
        yield forbidden(("immutable",), "field is immutable when `immutable` is set")
    for name in ("data", "binaryData"):
        if (value.get(name) or {}) != (old.get(name) or {}):
            yield forbidden((name,), "field is immutable when `immutable` is set")


def _data_keys(value: Json, _old: Json | None) -> Iterator[Cause]:
    for name in ("data", "binaryData"):
        for key in value.get(name) or ():
            yield from data_key((name, Key(key)), key)


def _data_size(value: Json, _old: Json | None) -> Iterator[Cause]:
    texts = (value.get("data") or {}).values()
    encoded = (value.get("binaryData") or {}).values()
    if sum(len(text.encode()) for text in texts) + sum(len(text) * 3 // 4 for text in encoded) > _MAX_DATA:
        yield "[]", f"Too long: may not be more than {_MAX_DATA} bytes"


def _secret_size(value: Json, _old: Json | None) -> Iterator[Cause]:
    if sum(len(text or "") * 3 // 4 for text in (value.get("data") or {}).values()) > _MAX_DATA:
        yield "data", f"Too long: may not be more than {_MAX_DATA} bytes"


def _secret_type_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    if old is not None and value.get("type") != old.get("type"):
        yield invalid_value(("type",), value.get("type"), "field is immutable")


def _one_budget(value: Json, _old: Json | None) -> Iterator[Cause]:
    spec = value["spec"]
    limits = {name: spec[name] for name in ("minAvailable", "maxUnavailable") if name in spec}
    if len(limits) > 1:
        yield invalid_value(("spec",), "object", "minAvailable and maxUnavailable cannot be both set")
    for name, limit in limits.items():
        if isinstance(limit, int) and limit < 0:
            yield invalid_value(("spec", name), limit, "must be greater than or equal to 0")
        if isinstance(limit, str) and not _PERCENT.fullmatch(limit):
            yield invalid_value(("spec", name), limit, "a valid percent string must be a numeric string followed by an"
                                                       " ending '%' (e.g. '1%',  or '93%', regex used for validation"
                                                       " is '[0-9]+%')")


def _taints(value: Json, _old: Json | None) -> Iterator[Cause]:
    for index, taint in enumerate(value.get("spec", {}).get("taints", ())):
        path = ("metadata", "taints", index)  # so the API server calls it
        if not taint.get("key"):
            yield invalid_value((*path, "key"), "", "name part must be non-empty")
        if not taint.get("effect"):
            yield required((*path, "effect"))
        elif taint["effect"] not in _EFFECTS:
            yield unsupported((*path, "effect"), taint["effect"], _EFFECTS)


def _scopes(value: Json, _old: Json | None) -> Iterator[Cause]:
    scopes = value.get("spec", {}).get("scopes", [])
    if not _SCOPES >= set(scopes):
        yield invalid_value(("spec", "scopes"), scopes, "unsupported scope")


def _service_ports(value: Json, _old: Json | None) -> Iterator[Cause]:
    spec = value["spec"]
    ports = spec.get("ports", ())
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield required(("spec", "ports"))
    if len(ports) > 1:
        yield from (required(("spec", "ports", i, "name")) for i, port in enumerate(ports) if not port.get("name"))


def _addresses(value: Json, _old: Json | None) -> Iterator[Cause]:
    for index, endpoint in enumerate(value.get("endpoints", ())):
        if not endpoint.get("addresses", True):
            yield required(("endpoints", index, "addresses"), "must contain at least 1 address")


_OF_WORKLOADS: tuple[Check, ...] = (labels_match, selector_immutable, template_sound)
CHECKS: Mapping[Resource, tuple[Check, ...]] = {
    DEPLOYMENTS: (*_OF_WORKLOADS, deployment_strategy), REPLICA_SETS: _OF_WORKLOADS,
    STATEFUL_SETS: _OF_WORKLOADS, DAEMON_SETS: _OF_WORKLOADS,
    PODS: (pod_spec_sound, pod_spec_immutable),
    CONFIG_MAPS: (_data_immutable, _data_keys, _data_size),
    SECRETS: (_data_immutable, _data_keys, _secret_size, _secret_type_immutable),
    NODES: (_taints,), RESOURCE_QUOTAS: (_scopes,), SERVICES: (_service_ports,), ENDPOINT_SLICES: (_addresses,),
    POD_DISRUPTION_BUDGETS: (_one_budget,), CUSTOM_RESOURCE_DEFINITIONS: (definition_consistent,),
}
