"""Suspended reconciles as numbers: a memo trie over (program, responses heard).

A generator can be neither copied nor hashed.  What it remembers can: the
program it belongs to and the responses it has heard.  It is rebuilt once for
each new edge of the trie; after that a step of a controller is one look-up.
"""

from __future__ import annotations

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
from wfcore.testing.world import healthy

IDLE = 0
CACHED, LIVE, WRITE = 0, 1, 2

_Local = tuple[Program, tuple[Response, ...]]


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

    `requests` and `asks` say, by number, what a local state waits for; `passes`
    counts how often a program was really run.
    """

    def __init__(self, start: Program) -> None:
        self.requests: list[Request] = []
        self.asks: list[int] = []
        self.runs = 0
        self._states: list[_Local] = []
        self._numbers: dict[_Local, int] = {}
        self._heard: dict[tuple[int, int], tuple[int, Finished | None]] = {}
        self._responses: dict[Response, int] = {}
        self._values: list[Response] = []
        self._enter(start, ())

    def response(self, value: Response) -> int:
        """The number of a response."""
        number = self._responses.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return number

    def hear(self, local: int, response: int) -> tuple[int, Finished | None]:
        """The local state after a response; IDLE and how the pass ended, when it did."""
        found = self._heard.get((local, response))
        if found is None:
            program, heard = self._states[local]
            found = self._enter(program, (*heard, self._values[response]))
            self._heard[local, response] = found
        return found

    def _enter(self, program: Program, heard: tuple[Response, ...]) -> tuple[int, Finished | None]:
        while True:
            known = self._numbers.get((program, heard))
            if known is not None:
                return known, None
            asked = self._run(program, heard)
            if isinstance(asked, Finished):
                return IDLE, asked
            if isinstance(asked, Emit | Inspect | Consult | Survey | Review):
                # Nothing in the explored world depends on Events; targets are healthy and nobody else's, nothing is
                # recorded and everything allowed: no choice, no state.
                heard = (*heard, _told(asked))
            elif isinstance(asked, Observe) or not hasattr(asked, "run"):
                return self._add(program, heard, asked), None
            else:
                program, heard = asked, ()

    def _run(self, program: Program, heard: tuple[Response, ...]) -> Request | Program | Finished:
        self.runs += 1
        steps = program.run()
        try:
            request = next(steps)
            for response in heard:
                request = steps.send(response)
            return request
        except StopIteration as end:
            following: Program | Finished = end.value
            return following
        except Exception as error:
            raise ProgramError(program, error) from error

    def _add(self, program: Program, heard: tuple[Response, ...], request: Request) -> int:
        number = self._numbers[program, heard] = len(self._states)
        self._states.append((program, heard))
        self.requests.append(request)
        cached = isinstance(request, Observe) and request.freshness is Freshness.CACHED
        self.asks.append(CACHED if cached else LIVE if isinstance(request, Observe) else WRITE)
        return number


def _told(request: Emit | Inspect | Consult | Survey | Review) -> Response:
    match request:
        case Emit():
            return Did()
        case Inspect():
            return Inspected(tuple((RawObject(healthy(target)),) for target in request.targets))
        case Consult():
            return Consulted(())
        case Survey():
            return Surveyed(())
        case Review():
            return Reviewed((True,) * len(request.questions))
