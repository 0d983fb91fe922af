"""How the tests of `wfctl` call it, and the workflows they give it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen
from click.testing import CliRunner

from wfcontroller.cli.main import cli

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))


@frozen
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document it has to be."""
        return json.loads(self.out)


def wfctl(*arguments: str | Path, given: str | bytes = "") -> Answer:
    """Run a command in this process."""
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Answer(done.exit_code, done.stdout, done.stderr)


def scale(number: int, *needs: int, **more: Any) -> dict[str, Any]:
    """A step that scales a Deployment of its own."""
    return {"stepNumber": number, "name": f"scale-{number}", "action": "scale-deployment",
            "parameters": {"scaleDeployment": {"deployment": f"web-{number}", "replicas": 2}},
            "dependsOn": list(needs), **more}


def workflow(*steps: dict[str, Any], name: str = "fix", **spec: Any) -> dict[str, Any]:
    """A WorkflowExecution of these steps."""
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution", "metadata": {"name": name},
            "spec": {"workflowDefinition": {"name": name, "steps": list(steps)}, **spec}}


def written(folder: Path, *documents: Any, name: str = "given.json") -> Path:
    """The documents in a file: JSON, which is YAML too."""
    path = folder / name
    path.write_text("\n---\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    return path
