"""What the API server asks of pods and of what makes pods, beyond their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wfcontroller.embedded.admission.names import label_name
from wfcontroller.embedded.admission.paths import (
    Cause,
    Path,
    duplicate,
    forbidden,
    invalid_value,
    required,
    unsupported,
)
from wfcore.simulation.objects import Json

_CONTAINERS = ("containers", "initContainers")


def labels_match(value: Json, _old: Json | None) -> Iterator[Cause]:
    """The selector selects something, and the pods of the template."""
    selector = value["spec"].get("selector")
    labels = value["spec"]["template"].get("metadata", {}).get("labels")
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid_value(("spec", "selector"), selector,
                            f"empty selector is invalid for {value['kind'].lower()}")
    wanted = (selector or {}).get("matchLabels", {})
    if selector is None or any((labels or {}).get(key) != text for key, text in wanted.items()):
        path = ("spec", "template", "metadata", "labels")
        yield invalid_value(path, labels, "`selector` does not match template `labels`")


def selector_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    """A selector stays what it was."""
    selector = value["spec"].get("selector")
    if old is not None and selector != old["spec"].get("selector"):
        yield invalid_value(("spec", "selector"), selector, "field is immutable")


def deployment_strategy(value: Json, _old: Json | None) -> Iterator[Cause]:
    """A strategy that is known, with parameters only where it has some."""
    strategy = value["spec"]["strategy"]
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        told = {"Type": strategy["type"], "RollingUpdate": None}
        yield unsupported(("spec", "strategy"), told, ("Recreate", "RollingUpdate"))
    if strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
        path = ("spec", "strategy", "rollingUpdate")
        yield forbidden(path, "may not be specified when strategy `type` is 'Recreate'")


def template_sound(value: Json, _old: Json | None) -> Iterator[Cause]:
    """The pods of a template."""
    yield from _containers(("spec", "template", "spec"), value["spec"]["template"]["spec"])


def pod_spec_sound(value: Json, _old: Json | None) -> Iterator[Cause]:
    """A pod."""
    yield from _containers(("spec",), value["spec"])


def _containers(path: Path, spec: Json) -> Iterator[Cause]:
    if spec.get("containers") == []:
        yield required((*path, "containers"))
    for group in _CONTAINERS:
        names: list[str] = []
        for index, container in enumerate(spec.get(group) or ()):
            place, name = (*path, group, index, "name"), container.get("name")
            if not name:
                continue
            yield from label_name(place, name)
            if name in names:
                yield duplicate(place, name)
            names.append(name)


def pod_spec_immutable(value: Json, old: Json | None) -> Iterator[Cause]:
    """Of a pod only little changes."""
    if old is not None and _fixed(value["spec"], old["spec"]) != _fixed(old["spec"], old["spec"]):
        yield forbidden(
            ("spec",),
            "pod updates may not change fields other than `spec.containers[*].image`,"
            " `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to"
            " existing tolerations), `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was"
            " previously negative)",
        )


def _fixed(spec: Json, old: Json) -> dict[str, Any]:
    """What of a pod's spec never changes.  A scheduler may still bind a pod that has no node."""
    free = {"activeDeadlineSeconds", "tolerations", *_CONTAINERS}
    if not old.get("nodeName"):
        free.add("nodeName")
    containers = [{k: v for k, v in c.items() if k != "image"} for name in _CONTAINERS for c in spec.get(name, ())]
    return {**{k: v for k, v in spec.items() if k not in free}, "containers": containers}
