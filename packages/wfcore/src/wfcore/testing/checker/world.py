"""The explored world: executors, people and time are its moves; requests are performed by the store kernel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    Outbox,
    Record,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
    Surroundings,
)
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.testing.checker import intruders
from wfcore.testing.checker.decoding import Decoder
from wfcore.testing.checker.kernel import Kernel
from wfcore.testing.checker.objects import Objects
from wfcore.testing.checker.reading import Child, Ledger, is_concluded, read_child, read_ledger
from wfcore.testing.checker.scope import SETTINGS, Scope
from wfcore.testing.world import START
from wfcore.testing.world import World as Cluster

_MICROSECOND = timedelta(microseconds=1)


class Core(NamedTuple):
    """Everything outside the controllers.  Objects are numbers."""

    clock: int  # microseconds since the beginning
    workflow: int
    group: int  # of children
    born: tuple[str, ...]  # names of children ever created, sorted, with repetitions
    audited: bool  # the audit log, or the outbox, has the record
    left: int  # moves that a person has left
    frozen: bool


class World:
    """Cores as numbers, with everything that happens to them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        cluster = Cluster("checker")
        self.objects = Objects(cluster.state.bucket(NAMESPACES))
        self.kernel = Kernel(cluster, self.objects)
        self.cores: list[Core] = []
        self._numbers: dict[Core, int] = {}
        self._ledgers: dict[int, Ledger] = {}
        self._children: dict[int, Child] = {}
        self._decoder = Decoder()
        self._raws: dict[int, RawObject] = {}
        self._settled: dict[tuple[int, int], int] = {}
        self._backs: dict[int, int] = {}
        created = cluster.add(WORKFLOW_EXECUTIONS, scope.body())
        self.uid: str = created["metadata"]["uid"]
        if scope.intruder:
            intruders.add(cluster, scope.intruder, self.uid)
        workflow = self.objects.number(cluster.state.find(WORKFLOW_EXECUTIONS, "default", "w"))
        children = cluster.state.bucket(KUBERNETES_EXECUTIONS).ordered
        group = self.objects.group(tuple(map(self.objects.number, children)))
        self.first = self._intern(Core(0, workflow, group, (), audited=False, left=scope.moves, frozen=False))

    # --- reading --------------------------------------------------------------------------------------------

    def ledger(self, core: int) -> Ledger | None:
        """The workflow of a core, or None when it is gone."""
        return self.ledger_of(self.cores[core][1])

    def ledger_of(self, workflow: int) -> Ledger | None:
        """A workflow by its number."""
        if workflow and workflow not in self._ledgers:
            self._ledgers[workflow] = read_ledger(self.objects.value(workflow))
        return self._ledgers.get(workflow)

    def children(self, core: int) -> tuple[Child, ...]:
        """The children of a core, foreign ones included, by name."""
        return tuple(map(self.child, self.objects.groups[self.cores[core][2]]))

    def child(self, number: int) -> Child:
        """A child by its number."""
        if number not in self._children:
            self._children[number] = read_child(self.objects.value(number))
        return self._children[number]

    def now(self, core: int) -> datetime:
        """The clock of a core."""
        return START + self.cores[core][0] * _MICROSECOND

    # --- requests -------------------------------------------------------------------------------------------

    def observe(self, core: int, workflow: int, group: int) -> Seen:
        """What a controller sees whose view holds this workflow and these children."""
        owner = self.ledger_of(workflow)
        # An impostor names our uid; a stranger names another owner, and is met when its name is taken.
        uid = self.uid if owner is None else owner.uid
        shown = [n for n in self.objects.groups[group] if self.child(n).owner == uid]
        return Seen(self._raw(workflow) if workflow else None, tuple(map(self._raw, shown)), self.now(core),
                    Surroundings(frozen=self.cores[core].frozen, approvals_guarded=True))

    def _raw(self, number: int) -> RawObject:
        if number not in self._raws:
            value = self.objects.value(number)
            is_workflow = value["kind"] == WORKFLOW_EXECUTIONS.kind
            self._raws[number] = self._decoder.workflow(value) if is_workflow else RawObject(value)
        return self._raws[number]

    def perform(self, core: int, request: Request) -> tuple[int, Response]:
        """One request that writes, performed to its end."""
        before = self.cores[core]
        match request:
            case CommitStatus() | SetMetadata():
                after, response = self.kernel.commit(before.workflow, request)
                return self._changed(core, workflow=after), response
            case DeleteChild() | ReleaseChild():
                child = self._named(before.group, request.name)
                after, response = self.kernel.on_child(child, request, self.now(core))
                return self._changed(core, group=self._replaced(before.group, child, after)), response
            case Create():
                return self._create(core, request)
            case Record() | Outbox():
                return self._changed(core, audited=True), self.kernel.beside(request)
            case _:
                after, children, response = self.kernel.on_all(
                    before.workflow, self.objects.groups[before.group], request, self.now(core))
                return self._changed(core, workflow=after, group=self.objects.group(children)), response

    def _create(self, core: int, request: Create) -> tuple[int, Response]:
        existing: list[RawObject] = []
        for body in request.children:
            name, before = body.value["metadata"]["name"], self.cores[core]
            taken = self._named(before.group, name)
            if taken:
                existing.append(self._raw(taken))
                continue
            child, response = self.kernel.create(request.ref, body, before.born.count(name))
            if not child:
                return core, response
            core = self._changed(core, group=self._replaced(before.group, 0, child),
                                 born=tuple(sorted((*before.born, name))))
        return core, Created(tuple(existing))

    # --- moves of the world ---------------------------------------------------------------------------------

    def report(self, core: int, child: str, status: Mapping[str, Any]) -> int:
        """An executor writes a child's status."""
        return self._with_child(core, child, {"status": status})

    def edit(self, core: int, child: str, digest: str) -> int:
        """Somebody changes a child's spec."""
        number = self._named(self.cores[core].group, child)
        return self._with_child(core, child, {"spec": {**self.objects.value(number)["spec"], "planDigest": digest}})

    def _with_child(self, core: int, name: str, parts: Mapping[str, Any]) -> int:
        group = self.cores[core].group
        number = self._named(group, name)
        after = self.kernel.update(KUBERNETES_EXECUTIONS, number, parts)
        return self._changed(core, group=self._replaced(group, number, after))

    def delete(self, core: int) -> int:
        """A person deletes the workflow."""
        return self._changed(core, workflow=self.kernel.delete_workflow(self.cores[core].workflow, self.now(core)))

    def change_spec(self, core: int, fields: Mapping[str, Any], cost: int = 0) -> int:
        """A person changes mutable fields of the workflow's spec, which takes `cost` of the moves left."""
        return self._with_workflow(core, "spec", fields, cost)

    def annotate(self, core: int, annotations: Mapping[str, str], cost: int) -> int:
        """A person annotates the workflow, which takes `cost` of the moves left."""
        meta = self.objects.value(self.cores[core].workflow)["metadata"]
        return self._with_workflow(
            core, "metadata", {"annotations": {**meta.get("annotations", {}), **annotations}}, cost)

    def _with_workflow(self, core: int, part: str, fields: Mapping[str, Any], cost: int) -> int:
        _, workflow, *_, left, _ = self.cores[core]
        after = self.kernel.update(WORKFLOW_EXECUTIONS, workflow, {
            part: {**self.objects.value(workflow)[part], **fields}})
        return self._changed(core, workflow=after, left=left - cost)

    def freeze(self, core: int, *, frozen: bool, cost: int = 0) -> int:
        """The operator begins or ends an emergency freeze, which takes `cost` of the moves left."""
        return self._changed(core, frozen=frozen, left=self.cores[core].left - cost)

    def wait(self, core: int, until: datetime) -> int:
        """Nothing happens until then."""
        return self._changed(core, clock=(until - START) // _MICROSECOND)

    def set_back(self, core: int) -> int:
        """The same core with its clock at the beginning."""
        found = self._backs.get(core)
        if found is None:
            before = self.cores[core]
            by = before.clock * _MICROSECOND
            found = self._backs[core] = self._changed(
                core, clock=0, workflow=self.objects.earlier(before.workflow, by),
                group=self.objects.earlier_group(before.group, by)) if before.clock else core
        return found

    def due(self, core: int) -> datetime | None:
        """The next instant at which something is due according to the objects alone."""
        ledger, now, grace = self.ledger(core), self.now(core), SETTINGS.cancel_grace
        instants = list(ledger.instants) if ledger is not None else []
        instants += [c.deleted_at + grace for c in self.children(core) if c.deleted_at is not None and not c.over]
        return min((at for at in instants if at > now), default=None)

    # --- numbers --------------------------------------------------------------------------------------------

    def _named(self, group: int, name: str) -> int:
        """The number of the child of that name, or 0."""
        return next((n for n in self.objects.groups[group] if self.child(n).name == name), 0)

    def _replaced(self, group: int, before: int, after: int) -> int:
        """The group with one child replaced; 0 stands for none, before or after."""
        if before == after:
            return group
        numbers = [n for n in self.objects.groups[group] if n != before]
        numbers += [after] if after else []
        return self.objects.group(tuple(sorted(numbers, key=lambda n: self.child(n).name)))

    def _changed(self, core: int, **parts: Any) -> int:
        """The core with some parts replaced."""
        after = self.cores[core]._replace(**parts)
        settled = self._settled.get((after.workflow, after.group))
        if settled is None:
            settled = self._settled[after.workflow, after.group] = self._settle(after.workflow, after.group)
        return self._intern(after if settled == after.group else after._replace(group=settled))

    def _settle(self, workflow: int, group: int) -> int:
        if not self.scope.condenses:
            return group
        ledger, objects = self.ledger_of(workflow), self.objects
        return objects.group(tuple(objects.condensed(n) if _is_spent(ledger, self.child(n)) else n
                                   for n in objects.groups[group]))

    def _intern(self, core: Core) -> int:
        number = self._numbers.setdefault(core, len(self.cores))
        if number == len(self.cores):
            self.cores.append(core)
        return number


def _is_spent(ledger: Ledger | None, child: Child) -> bool:
    return not child.acting and is_concluded(ledger, child)
