"""What an installation consists of: the manifests of `wfcontroller.deployment`, and the types they are of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from wfcontroller import deployment, kinds
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


def parts() -> tuple[str, ...]:
    """Every part of an installation, in the order of application."""
    return deployment.PARTS


def default_parts() -> tuple[str, ...]:
    """The parts that are installed unless somebody chooses."""
    return deployment.DEFAULT_PARTS


def stands_guard(policy: Object, binding: Object, namespace: str) -> bool:
    """Whether the policy and its binding mean what the shipped ones mean for a controller in `namespace`."""
    return deployment.guard_fingerprint(policy, binding) == deployment.expected_fingerprint(namespace)


def shipped(chosen: Collection[str], namespace: str, *, image: str | None = None,
            configs: Mapping[str, str] = MappingProxyType({})) -> list[Object]:
    """The objects of some parts, in order; raises BadInput for an unknown part or an impossible namespace.

    `configs` are texts of config files by the name of their ConfigMap.
    """
    try:
        return deployment.objects(chosen, namespace=namespace, image=image or deployment.IMAGE, configs=configs)
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
