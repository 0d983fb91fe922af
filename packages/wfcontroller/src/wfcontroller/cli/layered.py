"""A small layered layout: which slot each step takes in its wave, and which way its edges go.

Sugiyama's four steps, of which the plan has done the first (layers).  Edges
that cross layers get a bend in each; layers are ordered by the mean of their
neighbours, and slots assigned by least squares under a minimal distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from attrs import frozen

# A step, or the bend of edge (before, after) in a layer.
Node: TypeAlias = int | tuple[int, int, int]
Near: TypeAlias = dict[Node, list[Node]]
_ROUNDS = 12
_STEP_ROOM, _BEND_ROOM = 0.5, 0.15


@frozen
class Layout:
    """`slots` gives each step (layer, slot): slots of one layer are at least 1 apart, the smallest is 0.

    `routes` gives each edge (before, after) the points it passes, both ends included.
    """

    slots: Mapping[int, tuple[int, float]]
    routes: Mapping[tuple[int, int], tuple[tuple[int, float], ...]]


def lay_out(waves: Sequence[Sequence[int]], needs: Mapping[int, Sequence[int]]) -> Layout:
    """Place the steps of `waves`; O(rounds x (steps + bends) log) and always the same for the same plan."""
    level = {step: index for index, wave in enumerate(waves) for step in wave}
    layers: list[list[Node]] = [list(wave) for wave in waves]
    chains: dict[tuple[int, int], list[Node]] = {}
    for after in sorted(needs):
        for before in sorted(needs[after]):
            bends = [(before, after, layer) for layer in range(level[before] + 1, level[after])]
            chains[before, after] = [before, *bends, after]
            for bend in bends:
                layers[bend[2]].append(bend)
    up, down = _neighbours(chains)
    slots = {node: float(index) for layer in layers for index, node in enumerate(layer)}
    for turn in range(_ROUNDS):
        forth = turn % 2 == 0
        for layer in layers if forth else reversed(layers):
            _order(layer, slots, up if forth else down)
    for turn in range(_ROUNDS):
        forth = turn % 2 == 0
        for layer in layers if forth else reversed(layers):
            _assign(layer, slots, up if forth else down)
    least = min((slots[step] for step in level), default=0.0)
    depth = {node: index for index, layer in enumerate(layers) for node in layer}
    return Layout({step: (level[step], slots[step] - least) for step in level},
                  {edge: tuple((depth[node], slots[node] - least) for node in chain) for edge, chain in chains.items()})


def _neighbours(chains: Mapping[tuple[int, int], Sequence[Node]]) -> tuple[Near, Near]:
    up: Near = {}
    down: Near = {}
    for chain in chains.values():
        for before, after in pairwise(chain):
            up.setdefault(after, []).append(before)
            down.setdefault(before, []).append(after)
    return up, down


def _wanted(node: Node, slots: Mapping[Node, float], near: Mapping[Node, Sequence[Node]]) -> float:
    others = near.get(node)
    return sum(slots[other] for other in others) / len(others) if others else slots[node]


def _order(layer: list[Node], slots: dict[Node, float], near: Mapping[Node, Sequence[Node]]) -> None:
    layer.sort(key=lambda node: _wanted(node, slots, near))
    slots.update((node, float(index)) for index, node in enumerate(layer))


def _assign(layer: Sequence[Node], slots: dict[Node, float], near: Mapping[Node, Sequence[Node]]) -> None:
    """Move the nodes as near as they get to where they want to be, keeping their order and distances."""
    offsets, reach = [], 0.0
    for index, node in enumerate(layer):
        if index:
            reach += _room(layer[index - 1]) + _room(node)
        offsets.append(reach)
    wanted = [_wanted(node, slots, near) - offset for node, offset in zip(layer, offsets, strict=True)]
    for node, offset, place in zip(layer, offsets, _rising(wanted), strict=True):
        slots[node] = place + offset


def _room(node: Node) -> float:
    return _STEP_ROOM if isinstance(node, int) else _BEND_ROOM


def _rising(values: Sequence[float]) -> list[float]:
    """The non-decreasing sequence nearest to `values` in least squares (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = value, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]
