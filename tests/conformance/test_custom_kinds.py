"""What a CustomResourceDefinition asks of its objects: pruning, defaults, schema, CEL; and its own life."""

from __future__ import annotations

import copy

import pytest
from attrs import evolve

from wfcontroller.api import ApiError
from wfcore.resources import CUSTOM_RESOURCE_DEFINITIONS

from .gadgets import DEFINITION, GADGETS, Place, refusal, until


def test_unknown_fields_are_pruned_except_where_they_are_kept(run, place):
    async def story():
        made = await place.api.create(GADGETS, place.body("g", metadata={"strange": 1}, extra=1, spec={
            "colour": "red", "extra": 1, "tags": {"any": "key"}, "parts": [{"id": 1, "extra": 1}],
            "free": {"extra": {"deep": 1}, "known": {"a": 1, "b": 2}},
            "template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "strange": 1}, "more": 1,
                         "spec": {"a": 1, "b": 2}},
        }))
        spec = made["spec"]
        assert ("extra" in made, "extra" in spec, "strange" in made["metadata"]) == (False, False, False)
        assert ({"any": "key"}, [{"id": 1, "weight": 1}]) == (spec["tags"], spec["parts"])
        assert {"extra": {"deep": 1}, "known": {"a": 1}} == spec["free"]
        assert {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"a": 1}} == spec["template"]

    run(story())


def test_defaults_fill_in_what_is_absent_or_null(run, place):
    async def story():
        made = await place.gadget(size=None, label=None, maybe=None, parts=[{"id": 1}], limits={"a": None, "b": 1})
        assert (3, {"limit": 2}, [{"id": 1, "weight": 1}]) == tuple(made["spec"][k] for k in ("size", "retry", "parts"))
        assert ("label" in made["spec"], made["spec"]["maybe"], made["spec"]["limits"]) == (False, None, {"b": 1})

    run(story())


@pytest.mark.parametrize(("spec", "field", "message"), [
    ({"colour": "blue"}, "spec.colour", 'Unsupported value: "blue": supported values: "red", "green"'),
    ({"size": 0}, "spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"),
    ({"size": 11}, "spec.size", "Invalid value: 11: spec.size in body should be less than or equal to 10"),
    ({"size": "s"}, "spec.size", 'Invalid value: "string": spec.size in body must be of type integer: "string"'),
    ({"label": "A"}, "spec.label", "Invalid value: \"A\": spec.label in body should match '^[a-z]+$'"),
    ({"label": "abcdef"}, "spec.label", "Too long: may not be more than 5 bytes"),
    ({"label": ""}, "spec.label", 'Invalid value: "": spec.label in body should be at least 1 chars long'),
    ({"ratio": 0}, "spec.ratio", "Invalid value: 0: spec.ratio in body should be greater than 0"),
    ({"port": True}, "spec.port", None),
    ({"when": "noon"}, "spec.when", None),
    ({"pause": "5 minutes"}, "spec.pause", None),
    ({"blob": "%"}, "spec.blob", None),
    ({"set": ["a", "b", "a"]}, "spec.set[2]", 'Duplicate value: "a"'),
    ({"set": list("abcd")}, "spec.set", "Too many: 4: must have at most 3 items"),
    ({"tags": {"a": "long"}}, "spec.tags.a", "Too long: may not be more than 3 bytes"),
    ({"tags": {"a": "1", "b": "2", "c": "3"}}, "spec.tags", "Too many: 3: must have at most 2 items"),
    ({"parts": [{"id": 1}, {"id": 2}, {"id": 1}]}, "spec.parts[2]", 'Duplicate value: {"id": 1}'),
    ({"parts": [{"id": 1}, {}]}, "spec.parts[1].id", "Required value"),
    ({"parts": ["x"]}, "spec.parts[0]", None),
])
def test_each_violation_names_its_field(run, place, spec, field, message):
    error = run(refusal(place.gadget(**spec)))

    assert (422, "Invalid", field) == (error.status, error.reason, error.causes[0][0])
    assert message in (None, error.causes[0][1])


