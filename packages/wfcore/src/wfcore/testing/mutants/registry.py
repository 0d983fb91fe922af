"""Every mutant by name: importing it loads the themes, each of which registers its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wfcore.testing.mutants import (
    adapting,
    approval,
    attempts,
    audit,
    authority,
    clocks,
    commits,
    deletion,
    holds,
    isolation,
    ledger,
    ordering,
    ownership,
    people,
    phases,
    rollback,
    secrets,
    sources,
    verdicts,
)
from wfcore.testing.mutants.mutant import REGISTERED, Mutant

THEMES = (commits, ownership, ledger, attempts, ordering, phases, holds, approval, people, authority, secrets, adapting,
          rollback, sources, verdicts, audit, deletion, clocks, isolation)

MUTANTS: Mapping[str, Mutant] = MappingProxyType({
    name: mutant for theme in THEMES for name, mutant in REGISTERED.items()
    if mutant.plant.__module__ == theme.__name__})
