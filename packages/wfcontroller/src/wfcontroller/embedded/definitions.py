"""CustomResourceDefinitions: the kinds they serve, and the status the server writes once it serves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from wfcore.resources import Resource
from wfcore.simulation.objects import Json

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"  # holds a definition until its objects are gone


@frozen
class CustomKind:
    """One served version of a CustomResourceDefinition."""

    resource: Resource
    schema: Json


def custom_kinds(definition: Json) -> Iterator[CustomKind]:
    """The versions that a CustomResourceDefinition serves.  The definition was validated before."""
    spec = definition["spec"]
    names = spec["names"]
    for version in spec["versions"]:
        if version["served"]:
            resource = Resource(
                spec["group"], version["name"], names["kind"], names["plural"],
                namespaced=spec["scope"] == "Namespaced",
                has_status="status" in version.get("subresources", {}),
                short_names=tuple(names.get("shortNames", ())),
            )
            yield CustomKind(resource, version["schema"]["openAPIV3Schema"])


def established(definition: Json, at: str) -> dict[str, Any]:
    """The definition with the status that says its kinds are served since `at`."""
    spec = definition["spec"]
    conditions = [
        {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"},
        {"type": "Established", "status": "True", "reason": "InitialNamesAccepted",
         "message": "the initial names have been accepted"},
    ]
    return {**definition, "status": {
        "conditions": [{**condition, "lastTransitionTime": at} for condition in conditions],
        "acceptedNames": spec["names"],
        "storedVersions": [version["name"] for version in spec["versions"] if version["storage"]],
    }}


def with_cleanup(definition: Json) -> dict[str, Any]:
    """The definition held by the cleanup finalizer."""
    metadata = definition["metadata"]
    finalizers = dict.fromkeys((*(metadata.get("finalizers") or ()), CLEANUP))
    return {**definition, "metadata": {**metadata, "finalizers": list(finalizers)}}


def without_cleanup(definition: Json) -> dict[str, Any]:
    """The definition let go."""
    metadata = definition["metadata"]
    return {**definition, "metadata": {**metadata, "finalizers": [f for f in metadata["finalizers"] if f != CLEANUP]}}
