"""Snapshots: what an attempt captured and a status can't hold, as Secrets in the executor's own namespace.

They have no owner reference (across namespaces the garbage collector would delete
them at once); their labels name the execution, and `sweep` removes those whose
execution is gone.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor.contract import Work
from wfcontroller.executor.failures import ExecutionFailed, withholding
from wfcontroller.executor.guarded import patiently
from wfcontroller.executor.parts import Place
from wfcontroller.listing import everything
from wfcore.model.enums import FailureClass
from wfcore.resources import EXECUTION_GROUP, KUBERNETES_EXECUTIONS, SECRETS

MANAGED = f"{EXECUTION_GROUP}/snapshot"
UID = f"{EXECUTION_GROUP}/execution-uid"
NAME = f"{EXECUTION_GROUP}/execution-name"
NAMESPACE = f"{EXECUTION_GROUP}/execution-namespace"
_KEY = "captured.json"


async def save(work: Work, kept: Any) -> None:
    """Keep JSON as the snapshot of this attempt; one left by a life that never acted is replaced."""
    metadata = work.execution.metadata
    body = {
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": work.snapshot, "namespace": work.settings.namespace,
            "labels": {MANAGED: "true", UID: metadata.uid},
            # A name may be longer than a label's value.
            "annotations": {NAMESPACE: metadata.namespace, NAME: metadata.name},
        },
        "data": {_KEY: base64.b64encode(json.dumps(kept, ensure_ascii=False).encode()).decode()},
    }
    try:
        await patiently(lambda: _create_or_replace(work.store, body))
    except ApiError as error:
        if error.status != 404:
            raise withholding(error, SECRETS) from None
        where = work.settings.namespace
        raise ExecutionFailed(
            FailureClass.RESOURCE_NOT_FOUND,
            f"the executor's namespace {where!r} does not exist, so no snapshot can be kept; create it") from None


async def load(work: Work, name: str) -> Any:
    """The JSON kept under this name.  Raises `ExecutionFailed` when there is none."""
    where = f"snapshot Secret {work.settings.namespace}/{name}"
    try:
        found = await patiently(lambda: work.store.get(SECRETS, work.settings.namespace, name))
    except ApiError as error:
        if error.status != 404:
            raise withholding(error, SECRETS) from None
        raise ExecutionFailed(
            FailureClass.RESOURCE_NOT_FOUND, f"{where} does not exist; without it nothing can be restored") from None
    if MANAGED not in (found["metadata"].get("labels") or {}):
        raise ExecutionFailed(FailureClass.PERMISSION_DENIED, f"{where} is no snapshot of this executor")
    return json.loads(base64.b64decode((found.get("data") or {})[_KEY]))


async def load_part(work: Work, name: str, place: Place) -> Any:
    """The part of an object that a snapshot of this very object holds.

    A workflow names snapshots freely, so one of another object would hand its content to whoever asks.
    """
    kept = await load(work, name)
    if not isinstance(kept, dict) or kept.get("of") != str(place):
        raise ExecutionFailed(FailureClass.PERMISSION_DENIED, f"snapshot {name} was not taken of {place}")
    return kept["part"]


async def sweep(api: Api, namespace: str) -> None:
    """Delete the snapshots whose executions are gone, each judged by a live read."""
    snapshots, _ = await everything(api, SECRETS, namespace, MANAGED)
    for snapshot in snapshots:
        if not await _is_alive(api, snapshot):
            await _remove(api, snapshot)


async def _create_or_replace(api: Api, body: Object) -> None:
    try:
        await api.create(SECRETS, body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        await api.update(SECRETS, body)


async def _is_alive(api: Api, snapshot: Object) -> bool:
    metadata = snapshot["metadata"]
    told = metadata.get("annotations") or {}
    try:
        found = await api.get(KUBERNETES_EXECUTIONS, told.get(NAMESPACE, ""), told.get(NAME, ""))
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    uid: str = found["metadata"]["uid"]
    return uid == (metadata.get("labels") or {}).get(UID)


async def _remove(api: Api, snapshot: Object) -> None:
    metadata = snapshot["metadata"]
    try:
        await api.delete(SECRETS, metadata["namespace"], metadata["name"], uid=metadata["uid"])
    except ApiError as error:
        if error.status not in (404, 409):  # somebody else removed or replaced it
            raise
