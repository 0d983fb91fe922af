"""What `run` says at the end: the document, the verdict, the dump."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from wfcontroller.cli.dump import cluster_list, write_dump
from wfcontroller.cli.outcomes import is_success, run_document
from wfcontroller.cli.output import EnvironmentFailed
from wfcontroller.cli.verdict import verdict_lines
from wfcore.model.enums import Phase, StepPhase

from .ended import entry, rolled_back, shown, succeeded

AUDIT = {"uid-fix": "audit-1"}


def test_the_document_of_a_success() -> None:
    document = run_document(succeeded(), AUDIT)

    assert {
        "name": "fix", "namespace": "default", "phase": "completed", "outcome": "success", "effectivenessScore": 0.9,
        "failureReason": None, "rollbackReason": None, "durationSeconds": 69.0, "rollback": [], "dirty": [],
        "auditId": "audit-1",
    }.items() <= document.items()
    assert {
        "stepNumber": 2, "name": "scale-2", "action": "scale-deployment", "status": "completed", "attempts": 2,
        "startTime": "2026-01-01T00:00:02Z", "endTime": "2026-01-01T00:00:09Z", "reason": None, "errorMessage": None,
    } == document["steps"][1]
    assert is_success(document)


def test_the_document_of_a_failure_lists_compensations_in_the_order_performed() -> None:
    """By their start; those of one instant in the rollback's own order."""
    document = run_document(rolled_back(), AUDIT)

    assert [(3, "completed"), (2, "completed"), (1, "failed")] == [
        (one["stepNumber"], one["status"]) for one in document["rollback"]]
    assert ("failed", "step_execution_failed", "critical step 3 failed", 13.5, "sha256:1") == tuple(
        document[key] for key in ("outcome", "failureReason", "rollbackReason", "durationSeconds", "planDigest"))
    assert ["web-1"] == [left["name"] for left in document["dirty"]]
    assert not is_success(document)


def test_a_compensation_that_never_began_comes_last() -> None:
    workflow = rolled_back()
    del workflow["status"]["stepStatuses"][2]["rollback"]["startTime"]

    assert [2, 1, 3] == [one["stepNumber"] for one in run_document(workflow, {})["rollback"]]


def test_a_workflow_without_status_has_a_document_too() -> None:
    document = run_document({"metadata": {"name": "new"}}, {})

    assert ("", None, None, [], None) == tuple(
        document[key] for key in ("phase", "outcome", "durationSeconds", "steps", "auditId"))
    assert ["new: no outcome"] == list(verdict_lines({**document, "phase": "no outcome"}))


def test_the_verdict_on_a_success_is_short() -> None:
    assert ["fix: completed, success; 2 of 2 steps in 69s, effectiveness 0.90", "audit record: audit-1"] == list(
        verdict_lines(run_document(succeeded(), AUDIT)))


def test_the_verdict_on_a_failure_says_why_what_was_undone_and_what_is_left() -> None:
    assert [
        "fix: failed in 14s",
        "why: critical step 3 failed: too slow (step_execution_failed)",
        "step 4 scale-4 skipped: step 3 did not succeed",
        "rolled back: 3 scale-3, 2 scale-2, 1 scale-1 (failed)",
        "still changed: deployment default/web-1, should be replicas 1, is replicas 2; restore it by hand",
        "audit record: audit-1",
    ] == list(verdict_lines(run_document(rolled_back(), AUDIT)))


def test_what_failed_without_being_critical_is_said() -> None:
    workflow = shown(entry(1, StepPhase.FAILED, attempt=1, error_message="no pod"), phase=Phase.COMPLETED)

    assert "step 1 scale-1 failed: no pod" in list(verdict_lines(run_document(workflow, {})))


def test_a_dump_is_sorted_and_without_managed_fields() -> None:
    def made(kind: str, name: str, namespace: str = "") -> dict[str, object]:
        return {"kind": kind, "apiVersion": "v1",
                "metadata": {"name": name, "namespace": namespace, "managedFields": []}}

    listed = cluster_list([made("Pod", "b", "x"), made("Pod", "c", "w"), made("Node", "z"), made("Pod", "a", "x")])

    assert ("v1", "List") == (listed["apiVersion"], listed["kind"])
    assert [("Node", "", "z"), ("Pod", "w", "c"), ("Pod", "x", "a"), ("Pod", "x", "b")] == [
        (one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in listed["items"]]
    assert {"name", "namespace"} == listed["items"][0]["metadata"].keys()


def test_the_name_of_the_dump_chooses_its_format(tmp_path: Path) -> None:
    objects = [succeeded()]
    for name in ("dump.json", "dump.yaml", "dump.yml", "dump"):
        write_dump(str(tmp_path / name), objects)

    assert json.loads((tmp_path / "dump").read_text()) == json.loads((tmp_path / "dump.json").read_text())
    assert yaml.safe_load((tmp_path / "dump.yaml").read_text()) == json.loads((tmp_path / "dump.json").read_text())
    assert (tmp_path / "dump.yaml").read_text() == (tmp_path / "dump.yml").read_text()
    assert "{" not in (tmp_path / "dump.yaml").read_text().splitlines()[0]


def test_a_dump_that_cannot_be_written_is_the_environments_failure(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="No such file or directory; name a file in a folder that exists"):
        write_dump(str(tmp_path / "missing" / "dump.json"), [])
