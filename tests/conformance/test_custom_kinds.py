"""What a CustomResourceDefinition asks of its objects: pruning, defaults, schema, CEL; and its own life."""

from __future__ import annotations

import copy

import pytest
from attrs import evolve

from wfcontroller.api import ApiError
from wfcore.resources import CUSTOM_RESOURCE_DEFINITIONS

from .gadgets import DEFINITION, GADGETS, Place, refusal, served, until

UNCHECKED = ("<nil>", ("Invalid value: null: some validation rules were not checked because the object was invalid;"
                       " correct the existing errors to complete validation"))


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
    ({"label": "ABCDEF"}, "spec.label", "Too long: may not be more than 5 bytes"),
    ({"port": True}, "spec.port",
     'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'),
    ({"maybe": 5}, "spec.maybe", 'Invalid value: "integer": spec.maybe in body must be of type string: "integer"'),
    ({"when": "noon"}, "spec.when", 'Invalid value: "noon": spec.when in body must be of type date-time: "noon"'),
    ({"when": "2016-12-31T23:59:60Z"}, "spec.when", None),
    ({"when": "2026-01-01"}, "spec.when", None),
    ({"when": "2026-02-30T00:00:00Z"}, "spec.when", None),
    ({"pause": "soon"}, "spec.pause", 'Invalid value: "soon": spec.pause in body must be of type duration: "soon"'),
    ({"pause": "5"}, "spec.pause", None),
    ({"pause": ""}, "spec.pause", None),
    ({"blob": "%"}, "spec.blob", 'Invalid value: "%": spec.blob in body must be of type byte: "%"'),
    ({"blob": "aGk"}, "spec.blob", None),
    ({"blob": ""}, "spec.blob", None),
    ({"set": ["a", "b", "a"]}, "spec.set[2]", 'Duplicate value: "a"'),
    ({"set": list("abcd")}, "spec.set", "Too many: 4: must have at most 3 items"),
    ({"tags": {"a": "long"}}, "spec.tags.a", "Too long: may not be more than 3 bytes"),
    ({"tags": {"a": "1", "b": "2", "c": "3"}}, "spec.tags", "Too many: 3: must have at most 2 items"),
    ({"parts": [{"id": 1}, {"id": 2}, {"id": 1}]}, "spec.parts[2]", 'Duplicate value: {"id":1}'),
    ({"parts": [{"id": 1}, {}]}, "spec.parts[1].id", "Required value"),
    ({"parts": ["x"]}, "spec.parts[0]", None),
    ({"template": {"apiVersion": "v1"}}, "spec.template.kind", "Required value"),
])
def test_each_violation_names_its_field(run, place, spec, field, message):
    error = run(refusal(place.gadget(**spec)))

    assert (422, "Invalid", field) == (error.status, error.reason, error.causes[0][0])
    assert message in (None, error.causes[0][1])


@pytest.mark.parametrize("spec", [
    {"port": 80}, {"port": "http"}, {"when": "2026-01-01T00:00:00Z"}, {"when": "2026-01-01T00:00:00.5+02:00"},
    {"pause": "1m30s"}, {"pause": "5 minutes"}, {"pause": "1d"}, {"pause": "2 weeks"}, {"blob": "aGk="},
    {"ratio": 0.5}, {"ratio": 0.7, "size": 10 - 1}, {"limits": {"cpu": 1}}, {"namespace": "team", "max-size": 3},
    {"tags": {"owner": "us"}}, {"parts": [{"id": 1}, {"id": 2, "after": [1]}]},
])
def test_what_the_schema_allows_is_accepted(run, place, spec):
    made = run(place.gadget(**spec))["spec"]

    assert spec.keys() <= made.keys()
    assert all(made[key] == value for key, value in spec.items() if key != "parts")


def test_all_problems_are_reported_at_once(run, place):
    error = run(refusal(place.gadget(colour="blue", size=0, ratio=-1)))

    assert ["<nil>", "spec.colour", "spec.ratio", "spec.size"] == sorted(field for field, _ in error.causes)
    assert UNCHECKED == error.causes[-1]
    assert error.message.startswith('Gadget.test.kubernaut.io "g" is invalid: [')


