"""What all commands share: help with an example, quick start, exit codes, manifests, completion."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest
import yaml

from wfcontroller.cli.main import cli
from wfcore.crds import crds

from .cli_world import EXAMPLES, wfctl

HEAVY = "{'kubernetes', 'sqlalchemy', 'networkx', 'rich', 'yaml', 'attrs', 'asyncio', 'wfcore.model.workflow'}"


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help_with_an_example(command: str) -> None:
    answer = wfctl(command, "--help")

    assert (0, "") == (answer.code, answer.err)
    assert "Example: " in answer.out
    assert f"wfctl {command}" in answer.out


def test_the_commands_are_those_that_exist() -> None:
    assert {"run", "plan", "validate", "submit", "get", "watch", "explain", "events", "approve", "reject", "suspend",
            "resume", "stop", "rollback", "retry", "freeze", "unfreeze", "doctor", "install", "uninstall", "crds",
            "version", "completion"} == cli.commands.keys()


def test_help_imports_nothing_heavy() -> None:
    code = (f"import sys\nfrom wfcontroller.cli.main import cli\ncli(['--help'], standalone_mode=False)\n"
            f"print(sorted({HEAVY} & sys.modules.keys()), file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stderr.strip()
    assert "Usage:" in done.stdout


@pytest.mark.parametrize("arguments", [["nothing"], ["plan"], ["plan", "x", "-o", "png"], ["crds", "x"]])
def test_bad_usage_exits_2(arguments: list[str]) -> None:
    answer = wfctl(*arguments)

    assert (2, "") == (answer.code, answer.out)


def test_crds_are_printed_as_yaml_and_json() -> None:
    from_yaml = list(yaml.safe_load_all(wfctl("crds").out))
    listed = wfctl("crds", "-o", "json").document

    assert "List" == listed["kind"]
    assert json.loads(json.dumps(list(crds()))) == from_yaml == listed["items"]


def test_version_names_itself() -> None:
    assert {"wfctl", "python"} == wfctl("version", "-o", "json").document.keys()
    assert wfctl("version").out.startswith("wfctl ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_wfctl(shell: str) -> None:
    answer = wfctl("completion", shell)

    assert 0 == answer.code
    assert "_WFCTL_COMPLETE" in answer.out


def test_the_module_is_the_program() -> None:
    done = subprocess.run([sys.executable, "-m", "wfcontroller.cli.main", "validate", str(EXAMPLES[0])],
                          capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_closed_pipe_is_no_error_message() -> None:
    done = subprocess.run(["sh", "-c", f"'{sys.executable}' -m wfcontroller.cli.main crds | head -1"],
                          capture_output=True, text=True, check=True)

    assert (1, "") == (len(done.stdout.splitlines()), done.stderr)


def test_version_says_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)

    assert wfctl("version").out.startswith("wfctl unknown (not installed as a package)")
