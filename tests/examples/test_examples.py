"""Every example ends as its own comment says, really changes the cluster, and leaves its audit row in PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from wfcore.model.workflow import FINALIZER
from wfstorage import open_storage

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.yaml"))
WFCTL = [str(Path(sys.executable).with_name("wfctl"))]


def example(name: str) -> Path:
    return next(path for path in EXAMPLES if path.stem == name)


def command(path: Path) -> list[str]:
    """What the example's comment tells people to type, after the file's name."""
    line = next(line for line in path.read_text().splitlines() if line.startswith("#   wfctl run "))
    return line.split()[4:]


def promised(path: Path) -> list[tuple[str, str, int]]:
    """How each workflow of the file ends, in their order, and the exit status of the whole run."""
    found = re.findall(r"^# Ends: (\w+), outcome (\w+), exit status (\d)", path.read_text(), re.MULTILINE)
    assert found, f"{path.name} does not say how it ends"
    return [(phase, outcome, int(status)) for phase, outcome, status in found]


def run(path: Path, *arguments: str, **environment: str) -> tuple[int, dict | list[dict], str]:
    done = subprocess.run([*WFCTL, "run", str(path), "-o", "json", *arguments], capture_output=True, text=True,
                          timeout=100, env={**os.environ, **environment}, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stdout


@pytest.fixture(scope="module")
def data_home():
    """A folder for the embedded database that any account may enter: as root, the server runs as another."""
    with tempfile.TemporaryDirectory(prefix="wf-examples-") as folder:
        os.chmod(folder, 0o755)
        yield folder


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_ends_as_it_says_and_its_audit_row_is_in_the_database(path, data_home, monkeypatch):
    code, printed, _ = run(path, *command(path), XDG_DATA_HOME=data_home)
    documents = printed if isinstance(printed, list) else [printed]

    assert promised(path) == [(document["phase"], document["outcome"], code) for document in documents]
    monkeypatch.setenv("XDG_DATA_HOME", data_home)
    with open_storage(None) as storage:
        records = [storage.audit_log.find(document["uid"]) for document in documents]
    assert None not in records
    for document, record in zip(documents, records, strict=True):
        assert (document["auditId"], document["phase"], document["outcome"], document["planDigest"]) == (
            record.id, record.status, record.outcome, record.plan_digest)
        assert [step["status"] for step in document["steps"]] == [step.status for step in record.steps]


def dumped(path: Path, folder: Path, *arguments: str) -> dict[tuple[str, str, str], dict]:
    target = folder / "cluster.json"
    run(path, "--seed", "1", "--dump", str(target), *arguments)
    items = json.loads(target.read_text())["items"]
    return {(i["kind"], i["metadata"].get("namespace", ""), i["metadata"]["name"]): i for i in items}


def given(path: Path) -> dict[tuple[str, str, str], dict]:
    documents = [d for d in yaml.safe_load_all(path.read_text()) if d]
    return {(d["kind"], d["metadata"].get("namespace", ""), d["metadata"]["name"]): d for d in documents}


def covers(wanted, actual) -> bool:
    """Whether everything the input says is in the dump: the server only adds defaults."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(covers(value, actual.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(actual, list) and len(wanted) == len(actual) and all(map(covers, wanted, actual))
    return wanted == actual


CHANGED = ("Deployment", "ConfigMap", "Secret", "Node")


@pytest.mark.parametrize("name", ["bad-image-rollback", "config-rollback"])
def test_after_a_rollback_every_object_is_as_it_was_given(name, tmp_path):
    path = example(name)
    after = dumped(path, tmp_path)

    for key, document in given(path).items():
        if key[0] in CHANGED:
            for part in ("spec", "data"):
                assert covers(document.get(part) or {}, after[key].get(part) or {}), (key, part, after[key].get(part))
    restored = [i for k, i in after.items() if k[0] == "Deployment"]
    assert all("annotations" not in d["spec"]["template"]["metadata"] for d in restored)


def test_a_success_changed_the_replicas_and_restarted_the_pods(tmp_path):
    after = dumped(example("scale-and-restart"), tmp_path)
    (deployment,) = [i for k, i in after.items() if k[0] == "Deployment"]

    assert 5 == deployment["spec"]["replicas"] == deployment["status"]["readyReplicas"]
    assert "kubectl.kubernetes.io/restartedAt" in deployment["spec"]["template"]["metadata"]["annotations"]


def test_a_drained_node_is_cordoned_and_empty(tmp_path):
    after = dumped(example("node-drain"), tmp_path)
    pods_on = {i["spec"].get("nodeName") for k, i in after.items() if k[0] == "Pod"}

    assert after[("Node", "", "worker-1")]["spec"]["unschedulable"] is True
    assert "worker-1" not in pods_on
    assert pods_on


def test_a_finished_workflow_keeps_its_finalizer_and_its_children(tmp_path):
    after = dumped(example("diamond"), tmp_path)
    (workflow,) = [i for k, i in after.items() if k[0] == "WorkflowExecution"]
    children = [i for k, i in after.items() if k[0] == "KubernetesExecution"]

    assert [FINALIZER] == workflow["metadata"]["finalizers"]
    assert 4 == len(children)
    assert {workflow["metadata"]["uid"]} == {c["metadata"]["ownerReferences"][0]["uid"] for c in children}


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed_time_zone_and_speed():
    path = example("diamond")
    runs = [
        run(path, "--seed", "1", "--speed", speed, PYTHONHASHSEED=hash_seed, TZ=zone)[2]
        for hash_seed, zone, speed in (("0", "UTC", "max"), ("1", "Asia/Tokyo", "200"), ("7", "America/Lima", "max"))
    ]

    assert 1 == len(set(runs))


def test_a_failing_step_can_be_asked_for():
    code, document, _ = run(example("scale-and-restart"), "--seed", "1", "--fail", "2")

    assert 1 == code
    assert ("failed", "failed") == (document["phase"], document["outcome"])
    assert [2, 1] == [entry["stepNumber"] for entry in document["rollback"]]


def test_the_digest_that_plan_shows_is_the_one_that_is_run():
    path = example("diamond")
    shown = subprocess.run([*WFCTL, "plan", str(path), "-o", "json"], capture_output=True, text=True, timeout=60,
                           check=True).stdout

    assert json.loads(shown)["planDigest"] == run(path, "--seed", "1")[1]["planDigest"]