@pytest.mark.parametrize(("spec", "cause"), [
    ({"parts": [{"id": 1, "after": [1]}]},
     ("spec.parts[0].after", "Invalid value: a part cannot come after itself")),
    ({"parts": [{"id": 1, "after": [2]}]}, ("spec", "Invalid value: every after names a part")),
    ({"limits": {"a": 1, "b": 0}}, ("spec.limits[b]", "Invalid value: 0: failed rule: self > 0")),
    ({"namespace": "kube-system"}, ("spec", "Duplicate value")),
    ({"max-size": 2}, ("spec", "Invalid value: size is over by one")),
    ({"ratio": 0.75}, ("spec", "Invalid value: ratio must stay below 0.75")),
    ({"ratio": 1}, ("spec", "Invalid value: ratio must stay below 0.75")),
    ({"when": "2019-12-31T00:00:00Z"}, ("spec", "Invalid value: too long ago")),
    ({"tags": {"owner": "you"}}, ("spec", "Required value: not yours")),
    ({"size": 10}, ("spec", "Invalid value: starts smaller")),
    ({"maybe": "odd"}, ("spec", "Invalid value: odd")),
    ({"maybe": "even"}, ("spec", "Invalid value: failed rule: !has(self.maybe) || self.maybe != 'even'")),
])
def test_rules_are_evaluated_where_they_sit(run, place, spec, cause):
    assert (cause,) == run(refusal(place.gadget(**spec))).causes


def test_a_rule_that_does_not_evaluate_refuses(run, place):
    error = run(refusal(place.gadget(tags={"bad": "x"})))

    assert (("spec", 'Invalid value: "object": no such key: missing evaluating rule: bad tag'),) == error.causes


def test_an_instant_that_is_no_timestamp_fails_the_rules_that_compare_it(run, place):
    """What the format lets pass, the rules of CEL do not read."""
    error = run(refusal(place.gadget(when="2026-01-01t00:00:00z")))

    assert ["spec"] == [field for field, _ in error.causes]
    assert error.causes[0][1].endswith(" evaluating rule: too long ago")


@pytest.mark.parametrize("wrong", [
    {"size": "s"}, {"colour": "blue"}, {"colour": None}, {"label": "abcdef"}, {"set": list("abcd")}, {"when": "noon"},
    {"parts": [{}]},
])
def test_no_rule_runs_on_an_object_of_the_wrong_shape(run, place, wrong):
    error = run(refusal(place.gadget(**{**wrong, "tags": {"owner": "you"}})))

    assert 2 == len(error.causes)
    assert UNCHECKED == error.causes[1]


@pytest.mark.parametrize("wrong", [{"size": 0}, {"label": "A"}, {"ratio": -1}, {"set": ["a", "a"]}])
def test_rules_run_beside_what_is_only_out_of_bounds(run, place, wrong):
    error = run(refusal(place.gadget(**wrong, tags={"owner": "you"})))

    assert 2 == len(error.causes)
    assert ("spec", "Required value: not yours") == error.causes[1]


@pytest.mark.parametrize(("type_meta", "status", "said"), [
    ({"kind": "Widget"}, 422, 'kind: Invalid value: "Widget": must be Gadget'),
    ({"apiVersion": "test.kubernaut.io/v2"}, 400,
     "the API version in the data (test.kubernaut.io/v2) does not match the expected API version"),
])
def test_a_body_is_of_the_kind_it_is_sent_as(run, place, type_meta, status, said):
    body = place.body("g", spec={"colour": "red", "size": 1}, **type_meta)
    error = run(refusal(place.api.create(GADGETS, body)))

    assert status == error.status
    assert said in error.message


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


def definition(word="widget", **version):
    body = copy.deepcopy(DEFINITION)
    body["metadata"]["name"] = f"{word}s.test.kubernaut.io"
    kind = word.capitalize()
    body["spec"]["names"].update(kind=kind, listKind=f"{kind}List", plural=f"{word}s", singular=word)
    body["spec"]["versions"][0].update(version)
    return body


def resource_of(word):
    return evolve(GADGETS, kind=word.capitalize(), plural=f"{word}s")


async def define(api, body):
    await api.create(CUSTOM_RESOURCE_DEFINITIONS, body)

    async def established():
        made = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])
        return {"Established": "True"}.items() <= {
            c["type"]: c["status"] for c in made.get("status", {}).get("conditions") or ()}.items()

    await until(established)
    await served(api, body)


async def redefine(api, body, edit):
    """Change the schema of a definition's spec."""
    while True:
        made = await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])
        edit(made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])
        try:
            await api.update(CUSTOM_RESOURCE_DEFINITIONS, made)
        except ApiError as error:
            if error.status != 409:  # a controller writes its status
                raise
        else:
            return


async def in_time(request):
    """The answer, or None while there is no storage for the kind."""
    try:
        return await request
    except ApiError as error:
        if error.status not in (404, 429, 503):
            raise
        return None


