"""Operations on ConfigMaps and Secrets.  The values of Secrets never reach a status, an error or a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcontroller.api import ApiError, Object
from wfcontroller.executor.change import MISSING, ObjectChange
from wfcontroller.executor.contract import Captured, Done, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.owners import gitops_notices
from wfcontroller.executor.parts import Data, Place
from wfcontroller.executor.snapshots import load_part
from wfcore.model.actions import UpdateConfigMapParams, UpdateSecretParams
from wfcore.model.compensations import RestorePreviousConfigParams
from wfcore.model.enums import ConfigKind, FailureClass
from wfcore.model.results import AffectedResource, UpdateExecutionResult
from wfcore.resources import CONFIG_MAPS, SECRETS

DATA = Data()


def update_config_map(parameters: UpdateConfigMapParams, work: Work) -> ObjectChange:
    """Set keys; other keys stay."""
    place = Place(CONFIG_MAPS, parameters.namespace, parameters.name)
    return _updating(place, ConfigKind.CONFIG_MAP, dict(parameters.data_updates), work)


async def update_secret(parameters: UpdateSecretParams, work: Work) -> ObjectChange:
    """Set keys to values copied from other Secrets of the namespace, and to inline ones where allowed."""
    updates = dict(parameters.data_updates)
    for update in parameters.updates:
        reference = update.secret_key_ref
        updates[update.key] = await _value(work, Place(SECRETS, parameters.namespace, reference.name), reference.key)
    return _updating(Place(SECRETS, parameters.namespace, parameters.name), ConfigKind.SECRET, updates, work)


async def restore(parameters: RestorePreviousConfigParams, work: Work) -> ObjectChange:
    """Restore the data exactly as the snapshot has it: changed, added and removed keys alike."""
    resource = CONFIG_MAPS if parameters.type is ConfigKind.CONFIG_MAP else SECRETS
    place = Place(resource, parameters.namespace, parameters.name)
    if not parameters.snapshot:
        raise ExecutionFailed(
            FailureClass.VALIDATION_ERROR, f"nothing was captured of {place} and the rollbackSpec names no snapshot")
    previous = await load_part(work, parameters.snapshot, place)
    return _changing(place, lambda _part: previous, lambda _found: Captured(), "the captured data")


def _updating(place: Place, kind: ConfigKind, updates: Mapping[str, str], work: Work) -> ObjectChange:
    def merged(part: Any) -> Any:
        present = part.get("data") or {}
        binary = sorted(key for key in updates if key in (part.get("binaryData") or {}))
        if binary:
            raise ExecutionFailed(
                FailureClass.VALIDATION_ERROR,
                f"{place} holds {', '.join(binary)} in binaryData; a key can't be in data too")
        return {**part, "data": {**present, **updates}} if updates else part

    def capture(found: Object) -> Captured:
        part = DATA.read(found)
        parameters = RestorePreviousConfigParams(
            namespace=place.namespace, name=place.name, type=kind, snapshot=work.snapshot)
        # A digest of a Secret's values would let short ones be guessed.
        return Captured(parameters, {"of": str(place), "part": part}, part if kind is ConfigKind.CONFIG_MAP else None)

    return _changing(place, merged, capture, ", ".join(sorted(updates)))


def _changing(place: Place, wanted: Any, capture: Any, what: str) -> ObjectChange:
    result = UpdateExecutionResult(
        resource_type=place.resource.kind, resource_name=place.name, namespace=place.namespace, update_type="config",
        new_value=f"set: {what}")
    affected = AffectedResource(
        resource_type=place.resource.kind, name=place.name, namespace=place.namespace, change_type="modified")
    done = Done(result, (affected,))
    return ObjectChange(
        place=place, part=DATA, wanted=wanted, capture_of=capture,
        part_in=lambda captured: captured.kept["part"] if captured.kept is not None else MISSING,
        judge=lambda _before, _found: done, notices=gitops_notices)


async def _value(work: Work, place: Place, key: str) -> str:
    try:
        found = await work.api.get(place.resource, place.namespace, place.name)
    except ApiError as error:
        if error.status != 404:
            raise
        raise ExecutionFailed(
            FailureClass.RESOURCE_NOT_FOUND, f"{place}, which secretKeyRef names, does not exist") from None
    values: Mapping[str, str] = found.get("data") or {}
    if key not in values:
        raise ExecutionFailed(
            FailureClass.RESOURCE_NOT_FOUND,
            f"{place} has no key {key!r}; it has: {', '.join(sorted(values)) or 'none'}")
    return values[key]
