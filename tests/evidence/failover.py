"""Fifty processes killed at random over two hundred workflows on a real cluster: what was done twice or lost, how soon.

Every step restarts a Deployment, so that its generation counts the mutations that
reached it.  Each time a leader dies, the time until another leads is taken from
what it logs.
"""

from __future__ import annotations

import json
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.cluster.installation import Installation, Process, installation, until
from tests.cluster.restarts import STEPS, chain, deployment, namespace
from tests.controlplane.plane import control_plane

from .running import Refuted

KILLS, WORKFLOWS, SEED, PLACE = 50, 200, 7, "restarts"
AT_ONCE = 4
PATIENCE = 120.0


def collect(kept: Path, jobs: int) -> dict[str, Any]:
    """Kill, count, compare.

    Raises:
        Refuted: a mutation was made twice or lost, or a workflow did not succeed.
    """
    with tempfile.TemporaryDirectory() as folder, control_plane() as plane, installation(
            plane, Path(folder)) as service:
        plane.add_nodes("node-1", "node-2")
        service.install()
        found = _Killing(service).run()
    if found["twice"] or found["lost"] or found["outcomes"].keys() != {"success"}:
        raise Refuted("tox -e evidence -- failover", found)
    return {"command": "tox -e evidence -- failover", **found}


class _Killing:
    def __init__(self, service: Installation) -> None:
        self._service, self._random = service, Random(SEED)
        self._names = [f"app-{number}" for number in range(WORKFLOWS)]
        self._waiting = iter(self._names)
        self._controllers: list[Process] = []
        self._executor: Process | None = None
        self._takeovers: list[float] = []
        self._kills: Counter[str] = Counter()

    def run(self) -> dict[str, Any]:
        """The whole story."""
        service = self._service
        service.plane.apply(namespace(PLACE), *(deployment(name, PLACE) for name in self._names))
        self._controllers = [service.start(), service.start()]
        self._executor = service.start("wfexecutor")
        until(lambda: self._leader() is not None, "somebody leads", *self._controllers)
        while sum(self._kills.values()) < KILLS:
            self._submit(AT_ONCE)
            time.sleep(self._random.uniform(0.2, 3.0))
            self._kill()
        self._submit(WORKFLOWS)
        until(lambda: len(self._ended()) == WORKFLOWS, "all have ended", within=1200.0)
        return self._judged()

    def _submit(self, most: int) -> None:
        bodies = [chain(name, PLACE) for name, _ in zip(self._waiting, range(most), strict=False)]
        if bodies:
            self._service.plane.apply(*bodies)

    def _kill(self) -> None:
        if self._random.random() < 0.3:
            assert self._executor is not None
            self._kills["executor"] += 1
            self._executor.end(signal.SIGKILL)
            self._executor = self._service.start("wfexecutor")
            return
        leader = self._leader()
        assert leader is not None
        others = [each for each in self._controllers if each is not leader]
        self._kills["controller"] += 1
        leader.end(signal.SIGKILL)
        began = datetime.now(UTC)
        self._controllers = [*others, self._service.start()]
        until(lambda: self._leader() is not None, "another leads", *self._controllers, within=PATIENCE)
        self._takeovers.append(max(at - began for at in self._elections()).total_seconds())
        sys.stderr.write(f"{sum(self._kills.values())}/{KILLS} kills, another led after {self._takeovers[-1]:.1f} s\n")

    def _leader(self) -> Process | None:
        return next((each for each in self._controllers if each.says("leadership_acquired")), None)

    def _elections(self) -> Iterator[datetime]:
        for each in self._controllers:
            for line in each.log.read_text("utf-8").splitlines():
                if '"event":"leadership_acquired"' in line:
                    yield datetime.fromisoformat(json.loads(line)["time"])

    def _ended(self) -> dict[str, str]:
        found = json.loads(self._service.plane.kubectl("get", "wfe", "-n", PLACE, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item["status"]["workflowResult"]["outcome"] for item in found
                if item.get("status", {}).get("workflowResult")}

    def _judged(self) -> dict[str, Any]:
        found = json.loads(self._service.plane.kubectl("get", "deployments", "-n", PLACE, "-o", "json"))["items"]
        surplus = {item["metadata"]["name"]: item["metadata"]["generation"] - 1 - STEPS for item in found}
        times = sorted(self._takeovers)
        return {
            "kills": dict(sorted(self._kills.items())), "workflows": WORKFLOWS, "steps": WORKFLOWS * STEPS,
            "outcomes": dict(sorted(Counter(self._ended().values()).items())),
            "twice": {name: more for name, more in surplus.items() if more > 0},
            "lost": {name: more for name, more in surplus.items() if more < 0},
            "takeoverSeconds": {"median": round(statistics.median(times), 1), "most": round(times[-1], 1)}}
