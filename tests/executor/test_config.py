"""ConfigMaps and Secrets: keys are merged, data is restored exactly, and no value of a Secret leaves it."""

from __future__ import annotations

import base64
import json

import pytest

from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS, SECRETS

from .world import OWN, run

CANARY = base64.b64encode(b"canary-7f3a").decode()
OLD = base64.b64encode(b"canary-old1").decode()
FORGED = base64.b64encode(b'{"of": "ConfigMap default/mine", "part": {"data": {"a": "forged"}}}').decode()


def config_map(**updates):
    return {"updateConfigMap": {"namespace": "default", "name": "settings", "dataUpdates": updates}}


COPY = {"updateSecret": {"namespace": "default", "name": "token", "updates": [
    {"key": "password", "secretKeyRef": {"name": "source", "key": "new"}}]}}
INLINE = {"updateSecret": {"namespace": "default", "name": "token", "dataUpdates": {"password": CANARY}}}


async def secrets(world):
    await world.create(SECRETS, "source", data={"new": CANARY})
    await world.create(SECRETS, "token", data={"password": OLD, "user": "YQ=="})


@pytest.mark.parametrize("content", [
    {"data": {"level": "info", "gone": "later"}}, {}, {"binaryData": {"blob": "AAE="}},
    {"data": {"level": "info"}, "binaryData": {"blob": "AAE="}},
])
def test_a_config_map_gets_its_keys_and_its_compensation_restores_the_data_exactly(content):
    async def scenario(world):
        before = await world.create(CONFIG_MAPS, "settings", **content)
        status = await world.perform("update-configmap", config_map(level="debug", added="x"))

        assert "rollback_ready" == status["phase"]
        assert {**content.get("data", {}), "level": "debug", "added": "x"} == (
            world.one(CONFIG_MAPS, "settings")["data"])
        assert content.get("binaryData") == world.one(CONFIG_MAPS, "settings").get("binaryData")
        # A key that somebody removes and another that somebody adds are restored, too.
        await world.edit(CONFIG_MAPS, "settings", lambda body: body.update(data={"foreign": "1"}))
        assert "completed" == (await world.undo("wf-step-1", "restore-previous-config"))["phase"]
        after = world.one(CONFIG_MAPS, "settings")
        assert [before.get(name) for name in ("data", "binaryData")] == [
            after.get(name) for name in ("data", "binaryData")]

    run(scenario)


def test_keys_that_are_as_wanted_change_nothing():
    async def scenario(world):
        await world.create(CONFIG_MAPS, "settings", data={"level": "debug"})
        status = await world.perform("update-configmap", config_map(level="debug"))

        assert "no" == status["rollbackInformation"]["mutated"]
        assert [] == world.tap.mutations

    run(scenario)


def test_a_key_of_binary_data_is_refused():
    async def scenario(world):
        await world.create(CONFIG_MAPS, "settings", binaryData={"level": "AAE="})
        status = await world.perform("update-configmap", config_map(level="debug"))

        assert "validation_error" == status["failureClass"]
        assert "level in binaryData" in status["errorMessage"]

    run(scenario)


def test_an_immutable_config_map_is_refused_by_the_dry_run_and_counts_as_unchanged():
    async def scenario(world):
        await world.create(CONFIG_MAPS, "settings", data={"level": "info"}, immutable=True)
        status = await world.perform("update-configmap", config_map(level="debug"))

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert "no" == status["rollbackInformation"]["mutated"]

    run(scenario)


@pytest.mark.parametrize(("parameters", "inline"), [(COPY, False), (INLINE, True)])
def test_a_secret_gets_its_keys_and_its_compensation_restores_the_data_exactly(parameters, inline):
    async def scenario(world):
        await secrets(world)
        status = await world.perform("update-secret", parameters)

        assert "rollback_ready" == status["phase"]
        assert "digest" not in status["rollbackInformation"]  # short values could be guessed from it
        assert {"password": CANARY, "user": "YQ=="} == world.one(SECRETS, "token")["data"]
        await world.undo("wf-step-1", "restore-previous-config")
        assert {"password": OLD, "user": "YQ=="} == world.one(SECRETS, "token")["data"]

    run(scenario, allow_inline_secrets=inline)


