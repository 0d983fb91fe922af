"""Every series: in one table, within its bound whatever happens, as the documentation and the alert rules say."""

import itertools
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from wfcontroller.telemetry.alerts import ALERTS
from wfcontroller.telemetry.families import (
    CODES,
    CONTROLLER,
    FAMILIES,
    MOST_SERIES,
    PREFIX,
    RESOURCES,
    VERBS,
    WORKFLOWS,
    Kind,
    Own,
    most_series,
)
from wfcontroller.telemetry.metrics import Metrics, Reading
from wfcontroller.telemetry.page import as_markdown
from wfcontroller.telemetry.room import MOST_NAMES
from wfcore.measures.vocabulary import LABELS, Measure, Observation

ROOT = Path(__file__).parents[2]
# What the first specification registers, and what its alerts and dashboards ask for, all with the common prefix.
EXPECTED = {
    "executions_total": {"workflow_name", "outcome"}, "phase_duration_seconds": {"phase"}, "active_executions": set(),
    "steps_created_total": {"workflow_name", "action"}, "steps_completed_total": {"workflow_name", "action", "status"},
    "rollbacks_total": {"workflow_name", "reason"}, "effectiveness_score": set(),
    "safety_validation_total": {"check_type", "result"}, "adaptive_adjustments_total": {"adjustment_type"},
    "errors_total": {"error_type", "phase"}, "created_total": set(), "deleted_total": set(), "active_total": {"phase"},
    "lifecycle_duration_seconds": set(), "validation_failures_total": {"reason"}, "workflow_steps_total": set(),
    "validation_status": {"status"}, "phase_start_timestamp": {"phase"},
}


def samples(metrics, accept="application/openmetrics-text"):
    page, content_type = metrics.render(accept)
    parse = parse_openmetrics if content_type.startswith("application/openmetrics-text") else parse_text
    return [sample for family in parse(page.decode()) for sample in family.samples]


def value(metrics, name, **labels):
    found = [s.value for s in samples(metrics) if s.name == PREFIX + name and s.labels == labels]
    return found[0] if found else None


def everything(metrics):
    """Count every combination of the closed sets, and far more names than there is room for."""
    names = [f"name-{n}" for n in range(300)]
    for family in FAMILIES.values():
        sets = [names if label == "workflow_name" else values for label, values in family.labels.items()]
        if family.read:
            metrics.read(lambda f=family, s=sets: [Reading(f.name, labels) for labels in itertools.product(*s)]
                         if f.name != Own.BUILD and not f.name.startswith("process_") and f.name != Own.OVERFLOWS
                         else [])
        elif family.name == Own.API_REQUESTS:
            for labels in itertools.product(VERBS, RESOURCES, CODES):
                metrics.record(family.name, labels)
        else:
            for labels in itertools.product(*sets):
                metrics.record(family.name, labels)


def test_the_closed_sets_leave_room_for_no_more_than_five_hundred_series():
    assert most_series() <= MOST_SERIES


@pytest.mark.parametrize("accept", ["application/openmetrics-text", "text/plain"])
def test_there_are_never_more_series_than_that_whatever_is_counted(accept):
    metrics = Metrics()
    everything(metrics)
    found = samples(metrics, accept)

    assert MOST_SERIES - 40 < len(found) <= MOST_SERIES
    assert len(found) == len({(s.name, *sorted(s.labels.items())) for s in found})


def test_every_measure_has_one_family_with_its_labels():
    assert {*Measure, *Own} == set(FAMILIES)
    assert len(FAMILIES) == len(WORKFLOWS) + len(CONTROLLER)
    assert {m.value: dict(LABELS[m]) for m in Measure} == {f.name: dict(f.labels) for f in WORKFLOWS}


def test_a_counter_is_named_a_total_and_a_histogram_has_ascending_buckets():
    for family in FAMILIES.values():
        assert family.name.endswith("_total") or family.kind is not Kind.COUNTER
        assert (family.kind is Kind.HISTOGRAM) is bool(family.buckets)
        assert sorted(set(family.buckets)) == list(family.buckets)


def test_what_was_specified_first_is_there_with_its_labels():
    assert EXPECTED == {name: set(FAMILIES[name].labels) for name in EXPECTED}


def test_every_series_of_the_table_is_on_the_page_and_has_the_prefix():
    metrics = Metrics()
    everything(metrics)
    page = metrics.render()[0].decode()
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))

    assert {family.full_name: family.kind.value for family in FAMILIES.values()} == types


def test_what_is_closed_is_counted_from_zero_on():
    """The first increase of a series that was not there is no increase."""
    metrics = Metrics()

    assert 0 == value(metrics, "safety_validation_total", check_type="rbac", result="fail")
    assert 0 == value(metrics, "events_total", reason="ManualInterventionRequired")


def test_a_counter_adds_a_gauge_keeps_and_a_histogram_observes():
    metrics = Metrics()
    for number in (3.0, 4.0):
        metrics.observe(Observation(Measure.STEPS_CREATED, ("heal", "drain-node"), number))
        metrics.observe(Observation(Measure.OUTBOX, (), number))
        metrics.observe(Observation(Measure.WORKFLOW_STEPS, (), number))

    assert 7 == value(metrics, "steps_created_total", workflow_name="heal", action="drain-node")
    assert 4 == value(metrics, "audit_outbox_records")
    assert (7, 2) == tuple(value(metrics, f"workflow_steps_total_{part}") for part in ("sum", "count"))
    assert 1 == value(metrics, "workflow_steps_total_bucket", le="3.0")


