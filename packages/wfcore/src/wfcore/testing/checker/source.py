"""The finished workflow that a `rollbackOf` or `retryOf` starts from: run to its end by a lone controller.

It has the name, the uid and the children of an earlier workflow, and is as the
engine itself left it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from wfcore.program import SourceFound
from wfcore.rawobject import RawObject
from wfcore.testing.checker.ending import Endings
from wfcore.testing.checker.scope import SOURCE_NAME, SOURCE_UID, Scope
from wfcore.testing.checker.turns import Turns
from wfcore.testing.checker.world import World

# What the executors of a source do, in order: to be undone it must have changed something, to be retried nothing.
_STORIES = {
    "rollbackOf": (("w-step-1", "begins to act"), ("w-step-1", "succeeds"), ("w-step-2", "begins to act"),
                   ("w-step-2", "fails after acting")),
    "retryOf": (("w-step-1", "succeeds, nothing to change"), ("w-step-2", "refuses before acting")),
}
_PASSES = 50


@cache
def found(kind: str) -> SourceFound:
    """What there is under the name of the source: `kind` may begin with what is wrong with it."""
    wrong, _, kind = kind.rpartition(" ")
    whole = finished(kind)
    value: dict[str, Any] = dict(whole.workflow.value) if whole.workflow is not None else {}
    meta = value["metadata"]
    damaged = {
        "": value, "unfinished": {**value, "status": {"phase": "executing"}},
        "another": {**value, "metadata": {**meta, "uid": "another-uid"}},
        "leaving": {**value, "metadata": {**meta, "deletionTimestamp": meta["creationTimestamp"]}}}
    return SourceFound(None) if wrong == "absent" else SourceFound(RawObject(damaged[wrong]), whole.children)


@cache
def finished(kind: str) -> SourceFound:
    """A workflow of two steps in a chain that has failed and undone nothing, for a `rollbackOf` or a `retryOf`."""
    scope = Scope(needs=(frozenset(), frozenset({1})), retries=(0, 0), strategy={"rollbackStrategy": "manual"})
    turns = Turns(scope)
    core, endings = turns.world.first, Endings(turns)
    for child, words in _STORIES[kind]:
        core = _settled(endings, core)
        core = next(after for said, after in turns.moves(core) if said == f"executor of {child}: {words}")
    core = _settled(endings, core)
    world, parts = turns.world, turns.world.cores[core]
    return SourceFound(_renamed(world, parts.workflow),
                       tuple(_renamed(world, child) for child in world.objects.groups[parts.group]))


def _settled(endings: Endings, core: int) -> int:
    """After so many passes that one more changes nothing."""
    for _ in range(_PASSES):
        after, _ = endings.lone_pass(core)
        if after == core:
            return core
        core = after
    raise RuntimeError(f"the source does not come to rest within {_PASSES} passes")


def _renamed(world: World, number: int) -> RawObject:
    text = json.dumps(world.objects.value(number)).replace(world.uid, SOURCE_UID)
    value: dict[str, Any] = json.loads(text.replace('"w-', f'"{SOURCE_NAME}-').replace('"w"', f'"{SOURCE_NAME}"'))
    return RawObject(value)
