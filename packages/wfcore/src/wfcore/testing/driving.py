"""Drives programs against anything that answers requests, and remembers what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypeVar

from attrs import frozen

from wfcore.program import Finished, Observe, Program, Request, Response
from wfcore.simulation.driving import Answer, handed_over

R = TypeVar("R")

# No honest pass comes near it: a program that does loops.
LONGEST_PASS = 2_000


class EndlessPass(AssertionError):
    """A pass asked more than `LONGEST_PASS` requests."""


@frozen
class Exchange:
    """One request, the response, and the program that asked."""

    program: Program
    request: Request
    response: Response


@frozen
class Pass:
    """One program driven to its end: everything that was asked, in order, and how it finished."""

    exchanges: tuple[Exchange, ...]
    finished: Finished

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests in order."""
        return tuple(exchange.request for exchange in self.exchanges)

    def asked(self, kind: type[R]) -> tuple[R, ...]:
        """The requests of one kind, in order."""
        return tuple(request for request in self.requests if isinstance(request, kind))

    @property
    def words(self) -> tuple[str, ...]:
        """The requests' names in order, a read with its freshness: `Observe.cached`, `CommitStatus`, `Create`."""
        return tuple(_word(request) for request in self.requests)

    def observations(self) -> Iterator[tuple[Exchange, ...]]:
        """The exchanges cut before each `Observe`."""
        part: list[Exchange] = []
        for exchange in self.exchanges:
            if isinstance(exchange.request, Observe) and part:
                yield tuple(part)
                part = []
            part.append(exchange)
        yield tuple(part)


def _word(request: Request) -> str:
    name = type(request).__name__
    return f"{name}.{request.freshness.value}" if isinstance(request, Observe) else name


def drive(program: Program | Finished, answer: Answer) -> Pass:
    """Run a program, and those it hands over to, to `Finished`.

    Raises:
        EndlessPass: when it asks more than `LONGEST_PASS` requests.
    """
    exchanges: list[Exchange] = []
    while not isinstance(program, Finished):
        program = handed_over(program, partial(_exchange, program, answer, exchanges))
    return Pass(tuple(exchanges), program)


def _exchange(program: Program, answer: Answer, exchanges: list[Exchange], request: Request) -> Response:
    if len(exchanges) >= LONGEST_PASS:
        raise EndlessPass(f"more than {LONGEST_PASS} requests; the last was {request!r}")
    exchanges.append(Exchange(program, request, answer(request)))
    return exchanges[-1].response


def scripted(responses: Sequence[Response]) -> Answer:
    """Answers with these responses in order, then with the last one for ever."""
    left = list(responses)

    def answer(request: Request) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer
