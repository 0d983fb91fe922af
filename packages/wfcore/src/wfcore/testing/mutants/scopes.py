"""Small scopes of the checker that several mutants are hunted in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from wfcore.testing.checker.families import surrounded
from wfcore.testing.checker.scope import Scope, dags
from wfcore.testing.mutants.mutant import States

ONE, TWO, THREE = dags(1)[0], dags(2)[0], dags(3)[0]
CHAIN = dags(2)[1]
# Time passes only when nothing else can happen, executors do not die, L1 is not looked at.
QUICK: Mapping[str, Any] = {"impatient": False, "unreliable": False, "endings": False}
APPROVED = Scope(needs=ONE, strategy={"approvalRequired": True}, person=("approve",), moves=1, **QUICK)
# The first scope with each peculiar answer of the rest of the cluster, or with each kind of source.
_AROUND = {word: task.scope for task in reversed(list(surrounded(lag=0)))
           for word in (*task.scope.answers, task.scope.source)}


def quick(within: int, scope: Scope | None = None, **fields: Any) -> States:
    """A scope with these fields; without one, that of one step and one controller without what multiplies states."""
    if scope is not None:
        return States(within=within, scope=evolve(scope, **fields))
    return States(within=within, scope=Scope(**{"needs": ONE, "controllers": 1, **QUICK, **fields}))


def around(within: int, word: str) -> States:
    """The scope in which the rest of the cluster answers so, or in which the workflow starts from a source."""
    return States(within=within, scope=_AROUND[word])
