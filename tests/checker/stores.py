"""What an exploration has met, told without its numbers, so that two explorations can be compared."""

from __future__ import annotations

from typing import Any

from wfcore.testing.checker.explore import Exploration
from wfcore.testing.checker.unbounded import Unbounded
from wfcore.testing.checker.world import World


def contents(found: Exploration | Unbounded) -> set[tuple[str, ...]]:
    """Workflow, children, names used and audit row of each core, its clock at the beginning."""
    world = found.turns.world
    texts = set()
    for core in found.met:
        parts = world.cores[world.set_back(core)]
        texts.add((text(world, parts.workflow), *(text(world, child) for child in world.objects.groups[parts.group]),
                   *parts.born, f"{parts.audited} {parts.left} {parts.frozen}"))
    return texts


def text(world: World, number: int) -> str:
    """An object but for its version, which is a number of this world."""
    value: dict[str, Any] = dict(world.objects.value(number)) if number else {"metadata": {}}
    meta = {key: part for key, part in value["metadata"].items() if key != "resourceVersion"}
    return repr(sorted({**value, "metadata": sorted(meta.items())}.items()))
