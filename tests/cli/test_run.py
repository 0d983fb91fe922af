"""`wfctl run`: the examples on the embedded cluster, and how options and failures reach the session and the user."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wfcontroller.run.request import RunFailed, RunObserver, RunRequest, RunResult
from wfcore.model.enums import ApprovalDecision

from .cli_world import EXAMPLES, ROOT, scale, wfctl, workflow, written
from .ended import START, rolled_back, succeeded

# What each example's first comment promises: the exit status, and of each workflow phase, outcome and the steps undone.
PROMISED: Mapping[str, tuple[int, list[tuple[str, str, list[int]]]]] = {
    "adaptive": (0, [("completed", "success", [])]),
    "approval": (0, [("completed", "success", [])]),
    "bad-image-rollback": (1, [("failed", "failed", [2, 1])]),
    "busy-targets": (0, [("completed", "success", []), ("completed", "success", [])]),
    "config-rollback": (1, [("failed", "failed", [3, 1, 2])]),
    "diamond": (0, [("completed", "success", [])]),
    "flaky-retries": (0, [("completed", "success", [])]),
    "node-drain": (0, [("completed", "success", [])]),
    "partial-success": (1, [("completed", "partial_success", [])]),
    "retry-of": (1, [("completed", "partial_success", []), ("completed", "success", [])]),
    "rollback-of": (0, [("completed", "success", []), ("completed", "success", [])]),
    "safety-checks": (1, [("failed", "failed", [])]),
    "scale-and-restart": (0, [("completed", "success", [])]),
}


def told_command(path: Path) -> list[str]:
    """The arguments of the command in an example's first comment."""
    line = next(line for line in path.read_text(encoding="utf-8").splitlines() if "wfctl run" in line)
    return line.split("wfctl run ", 1)[1].split()


def objects(path: Path, kind: str) -> dict[str, Any]:
    """The objects of a kind in a dump, by name."""
    items = json.loads(path.read_text(encoding="utf-8"))["items"]
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_ends_as_its_comment_says(path: Path, tmp_path: Path) -> None:
    code, ends = PROMISED[path.stem]
    file, *options = told_command(path)
    dump = tmp_path / "cluster.json"
    answer = wfctl("run", ROOT / file, *options, "--seed", "1", "-o", "json", "--dump", dump)
    documents = answer.document if len(ends) > 1 else [answer.document]
    text = path.read_text(encoding="utf-8")

    assert path == ROOT / file
    assert (code, ends) == (answer.code, [(document["phase"], document["outcome"], undone(document))
                                          for document in documents])
    assert [f"# Ends: {phase}, outcome {outcome}, exit status {code}" for phase, outcome, _ in ends] == [
        found[0] for found in re.finditer(r"^# Ends: .*exit status \d", text, re.MULTILINE)]
    assert all(document["auditId"] for document in documents)
    STATE_AFTER.get(path.stem, lambda dump, document: None)(dump, documents[-1])


def undone(document: Any) -> list[int]:
    return [one["stepNumber"] for one in document["rollback"]]


def replicas_and_image(dump: Path, name: str) -> tuple[int, str]:
    spec = objects(dump, "Deployment")[name]["spec"]
    return spec["replicas"], spec["template"]["spec"]["containers"][0]["image"]


def scaled(dump: Path, document: Any) -> None:
    assert 5 == replicas_and_image(dump, "web-app")[0]


def image_restored(dump: Path, document: Any) -> None:
    assert (2, "registry.example/payments/checkout:1.4") == replicas_and_image(dump, "checkout")


def settings_restored(dump: Path, document: Any) -> None:
    assert {"DATABASE_HOST": "db-1.example", "POOL_SIZE": "10"} == objects(dump, "ConfigMap")["invoices"]["data"]
    assert {"DATABASE_PASSWORD": "dGhlLW9sZC1vbmU="} == objects(dump, "Secret")["invoices"]["data"]
    assert (2, "registry.example/billing/invoices:7.1") == replicas_and_image(dump, "invoices")
    assert "the-new-one" not in json.dumps(document)


def drained(dump: Path, document: Any) -> None:
    assert objects(dump, "Node")["worker-1"]["spec"]["unschedulable"]
    assert "worker-1" not in {pod["spec"]["nodeName"] for pod in objects(dump, "Pod").values()}


