"""The steps of controllers and of the world, each computed once: tables from numbers to numbers.

The laws are checked when an entry is made, so that they cost nothing per state.
"""

from __future__ import annotations

from attrs import evolve, frozen

from wfcore.program import (
    CommitStatus,
    Create,
    DeleteChild,
    Failed,
    Observe,
    Outbox,
    Record,
    Ref,
    ReleaseChild,
    Request,
    SetMetadata,
    Unknown,
)
from wfcore.reconciler import Reconcile
from wfcore.testing.checker.executor import executor_moves, time_passes
from wfcore.testing.checker.laws import check_state, check_write
from wfcore.testing.checker.locals import ANEW, WRITE, Heard, Locals, ProgramError
from wfcore.testing.checker.person import person_moves
from wfcore.testing.checker.scope import Scope
from wfcore.testing.checker.violation import Violation
from wfcore.testing.checker.world import World


@frozen
class Turn:
    """A request performed: the core and the local state afterwards; `words` tell what was answered."""

    core: int
    local: int
    words: str


class Turns:
    """Everything that can happen, as tables.  Raises `Violation` where a law is broken, each time it is asked."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.world = World(scope)
        self.locals = Locals(Reconcile(Ref("default", "w"), scope.settings), scope.targets)
        self.written: set[str] = set()
        self._checked: set[int] = set()
        self._pairs: set[tuple[int, int]] = set()
        self._views: dict[tuple[int, int, int, int], Heard] = {}
        self._seen: dict[tuple[int, int, int], int] = {}
        self._turns: dict[tuple[int, int], tuple[Turn, Heard]] = {}
        self._moves: dict[int, tuple[tuple[str, int], ...]] = {}
        self._times: dict[int, tuple[tuple[str, int], ...]] = {}
        self._lost = self.locals.response(Unknown())
        self._away = self.locals.response(Failed("unavailable"))

    def observe(self, core: int, local: int, workflow: int, group: int) -> Heard:
        """The local state after reading this workflow and these children."""
        same = self.locals.looked_at[local]
        if same not in (0, workflow):
            return ANEW
        seen_at = self.world.cores[core]
        key = (local, seen_at.clock * 2 + seen_at.frozen, workflow, group)
        found = self._views.get(key)
        if found is None:
            seen = self._seen.get(key[1:])
            if seen is None:
                seen = self._seen[key[1:]] = self.locals.fresh(self.world.observe(core, workflow, group))
            found = self._views[key] = self._hear(local, seen)
        return found

    def perform(self, core: int, local: int) -> tuple[Turn, Heard]:
        """A write, performed as it should be."""
        found = self._turns.get((core, local))
        if found is None:
            request = self.locals.requests[local]
            after, response = self.world.perform(core, request)
            self._check(core, after)
            self.written.add(type(request).__name__)
            heard = self._hear(local, self.locals.response(response))
            found = self._turns[core, local] = (Turn(after, heard[0], describe(response)), heard)
        return found

    def is_inert(self, core: int, local: int) -> bool:
        """Whether what comes next changes nothing, is answered the same, and both for ever.

        A precondition on a version that has passed: versions are numbers of
        contents, and a ledger never returns to one.  A child that is being
        deleted stays so, one that is let go stays so, a recorded row is never
        recorded again; uids do not come back.  Nor does a version that a second
        look waits for: what else it shows only ends the pass, with a fresher cache.
        """
        request = self.locals.requests[local]
        match request:
            case Observe():
                return self.locals.looked_at[local] not in (0, self.world.cores[core].workflow)
            case CommitStatus() | SetMetadata():
                return request.version != str(self.world.cores[core].workflow)
            case DeleteChild() | ReleaseChild():
                return self.perform(core, local)[0].core == core
            case Record() | Outbox():
                return self.world.cores[core].audited
            case _:
                return False

    def faults(self, core: int, local: int) -> tuple[Turn, ...]:
        """The same write as it should not be: not done or partly done, done and unheard, refused by the weather."""
        request = self.locals.requests[local]
        if self.locals.asks[local] != WRITE:
            return ()
        turns = [Turn(core, self._hear(local, self._away)[0], "refused: unavailable")]
        for part, words in _parts(request):
            after = core if part is None else self.world.perform(core, part)[0]
            self._check(core, after)
            turns.append(Turn(after, self._hear(local, self._lost)[0], f"{words}; no answer"))
        return tuple(turns)

    def moves(self, core: int) -> tuple[tuple[str, int], ...]:
        """What executors and people may do."""
        found = self._moves.get(core)
        if found is None:
            found = (*executor_moves(self.world, core), *person_moves(self.world, core))
            for _, after in found:
                self._check_state(after)
            self._moves[core] = found
        return found

    def times(self, core: int) -> tuple[tuple[str, int], ...]:
        """The next deadline, if there is one that may come."""
        found = self._times.get(core)
        if found is None:
            found = self._times[core] = tuple(time_passes(self.world, core))
            for _, after in found:
                self._check_state(after)
        return found

    def _hear(self, local: int, response: int) -> Heard:
        try:
            return self.locals.hear(local, response)
        except ProgramError as error:
            raise Violation("S26", str(error)) from error

    def _check(self, before: int, after: int) -> None:
        if before != after and (before, after) not in self._pairs:
            self._check_state(after)
            check_write(self.world, before, after)
            self._pairs.add((before, after))

    def _check_state(self, core: int) -> None:
        if core not in self._checked:
            check_state(self.world, core)
            self._checked.add(core)


def _parts(request: Request) -> list[tuple[Request | None, str]]:
    """Of a batch any subset may have been committed."""
    if not isinstance(request, Create):
        return [(None, "not done"), (request, "done")]
    parts: list[tuple[Request | None, str]] = []
    for mask in range(1 << len(request.children)):
        chosen = tuple(child for i, child in enumerate(request.children) if mask >> i & 1)
        names = ", ".join(child.value["metadata"]["name"] for child in chosen)
        parts.append((evolve(request, children=chosen) if chosen else None, f"done: {names}" if chosen else "not done"))
    return parts


def describe(response: object) -> str:
    """A response in a few words."""
    if isinstance(response, Failed):
        return f"refused: {response.why}"
    return type(response).__name__.lower()
