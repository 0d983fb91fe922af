"""The explored world: the store kernel, a clock, the audit log; executors, a person and time are its moves.

A *core* is everything outside the controllers: (clock in microseconds, workflow,
children, names ever created, whether an audit row exists), as numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import attrs

from wfcore.program import Create, Created, Record, Request, Response, Seen
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.testing.checker import intruders
from wfcore.testing.checker.objects import Objects
from wfcore.testing.checker.reading import Child, Ledger, is_concluded, read_child, read_ledger
from wfcore.testing.checker.scope import SETTINGS, Scope
from wfcore.testing.world import START
from wfcore.testing.world import World as Cluster

Core: TypeAlias = "tuple[int, int, int, tuple[str, ...], bool]"
_MICROSECOND = timedelta(microseconds=1)


class World:
    """Cores as numbers, with everything that happens to them; requests are performed by the store kernel."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._cluster = Cluster("checker")
        self.objects = Objects(self._cluster.state.bucket(NAMESPACES))
        self.cores: list[Core] = []
        self._numbers: dict[Core, int] = {}
        self._ledgers: dict[int, Ledger] = {}
        self._children: dict[int, Child] = {}
        self._raws: dict[int, RawObject] = {}
        created = self._cluster.add(WORKFLOW_EXECUTIONS, scope.body())
        self.uid: str = created["metadata"]["uid"]
        if scope.intruder:
            intruders.add(self._cluster, scope.intruder, self.uid)
        self.first = self._number(0, (), audited=False)

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
        return tuple(map(self._child, self.objects.groups[self.cores[core][2]]))

    def _child(self, number: int) -> Child:
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
        shown = [n for n in self.objects.groups[group] if self._is_shown(n, owner)]
        return Seen(self._raw(workflow) if workflow else None, tuple(map(self._raw, shown)), self.now(core))

    def _is_shown(self, number: int, owner: Ledger | None) -> bool:
        # An impostor names our uid; a stranger names another owner, and is met when its name is taken.
        return self._child(number).owner == (self.uid if owner is None else owner.uid)

    def _raw(self, number: int) -> RawObject:
        if number not in self._raws:
            self._raws[number] = RawObject(self.objects.value(number))
        return self._raws[number]

    def perform(self, core: int, request: Request) -> tuple[int, Response]:
        """One request that writes, performed to its end."""
        if isinstance(request, Create):
            return self._create(core, request)
        self._restore(core)
        response = self._cluster.answer(request)
        born, audited = self.cores[core][3:]
        return self._number(self.cores[core][0], born, audited=audited or isinstance(request, Record)), response

    def _create(self, core: int, request: Create) -> tuple[int, Response]:
        existing: list[RawObject] = []
        for child in request.children:
            core, answer = self._post(core, request, child)
            if not isinstance(answer, Created):
                return core, answer
            existing += answer.existing
        return core, Created(tuple(existing))

    def _post(self, core: int, request: Create, child: RawObject) -> tuple[int, Response]:
        name = child.value["metadata"]["name"]
        clock, _, _, born, audited = self.cores[core]
        self._restore(core)
        self._cluster.state = attrs.evolve(self._cluster.state, uid_seed=f"{name}/{born.count(name)}")
        answer = self._cluster.answer(Create(request.ref, (child,)))
        taken = not isinstance(answer, Created) or answer.existing
        after = self._number(clock, born if taken else tuple(sorted((*born, name))), audited=audited)
        if isinstance(answer, Created) and answer.existing:
            answer = Created(tuple(self._raw(n) for n in self.objects.groups[self.cores[after][2]]
                                   if self._child(n).name == name))
        return after, answer

    # --- moves of the world ---------------------------------------------------------------------------------

    def report(self, core: int, child: str, status: object) -> int:
        """An executor writes a child's status."""
        return self._moved(core, lambda: self._cluster.report(child, status))

    def edit(self, core: int, child: str, digest: str) -> int:
        """Somebody changes a child's spec."""
        def change() -> None:
            stored = self._cluster.get(KUBERNETES_EXECUTIONS, child)
            body = {**stored, "spec": {**stored["spec"], "planDigest": digest}}
            self._cluster.perform(op.Update(KUBERNETES_EXECUTIONS, body, self._cluster.now))
        return self._moved(core, change)

    def delete(self, core: int) -> int:
        """A person deletes the workflow."""
        return self._moved(core, lambda: self._cluster.delete(WORKFLOW_EXECUTIONS, "w"))

    def wait(self, core: int, until: datetime) -> int:
        """Nothing happens until then."""
        _, workflow, group, born, audited = self.cores[core]
        return self._intern(((until - START) // _MICROSECOND, workflow, group, born, audited))

    def set_back(self, core: int) -> int:
        """The same core with its clock at the beginning."""
        clock, workflow, group, born, audited = self.cores[core]
        if not clock:
            return core
        by = clock * _MICROSECOND
        return self._intern((0, self.objects.earlier(workflow, by), self.objects.earlier_group(group, by), born,
                             audited))

    def due(self, core: int) -> datetime | None:
        """The next instant at which something is due according to the objects alone."""
        ledger, now, grace = self.ledger(core), self.now(core), SETTINGS.cancel_grace
        instants = list(ledger.instants) if ledger is not None else []
        if ledger is not None:
            efforts = [e for entry in ledger.entries.values() for e in (entry.forward, entry.undo) if e is not None]
            instants += [e.cancelled_at + grace for e in efforts if e.cancelled_at is not None]
        instants += [c.deleted_at + grace for c in self.children(core) if c.deleted_at is not None and not c.over]
        return min((at for at in instants if at > now), default=None)

    def _moved(self, core: int, happening: Callable[[], object]) -> int:
        self._restore(core)
        happening()
        clock, _, _, born, audited = self.cores[core]
        return self._number(clock, born, audited=audited)

    def _restore(self, core: int) -> None:
        self._cluster.state = self.objects.state(*self.cores[core][1:3])
        self._cluster.now = self.now(core)

    def _number(self, clock: int, born: tuple[str, ...], *, audited: bool) -> int:
        state, objects = self._cluster.state, self.objects
        workflows = state.bucket(WORKFLOW_EXECUTIONS).ordered
        workflow = objects.number(workflows[0] if workflows else None)
        ledger = self.ledger_of(workflow)
        children = [objects.number(stored) for stored in state.bucket(KUBERNETES_EXECUTIONS).ordered]
        if not self.scope.broken and not self.scope.delete:
            children = [objects.condensed(n) if _is_spent(ledger, self._child(n)) else n for n in children]
        return self._intern((clock, workflow, objects.group(tuple(children)), born, audited))

    def _intern(self, core: Core) -> int:
        number = self._numbers.setdefault(core, len(self.cores))
        if number == len(self.cores):
            self.cores.append(core)
        return number


def _is_spent(ledger: Ledger | None, child: Child) -> bool:
    return not child.acting and is_concluded(ledger, child)
