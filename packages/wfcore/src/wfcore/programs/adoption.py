"""What a workflow's metadata has to hold before anything happens: our finalizer and the parent's owner reference."""

from __future__ import annotations

from wfcore.codec import Malformed
from wfcore.model.workflow import FINALIZER, LEGACY_FINALIZER, OwnerReference, WorkflowExecution
from wfcore.program import Happening, Ref, SetMetadata
from wfcore.rawobject import RawObject
from wfcore.reasons import EventReason
from wfcore.resources import ALERT_REMEDIATIONS


def adopted_metadata(workflow: WorkflowExecution,
                     parent: RawObject | None) -> tuple[SetMetadata | None, tuple[Happening, ...]]:
    """The metadata write a workflow needs, or None, and the Events about its parent.

    The owner reference is verified, and set when it is absent and the parent
    exists; without a parent the workflow stands alone.
    """
    meta = workflow.metadata
    owners, events = _owners(workflow, parent)
    finalizers = (*(f for f in meta.finalizers if f not in (FINALIZER, LEGACY_FINALIZER)), FINALIZER)
    present = FINALIZER in meta.finalizers and LEGACY_FINALIZER not in meta.finalizers
    if present and owners == meta.owner_references:
        return None, ()
    return SetMetadata(Ref(meta.namespace, meta.name), meta.resource_version,
                       meta.finalizers if present else finalizers, owners), events


def _owners(workflow: WorkflowExecution,
            parent: RawObject | None) -> tuple[tuple[OwnerReference, ...], tuple[Happening, ...]]:
    meta, reference = workflow.metadata, workflow.spec.alert_remediation_ref
    if reference is None:
        return meta.owner_references, ()
    found = parent.metadata() if parent is not None else None
    if found is None or isinstance(found, Malformed):
        return meta.owner_references, (_problem(f"AlertRemediation {reference.name} does not exist; "
                                                "the workflow stands alone"),)
    if found.namespace != meta.namespace:
        return meta.owner_references, (_problem("the parent is in another namespace and cannot own the workflow"),)
    if reference.uid and reference.uid != found.uid:
        return meta.owner_references, (_problem(f"AlertRemediation {reference.name} is not the one that is meant: "
                                                "its uid differs"),)
    if any(owner.uid == found.uid for owner in meta.owner_references):
        return meta.owner_references, ()
    controlled = any(owner.controller for owner in meta.owner_references)
    added = OwnerReference(api_version=ALERT_REMEDIATIONS.api_version, kind=ALERT_REMEDIATIONS.kind, name=found.name,
                           uid=found.uid, controller=not controlled, block_owner_deletion=True)
    return (*meta.owner_references, added), ()


def _problem(message: str) -> Happening:
    return Happening("Warning", EventReason.OWNER_REFERENCE_FAILED.value, message)