def test_names_beyond_the_first_hundred_are_other_and_the_sum_stays_right():
    metrics = Metrics()
    for number in range(MOST_NAMES + 20):
        metrics.observe(Observation(Measure.EXECUTIONS, (f"name-{number}", "success")))
    metrics.observe(Observation(Measure.EXECUTIONS, ("name-0", "success")))
    found = {s.labels["workflow_name"]: s.value for s in samples(metrics) if s.name == f"{PREFIX}executions_total"}

    assert {**{f"name-{n}": 1 for n in range(1, MOST_NAMES)}, "name-0": 2, "other": 20} == found
    assert 20 == value(metrics, "label_overflows_total")


def test_whoever_makes_up_names_takes_no_room_from_what_is_not_theirs():
    metrics = Metrics()
    for number in range(1000):
        metrics.observe(Observation(Measure.EXECUTIONS, (f"name-{number}", "failed")))
    metrics.observe(Observation(Measure.ERRORS, ("read_failed", "executing")))
    metrics.record(Own.API_REQUESTS, ("get", "pods", "404"))

    assert 1 == value(metrics, "errors_total", error_type="read_failed", phase="executing")
    assert 1 == value(metrics, "api_requests_total", verb="get", resource="pods", code="404")


def test_a_value_that_is_in_no_set_is_other():
    metrics = Metrics()
    metrics.record(Own.API_REQUESTS, ("get", "unicorns", "418"))

    assert 1 == value(metrics, "api_requests_total", verb="get", resource="other", code="other")


@pytest.mark.parametrize("name", [
    'a"} 1\nevil_total 7', "back\\slash", "\ud800", "\udfff and more", "\u2028\x00\x7f", "x" * 300, "ü" * 253, " ",
    "{}", '",le="',
])
@pytest.mark.parametrize("accept", ["application/openmetrics-text", "text/plain"])
def test_no_name_makes_a_series_or_a_line_of_its_own(name, accept):
    metrics = Metrics()
    before = {s.name for s in samples(metrics, accept)}
    metrics.observe(Observation(Measure.EXECUTIONS, (name, "success")))
    [found] = [s for s in samples(metrics, accept) if s.name == f"{PREFIX}executions_total"]

    assert before | {found.name} == {s.name for s in samples(metrics, accept)}
    assert name[:63].encode("utf-8", "replace").decode() == found.labels["workflow_name"]


@pytest.mark.parametrize(("accept", "content_type"), [
    ("", "text/plain; version=0.0.4; charset=utf-8"), ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
    ("text/html", "text/plain; version=0.0.4; charset=utf-8"),
    ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
     "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ("application/openmetrics-text; version=nonsense", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
])
def test_the_format_is_the_one_that_is_asked_for(accept, content_type):
    page, found = Metrics().render(accept)

    assert content_type == found
    assert page.endswith(b"# EOF\n") is found.startswith("application/openmetrics-text")


def test_two_processes_worth_of_metrics_do_not_meet():
    first, second = Metrics(), Metrics()
    first.observe(Observation(Measure.CREATED))

    assert (1, 0) == (value(first, "created_total"), value(second, "created_total"))


def test_which_version_runs_is_told(monkeypatch):
    [found] = [s for s in samples(Metrics()) if s.name == f"{PREFIX}build_info"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", found.labels["version"])

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("wfcontroller.telemetry.metrics.version", missing)
    [unknown] = [s for s in samples(Metrics()) if s.name == f"{PREFIX}build_info"]
    assert "unknown" == unknown.labels["version"]


def test_the_page_of_the_documentation_is_generated_from_the_table():
    assert as_markdown() == (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_rules_on_the_page_are_yaml_that_prometheus_loads():
    block = re.search(r"```yaml\n(.*?)```", as_markdown(), re.DOTALL)
    [group] = yaml.safe_load(block[1])["groups"]

    assert [alert.name for alert in ALERTS] == [rule["alert"] for rule in group["rules"]]
    assert [alert.promql for alert in ALERTS] == [rule["expr"] for rule in group["rules"]]
    assert {"warning", "critical", "info"} == {rule["labels"]["severity"] for rule in group["rules"]}


@pytest.mark.parametrize("alert", ALERTS, ids=[alert.name for alert in ALERTS])
def test_every_series_and_label_of_a_rule_is_in_the_table(alert):
    selectors = re.findall(rf"{PREFIX}(\w+)(?:\{{([^}}]*)\}})?", alert.promql)
    grouped = {name for names in re.findall(r"by \(([^)]*)\)", alert.promql) for name in names.split(", ")}
    told = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    labels = set()
    for name, conditions in selectors:
        family = FAMILIES[name.removesuffix("_bucket")]
        labels |= {*family.labels, *(["le"] if name.endswith("_bucket") else [])}
        for label, operator, wanted in re.findall(r'(\w+)([=!]~?)"([^"]*)"', conditions):
            matching = [v for v in family.labels[label] if re.fullmatch(wanted, v)]
            assert matching, f"{label}{operator}{wanted} matches no value"
        # A rate of a counter, never of a gauge; a quantile of a bucket.
        assert (family.kind is Kind.GAUGE) is (f"{name}[" not in alert.promql and f"{name}{{{conditions}}}[" not in
                                               alert.promql)

    assert selectors
    assert grouped <= labels
    assert told <= grouped


def test_the_rules_of_the_first_specification_are_kept_by_name():
    assert {"WorkflowExecutionStuckInPhase", "WorkflowExecutionHighValidationFailureRate",
            "WorkflowExecutionHighDeletionRate", "WorkflowExecutionComplexWorkflows"} <= {a.name for a in ALERTS}
    assert 10.0 in FAMILIES["workflow_steps_total"].buckets