def test_a_definition_makes_its_kind_available_and_takes_it_along(run, api):
    body, widgets = definition("transient"), resource_of("transient")

    async def story():
        place = await Place.fresh(api)
        assert 404 == (await refusal(place.make(widgets, "w", spec={"colour": "red"}))).status
        for _ in range(2):
            await define(api, body)
            assert () == (await api.list(widgets)).items
            await place.make(widgets, "w", spec={"colour": "red"})
            await api.delete(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])

            async def withdrawn():
                try:
                    await api.get(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])
                except ApiError as error:
                    return error.status == 404
                return False

            await until(withdrawn)
        assert 404 == (await refusal(api.list(widgets))).status

    run(story())


def test_a_changed_definition_applies_to_the_next_write(run, api):
    body, widgets = definition("changing"), resource_of("changing")

    async def story():
        place = await Place.fresh(api)
        await define(api, body)
        await redefine(api, body, lambda properties: properties["size"].update(default=7))

        async def applied():
            request = api.create(widgets, place.body("w", spec={"colour": "red"}), dry_run=True)
            made = await in_time(request)
            return made is not None and made["spec"]["size"] == 7

        await until(applied)
        assert await applied()
        await api.delete(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])

    run(story())


def test_what_was_stored_before_reads_as_the_new_definition_has_it(run, api):
    """An engine that is newer than its objects sees its own defaults, and never what it no longer knows."""
    body, widgets = definition("evolving"), resource_of("evolving")

    def edit(properties):
        properties["fresh"] = {"type": "integer", "default": 7}
        properties.pop("blob")

    async def story():
        place = await Place.fresh(api)
        await define(api, body)
        old = await place.make(widgets, "w", spec={"colour": "red", "blob": "aGk="})
        await redefine(api, body, edit)

        async def applied():
            read = await in_time(place.get(widgets, "w"))
            return read is not None and read["spec"].get("fresh") == 7

        await until(applied)
        new = await place.get(widgets, "w")
        assert ({"fresh": 7}, {"blob": "aGk="}) == (
            {k: v for k, v in new["spec"].items() if k not in old["spec"]},
            {k: v for k, v in old["spec"].items() if k not in new["spec"]})
        for field in ("resourceVersion", "generation", "uid"):
            assert old["metadata"][field] == new["metadata"][field]
        await api.delete(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])

    run(story())


def test_what_was_stored_under_a_looser_definition_stays_writable(run, api):
    """Only a value that changes has to keep to the stricter schema."""
    body, widgets = definition("strict"), resource_of("strict")

    def edit(properties):
        properties["size"]["maximum"] = 5
        properties["colour"]["enum"] = ["green"]
        properties["parts"]["items"]["properties"]["weight"]["maximum"] = 3
        properties["tags"]["additionalProperties"]["maxLength"] = 1
        properties["set"]["maxItems"] = 1

    async def story():
        place = await Place.fresh(api)
        await define(api, body)
        spec = {"colour": "red", "size": 9, "parts": [{"id": 1, "weight": 9}, {"id": 2}], "tags": {"a": "abc"},
                "set": ["a", "b"]}
        await place.make(widgets, "w", spec=spec)
        await redefine(api, body, edit)

        async def stricter():
            fresh = api.create(widgets, place.body("x", spec={"colour": "green", "size": 9}), dry_run=True)
            try:
                return await in_time(fresh) is None and False
            except ApiError as error:
                return error.status == 422

        await until(stricter)
        made = await place.get(widgets, "w")
        # The part is the same although it stands elsewhere: a map list goes by its keys.
        changed = {**made["spec"], "label": "new", "parts": [{"id": 2, "weight": 2}, {"id": 1, "weight": 9}]}
        made = await api.update(widgets, {**made, "spec": changed})
        made = await api.update_status(widgets, {**made, "status": {"phase": "on"}})
        for wrong, field in [
            ({"size": 8}, "spec.size"), ({"tags": {"a": "abd"}}, "spec.tags.a"),
            ({"parts": [{"id": 1, "weight": 8}]}, "spec.parts[0].weight"), ({"set": ["a", "c"]}, "spec.set"),
        ]:
            error = await refusal(api.update(widgets, {**made, "spec": {**made["spec"], **wrong}}))
            assert field == error.causes[0][0]
        await api.delete(CUSTOM_RESOURCE_DEFINITIONS, "", body["metadata"]["name"])

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
    body = definition("other", schema={"openAPIV3Schema": {
        "type": "object", "x-kubernetes-validations": [{"rule": "self +"}]}})
    error = run(refusal(api.create(CUSTOM_RESOURCE_DEFINITIONS, body)))

    assert 422 == error.status
    assert "self +" in error.message
