"""What `wfcontroller` and `wfexecutor` say and how they end, before there is a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BOTH = pytest.mark.parametrize("command", ["wfcontroller", "wfexecutor"])


def run(command: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(Path(sys.executable).with_name(command)), *words], capture_output=True, text=True,
                          timeout=60, check=False, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment})


@BOTH
def test_help_shows_an_example_and_the_exit_codes(command: str) -> None:
    done = run(command, "--help")

    assert 0 == done.returncode
    assert "Example: " in done.stdout
    assert "Exit status: 0 told to stop" in " ".join(done.stdout.split())


@BOTH
def test_a_wrong_configuration_is_named_whole_and_ends_it_with_2(command: str) -> None:
    done = run(command, "--namespace", "Not_A_Name", WF_NONSENSE="1", WF_LOG_LEVEL="loud")

    assert 2 == done.returncode
    assert all(word in done.stderr for word in ("WF_NONSENSE", "WF_LOG_LEVEL", "Not_A_Name"))


def test_a_database_that_cannot_be_named_is_a_wrong_configuration(tmp_path: Path) -> None:
    done = run("wfcontroller", WF_DATABASE_URL_FILE=str(tmp_path / "absent"))

    assert 2 == done.returncode
    assert "database.urlFile" in done.stderr


def test_what_is_said_about_a_database_that_is_away_gives_no_password_away() -> None:
    done = run("wfcontroller", WF_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:9/wf")

    assert "each request tries again" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


@BOTH
def test_without_a_cluster_it_ends_with_3_and_says_what_to_do(command: str) -> None:
    done = run(command, "--kubeconfig", "/nonexistent/config")

    assert 3 == done.returncode
    assert "give --kubeconfig FILE or set KUBECONFIG" in done.stderr


@BOTH
def test_what_it_would_run_with_is_printed_without_secrets(command: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("log: {level: debug}\n")
    secret = {"WF_DATABASE_URL": "postgresql://u:hunter2@db/wf"} if command == "wfcontroller" else {}
    done = run(command, "--config", str(file), "--print-config", **secret)

    assert (0, "debug") == (done.returncode, yaml.safe_load(done.stdout)["log"]["level"])
    assert "hunter2" not in done.stdout + done.stderr