@pytest.mark.parametrize("spec", [
    {"port": 80}, {"port": "http"}, {"when": "2026-01-01T00:00:00Z"}, {"pause": "1m30s"}, {"blob": "aGk="},
    {"ratio": 0.5}, {"ratio": 0.7, "size": 10 - 1}, {"limits": {"cpu": 1}}, {"namespace": "team", "max-size": 3},
    {"tags": {"owner": "us"}}, {"parts": [{"id": 1}, {"id": 2, "after": [1]}]},
])
def test_what_the_schema_allows_is_accepted(run, place, spec):
    made = run(place.gadget(**spec))["spec"]

    assert spec.keys() <= made.keys()
    assert all(made[key] == value for key, value in spec.items() if key != "parts")


def test_all_problems_are_reported_at_once(run, place):
    error = run(refusal(place.gadget(colour="blue", size=0, ratio=-1)))

    assert ["spec.colour", "spec.ratio", "spec.size"] == sorted(field for field, _ in error.causes)
    assert error.message.startswith('Gadget.test.kubernaut.io "g" is invalid: [')


@pytest.mark.parametrize(("spec", "cause"), [
    ({"parts": [{"id": 1, "after": [1]}]},
     ("spec.parts[0].after", 'Invalid value: "object": a part cannot come after itself')),
    ({"parts": [{"id": 1, "after": [2]}]}, ("spec", 'Invalid value: "object": every after names a part')),
    ({"limits": {"a": 1, "b": 0}}, ("spec.limits.b", "Invalid value: 0: failed rule: self > 0")),
    ({"namespace": "kube-system"}, ("spec", 'Duplicate value: "object"')),
    ({"max-size": 2}, ("spec", 'Invalid value: "object": size is over by one')),
    ({"ratio": 0.75}, ("spec", 'Invalid value: "object": ratio must stay below 0.75')),
    ({"ratio": 1}, ("spec", 'Invalid value: "object": ratio must stay below 0.75')),
    ({"when": "2019-12-31T00:00:00Z"}, ("spec", 'Invalid value: "object": too long ago')),
    ({"tags": {"owner": "you"}}, ("spec", "Required value: not yours")),
    ({"size": 10}, ("spec", 'Invalid value: "object": starts smaller')),
    ({"maybe": "odd"}, ("spec", 'Invalid value: "object": odd')),
    ({"maybe": "even"}, ("spec", "Invalid value: \"object\": failed rule: !has(self.maybe) || self.maybe != 'even'")),
])
def test_rules_are_evaluated_where_they_sit(run, place, spec, cause):
    assert (cause,) == run(refusal(place.gadget(**spec))).causes


def test_a_rule_that_does_not_evaluate_refuses(run, place):
    error = run(refusal(place.gadget(tags={"bad": "x"})))

    assert ["spec"] == [field for field, _ in error.causes]
    assert "rule evaluation error" in error.causes[0][1]
    assert "self.tags.missing" in error.causes[0][1]


def test_an_instant_that_is_no_timestamp_fails_the_rules_that_compare_it(run, place):
    error = run(refusal(place.gadget(when="2016-12-31T23:59:60Z")))

    assert "rule evaluation error" in error.causes[0][1]


def test_no_rule_runs_on_a_value_of_the_wrong_shape(run, place):
    error = run(refusal(place.gadget(size="s", tags={"owner": "you"})))

    assert ["spec.size", "<nil>"] == [field for field, _ in error.causes]
    assert "some validation rules were not checked" in error.causes[1][1]


