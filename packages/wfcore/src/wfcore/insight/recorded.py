"""One decision with everything it was made of, so that it can be made again anywhere.

Only JSON is kept, and no secret: inline values of Secrets are veiled, and the
digests of children cover their keys alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from wfcore.codec import Malformed, Problem, decode_workflow, encode
from wfcore.codec.canonical import canonical
from wfcore.codec.times import format_time, parse_time
from wfcore.decision import CreateChild, Decision, Effect
from wfcore.insight.values import from_json, from_tagged, to_json, to_tagged
from wfcore.insight.veil import Veil, without_secrets
from wfcore.planning.targets import Target
from wfcore.program import Inspected, Surroundings
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

FORMAT = 1


@frozen(eq=True)
class RecordedDecision:
    """A decision at an instant: what was given, and what was decided.

    `given` holds `workflow`, `children` and `foreign` by name, `facts` (pairs of
    target and objects, null when nothing was inspected), `answers` (pairs of
    request and response, in the order asked), `surroundings`, `live` and
    `settings`; `decided` holds `status`, `effects` (`kind`, `name`, `digest` of the
    body), `wakeAt`, `holdUntil` and `needLive`.
    """

    at: datetime
    given: Mapping[str, Any]
    decided: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """One JSON object; `read_record` reads it back the same."""
        return {"format": FORMAT, "at": format_time(self.at), "given": self.given, "decided": self.decided}


def record(snapshot: Snapshot, now: datetime, decision: Decision) -> RecordedDecision:
    """Record one decision.  O(size of the snapshot)."""
    veil = Veil()
    facts = None if snapshot.facts is None else [
        [to_json(target), None if found is None else [raw.value for raw in found]]
        for target, found in snapshot.facts.items()]
    given = {
        "workflow": encode(snapshot.workflow),
        "children": {name: to_tagged(child) for name, child in snapshot.children.items()},
        "foreign": {name: to_tagged(other) for name, other in snapshot.foreign.items()},
        "facts": facts,
        "answers": [[to_tagged(request), to_tagged(response)] for request, response in snapshot.answers.items()],
        "surroundings": to_json(snapshot.surroundings),
        "live": snapshot.live,
        "settings": to_json(snapshot.settings),
    }
    return RecordedDecision(now, veil.over(given), veil.over(decided(decision)))


def decided(decision: Decision) -> dict[str, Any]:
    """What a decision says, as JSON."""
    return {
        "status": encode(decision.status), "effects": [_effect(effect) for effect in decision.effects],
        "wakeAt": _instant(decision.wake_at), "holdUntil": _instant(decision.hold_until),
        "needLive": decision.need_live,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_time(at)


def _effect(effect: Effect) -> dict[str, str]:
    body = effect.body.value if isinstance(effect, CreateChild) else {"uid": effect.uid}
    digest = hashlib.sha256(canonical(without_secrets(body))).hexdigest()
    return {"kind": type(effect).__name__, "name": effect.name, "digest": f"sha256:{digest}"}


def read_record(value: Any) -> RecordedDecision | Malformed:
    """A record from its JSON; whether its parts can be read shows when it is replayed."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        return Malformed((Problem(("format",), "NotSupported", f"expected a record of format {FORMAT}"),))
    wrong = [key for key in ("given", "decided") if not isinstance(value.get(key), Mapping)]
    try:
        at = parse_time(str(value.get("at")))
    except ValueError as error:
        return Malformed((Problem(("at",), "BadFormat", str(error)),))
    if wrong:
        return Malformed(tuple(Problem((key,), "WrongType", "expected an object") for key in wrong))
    return RecordedDecision(at, value["given"], value["decided"])


def snapshot_of(recorded: RecordedDecision, settings: Settings | None = None) -> Snapshot | Malformed:
    """The snapshot a decision was made of, under the recorded settings or others; or every problem of the record."""
    given, misshapen = recorded.given, tuple(_misshapen(recorded.given))
    if misshapen:
        return Malformed(misshapen)
    parts: dict[str, Any] = {
        "workflow": decode_workflow(given["workflow"]),
        "settings": settings or from_json(Settings, given.get("settings"), "settings"),
        "surroundings": from_json(Surroundings, given.get("surroundings"), "surroundings"),
    }
    children = {name: from_tagged(child, "children", name) for name, child in given["children"].items()}
    foreign = {name: from_tagged(other, "foreign", name) for name, other in given["foreign"].items()}
    answers = [tuple(from_tagged(item, "answers") for item in pair) for pair in given["answers"]]
    facts: list[tuple[Any, Any]] = [_fact(*pair) for pair in given.get("facts") or ()]
    pairs = (part for pair in (*answers, *facts) for part in pair)
    problems = [problem for part in (*parts.values(), *children.values(), *foreign.values(), *pairs)
                if isinstance(part, Malformed) for problem in part.problems]
    if problems:
        return Malformed(tuple(evolve(p, path=("given", *p.path)) for p in problems))
    return Snapshot(**parts, children=children, foreign=foreign, live=given.get("live") is True,
                    answers=dict(answers), facts=None if given.get("facts") is None else dict(facts))


def _misshapen(given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is not even an object or a list of pairs where one has to be."""
    for key in ("workflow", "children", "foreign"):
        if not isinstance(given.get(key), Mapping):
            yield Problem(("given", key), "WrongType", "expected an object")
    for key in ("answers", "facts"):
        found = given.get(key) if key == "answers" or given.get(key) is not None else []
        if not isinstance(found, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in found):
            yield Problem(("given", key), "WrongType", "expected a list of pairs")


def _fact(target: Any, objects: Any) -> tuple[Any, Any]:
    found = from_json(Inspected, {"objects": [objects]}, "facts")
    return from_json(Target, target, "facts"), found if isinstance(found, Malformed) else found.objects[0]
