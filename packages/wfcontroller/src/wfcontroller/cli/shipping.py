"""What an installation consists of: the manifests of `wfcontroller.deployment`, and the types they are of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Protocol, cast

from wfcontroller import kinds
from wfcontroller.api import Object
from wfcontroller.cli.output import BadInput
from wfcore.resources import BY_API_VERSION_AND_KIND, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, Resource

_RESOURCES: Mapping[tuple[str, str], Resource] = {
    **BY_API_VERSION_AND_KIND,
    **{(resource.api_version, resource.kind): resource for resource in (
        kinds.VALIDATING_ADMISSION_POLICIES, kinds.VALIDATING_ADMISSION_POLICY_BINDINGS,
        kinds.MUTATING_ADMISSION_POLICIES, kinds.MUTATING_ADMISSION_POLICY_BINDINGS, kinds.SERVICE_ACCOUNTS,
        kinds.CLUSTER_ROLES, kinds.CLUSTER_ROLE_BINDINGS, kinds.ROLES, kinds.ROLE_BINDINGS, kinds.NETWORK_POLICIES,
        kinds.SERVICE_MONITORS)},
}


class Deployment(Protocol):
    """The module `wfcontroller.deployment`."""

    PARTS: tuple[str, ...]
    DEFAULT_PARTS: tuple[str, ...]

    def objects(self, parts: Collection[str], *, namespace: str = ..., image: str = ..., config: str = ...) -> list[
            Object]:
        """The objects of some parts in the order of their application; ValueError for an unknown part."""
        ...

    def guard_fingerprint(self, policy: Object, binding: Object) -> str:
        """What a policy and its binding mean."""
        ...

    def expected_fingerprint(self, namespace: str) -> str:
        """The same of the shipped ones."""
        ...


def deployment() -> Deployment:
    """The manifests; by name, because they are read from files."""
    return cast("Deployment", import_module("wfcontroller.deployment"))


def shipped(parts: Collection[str], namespace: str, *, image: str | None = None, config: str = "") -> list[Object]:
    """The objects of some parts, in order; raises BadInput for an unknown part or an impossible namespace."""
    images = {"image": image} if image else {}
    try:
        return deployment().objects(parts, namespace=namespace, config=config, **images)
    except ValueError as error:
        raise BadInput(str(error)) from error


def resource_of(document: Object) -> Resource:
    """The type of a shipped object."""
    return _RESOURCES[document["apiVersion"], document["kind"]]


def is_definition(document: Object) -> bool:
    """Whether it is a CustomResourceDefinition."""
    return resource_of(document) is CUSTOM_RESOURCE_DEFINITIONS


def is_namespace(document: Object) -> bool:
    """Whether it is a Namespace."""
    return resource_of(document) is NAMESPACES