def test_no_value_of_a_secret_ever_reaches_a_status():
    """Success, refusal by the server, and compensation, in every version of every status."""
    async def scenario(world):
        await secrets(world)
        await world.perform("update-secret", COPY)
        await world.undo("wf-step-1", "restore-previous-config")
        await world.edit(SECRETS, "token", lambda body: body.update(immutable=True))
        refused = await world.perform("update-secret", COPY, number=2)

        assert "validation_error" == refused["failureClass"]
        assert "withheld" in refused["errorMessage"]
        told = json.dumps([item.get("status") for _, item in world.history(KUBERNETES_EXECUTIONS)])
        for value in (CANARY, OLD):
            assert value not in told
            assert base64.b64decode(value).decode() not in told

    run(scenario)


def test_inline_values_are_refused_unless_the_operator_allows_them():
    async def scenario(world):
        await secrets(world)
        status = await world.perform("update-secret", INLINE)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert "secretKeyRef" in status["errorMessage"]
        assert OLD == world.one(SECRETS, "token")["data"]["password"]

    run(scenario)


@pytest.mark.parametrize(("reference", "complaint"), [
    ({"name": "nowhere", "key": "new"}, "default/nowhere, which secretKeyRef names, does not exist"),
    ({"name": "source", "key": "other"}, "has no key 'other'; it has: new"),
])
def test_a_source_that_is_not_there_is_named(reference, complaint):
    async def scenario(world):
        await secrets(world)
        status = await world.perform("update-secret", {"updateSecret": {
            "namespace": "default", "name": "token", "updates": [{"key": "k", "secretKeyRef": reference}]}})

        assert "resource_not_found" == status["failureClass"]
        assert complaint in status["errorMessage"]

    run(scenario)


def restoring(snapshot, kind="ConfigMap", name="mine"):
    return {"kind": "rollback", "number": 2, "rollback": ("restore-previous-config", {"restorePreviousConfig": {
        "namespace": "default", "name": name, "type": kind, "snapshot": snapshot}})}


def test_a_snapshot_restores_only_the_object_it_was_taken_of():
    """Otherwise a workflow could name another's snapshot and read a Secret out of its own ConfigMap."""
    async def scenario(world):
        await secrets(world)
        await world.create(CONFIG_MAPS, "mine", data={"a": "b"})
        taken = (await world.perform("update-secret", COPY))["rollbackInformation"]["parameters"]
        snapshot = taken["restorePreviousConfig"]["snapshot"]
        status = await world.perform("update-configmap", **restoring(snapshot))

        assert ("failed", "permission_denied") == (status["phase"], status["failureClass"])
        assert {"a": "b"} == world.one(CONFIG_MAPS, "mine")["data"]

    run(scenario)


@pytest.mark.parametrize(("snapshot", "failure_class"), [
    ("nowhere", "resource_not_found"), ("foreign", "permission_denied"), ("", "validation_error")])
def test_only_snapshots_of_this_executor_are_read(snapshot, failure_class):
    async def scenario(world):
        await world.create(CONFIG_MAPS, "mine", data={"a": "b"})
        await world.create(SECRETS, "foreign", OWN, data={"captured.json": FORGED})
        options = restoring(snapshot)
        if not snapshot:
            del options["rollback"][1]["restorePreviousConfig"]["snapshot"]
        status = await world.perform("update-configmap", **options)

        assert ("failed", failure_class) == (status["phase"], status["failureClass"])
        assert {"a": "b"} == world.one(CONFIG_MAPS, "mine")["data"]

    run(scenario)
