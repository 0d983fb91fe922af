"""Every field of both schemas is described and bounded, and the API server would take the schema."""

from __future__ import annotations

import copy
import json

import attrs
import jsonschema_rs
import pytest

from wfcontroller.embedded.admission.built_in import BuiltInAdmission
from wfcore.codec import wire_name
from wfcore.crds import crds, others
from wfcore.crds.schema import spec_schema, status_schema
from wfcore.model.definition import WorkflowExecutionSpec, WorkflowStep
from wfcore.model.fields import Limits, StrMap, prop, wire_fields
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.resources import CUSTOM_RESOURCE_DEFINITIONS

from .judge import nodes, schemas

ALL = [(kind, path, node) for kind, schema in schemas().items() for path, node in nodes(schema)]
# The server describes and bounds `metadata` itself.
FIELDS = [(kind, path, node) for kind, path, node in ALL if path != ".metadata"]
BOUNDS = {"string": {"maxLength"}, "integer": {"minimum", "maximum"}, "number": {"minimum", "maximum"},
          "array": {"maxItems"}, "boolean": set(), "object": set()}
KEYWORDS = {
    "description", "type", "format", "default", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "minItems", "maxItems", "maxProperties", "properties", "items", "additionalProperties", "required",
    "x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
}


def spec_of(kind):
    return schemas()[kind]["properties"]["spec"]["properties"]


def test_every_field_has_a_description():
    assert [] == [(kind, path) for kind, path, node in FIELDS if not node.get("description", "").strip()]


def test_every_field_is_bounded_in_spec_and_status():
    unbounded = [(kind, path) for kind, path, node in FIELDS
                 if not (BOUNDS[node["type"]] <= node.keys() or (node["type"] == "string" and "enum" in node))
                 or ("additionalProperties" in node and "maxProperties" not in node)]

    assert [] == unbounded
    assert any(path.startswith(".spec.") for _, path, _ in FIELDS)
    assert any(path.startswith(".status.") for _, path, _ in FIELDS)


def test_only_keywords_that_a_structural_schema_may_use_appear():
    assert set() == {word for _, _, node in ALL for word in node} - KEYWORDS


def test_an_object_has_either_named_fields_or_values_of_one_kind():
    objects = [node for _, path, node in FIELDS if node["type"] == "object"]

    assert all(("properties" in node) != ("additionalProperties" in node) for node in objects)


def test_defaults_fit_their_own_schema_and_are_never_required():
    defaulted = [node for _, _, node in ALL if "default" in node]

    assert defaulted
    assert all(jsonschema_rs.is_valid(node, node["default"]) for node in defaulted)
    assert all("default" not in node["properties"][name] for _, _, node in ALL for name in node.get("required", ()))


def test_only_switches_words_and_their_containers_have_defaults():
    """An absent limit inherits and an absent list is empty: writing them into objects would say something else."""
    assert {"boolean", "string", "object"} == {node["type"] for _, _, node in ALL if "default" in node}
    assert all("enum" in node for _, _, node in ALL if node["type"] == "string" and "default" in node)
    assert "default" not in spec_of("WorkflowExecution")["executionStrategy"]["properties"]["maxRetries"]


def test_a_minimal_strategy_shows_its_switches():
    strategy = spec_of("WorkflowExecution")["executionStrategy"]

    assert {} == strategy["default"]
    assert "Execute" == strategy["properties"]["mode"]["default"]
    assert "automatic" == strategy["properties"]["rollbackStrategy"]["default"]
    assert strategy["properties"]["approvalRequired"]["default"] is False


def test_nothing_is_defaulted_in_status():
    """A status says only what was reported."""
    assert [] == [path for _, path, node in ALL if path.startswith(".status") and "default" in node]


def test_no_rule_judges_a_report():
    """A rule that refuses our own status would leave the workflow stuck for ever."""
    assert [] == [path for _, path, node in ALL if path.startswith(".status") and "x-kubernetes-validations" in node]


@pytest.mark.parametrize(("kind", "path", "keys"), [
    ("WorkflowExecution", ".spec.workflowDefinition.steps", ["stepNumber"]),
    ("WorkflowExecution", ".status.conditions", ["type"]),
    ("KubernetesExecution", ".status.conditions", ["type"]),
])
def test_lists_with_a_key_are_maps(kind, path, keys):
    node = dict(nodes(schemas()[kind]))[path]

    assert "map" == node["x-kubernetes-list-type"]
    assert keys == node["x-kubernetes-list-map-keys"]


def test_keys_of_list_maps_are_required_scalars():
    maps = [node for _, _, node in ALL if node.get("x-kubernetes-list-type") == "map"]

    assert all(key in node["items"]["required"] for node in maps for key in node["x-kubernetes-list-map-keys"])


