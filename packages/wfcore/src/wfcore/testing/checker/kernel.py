"""Single operations of the store kernel, each computed once: tables from numbers of objects to numbers of objects.

A write of one object reads that object alone (and its namespace), so it is
performed on a store that holds nothing else, and its outcome serves every core
that holds the object.  Writes of the workflow are told apart by identity: whoever
asks keeps one value per content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    Failed,
    Ref,
    ReleaseChild,
    Request,
    Response,
    SetMetadata,
)
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.requests import Write, written
from wfcore.testing.checker.objects import Objects
from wfcore.testing.world import START
from wfcore.testing.world import World as Cluster

CONFLICT = Failed("conflict")


class Kernel:
    """Operations as tables.  Number 0 is "no object", before and after."""

    def __init__(self, cluster: Cluster, objects: Objects) -> None:
        self._cluster, self._objects = cluster, objects
        self._commits: dict[tuple[int, int], tuple[int, Response]] = {}
        self._on_child: dict[tuple[DeleteChild | ReleaseChild, int, datetime], tuple[int, Response]] = {}
        self._created: dict[tuple[RawObject, int], tuple[int, Response]] = {}
        self._beside: dict[int, Response] = {}
        self._updated: dict[tuple[int, str], int] = {}

    def commit(self, workflow: int, request: CommitStatus | SetMetadata) -> tuple[int, Response]:
        """A write of the workflow.  Only one content has the version it asks for; any other is a conflict."""
        if workflow and request.version != str(workflow):
            return workflow, CONFLICT
        found = self._commits.get((id(request), workflow))
        if found is None:
            self._hold(workflow, ())
            response = self._write(request)
            found = self._commits[id(request), workflow] = self._workflow(), response
        return found

    def on_child(self, child: int, request: DeleteChild | ReleaseChild, now: datetime) -> tuple[int, Response]:
        """A request about one child."""
        found = self._on_child.get((request, child, now))
        if found is None:
            self._hold(0, (child,), now)
            response = self._write(request)
            found = self._on_child[request, child, now] = self._only_child(), response
        return found

    def create(self, ref: Ref, body: RawObject, serial: int) -> tuple[int, Response]:
        """A child created in place of none; `serial` tells how many had its name before.  0 when it is refused."""
        found = self._created.get((body, serial))
        if found is None:
            name = body.value["metadata"]["name"]
            self._hold(0, ())
            self._cluster.state = attrs.evolve(self._cluster.state, uid_seed=f"{name}/{serial}")
            response = self._write(Create(ref, (body,)))
            child = self._only_child() if isinstance(response, Created) else 0
            found = self._created[body, serial] = child, response
        return found

    def beside(self, request: Request) -> Response:
        """A request that no object has to do with."""
        found = self._beside.get(id(request))
        if found is None:
            found = self._beside[id(request)] = self._cluster.answer(request)
        return found

    def on_all(self, workflow: int, children: tuple[int, ...], request: Request, now: datetime) -> tuple[
            int, tuple[int, ...], Response]:
        """Any other request, performed on the whole store."""
        self._hold(workflow, children, now)
        response = self._cluster.answer(request)
        after = self._cluster.state.bucket(KUBERNETES_EXECUTIONS).ordered
        return self._workflow(), tuple(map(self._objects.number, after)), response

    def update(self, resource: Resource, number: int, parts: Mapping[str, Any]) -> int:
        """An object with some top-level parts replaced: its status alone, or others and not the status."""
        key = number, repr(parts)
        found = self._updated.get(key)
        if found is None:
            is_workflow = resource is WORKFLOW_EXECUTIONS
            self._hold(number if is_workflow else 0, () if is_workflow else (number,))
            body = {**self._objects.value(number), **parts}
            kind = op.UpdateStatus if "status" in parts else op.Update
            self._cluster.perform(kind(resource, body, START))
            found = self._updated[key] = self._workflow() if is_workflow else self._only_child()
        return found

    def delete_workflow(self, workflow: int, now: datetime) -> int:
        """A person deletes the workflow."""
        self._hold(workflow, (), now)
        self._cluster.delete(WORKFLOW_EXECUTIONS, "w")
        return self._workflow()

    def _write(self, request: Write) -> Response:
        # As the cluster answers, but it reads each status back; that is a law of the codec, tested elsewhere.
        self._cluster.state, response = written(self._cluster.state, request, self._cluster.now)
        return response

    def _hold(self, workflow: int, children: tuple[int, ...], now: datetime = START) -> None:
        self._cluster.state = self._objects.state(workflow, children)
        self._cluster.now = now

    def _workflow(self) -> int:
        return self._objects.number(self._cluster.state.find(WORKFLOW_EXECUTIONS, "default", "w"))

    def _only_child(self) -> int:
        held = self._cluster.state.bucket(KUBERNETES_EXECUTIONS).ordered
        return self._objects.number(held[0] if held else None)
