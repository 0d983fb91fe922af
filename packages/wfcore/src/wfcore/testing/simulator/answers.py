"""What the rest of the cluster says when programs ask: targets, alerts, recorded history, access, holds.

Health changes with time, not with whoever looks.  In an ordinary schedule there
is no history, everything is allowed and there are no alerts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.targets import Target
from wfcore.program import AccessQuestion, Consult, Consulted, Failed, Inspect, Inspected, Response, Review, Reviewed
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS
from wfcore.simulation.targets import found_at
from wfcore.testing.simulator.agenda import SECOND, Agenda, instant, wire
from wfcore.testing.simulator.deeds import Deed
from wfcore.testing.simulator.features import CREATOR, Features
from wfcore.testing.world import healthy

_HEALTH_CHANGES = 15 * SECOND
_Found = tuple[RawObject, ...] | None


class Answers:
    """The answers of one schedule; `mood` from 0 to 1 is how well its targets are."""

    def __init__(self, seed: int, agenda: Agenda, mood: float, features: Features) -> None:
        self._seed, self._agenda, self._mood, self._features = seed, agenda, mood, features
        self._deeds = features.deeds

    def inspect(self, request: Inspect) -> Inspected:
        """Each target as it is now."""
        if not self._features.peopled:
            return Inspected(tuple(map(self._found, request.targets)))
        now = instant(self._agenda.now)
        alerts = tuple(self._alerts(request.targets))
        found: list[_Found] = []
        for target in request.targets:
            well = self._is_well(target)
            self._deeds[Deed.SICK] += not well
            if target.kind == ALERT_REMEDIATIONS.kind:
                found.append(alerts)
            else:
                found.append(found_at(target, now) if well else self._ill(target))
        return Inspected(tuple(found))

    def consult(self, request: Consult) -> Response:
        """What is recorded about the actions, at times nothing that counts, at times no answer."""
        chance = self._own("history", request)
        if not self._features.peopled:
            return Consulted(())
        if chance.random() < 0.15:
            return Failed("unavailable", "the history is away")
        self._deeds[Deed.LEARNED] += 1
        return Consulted(tuple(_history(chance, action) for action in request.actions if chance.random() < 0.8))

    def review(self, request: Review) -> Reviewed:
        """What each account may do: the same answer whenever it is asked."""
        if not self._features.peopled:
            return Reviewed((True,) * len(request.questions))
        answers = tuple(map(self._may, request.questions))
        self._deeds[Deed.DENIED] += False in answers
        self._deeds[Deed.UNSURE] += None in answers
        return Reviewed(answers)

    def _may(self, question: AccessQuestion) -> bool | None:
        features = self._features
        if question.user == CREATOR and question.verb == "skip":
            return CREATOR in features.skippers
        chance = self._own("access", question).random()
        if features.denies and chance < 0.1:
            return False
        return None if features.unsure and chance > 0.9 else True

    def _found(self, target: Target) -> _Found:
        if not target.name and not target.selector:
            return ()  # whatever is listed: there is none, no alert above all
        return (RawObject(healthy(target)),) if self._is_well(target) else self._ill(target)

    def _is_well(self, target: Target) -> bool:
        return self._mood < 0.8 or self._own_now(target).random() < 0.7

    def _ill(self, target: Target) -> _Found:
        return None if self._mood < 0.9 else (RawObject({}),)

    def _alerts(self, targets: tuple[Target, ...]) -> Iterator[RawObject]:
        """Now and then one has come up about a target, just now."""
        named = [target.name for target in targets if target.kind == "Deployment"]
        for name in named:
            if self._own_now(name).random() < 0.12:
                yield RawObject({
                    "metadata": {"name": f"alert-{name}", "namespace": "default",
                                 "creationTimestamp": wire(instant(self._agenda.now // SECOND * SECOND))},
                    "spec": {"signalLabels": {"deployment": name}}})

    def _own(self, *about: object) -> Random:
        return Random(f"{self._seed}/{about}")

    def _own_now(self, about: object) -> Random:
        return Random(f"{self._seed}/{about}/{self._agenda.now // _HEALTH_CHANGES}")


def _history(chance: Random, action: Action) -> ActionHistory:
    slow = timedelta(seconds=chance.choice((5, 20, 100)))
    return ActionHistory(
        action=action, samples=chance.choice((3, 50)), success_rate=chance.choice((0.05, 0.6, 0.95)),
        retry_success_rate=chance.choice((0.1, 0.6, 0.9)), confidence=chance.choice((0.5, 0.95)),
        typical_duration=slow / 2, slow_duration=slow)
