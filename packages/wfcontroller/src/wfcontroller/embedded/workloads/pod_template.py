"""The pod that a workload's template describes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from wfcontroller.api import Object
from wfcontroller.objects import controlled_by, metadata, spec
from wfcore.resources import Resource


def template_of(workload: Object) -> Mapping[str, Any]:
    """`spec.template`, empty when absent."""
    found: Mapping[str, Any] = spec(workload).get("template") or {}
    return found


def pod_from(
    owner: Object, resource: Resource, name: str, *, labels: Mapping[str, str] | None = None, node: str = ""
) -> Object:
    """The pod `name` of `owner`, of kind `resource`; `labels` are added, `node` binds it at once."""
    template = template_of(owner)
    meta = template.get("metadata") or {}
    pod_spec = copy.deepcopy(dict(template.get("spec") or {}))
    body: dict[str, Any] = {
        "name": name, "labels": {**(meta.get("labels") or {}), **(labels or {})},
        "ownerReferences": [controlled_by(owner, resource)],
    }
    if metadata(owner).get("namespace"):
        body["namespace"] = metadata(owner)["namespace"]
    if meta.get("annotations"):
        body["annotations"] = dict(meta["annotations"])
    if node:
        pod_spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": body, "spec": pod_spec}