def retried(dump: Path, document: Any) -> None:
    assert [1, 3, 1] == [step["attempts"] for step in document["steps"]]


def adapted(dump: Path, document: Any) -> None:
    assert 2 == len(document["adaptiveAdjustments"])


def refused(dump: Path, document: Any) -> None:
    assert 2 == replicas_and_image(dump, "front")[0]


def undone_after_the_sale(dump: Path, document: Any) -> None:
    assert 2 == replicas_and_image(dump, "shop")[0]
    assert {"TEXT": "welcome"} == objects(dump, "ConfigMap")["banner"]["data"]


def carried_over(dump: Path, document: Any) -> None:
    assert [1] == document["carriedOver"]


@pytest.mark.parametrize(("answered", "reason"), [(["--reject"], "approval_rejected"), ([], "approval_timeout")])
def test_what_nobody_approves_changes_nothing(answered: list[str], reason: str, tmp_path: Path) -> None:
    path, dump = ROOT / "docs" / "examples" / "approval.yaml", tmp_path / "cluster.json"
    answer = wfctl("run", path, *answered, "--seed", "1", "-o", "json", "--dump", dump)

    assert (1, reason) == (answer.code, answer.document["failureReason"])
    assert replicas_and_image(dump, "ledger")[1] in path.read_text(encoding="utf-8").split("kind: WorkflowExecution")[0]


STATE_AFTER = {"adaptive": adapted, "safety-checks": refused, "rollback-of": undone_after_the_sale,
               "retry-of": carried_over, "scale-and-restart": scaled, "bad-image-rollback": image_restored,
               "config-rollback": settings_restored,
               "node-drain": drained, "flaky-retries": retried}


class Session:
    """Stands where the session is, to see what it is asked; answers with what it is given."""

    def __init__(self, *workflows: dict[str, Any], fails: Exception | None = None) -> None:
        self.workflows, self.fails = workflows, fails
        self.asked: list[RunRequest] = []

    def __call__(self, request: RunRequest, observer: RunObserver) -> RunResult:
        self.asked.append(request)
        observer.message("audit log: here")
        if self.fails is not None:
            raise self.fails
        for one in self.workflows:
            observer.changed(one, START)
        return RunResult(workflows=self.workflows, cluster=self.workflows, audit_ids={"uid-fix": "audit-1"},
                         database="postgresql://here")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    session = Session(succeeded())
    monkeypatch.setattr("wfcontroller.run.session.run_session", session)
    return session


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path, workflow(scale(1), scale(2, 1)))


def test_options_reach_the_session(session: Session, file: Path) -> None:
    wfctl("run", file, "--fail", "2:3", "--fail", "1", "--seed", "7", "--speed", "50", "--database", "postgresql://x")
    (asked,) = session.asked

    assert ({2: 3, 1: None}, 7, 50.0, "postgresql://x") == (asked.fail, asked.seed, asked.speed, asked.database)
    assert [json.loads(file.read_text())] == list(asked.documents)


@pytest.mark.parametrize(("options", "decision"), [
    ([], None), (["--approve"], ApprovalDecision.APPROVED), (["--reject"], ApprovalDecision.DENIED)])
def test_the_answer_to_approvals_is_the_one_that_was_given(options: list[str], decision: ApprovalDecision | None,
                                                          session: Session, file: Path) -> None:
    wfctl("run", file, *options)

    assert [decision] == [asked.decision for asked in session.asked]


def test_a_freeze_that_nothing_could_end_is_refused(session: Session, tmp_path: Path) -> None:
    def freeze(namespace: str, name: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}

    refused = wfctl("run", written(tmp_path, workflow(scale(1)), freeze("kubernaut-system", "wf-freeze")))
    others = written(tmp_path, workflow(scale(1)), freeze("default", "wf-freeze"), freeze("kubernaut-system", "x"))

    assert (2, 0) == (refused.code, wfctl("run", others).code)
    assert "ConfigMap wf-freeze in namespace kubernaut-system freezes every workflow" in refused.err
    assert 1 == len(session.asked)


@pytest.mark.parametrize("options", [[], ["-o", "json"], ["--speed", "max"]])
def test_without_a_terminal_a_run_takes_no_time(options: list[str], session: Session, file: Path) -> None:
    wfctl("run", file, *options)

    assert [None] == [asked.speed for asked in session.asked]


