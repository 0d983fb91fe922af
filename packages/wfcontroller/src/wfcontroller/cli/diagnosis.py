"""The words of a diagnosis, and what every check is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from attrs import frozen

from wfcontroller.cli.connection import Cluster

OK, WARNING, FAILED = "ok", "warning", "failed"


@frozen
class Diagnosis:
    """One thing that was looked at: what was found, and what to do unless it is ok."""

    check: str
    state: str
    found: str
    todo: str = ""


@frozen(eq=False)
class Patient:
    """A cluster, and where the controller runs on it."""

    cluster: Cluster
    namespace: str


Check: TypeAlias = Callable[[Patient], Awaitable[Diagnosis]]
