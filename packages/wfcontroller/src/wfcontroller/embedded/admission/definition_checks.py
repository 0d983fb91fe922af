"""What makes a CustomResourceDefinition one that can be served."""

from __future__ import annotations

from collections.abc import Iterator

from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcontroller.embedded.admission.paths import Cause, invalid_value
from wfcore.simulation.objects import Json


def definition_consistent(value: Json, _old: Json | None) -> Iterator[Cause]:
    """Its name, one stored version, schemas and rules that compile; nothing when it lacks required fields."""
    spec, name = value["spec"], value["metadata"]["name"]
    if not _complete(spec):
        return
    wanted = f"{spec['names']['plural']}.{spec['group']}"
    if name != wanted:
        yield invalid_value(("metadata", "name"), name, f"must be spec.names.plural+\".\"+spec.group: {wanted!r}")
    if sum(version["storage"] for version in spec["versions"]) != 1:
        yield invalid_value(("spec", "versions"), "array", "must have exactly one version marked as storage version")
    for index, version in enumerate(spec["versions"]):
        schema = version["schema"]["openAPIV3Schema"]
        try:
            CustomAdmission(schema)
        except ValueError as error:
            path = ("spec", "versions", index, "schema", "openAPIV3Schema")
            yield invalid_value(path, "object", f"does not compile: {error}")


def _complete(spec: Json) -> bool:
    versions = spec.get("versions", [])
    whole = "group" in spec and {"plural", "kind"} <= spec.get("names", {}).keys() and bool(versions)
    return whole and all("openAPIV3Schema" in v.get("schema", {}) and "storage" in v for v in versions)