def test_on_a_terminal_a_run_is_shown_live_at_twenty(session: Session, file: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    monkeypatch.setenv("NO_COLOR", "1")
    answer = wfctl("run", file)

    assert [20.0] == [asked.speed for asked in session.asked]
    assert "fix: completed, success" in answer.out
    assert "╭─" in answer.out
    assert "\x1b[3" not in answer.out


def test_a_pipe_gets_lines_and_the_verdict(session: Session, file: Path) -> None:
    answer = wfctl("run", file)

    assert (0, "audit log: here\n") == (answer.code, answer.err)
    assert ["+0.0s step 1 scale-1 completed", "+0.0s step 2 scale-2 completed (attempt 2)", "+0.0s completed",
            "fix: completed, success; 2 of 2 steps in 69s, effectiveness 0.90",
            "  audit record: audit-1"] == answer.out.splitlines()


def test_json_is_one_document_and_messages_go_to_standard_error(session: Session, file: Path) -> None:
    answer = wfctl("run", file, "-o", "json")

    assert "audit log: here\n" == answer.err
    assert ("fix", "success", "audit-1") == tuple(answer.document[key] for key in ("name", "outcome", "auditId"))


def test_several_workflows_are_a_list_and_the_worst_decides(session: Session, file: Path) -> None:
    session.workflows = (succeeded("one"), rolled_back())
    answer = wfctl("run", file, "-o", "json")

    assert 1 == answer.code
    assert [("one", "success"), ("fix", "failed")] == [(one["name"], one["outcome"]) for one in answer.document]


def test_lines_of_several_workflows_name_them(session: Session, tmp_path: Path) -> None:
    session.workflows = (succeeded("one"), succeeded("two"))
    path = written(tmp_path, workflow(scale(1), name="one"), workflow(scale(1), name="two"))

    assert {"+0.0s one completed", "+0.0s two completed"} <= set(wfctl("run", path).out.splitlines())


def test_the_dump_is_written_whatever_the_outcome(session: Session, file: Path, tmp_path: Path) -> None:
    session.workflows = (rolled_back(),)
    dump = tmp_path / "cluster.json"

    assert 1 == wfctl("run", file, "--dump", dump).code
    assert {"fix"} == objects(dump, "WorkflowExecution").keys()


@pytest.mark.parametrize(("bad_input", "code"), [(True, 2), (False, 3)])
def test_a_failed_run_says_whose_fault_it_is(bad_input: bool, code: int, session: Session, file: Path) -> None:
    session.fails = RunFailed("the database is away; start it", bad_input=bad_input)
    answer = wfctl("run", file, "-o", "json")

    assert (code, "") == (answer.code, answer.out)
    assert answer.err.endswith("Error: the database is away; start it\n")


def test_a_database_that_is_not_there_is_the_environments_failure(file: Path) -> None:
    answer = wfctl("run", file, "--database", "postgresql://nobody@127.0.0.1:1/nothing", "-o", "json")

    assert (3, "") == (answer.code, answer.out)
    assert "127.0.0.1" in answer.err


@pytest.mark.parametrize(("options", "said"), [
    (["--fail", "x"], "'x' is not STEP or STEP:ATTEMPTS"), (["--fail", "0"], "is not STEP"),
    (["--fail", "1:"], "is not STEP"), (["--fail", "1:0"], "is not STEP"), (["--fail", "1:-1"], "is not STEP"),
    (["--fail", "1", "--fail", "1:2"], "step 1 is given twice"), (["--fail", "9"], "no workflow has a step 9"),
    (["--approve", "--reject"], "--approve and --reject exclude each other"),
    (["--speed", "fast"], "'fast' is not a positive number or max"), (["--speed", "0"], "is not a positive"),
    (["--speed", "inf"], "is not a positive"), (["--speed", "nan"], "is not a positive"), (["--seed", "-1"], "-1"),
])
def test_bad_options_exit_2_before_anything_runs(options: list[str], said: str, session: Session, file: Path) -> None:
    answer = wfctl("run", file, *options)

    assert (2, "", []) == (answer.code, answer.out, session.asked)
    assert said in " ".join(answer.err.split())
