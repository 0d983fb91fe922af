"""Drives one program to its end, performing each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from wfcore.program import Finished, Program, Request, Response

Perform: TypeAlias = Callable[[Request], Awaitable[Response]]


async def drive(program: Program | Finished, perform: Perform) -> Finished:
    """Perform the requests of a program, and of those it returns, until one is finished."""
    while not isinstance(program, Finished):
        steps = program.run()
        try:
            request = next(steps)
            while True:
                request = steps.send(await perform(request))
        except StopIteration as end:
            program = end.value
    return program
