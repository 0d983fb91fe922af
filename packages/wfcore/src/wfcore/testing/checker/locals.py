"""Suspended reconciles as numbers: a memo trie over (program, responses heard).

A generator can be neither copied nor hashed.  What it remembers can: the
program it belongs to and the responses it has heard.  It is rebuilt once for
each new edge of the trie; after that a step of a controller is one look-up.

When to wake up is forgotten while a program waits: it is only handed on to who
drives it, so local states that differ in it alone are one.  `LATER` stands in
its place, and the edge keeps the instant, so that a program that loses it, or
makes one up, is seen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from wfcore.program import (
    Consult,
    Consulted,
    Did,
    Emit,
    Finished,
    Freshness,
    Inspect,
    Inspected,
    Observe,
    Program,
    Request,
    Response,
    Review,
    Reviewed,
    Survey,
    Surveyed,
)
from wfcore.rawobject import RawObject
from wfcore.reconciler import Commit, Judge
from wfcore.testing.checker.scope import TARGETS
from wfcore.testing.world import healthy

IDLE = 0
CACHED, LIVE, WRITE = 0, 1, 2

LATER = datetime.min.replace(tzinfo=UTC)
_Local = tuple[Program, tuple[Response, ...]]
# The local state; how the pass ended, when it did; the instant that was forgotten.
Heard = tuple[int, Finished | None, datetime | None]
ANEW: Heard = (IDLE, None, None)


class ProgramError(Exception):
    """A program raised: it may refuse an input, never fall over it.

    Attributes:
        program: The program.
        error: What it raised.
    """

    def __init__(self, program: Program, error: Exception) -> None:
        self.program, self.error = program, error
        super().__init__(f"{type(program).__name__} raised {type(error).__name__}: {error}")


class Locals:
    """All local states met so far.  Number 0 is an idle controller, about to begin a pass.

    `requests` and `asks` say, by number, what a local state waits for, equal
    requests being one object.  `looked_at` is the number of the workflow that a
    pass has seen and looks at once more, or 0: a second look that shows another
    version only begins the pass anew, without a decision, so it is `ANEW`.
    `runs` counts how often a program was really run.
    """

    def __init__(self, start: Program, targets: str = TARGETS[0]) -> None:
        self._targets = targets
        self.requests: list[Request] = []
        self.asks: list[int] = []
        self.looked_at: list[int] = []
        self.runs = 0
        self._states: list[_Local] = []
        self._numbers: dict[_Local, int] = {}
        self._heard: dict[tuple[int, int], Heard] = {}
        self._responses: dict[Response, int] = {}
        self._asked: dict[Request, Request] = {}
        self._values: list[Response] = []
        self._enter(start, ())

    def response(self, value: Response) -> int:
        """The number of a response."""
        number = self._responses.get(value)
        if number is None:
            number = self._responses[value] = self.fresh(value)
        return number

    def hear(self, local: int, response: int) -> Heard:
        """The local state after a response; IDLE and how the pass ended, when it did."""
        found = self._heard.get((local, response))
        if found is None:
            program, heard = self._states[local]
            found = self._enter(program, (*heard, self._values[response]))
            self._heard[local, response] = found
        return found

    def fresh(self, value: Response) -> int:
        """The number of a response that its asker knows to be new: nothing is compared."""
        self._values.append(value)
        return len(self._values) - 1

    def _enter(self, program: Program, heard: tuple[Response, ...]) -> Heard:
        # A program is looked up only where it waits: to compare it costs as much as to run it.
        while True:
            asked, heard = self._run(program, heard)
            if isinstance(asked, Finished):
                return IDLE, asked, None
            if hasattr(asked, "run"):
                program, heard = asked, ()
            else:
                program, wake_at = without_wake(program)
                return self._add(program, heard, asked), None, wake_at

    def _run(self, program: Program, heard: tuple[Response, ...]) -> tuple[
            Request | Program | Finished, tuple[Response, ...]]:
        """What it asks next, or what follows, after these responses; and the responses, some of them not chosen."""
        self.runs += 1
        steps = program.run()
        try:
            request = next(steps)
            for response in heard:
                request = steps.send(response)
            while isinstance(request, Emit | Inspect | Consult | Survey | Review):
                # Nothing in the explored world depends on Events; targets stay as they are and nobody else's, nothing
                # is recorded and everything allowed: no choice, no state.
                heard = (*heard, _told(request, self._targets))
                request = steps.send(heard[-1])
            return request, heard
        except StopIteration as end:
            following: Program | Finished = end.value
            return following, ()
        except Exception as error:
            raise ProgramError(program, error) from error

    def _add(self, program: Program, heard: tuple[Response, ...], request: Request) -> int:
        number = self._numbers.setdefault((program, heard), len(self._states))
        if number < len(self._states):
            return number
        self._states.append((program, heard))
        self.requests.append(self._asked.setdefault(request, request))
        self.looked_at.append(_looked_at(program) if heard and isinstance(request, Observe) else 0)
        cached = isinstance(request, Observe) and request.freshness is Freshness.CACHED
        self.asks.append(CACHED if cached else LIVE if isinstance(request, Observe) else WRITE)
        return number


def without_wake(program: Any) -> tuple[Any, datetime | None]:
    """The program with `LATER` for the instant it is to be woken at, and that instant; None stays None."""
    wake_at = None
    if isinstance(program, Commit):
        # Events are told when, and nobody else.
        wake_at = program.decision.wake_at
        decision = attrs.evolve(program.decision, wake_at=wake_at and LATER, hold_until=None)
        program = attrs.evolve(program, decision=decision, at=LATER)
    elif getattr(program, "wake_at", None) is not None:
        wake_at = program.wake_at
        program = attrs.evolve(program, wake_at=LATER)
    return program, None if wake_at == LATER else wake_at


def _looked_at(program: Program) -> int:
    return int(program.workflow.metadata.resource_version) if isinstance(program, Judge) else 0


def _told(request: Emit | Inspect | Consult | Survey | Review, targets: str) -> Response:
    match request:
        case Emit():
            return Did()
        case Inspect() if targets == "unreadable":
            return Inspected((None,) * len(request.targets))
        case Inspect():
            return Inspected(tuple((RawObject(healthy(t) if targets == "healthy" else {}),) for t in request.targets))
        case Consult():
            return Consulted(())
        case Survey():
            return Surveyed(())
        case Review():
            return Reviewed((True,) * len(request.questions))
