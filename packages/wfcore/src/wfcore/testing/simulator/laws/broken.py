"""A law that does not hold, and what a law looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TypeAlias

from attrs import define, frozen

from wfcore.settings import Settings
from wfcore.testing.simulator.agenda import SECOND
from wfcore.testing.simulator.ledgers import Attempt, changed_entries, entries, intents, phase_of
from wfcore.testing.simulator.meaning import Json
from wfcore.testing.simulator.runs import Child, Run


class LawBroken(AssertionError):
    """A law does not hold: a defect of the engine, or of the simulator.

    Attributes:
        law: Its number, such as `S11`.
    """

    def __init__(self, law: str, message: str) -> None:
        self.law, self._message = law, message
        super().__init__(f"{law}: {message}")

    def __reduce__(self) -> tuple[type[LawBroken], tuple[str, str]]:
        return LawBroken, (self.law, self._message)


@define
class Clocks:
    """How far the controllers' clocks have been off so far, in microseconds."""

    lowest: int = 0
    highest: int = 0
    stall: int = 0  # the longest that a process stood still between a reading and what it did with it

    @property
    def spread(self) -> int:
        """The most by which two readings may contradict each other; creation and deletion times have whole seconds."""
        return self.highest - self.lowest + self.stall + SECOND


def late(run: Run, child: Child, clocks: Clocks, settings: Settings) -> bool:
    """Whether a child was delivered only after its attempt could be given up as never created, by some clock.

    Nobody can rule that out; its executor finds that it is not asked for any more.
    """
    intended, meaning = run.intents.get(child.attempt), run.meaning
    if intended is None or meaning is None:
        return False
    kind, number, _ = child.attempt
    usual = settings.dry_run_timeout if kind == "dryrun" else settings.compensation_timeout
    timeout = meaning.timeout[number] if kind == run.kind else usual.total_seconds()
    return child.born - intended + clocks.spread >= timeout * SECOND


@define(eq=False, slots=False)
class StatusCommit:
    """A status of `run` that was just committed.  `now` is true time in microseconds."""

    run: Run
    before: Json
    after: Json
    now: int
    clocks: Clocks
    settings: Settings
    frozen_for: int = 0  # since when a freeze is on, in microseconds

    @cached_property
    def ledger(self) -> dict[int, Json]:
        """Entries after the commit, by step number."""
        return entries(self.after)

    @cached_property
    def former(self) -> dict[int, Json]:
        """Entries before it."""
        return entries(self.before)

    @cached_property
    def intended(self) -> list[Attempt]:
        """The attempts that this commit intends for the first time."""
        known = self.run.intents
        return [attempt for number, entry, _ in self.changed
                for attempt in intents(number, entry, self.run.kind) if attempt not in known]

    @cached_property
    def changed(self) -> list[tuple[int, Json, Json]]:
        """Number, entry and former entry where the commit has changed anything."""
        return changed_entries(self.before, self.after)

    @property
    def phase(self) -> str:
        """The phase after the commit."""
        return phase_of(self.after)

    def settled(self, child: Child) -> bool:
        """Whether a child can do nothing any more, as far as anybody can know."""
        if child.over or child.gone or late(self.run, child, self.clocks, self.settings):
            return True
        grace = self.settings.cancel_grace // timedelta(microseconds=1)
        return child.deleted is not None and self.now - child.deleted + self.clocks.spread >= grace


@frozen
class ChildChange:
    """A child before it is taken into the history (`known` is None for a new one), and who wrote it."""

    run: Run | None
    known: Child | None
    child: Child
    removed: bool
    now: int
    clocks: Clocks
    settings: Settings


StatusLaw: TypeAlias = Callable[[StatusCommit], Iterator[str]]
ChildLaw: TypeAlias = Callable[[ChildChange], Iterator[str]]
Laws: TypeAlias = Mapping[str, tuple[Callable[..., Iterator[str]], ...]]
