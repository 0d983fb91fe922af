"""Reads objects of the cluster as they come: whatever is not as it should be counts as absent, nothing raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Object: TypeAlias = Mapping[str, Any]


def part(value: Any, *path: str) -> Object:
    """The object at a path, or an empty one."""
    found = _at(value, path)
    return found if isinstance(found, Mapping) else {}


def parts(value: Any, *path: str) -> tuple[Object, ...]:
    """The objects in the list at a path."""
    found = _at(value, path)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else ()


def text(value: Any, *path: str) -> str:
    """The string at a path, or an empty one."""
    found = _at(value, path)
    return found if isinstance(found, str) else ""


def count(value: Any, *path: str, absent: int = 0) -> int:
    """The whole number at a path."""
    found = _at(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else absent


def texts(value: Any, *path: str) -> Mapping[str, str]:
    """The strings of the map at a path, such as labels."""
    return {key: item for key, item in part(value, *path).items() if isinstance(item, str)}


def name_of(value: Any) -> str:
    """`namespace/name`, or the name alone."""
    namespace = text(value, "metadata", "namespace")
    return f"{namespace}/{text(value, 'metadata', 'name')}" if namespace else text(value, "metadata", "name")


def is_going(value: Any) -> bool:
    """Whether somebody has deleted the object."""
    return "deletionTimestamp" in part(value, "metadata")


def is_ready(value: Any) -> bool:
    """Whether its condition Ready is True."""
    return any(text(c, "type") == "Ready" and text(c, "status") == "True" for c in parts(value, "status", "conditions"))


def takes_pods(node: Any) -> bool:
    """Whether new pods can be placed on a node, taints apart."""
    return is_ready(node) and not is_going(node) and part(node, "spec").get("unschedulable") is not True


def is_finished(pod: Any) -> bool:
    """Whether a pod has run to its end and needs nothing any more."""
    return text(pod, "status", "phase") in ("Succeeded", "Failed")


def stays_on_drain(pod: Any) -> bool:
    """Whether a drain leaves the pod: a DaemonSet's, or the kubelet's own."""
    mirror = "kubernetes.io/config.mirror" in part(pod, "metadata", "annotations")
    return mirror or any(text(o, "kind") == "DaemonSet" and o.get("controller") is True
                         for o in parts(pod, "metadata", "ownerReferences"))


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector object selects these labels; an absent one selects nothing, an empty one everything."""
    return isinstance(selector, Mapping) and all(_requirements(selector, labels))


def _requirements(selector: Object, labels: Mapping[str, str]) -> Iterator[bool]:
    for key, value in part(selector, "matchLabels").items():
        yield labels.get(key) == value
    for expression in parts(selector, "matchExpressions"):
        found, values = labels.get(text(expression, "key")), expression.get("values")
        listed = found in values if isinstance(values, list | tuple) and found is not None else False
        match expression.get("operator"):
            case "In":
                yield listed
            case "NotIn":
                yield not listed
            case "Exists":
                yield found is not None
            case "DoesNotExist":
                yield found is None
            case _:
                yield False


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
