"""Situations of workflows, and what is decided in each: the vocabulary of the recorded traces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.unit.stories import Story, broken, done, scale, workflow

from wfcore.codec import Malformed, encode
from wfcore.codec.times import format_time, parse_time
from wfcore.decision import CreateChild, Decision
from wfcore.lifecycle.machine import decide
from wfcore.lifecycle.questions import next_question
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot, sort_children
from wfcore.testing.world import World

FOLDER = Path(__file__).parent
Trace = dict[str, Any]
CAPTURED = done(deployment="web", previousReplicas=1)


def two_steps(**spec: Any) -> dict[str, Any]:
    return workflow(scale(1), scale(2, 1, criticalStep=True), **spec)


def _new() -> Story:
    return Story(two_steps())


def _planning() -> Story:
    return _commits(_new(), 1)


def _validating() -> Story:
    return _commits(_new(), 2)


def _executing() -> Story:
    return _outcome(_new().go(), "step-1", CAPTURED)


def _retry_due() -> Story:
    story = _new().go().say(step_1=broken("rate_limited"))
    return _later(story, 10)


def _timed_out() -> Story:
    return _later(_new().go(), 301)


def _critical_failure() -> Story:
    return _outcome(_new().go().say(step_1=CAPTURED), "step-2", broken(mutated="yes"))


def _rolling_back() -> Story:
    story = _new().go().say(step_1=CAPTURED).say(step_2=broken(mutated="yes"))
    return _outcome(story, "rollback-2", done())


def _monitoring() -> Story:
    return _later(_new().go().say(step_1=CAPTURED).say(step_2=CAPTURED), 60)


def _suspended() -> Story:
    return _later(_spec(_new().go(), suspend=True).go(), 600)


def _resumed() -> Story:
    return _spec(_suspended().go(), suspend=False)


def _stopped() -> Story:
    return _spec(_new().go(), stop="Rollback")


def _terminal() -> Story:
    return _monitoring().go()


SITUATIONS: Mapping[str, Callable[[], Story]] = {
    "new": _new, "planning": _planning, "validating": _validating, "executing": _executing, "retry-due": _retry_due,
    "timed-out": _timed_out, "critical-failure": _critical_failure, "rolling-back": _rolling_back,
    "monitoring": _monitoring, "suspended": _suspended, "resumed": _resumed, "stopped": _stopped,
    "terminal": _terminal,
}


def _commits(story: Story, number: int) -> Story:
    """The story as it stands after so many status writes: what a crash in between leaves."""
    class Crash(Exception):
        pass

    def fault(request: Any) -> None:
        if len(story.world.commits) >= number:
            raise Crash

    story.fault = fault
    try:
        story.go()
    except Crash:
        return story
    raise AssertionError("it ended before")


def _outcome(story: Story, child: str, status: Any) -> Story:
    story.world.report(f"{story.name}-{child}", status)
    return _later(story, 2)


def _later(story: Story, seconds: int) -> Story:
    story.world.now = story.world.now.fromtimestamp(story.world.now.timestamp() + seconds, story.world.now.tzinfo)
    return story


def _spec(story: Story, **fields: Any) -> Story:
    stored = story.world.get(WORKFLOW_EXECUTIONS, story.name)
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], **fields}},
                                  story.world.now))
    return story


def looked_at(story: Story) -> Trace:
    """What the next decision of a story looks at."""
    children = [dict(o.value) for o in story.world.state.bucket(KUBERNETES_EXECUTIONS).ordered]
    return {"workflow": dict(story.world.get(WORKFLOW_EXECUTIONS, story.name)), "children": children,
            "now": format_time(story.world.now)}


def decided(trace: Trace) -> Trace:
    """The decision on a trace, as JSON: what it asks besides is answered by a world in which all is well."""
    workflow_then = RawObject(trace["workflow"]).workflow()
    assert not isinstance(workflow_then, Malformed), workflow_then
    ours, foreign = sort_children(workflow_then.metadata, map(RawObject, trace["children"]))
    snapshot = Snapshot(workflow=workflow_then, settings=Settings(), children=ours, foreign=foreign, live=True)
    now, world = parse_time(trace["now"]), World()
    while (question := next_question(snapshot, now)) is not None:
        snapshot = snapshot.told(question, world.answer(question))
    return as_json(decide(snapshot, now))


def differences(one: Any, other: Any, path: str = "$") -> list[str]:
    """Where two JSON values differ, one line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [d for key in sorted({*one, *other})
                for d in differences(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other, strict=True)) for d in differences(*pair, f"{path}[{i}]")]
    return [] if one == other else [f"{path}: {str(one)[:100]} -> {str(other)[:100]}"]


def as_json(decision: Decision) -> Trace:
    """A decision as it is kept in a file."""
    return {
        "status": encode(decision.status), "needLive": decision.need_live,
        "wakeAt": decision.wake_at and format_time(decision.wake_at),
        "holdUntil": decision.hold_until and format_time(decision.hold_until),
        "effects": [{"create" if isinstance(e, CreateChild) else "cancel": e.name,
                     **({"body": e.body.value} if isinstance(e, CreateChild) else {"uid": e.uid})}
                    for e in decision.effects]}


def read(path: Path) -> Trace:
    """One file."""
    trace: Trace = json.loads(path.read_text(encoding="utf-8"))
    return trace


def write(path: Path, trace: Trace) -> None:
    """One file, in a spelling that differs only where its content does."""
    text = json.dumps({**trace, "decision": decided(trace)}, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
