"""Strict loading: every problem at once, each with its place, its value and what is allowed; flags over all."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.flaws import ConfigurationError
from wfcontroller.configuration.keys import entries_of
from wfcontroller.configuration.loading import MAX_FILE_BYTES, load, read
from wfcore.model.enums import ApprovalPolicy

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
VARIABLES = [entry.key.variable for entry in entries_of(ControllerConfig)]


def flaws(text: str | None = None, environment: Any = None, overrides: Any = None,
          config: type = ControllerConfig) -> list[str]:
    """What is said of a configuration, a line each."""
    try:
        load(config, text, "wf.yaml", environment or {}, overrides)
    except ConfigurationError as error:
        return str(error).splitlines()
    return []


def test_every_problem_is_said_at_once_and_with_its_place() -> None:
    text = """\
mode: Watch
timeouts:
  step: 30
  planing: 3s
workers: 0
customActions:
- actionType: flush
- {actionType: flush, idempotent: maybe, colour: red}
- 7
"""
    assert [
        "wf.yaml:1:7: mode: expected Execute or Observe, got 'Watch' (BadFormat)",
        "wf.yaml:3:9: timeouts.step: expected a duration like 90s or 1h30m, from 1s to 24h, got 30 (WrongType)",
        "wf.yaml:4:12: timeouts.planing: unknown key; did you mean timeouts.planning? (UnknownKey)",
        "wf.yaml:5:10: workers: expected a whole number from 1 to 256, got 0 (OutOfRange)",
        "wf.yaml:8:50: customActions[1].colour: unknown; allowed are actionType and idempotent (UnknownKey)",
        "wf.yaml:8:16: customActions[1].actionType: 'flush' is declared twice; remove one (Duplicate)",
        "wf.yaml:8:35: customActions[1].idempotent: expected true or false, got 'maybe' (WrongType)",
        "wf.yaml:9:3: customActions[2]: expected an object {actionType, idempotent}, got 7 (WrongType)",
        "WF_HEALTH_PORT: health.port: expected a whole number from 0 to 65535, got 'http' (BadFormat)",
        "WF_WORKER: no such setting; did you mean WF_WORKERS? (UnknownKey)",
        "--selector: selector: expected a label selector like app=web,tier in (a,b), got '=,' (BadFormat)",
    ] == flaws(text, {"WF_WORKER": "3", "WF_HEALTH_PORT": "http"}, {"selector": "=,"})


def test_the_documentation_quotes_what_is_really_said() -> None:
    quoted = re.search(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1].splitlines()
    text = "# Ours\napproval:\n  policy: Allways\ntimeouts:\n  planing: 5s\n"

    assert quoted == flaws(text, {"WF_WORKERS": "0"})


@pytest.mark.parametrize(("text", "said"), [
    ("aproval: {policy: Always}", "1:10: aproval: unknown key; did you mean approval? (UnknownKey)"),
    ("maxParallelSteps: 3", "1:19: maxParallelSteps: unknown key; did you mean limits.maxParallelSteps? (UnknownKey)"),
    ("xyzzy: 3", "1:8: xyzzy: unknown key (UnknownKey)"),
    ("approval.policy: Always", '1:18: $["approval.policy"]: unknown key; nest it: approval: policy: ... (UnknownKey)'),
    ("workers: {count: 3}", "1:10: workers: expected a whole number from 1 to 256, got an object (WrongType)"),
    ("health: 8080", "1:9: health: expected host, port below it, got 8080 (WrongType)"),
    ("workers:", "1:9: workers: no value; give one, or remove the key for its default (Missing)"),
    ("workers: 3\nworkers: 4",
     "2:10: workers: key 'workers' is given twice, also in line 1; remove one (DuplicateKey)"),
    ("- a", "1:1: expected keys with their values, got a list (WrongType)"),
    ("workers: 3\n---\nworkers: 4", "3:1: a second document; a configuration is one (TooMany)"),
    ("workers: [", "2:1: while parsing a flow node, did not find expected node content (InvalidYAML)"),
])
def test_what_is_no_configuration_is_refused_with_its_place(text: str, said: str) -> None:
    assert [f"wf.yaml:{said}"] == flaws(text)


@pytest.mark.parametrize("text", [None, "", "# nothing", "---\n", "{}", "limits:\n#  maxParallelSteps: 3"])
def test_a_file_that_says_nothing_is_the_defaults(text: str | None) -> None:
    assert ControllerConfig() == load(ControllerConfig, text, "f", {})


@pytest.mark.parametrize(("key", "bad"), [
    ("workers", "true"), ("workers", "'4'"), ("workers", "4.0"), ("workers", "1e3"), ("timeouts.step", "5"),
    ("timeouts.step", "-5m"), ("timeouts.step", "5 minutes"), ("timeouts.step", "25h"), ("timeouts.step", "0s"),
    ("allowInlineSecrets", "'true'"), ("allowInlineSecrets", "1"), ("history.minConfidence", "1.01"),
    ("history.minConfidence", "true"), ("history.minConfidence", "high"), ("trustedNamespaces", "shop"),
    ("trustedNamespaces", "['*']"), ("trustedNamespaces", "[Shop]"), ("watchNamespaces", "[a b]"),
    ("approval.policy", "OverSteps"), ("approval.policy", "OverSteps(-1)"), ("approval.policy", "{OverSteps: 501}"),
    ("approval.policy", "{Always: 1}"), ("approval.policy", "always"), ("approval.policy", "OverSteps(9999)"),
    ("mode", "[Observe]"), ("executor.lease", "A_B"), ("customActions", "flush"), ("controllerNamespace", "''"),
    ("kubernetes.context", '"a\\nb"'), ("kubernetes.context", "5"),
])
def test_a_value_of_another_kind_is_refused_under_its_key(key: str, bad: str) -> None:
    section, _, name = key.rpartition(".")
    said = flaws(f"{section}: {{{name}: {bad}}}" if section else f"{name}: {bad}")

    assert 1 == len(said)
    assert re.match(rf"wf\.yaml:1:\d+: {re.escape(key)}[:\[]", said[0])


@pytest.mark.parametrize(("variable", "bad"), [
    ("WF_WORKERS", ""), ("WF_WORKERS", "four"), ("WF_WORKERS", "1_0"), ("WF_WORKERS", "٤"), ("WF_TIMEOUTS_STEP", "5"),
    ("WF_ALLOW_INLINE_SECRETS", "yes"), ("WF_HISTORY_MIN_CONFIDENCE", "nan"), ("WF_WATCH_NAMESPACES", "a,,b"),
    ("WF_CUSTOM_ACTIONS", "flush"), ("WF_CUSTOM_ACTIONS", "["), ("WF_CUSTOM_ACTIONS", "[]\n---\n[]"),
    ("WF_DATABASE_URL", " "), ("WF_MODE", "observe"),
])
def test_a_variable_with_a_value_of_another_kind_is_refused_by_its_name(variable: str, bad: str) -> None:
    said = flaws(environment={variable: bad})

    assert [variable] == [line.split(":")[0] for line in said]


@pytest.mark.parametrize(("policy", "means"), [
    ("Always", (ApprovalPolicy.ALWAYS, 10)), ("OverSteps(3)", (ApprovalPolicy.OVER_STEPS, 3)),
    ("{OverSteps: 3}", (ApprovalPolicy.OVER_STEPS, 3)), ("Requested", (ApprovalPolicy.REQUESTED, 10))])
def test_the_approval_policy_may_name_a_number_of_steps(policy: str, means: object) -> None:
    engine = load(ControllerConfig, f"approval: {{policy: {policy}}}", "f", {}).engine

    assert means == (engine.approval_policy, engine.approval_over_steps)


def test_a_flag_wins_over_the_environment_and_that_over_the_file() -> None:
    text, environment = "selector: a=file\nworkers: 2", {"WF_SELECTOR": "a=variable", "WF_WORKERS": "3"}
    loaded = [load(ControllerConfig, t, "f", e, o).runtime for t, e, o in (
        (text, {}, {}), (text, environment, {"selector": None}), (text, environment, {"selector": "a=flag"}))]

    assert [("a=file", 2), ("a=variable", 3), ("a=flag", 3)] == [(one.selector, one.workers) for one in loaded]


def test_a_policy_without_steps_replaces_one_with_steps_whole() -> None:
    engine = load(ControllerConfig, "approval: {policy: OverSteps(3)}", "f", {"WF_APPROVAL_POLICY": "Always"}).engine

    assert (ApprovalPolicy.ALWAYS, 10) == (engine.approval_policy, engine.approval_over_steps)


def test_a_wrong_value_is_a_problem_even_where_a_stronger_one_replaces_it() -> None:
    assert ["wf.yaml:1:10"] == [line.split(": ")[0] for line in flaws("workers: 0", {"WF_WORKERS": "3"})]


@pytest.mark.parametrize(("text", "first", "said"), [
    ("leaderElection: {leaseDuration: 10s}", "wf.yaml:1:33: leaderElection.renewDeadline", "has to be shorter"),
    ("leaderElection: {retryPeriod: 9s}", "wf.yaml:1:31: leaderElection.renewDeadline", "1.2 times as long"),
    ("monitoring: {stabilityWindow: 11m}", "wf.yaml:1:31: monitoring.stabilityWindow", "would ever succeed"),
    ("retries: {backoffBase: 6m}", "wf.yaml:1:24: retries.backoffBase", "more than the cap of 5m"),
    ("watch: {retryFirst: 31s}", "wf.yaml:1:21: watch.retryFirst", "more than 30 s"),
    ("metrics: {tlsKeyFile: /k}", "wf.yaml:1:23: metrics.tlsCertFile", "HTTPS needs both"),
    ("metrics: {port: 8080}", "wf.yaml:1:17: metrics.port", "both are 8080"),
])
def test_values_that_contradict_each_other_are_refused_where_one_was_given(text: str, first: str, said: str) -> None:
    (line,) = flaws(text)

    assert line.startswith(f"{first}: ")
    assert said in line


@pytest.mark.parametrize("text", [
    "metrics: {port: 8080, host: 10.0.0.1}\nhealth: {host: 127.0.0.1}", "metrics: {port: 0}\nhealth: {port: 0}",
    "leaderElection: {leaseDuration: 11s}", "retries: {backoffBase: 5m}", "monitoring: {stabilityWindow: 10m}",
    "metrics: {tlsCertFile: /c, tlsKeyFile: /k}", "watch: {retryFirst: 30s}"])
def test_values_that_only_just_agree_are_taken(text: str) -> None:
    assert [] == flaws(text)


def test_a_key_that_is_wrong_itself_is_not_said_to_contradict_others() -> None:
    assert 1 == len(flaws("leaderElection: {renewDeadline: 1}", {"WF_LEADER_ELECTION_LEASE_DURATION": "5s"}))


def test_the_url_of_the_database_stands_in_one_place() -> None:
    said = flaws("database: {urlFile: /run/url}", {"WF_DATABASE_URL": "postgresql://u:hunter2@h/db"})

    assert ["WF_DATABASE_URL: database.url: both are given; the URL stands in one of them (Contradiction)"] == said


# What Kubernetes tells a container of the Services wf-controller, wf-metrics and wf-executor in its namespace.
INJECTED = {
    **{f"{name}{suffix}": value for name in ("WF_CONTROLLER", "WF_METRICS", "WF_EXECUTOR") for suffix, value in {
        "_SERVICE_HOST": "10.0.0.1", "_SERVICE_PORT": "9090", "_SERVICE_PORT_METRICS": "9090",
        "_PORT": "tcp://10.0.0.1:9090", "_PORT_9090_TCP": "tcp://10.0.0.1:9090", "_PORT_9090_TCP_PROTO": "tcp",
        "_PORT_9090_TCP_PORT": "9090", "_PORT_9090_TCP_ADDR": "10.0.0.1"}.items()},
    "KUBERNETES_SERVICE_HOST": "10.0.0.1", "PATH": "/bin"}


def test_what_kubernetes_says_of_services_is_nobodys_setting() -> None:
    assert ControllerConfig() == load(ControllerConfig, None, "", INJECTED)
    assert 9999 == load(ControllerConfig, None, "", {**INJECTED, "WF_METRICS_PORT": "9999"}).metrics.port


def test_a_variable_of_no_service_is_not_passed_over_because_it_looks_alike() -> None:
    alone = {"WF_METRICS_PORT": "tcp://10.0.0.1:9090", "WF_CONTROLLER_PORT": "tcp://10.0.0.1:9090"}

    assert ["WF_CONTROLLER_PORT", "WF_METRICS_PORT"] == [line.split(":")[0] for line in flaws(environment=alone)]
    assert ["WF_CONTROLLER_SPORT"] == [line.split(":")[0] for line in flaws(
        environment={**INJECTED, "WF_CONTROLLER_SPORT": "1"})]


def test_no_key_can_be_mistaken_for_what_names_a_service() -> None:
    assert [] == [name for name in VARIABLES if re.search(r"SERVICE_(HOST|PORT)|PORT_[0-9]", name)]


def test_the_file_is_named_by_the_flag_or_else_by_its_variable(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("workers: 1")
    two.write_bytes(b"\xef\xbb\xbfworkers: 2")

    assert [4, 1, 2] == [read(ControllerConfig, name, environment).runtime.workers for name, environment in (
        (None, {}), (None, {"WF_CONFIG": str(one)}), (str(two), {"WF_CONFIG": str(one)}))]


@pytest.mark.parametrize(("data", "said"), [
    (None, "No such file or directory (Unreadable)"),
    (b"a: 1\nb: \xff", ":2:1: a configuration is UTF-8 text (NotUTF8)"),
    (b"#" * (MAX_FILE_BYTES + 1), "bytes (TooLarge)")])
def test_a_file_that_cannot_be_read_is_a_problem_with_its_name(data: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wf.yaml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        read(ControllerConfig, str(file), {})

    assert str(caught.value).startswith(str(file))
    assert str(caught.value).endswith(said)


def test_the_executor_has_keys_of_its_own() -> None:
    loaded = load(ExecutorConfig, "reportMargin: 2s", "f", {"WF_PARALLELISM": "3"}, {"watchNamespace": "shop"}).executor

    assert (timedelta(seconds=2), 3, "shop", True) == (
        loaded.margin, loaded.parallelism, loaded.watch_namespace, loaded.heartbeat)
    assert ["wf.yaml:1:10: workers: unknown key (UnknownKey)"] == flaws("workers: 3", config=ExecutorConfig)


@given(text=st.text(max_size=60) | st.lists(st.sampled_from(
    ["approval", "policy", ": ", "\n  ", "workers", "[", "]", "{", "}", "*a", "&a ", "- ", "5m", "!!int "]),
    max_size=12).map("".join), variable=st.sampled_from(VARIABLES), value=st.text(max_size=20))
def test_no_input_is_worse_than_refused(text: str, variable: str, value: str) -> None:
    for config in (ControllerConfig, ExecutorConfig):
        assert all(" (" in line for line in flaws(text, {variable: value}, config=config))
