"""The service as an operator installs it, its processes running under their own accounts, never as admin."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from tests.controlplane.plane import ControlPlane

from wfcontroller.deployment.parts import objects

HOME = "kubernaut-system"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PARTS = ("namespace", "crds", "rbac", "observer", "policy")
# Short where a person would wait: what is tested takes as long as it takes, and no longer.
QUICK = {"WF_MONITORING_STABILITY_WINDOW": "2s", "WF_MONITORING_SAMPLE_INTERVAL": "1s", "WF_TARGETS_COOLDOWN": "0s"}
WITHIN = 90.0


class Ended(Exception):
    """A process that should go on has ended, with its last words."""


class Process:
    """One process of the service."""

    def __init__(self, command: str, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        self._command = command
        with log.open("ab") as stream:
            self.running = subprocess.Popen(
                [str(Path(sys.executable).with_name(command))], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                env={**os.environ, **environment})

    def says(self, word: str) -> bool:
        """Whether it has logged this event."""
        return f'"event":"{word}"' in self.log.read_text("utf-8", "replace")

    def until_it_says(self, word: str) -> None:
        """Wait for an event in its log."""
        until(lambda: self.says(word), f"{self._command} says {word}", self)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait for its end; its exit status."""
        self.running.send_signal(number)
        return self.running.wait(30)

    def check(self) -> None:
        """Raise `Ended` if it has ended."""
        if self.running.poll() is not None:
            raise Ended(f"{self._command} ended with {self.running.returncode}: {self.log.read_text()[-3000:]}")


class Installation:
    """A control plane with the service's objects, and the processes that a test starts."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane, self._folder = plane, folder
        self.processes: list[Process] = []
        self._started = 0

    def install(self) -> None:
        """Definitions, accounts, rights and the policy, as shipped."""
        shipped = objects(PARTS)
        definitions = [each for each in shipped if each["kind"] == "CustomResourceDefinition"]
        self.plane.define(*definitions)
        self.plane.apply(*(each for each in shipped if each not in definitions))

    def start(self, command: str = "wfcontroller", **more: str) -> Process:
        """`wfcontroller` or `wfexecutor`, with the token of its account."""
        account = {"wfcontroller": "wf-controller", "wfexecutor": "wf-executor"}[command]
        environment = {
            "WF_KUBERNETES_KUBECONFIG": str(self.plane.account(HOME, account)), "WF_HEALTH_PORT": "0",
            "WF_METRICS_PORT": "0", "WF_HEALTH_HOST": "127.0.0.1", "WF_METRICS_HOST": "127.0.0.1",
            **(QUICK if command == "wfcontroller" else {}), **more}
        self._started += 1
        process = Process(command, self._folder / f"{command}-{self._started}.log", environment)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.running.kill()
            process.running.wait()
        self.processes.clear()

    def example(self, name: str) -> Example:
        """Apply an example in a namespace of its own, its workflow once everything else is there."""
        documents = list(yaml.safe_load_all((EXAMPLES / f"{name}.yaml").read_text("utf-8")))
        *others, workflow = (_moved(each, f"-{name}") for each in documents)
        self.plane.apply(*others)
        for each in others:
            if each["kind"] == "Deployment":
                self.plane.kubectl("rollout", "status", f"deployment/{each['metadata']['name']}", "--timeout=60s",
                                   "-n", each["metadata"]["namespace"])
        self.plane.apply(workflow)
        return Example(self, workflow["metadata"]["namespace"], workflow["metadata"]["name"])

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """An object, as the administrator reads it."""
        found: dict[str, Any] = json.loads(self.plane.kubectl("get", kind, name, "-n", namespace, "-o", "json"))
        return found

    def ended(self, name: str, namespace: str) -> dict[str, Any]:
        """The status of a workflow once it is finished."""
        until(lambda: self._is_finished(name, namespace), f"{namespace}/{name} is finished", *self.processes,
              words=lambda: json.dumps(self.get("wfe", name, namespace).get("status"), indent=1)[-3000:])
        found: dict[str, Any] = self.get("wfe", name, namespace)["status"]
        return found

    def _is_finished(self, name: str, namespace: str) -> bool:
        conditions = self.get("wfe", name, namespace).get("status", {}).get("conditions", ())
        return any(each["type"] == "Finished" and each["status"] == "True" for each in conditions)


def _moved(document: dict[str, Any], suffix: str) -> dict[str, Any]:
    """The object in a namespace with another name: several examples share one."""
    meta = dict(document["metadata"])
    for key in ("name",) if document["kind"] == "Namespace" else ("namespace",) if "namespace" in meta else ():
        meta[key] += suffix
    return {**document, "metadata": meta}


@frozen
class Example:
    """An example that was applied."""

    service: Installation
    namespace: str
    name: str

    def ended(self) -> dict[str, Any]:
        """The status of its workflow once it is finished."""
        return self.service.ended(self.name, self.namespace)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object of its namespace."""
        return self.service.get(kind, name, self.namespace)


@contextlib.contextmanager
def installation(plane: ControlPlane, folder: Path) -> Iterator[Installation]:
    """The service, for the time of the block."""
    installed = Installation(plane, folder)
    try:
        yield installed
    finally:
        installed.stop()


def until(holds: Callable[[], bool], what: str, *processes: Process, words: Callable[[], str] = str,
          within: float = WITHIN) -> None:
    """Wait for a condition; raises TimeoutError with what is known when it does not come true."""
    end = time.monotonic() + within
    while not holds():
        for process in processes:
            if process.running.returncode is None:
                process.check()
        if time.monotonic() > end:
            logs = "\n".join(f"{p.log.name}: {p.log.read_text()[-2500:]}" for p in processes)
            raise TimeoutError(f"not within {within:.0f} s: {what}\n{words()}\n{logs}")
        time.sleep(0.1)
