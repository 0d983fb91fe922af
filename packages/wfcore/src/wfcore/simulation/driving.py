"""Runs one program: the innermost loop of whoever drives programs without a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wfcore.program import Finished, Program, Request, Response

Answer: TypeAlias = Callable[[Request], Response]


def handed_over(program: Program, answer: Answer) -> Program | Finished:
    """Perform the requests of one program; what it hands over to."""
    steps = program.run()
    try:
        request = next(steps)
        while True:
            request = steps.send(answer(request))
    except StopIteration as end:
        following: Program | Finished = end.value
        return following
