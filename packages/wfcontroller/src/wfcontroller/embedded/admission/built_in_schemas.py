"""The parts of built-in kinds that this engine's use needs checked and defaulted; the rest is kept as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcontroller.embedded.admission.structural import Schema
from wfcore.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    LEASES,
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


def _object(required: tuple[str, ...] = (), **properties: Schema) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def _absent_as_empty(schema: Schema) -> Schema:
    return {**schema, "default": {}}


def _spec(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object whose `spec`, absent or not, has these properties."""
    return _object(spec=_absent_as_empty(_object(required, **properties)))


def _map_of(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


_TEXT: Schema = {"type": "string"}
_NATURAL: Schema = {"type": "integer", "minimum": 0, "format": "int32"}
_COUNT_OR_PERCENT: Schema = {"x-kubernetes-int-or-string": True}
# `500m`, `2Gi`, `1e3`, or a plain number; stored as a text.
_QUANTITY: Schema = {"type": ["string", "number"], "format": "quantity"}
_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535, "format": "int32"}
_SELECTOR = _object(matchLabels=_map_of(_TEXT), matchExpressions={"type": "array", "items": _object(
    ("key", "operator"), operator={"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
)})
_CONTAINERS: Schema = {"type": "array", "items": _object(
    ("name", "image"), name={"type": "string", "minLength": 1}, image={"type": "string", "minLength": 1})}
_POD_SPEC = _object(
    ("containers",),
    containers=_CONTAINERS,
    initContainers=_CONTAINERS,
    nodeName=_TEXT,
    restartPolicy={"type": "string", "enum": ["Always", "OnFailure", "Never"], "default": "Always"},
    terminationGracePeriodSeconds={"type": "integer", "default": 30},
)
_TEMPLATE = _absent_as_empty(_object(
    metadata=_object(labels=_map_of(_TEXT), annotations=_map_of(_TEXT)), spec=_absent_as_empty(_POD_SPEC)))
_REPLICAS: Schema = {**_NATURAL, "default": 1}


_DEPLOYMENT_STRATEGY = _absent_as_empty(_object(
    type={"type": "string", "default": "RollingUpdate"},
    rollingUpdate=_object(maxUnavailable=_COUNT_OR_PERCENT, maxSurge=_COUNT_OR_PERCENT)))
_CRD_VERSION = _object(
    ("name", "served", "storage", "schema"),
    name=_TEXT, served={"type": "boolean"}, storage={"type": "boolean"},
    schema=_object(("openAPIV3Schema",), openAPIV3Schema=_object(
        ("type",), type={"type": "string", "enum": ["object"]})),
)

SCHEMAS: Mapping[Resource, Schema] = {
    DEPLOYMENTS: _spec(
        ("selector",), replicas=_REPLICAS, selector=_SELECTOR, template=_TEMPLATE,
        strategy=_DEPLOYMENT_STRATEGY, paused={"type": "boolean"}, minReadySeconds=_NATURAL,
        revisionHistoryLimit={**_NATURAL, "default": 10}, progressDeadlineSeconds={**_NATURAL, "default": 600},
    ),
    REPLICA_SETS: _spec(("selector",), replicas=_REPLICAS, selector=_SELECTOR, template=_TEMPLATE),
    STATEFUL_SETS: _spec(("selector",), replicas=_REPLICAS, selector=_SELECTOR, template=_TEMPLATE),
    DAEMON_SETS: _spec(selector=_SELECTOR, template=_TEMPLATE),
    PODS: _object(spec=_absent_as_empty(_POD_SPEC)),
    NODES: _object(spec=_object(unschedulable={"type": "boolean"}, taints={"type": "array", "items": _object(
        key=_TEXT, value=_TEXT, effect=_TEXT)})),
    CONFIG_MAPS: _object(data=_map_of(_TEXT), binaryData=_map_of({"type": "string", "format": "bytes"}),
                         immutable={"type": "boolean"}),
    SECRETS: _object(data=_map_of({"type": "string", "format": "bytes", "nullable": True}),
                     stringData=_map_of(_TEXT), immutable={"type": "boolean"},
                     type={"type": "string", "default": "Opaque"}),
    SERVICES: _spec(
        type={"type": "string", "enum": ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
              "default": "ClusterIP"},
        selector=_map_of(_TEXT), ports={"type": "array", "items": _object(
            ("port",), port=_PORT, targetPort={"x-kubernetes-int-or-string": True},
            protocol={"type": "string", "enum": ["SCTP", "TCP", "UDP"], "default": "TCP"},
            name=_TEXT)}),
    ENDPOINT_SLICES: _object(
        ("addressType",), addressType={"type": "string", "enum": ["FQDN", "IPv4", "IPv6"]},
        endpoints={"type": "array", "maxItems": 1000, "items": _object(
            ("addresses",), addresses={"type": "array", "maxItems": 100, "items": _TEXT},
            conditions=_object(ready={"type": "boolean"}, serving={"type": "boolean"},
                               terminating={"type": "boolean"}))}),
    LEASES: _object(spec=_object(holderIdentity=_TEXT, leaseDurationSeconds={"type": "integer", "minimum": 1},
                                 acquireTime={"type": "string", "format": "micro-time"},
                                 renewTime={"type": "string", "format": "micro-time"})),
    RESOURCE_QUOTAS: _object(spec=_object(hard=_map_of(_QUANTITY), scopes={"type": "array", "items": _TEXT})),
    POD_DISRUPTION_BUDGETS: _spec(
        minAvailable=_COUNT_OR_PERCENT, maxUnavailable=_COUNT_OR_PERCENT, selector=_SELECTOR),
    CUSTOM_RESOURCE_DEFINITIONS: _object(("spec",), spec=_object(
        ("group", "names", "scope", "versions"),
        group=_TEXT, names=_object(("kind", "plural"), kind=_TEXT, plural=_TEXT),
        scope={"type": "string", "enum": ["Cluster", "Namespaced"]},
        versions={"type": "array", "minItems": 1, "items": _CRD_VERSION},
    )),
}