def test_transition_rules_compare_with_the_old_object(run, place):
    async def story():
        made = await place.gadget(parts=[{"id": 1, "fixed": "a"}, {"id": 2}])
        error = await refusal(place.api.update(GADGETS, {**made, "spec": {**made["spec"], "colour": "green"}}))
        assert (("spec.colour", "Forbidden: colour is immutable"),) == error.causes
        # Members of a map list are the same by their keys, wherever they stand.
        swapped = [{"id": 2, "fixed": "new"}, {"id": 1, "fixed": "b"}]
        error = await refusal(place.api.update(GADGETS, {**made, "spec": {**made["spec"], "parts": swapped}}))
        assert (("spec.parts[1]", "Forbidden: fixed is fixed"),) == error.causes
        grown = await place.api.update(GADGETS, {**made, "spec": {**made["spec"], "size": 10}})
        assert 10 == grown["spec"]["size"]

    run(story())


def test_transition_rules_run_again_for_each_write_of_the_status(run, place):
    async def story():
        made = await place.gadget()
        for count in (1, 2, 3):
            made = await place.api.update_status(GADGETS, {**made, "status": {"count": count}})
        assert 422 == (await refusal(place.api.update_status(GADGETS, {**made, "status": {"count": 0}}))).status

    run(story())


def definition(plural="widgets", **version):
    body = copy.deepcopy(DEFINITION)
    body["metadata"]["name"] = f"{plural}.test.kubernaut.io"
    body["spec"]["names"].update(kind="Widget", listKind="WidgetList", plural=plural, singular="widget")
    body["spec"]["versions"][0].update(version)
    return body


WIDGETS = evolve(GADGETS, kind="Widget", plural="widgets")


async def established(api):
    async def condition():
        made = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", "widgets.test.kubernaut.io")
        return {"Established": "True"}.items() <= {
            c["type"]: c["status"] for c in made.get("status", {}).get("conditions", ())}.items()

    await until(condition)


def test_a_definition_makes_its_kind_available_and_takes_it_along(run, api):
    async def story():
        place = await Place.fresh(api)
        assert 404 == (await refusal(place.make(WIDGETS, "w", spec={"colour": "red"}))).status
        await api.create(CUSTOM_RESOURCE_DEFINITIONS, definition())
        await established(api)
        await place.make(WIDGETS, "w", spec={"colour": "red"})
        await api.delete(CUSTOM_RESOURCE_DEFINITIONS, "", "widgets.test.kubernaut.io")

        async def withdrawn():
            try:
                await api.list(WIDGETS)
            except ApiError as error:
                return error.status == 404
            return False

        await until(withdrawn)
        await api.create(CUSTOM_RESOURCE_DEFINITIONS, definition())
        await established(api)
        assert () == (await api.list(WIDGETS)).items

    run(story())


def test_a_changed_definition_applies_to_the_next_write(run, api):
    async def story():
        place = await Place.fresh(api)
        await api.create(CUSTOM_RESOURCE_DEFINITIONS, definition())
        await established(api)
        made = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", "widgets.test.kubernaut.io")
        schema = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schema["properties"]["spec"]["properties"]["size"]["default"] = 7
        await api.update(CUSTOM_RESOURCE_DEFINITIONS, made)

        async def applied():
            body = place.body("w", spec={"colour": "red"})
            return (await api.create(WIDGETS, body, dry_run=True))["spec"]["size"] == 7

        await until(applied)
        assert await applied()

    run(story())


@pytest.mark.parametrize(("body", "field"), [
    ({**definition(), "metadata": {"name": "other.test.kubernaut.io"}}, "metadata.name"),
    (definition(storage=False), "spec.versions"),
    (definition(schema={}), "spec.versions[0].schema.openAPIV3Schema"),
    ({**definition(), "spec": {}}, "spec.group"),
])
def test_an_inconsistent_definition_is_refused(run, api, body, field):
    error = run(refusal(api.create(CUSTOM_RESOURCE_DEFINITIONS, body)))

    assert 422 == error.status
    assert field in [path for path, _ in error.causes]


def test_a_rule_that_is_not_cel_is_refused_with_the_definition(run, api):
    body = definition(schema={"openAPIV3Schema": {"type": "object", "x-kubernetes-validations": [{"rule": "self +"}]}})
    error = run(refusal(api.create(CUSTOM_RESOURCE_DEFINITIONS, body)))

    assert 422 == error.status
    assert "self +" in error.message
