"""The table of keys: complete, unambiguous, true to the code's defaults, and each key sets its own field alone."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.described import as_file, describe, refreshed
from wfcontroller.configuration.environment import FILE_VARIABLE
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.flaws import ConfigurationError
from wfcontroller.configuration.keys import Entry, entries_of
from wfcontroller.configuration.loading import load
from wfcontroller.configuration.secret import Secret
from wfcontroller.executor.settings import ExecutorSettings
from wfcontroller.run.session import DRAIN_EVERY
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.pacing import Pacing
from wfcore.settings import PROTECTED_NAMESPACES, Settings

from .others import COMPANIONS, CONFIGS, KEYS, as_text, other

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
# The binary always renews its Lease, and faults are injected by `wfctl run` alone.
NOT_CONFIGURABLE = {("executor", "heartbeat"), ("executor", "fail")}
each_key = pytest.mark.parametrize(("config", "entry"), KEYS, ids=lambda one: getattr(one, "key", one) and (
    one.key.path if isinstance(one, Entry) else one.__name__))


def fields(config: Any) -> dict[tuple[str, str], Any]:
    """Every field of every part with its value."""
    return {(part.name, field.name): getattr(getattr(config, part.name), field.name)
            for part in attrs.fields(type(config)) for field in attrs.fields(type(getattr(config, part.name)))}


def changed(config: Any) -> set[tuple[str, str]]:
    before, after = fields(type(config)()), fields(config)
    return {place for place in before if before[place] != after[place]}


def companions(config: type, entry: Entry) -> set[tuple[str, str]]:
    """The fields that change only along with those of another key, and the second field of a key."""
    along = COMPANIONS.get(entry.key.path)
    return {(one.part, one.fields[0]) for one in entries_of(config) if one.key.path == along} | {
        (entry.part, name) for name in entry.fields[1:]}


def companion(config: type, entry: Entry) -> dict[str, str]:
    """The variable of the key that this one needs."""
    along = COMPANIONS.get(entry.key.path)
    return {one.key.variable: "/tls" for one in entries_of(config) if one.key.path == along}


def nested(path: str, value: Any) -> Any:
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def test_nothing_said_is_the_codes_own_defaults() -> None:
    controller, executor = load(ControllerConfig, None, "", {}), load(ExecutorConfig, None, "", {})

    assert (Settings(), Pacing()) == (controller.engine, controller.pacing)
    assert attrs.evolve(ExecutorSettings(), heartbeat=True) == executor.executor
    assert DRAIN_EVERY == controller.runtime.outbox_drain_interval
    assert inspect.signature(Controller).parameters["workers"].default == controller.runtime.workers
    assert controller.engine.executor_lease == executor.executor.heartbeat_lease


@pytest.mark.parametrize("config", CONFIGS)
def test_every_field_is_set_by_exactly_one_key(config: type) -> None:
    set_by = [(entry.part, name) for entry in entries_of(config) for name in entry.fields]

    assert sorted(set_by) == sorted(fields(config()).keys() - NOT_CONFIGURABLE)


@pytest.mark.parametrize("config", CONFIGS)
def test_no_two_keys_have_a_name_a_variable_or_a_flag_in_common(config: type) -> None:
    keys = [entry.key for entry in entries_of(config)]
    flags = [key.flag for key in keys if key.flag]

    assert len(keys) == len({key.path for key in keys}) == len({key.variable for key in keys} - {FILE_VARIABLE})
    assert len(flags) == len(set(flags))
    assert set() == {key.path for key in keys} & {key.path.rpartition(".")[0] for key in keys}


@each_key
def test_names_are_camel_case_and_capitals(config: type, entry: Entry) -> None:
    assert re.fullmatch(r"[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)?", entry.key.path)
    assert re.fullmatch(r"WF_[A-Z]+(_[A-Z]+)*", entry.key.variable)
    assert entry.key.variable.removeprefix("WF_").replace("_", "") == entry.key.path.replace(".", "").upper()


@each_key
def test_every_key_says_what_it_is_and_what_it_changes(config: type, entry: Entry) -> None:
    assert entry.key.about.endswith(".")
    assert entry.key.effect.endswith(".")
    assert entry.key.kind.allowed


@each_key
def test_a_key_in_the_file_changes_its_own_field_and_no_other(config: type, entry: Entry) -> None:
    if entry.key.is_secret:
        with pytest.raises(ConfigurationError):
            load(config, str(nested(entry.key.path, "postgresql://h/db")), "f", {})
        return
    loaded = load(config, str(nested(entry.key.path, other(config, entry))), "f", companion(config, entry))

    assert {(entry.part, entry.fields[0])} == changed(loaded) - companions(config, entry)


@each_key
def test_a_keys_variable_says_the_same_as_the_file(config: type, entry: Entry) -> None:
    value = other(config, entry)
    by_variable = load(config, None, "", {entry.key.variable: as_text(value), **companion(config, entry)})
    if entry.key.is_secret:
        assert Secret("something-else") == entry.value_in(by_variable)
        return

    assert load(config, str(nested(entry.key.path, value)), "f", companion(config, entry)) == by_variable


@each_key
def test_what_is_written_of_a_value_is_read_as_the_same_value(config: type, entry: Entry) -> None:
    if not entry.key.is_secret:
        for value in (entry.value_in(config()), entry.key.kind.read(other(config, entry))):
            assert value == entry.key.kind.read(entry.key.kind.written(value))


@pytest.mark.parametrize("config", CONFIGS)
def test_a_configuration_written_as_a_file_is_loaded_as_itself(config: type) -> None:
    variables = {e.key.variable: as_text(other(config, e)) for e in entries_of(config)
                 if not e.key.path.startswith(("database", "metrics.tls"))}
    loaded = load(config, None, "", variables)

    assert loaded == load(config, as_file(loaded), "f", {})
    assert config() == load(config, as_file(config()), "f", {})


def test_the_variable_of_the_approval_policy_is_what_the_documentation_says() -> None:
    (row,) = (row for row in describe(ControllerConfig()) if row.path == "approval.policy")

    assert ("WF_APPROVAL_POLICY", "Requested", "Requested") == (row.variable, row.default, row.value)


def test_a_description_shows_values_but_no_secret() -> None:
    rows = describe(load(ControllerConfig, "workers: 9", "f", {"WF_DATABASE_URL": "postgresql://u:hunter2@h/db"}))
    by_path = {row.path: row for row in rows}

    assert ("4", "9") == (by_path["workers"].default, by_path["workers"].value)
    assert ("", "***") == (by_path["database.url"].default, by_path["database.url"].value)
    assert "hunter2" not in str(rows)


def test_the_documentation_has_every_key_as_it_is_declared() -> None:
    """When this fails: `page.write_text(refreshed(page.read_text()))`."""
    page = PAGE.read_text(encoding="utf-8")

    assert refreshed(page) == page
    assert 4 == page.count("<!-- begin") == page.count("<!-- end -->")


def test_nobody_unprotects_a_namespace_by_protecting_another() -> None:
    loaded = load(ControllerConfig, "protectedNamespaces: [vault]", "f", {})

    assert PROTECTED_NAMESPACES | {"vault"} == loaded.engine.protected_namespaces


@pytest.mark.parametrize("config", [ControllerConfig, ExecutorConfig])
def test_trusting_all_namespaces_is_a_star(config: type) -> None:
    loaded = [load(config, text, "f", env) for text, env in (
        ('trustedNamespaces: "*"', {}), (None, {"WF_TRUSTED_NAMESPACES": "*"}), (None, {"WF_TRUSTED_NAMESPACES": ""}))]

    part = "engine" if config is ControllerConfig else "executor"
    assert [None, None, frozenset()] == [getattr(one, part).trusted_namespaces for one in loaded]
