"""A plan-only workflow is a success without an outcome; a suspended one can't be run to its end here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from wfcontroller.cli.main import cli

EXAMPLE = (Path(__file__).parents[2] / "docs" / "examples" / "scale-and-restart.yaml").read_text()


@pytest.fixture
def invoke(tmp_path):
    def run(addition, *arguments):
        path = tmp_path / "w.yaml"
        path.write_text(re.sub(r"^spec:\n  workflowDefinition:", f"spec:\n{addition}  workflowDefinition:", EXAMPLE,
                               count=1, flags=re.MULTILINE))
        return CliRunner().invoke(cli, ["run", str(path), "--seed", "1", *arguments])

    return run


def test_plan_mode_prints_what_was_planned_and_exits_with_0(invoke):
    text = invoke("  executionStrategy: {mode: Plan}\n")
    document = json.loads(invoke("  executionStrategy: {mode: Plan}\n", "-o", "json").stdout)

    assert 0 == text.exit_code, text.output
    assert "completed, planned only, nothing was executed" in text.stdout
    assert ("completed", None, []) == (document["phase"], document["outcome"], document["steps"])


def test_a_suspended_workflow_is_refused_by_name(invoke):
    result = invoke("  suspend: true\n")

    assert 2 == result.exit_code
    assert "is suspended (spec.suspend: true)" in result.output