def test_the_ledger_is_replaced_as_a_whole():
    assert "atomic" == dict(nodes(schemas()["WorkflowExecution"]))[".status.stepStatuses"]["x-kubernetes-list-type"]


@pytest.mark.parametrize(("writer", "cls"), [(spec_schema, WorkflowExecutionSpec), (spec_schema, WorkflowStep),
                                             (status_schema, WorkflowExecutionStatus)])
def test_fields_are_those_of_the_model_in_its_order(writer, cls):
    schema = writer(cls)

    assert [wire_name(a.name) for a in wire_fields(cls)] == list(schema["properties"])
    assert [wire_name(a.name) for a in wire_fields(cls) if a.default is attrs.NOTHING] == schema.get("required", [])


@pytest.mark.parametrize(("python", "wire"), [("k8s_execution_ref", "k8sExecutionRef"),
                                              ("ai_recommendations", "aiRecommendations")])
def test_wire_names_are_camel_case(python, wire):
    assert wire_name(python) == wire
    assert any(path.endswith(f".{wire}") for _, path, _ in ALL)


def test_definitions_are_the_same_on_each_call_and_share_nothing():
    first, second = crds(), crds()
    first[0]["spec"]["group"] = "changed"

    assert json.dumps(second) == json.dumps(crds())


@pytest.mark.parametrize("crd", crds() + others(), ids=lambda crd: crd["metadata"]["name"])
def test_a_server_takes_each_definition_as_it_is(crd):
    """Neither refused, pruned nor completed."""
    admission = BuiltInAdmission(CUSTOM_RESOURCE_DEFINITIONS)
    body = copy.deepcopy(crd)
    admission.prepare(body)

    assert crd == body
    assert () == tuple(admission.problems(body, None))


def test_definitions_name_themselves_as_the_server_demands():
    for crd in crds() + others():
        spec = crd["spec"]
        assert f"{spec['names']['plural']}.{spec['group']}" == crd["metadata"]["name"]
        assert ["kubernaut"] == spec["names"]["categories"]
        assert [("v1", True, True)] == [(v["name"], v["served"], v["storage"]) for v in spec["versions"]]
        # What only waits has no state of its own.
        waits = spec["names"]["kind"] == "AuditOutbox"
        assert (None if waits else {"status": {}}) == spec["versions"][0].get("subresources")


@pytest.mark.parametrize("crd", crds() + others(), ids=lambda crd: crd["spec"]["names"]["kind"])
def test_columns_show_fields_that_exist(crd):
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    paths = {path for path, _ in nodes(schema)} | {".metadata.creationTimestamp"}
    columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]

    assert columns
    assert {column["jsonPath"] for column in columns} <= paths


def test_the_alert_of_others_keeps_any_content():
    (crd,) = others()
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    assert "alertremediations.kubernaut.io" == crd["metadata"]["name"]
    assert schema["properties"]["spec"]["x-kubernetes-preserve-unknown-fields"] is True


@attrs.frozen(kw_only=True)
class _Plain:
    """No limits."""

    text: str = ""


@attrs.frozen(kw_only=True)
class _Text:
    """A text without end."""

    text: str = prop("Endless.")


@attrs.frozen(kw_only=True)
class _Number:
    """A number without end."""

    share: float = prop("Endless.", minimum=0)


@attrs.frozen(kw_only=True)
class _List:
    """A list without end."""

    names: tuple[str, ...] = prop("Endless.", items=Limits(doc="Name.", max_length=3))


@attrs.frozen(kw_only=True)
class _Items:
    """A list of unknown items."""

    names: tuple[str, ...] = prop("Endless.", max_items=3)


@attrs.frozen(kw_only=True)
class _Map:
    """A map without end."""

    labels: StrMap = prop("Endless.", values=Limits(doc="Value.", max_length=3))


@attrs.frozen(kw_only=True)
class _Odd:
    """A type JSON doesn't have."""

    data: bytes = prop("Endless.", max_length=3)


@attrs.frozen(kw_only=True)
class _Words:
    """A text of a few words."""

    word: str = prop("One of two.", max_length=3, enum=("yes", "no"))


@pytest.mark.parametrize(("cls", "message"), [
    (_Plain, "_Plain.text has no description"), (_Text, "no max_length"), (_Number, "no minimum or no maximum"),
    (_List, "no max_items"), (_Items, "have no limits"), (_Map, "no max_properties"), (_Odd, "of type bytes"),
])
def test_a_model_field_without_limits_is_refused_by_name(cls, message):
    with pytest.raises(TypeError, match=message):
        spec_schema(cls)


def test_words_that_limits_list_become_an_enum():
    assert ["yes", "no"] == spec_schema(_Words)["properties"]["word"]["enum"]
