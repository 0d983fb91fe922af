"""Graph questions about steps; the only importer of networkx.

A mapping `needs` gives, for each step, the steps that have to finish first;
every prerequisite is itself a key.  All results are independent of dict order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import networkx as nx


def _graph(needs: Mapping[int, frozenset[int]]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(sorted(needs))
    graph.add_edges_from((before, step) for step in sorted(needs) for before in sorted(needs[step]))
    return graph


def find_cycle(needs: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
    """One cycle in the order its steps would run, smallest number first, not repeated; empty if there is none."""
    if sum(map(len, _levels(needs))) == len(needs):
        return ()
    cycle = [edge[0] for edge in nx.find_cycle(_graph(needs))]
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


def waves(needs: Mapping[int, frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """Longest-path levels, earliest first, each sorted: a partition of the steps.  O(steps log steps + edges)."""
    return tuple(tuple(sorted(level)) for level in _levels(needs))


def _levels(needs: Mapping[int, frozenset[int]]) -> list[list[int]]:
    """The levels as far as they go: what a cycle holds up is in none."""
    after, missing = dependants(needs), {step: len(before) for step, before in needs.items()}
    levels, ready = [], [step for step, count in missing.items() if not count]
    while ready:
        levels.append(ready)
        following = []
        for step in ready:
            for waiting in after[step]:
                missing[waiting] -= 1
                if not missing[waiting]:
                    following.append(waiting)
        ready = following
    return levels


def dependants(needs: Mapping[int, frozenset[int]]) -> dict[int, tuple[int, ...]]:
    """For each step the steps that directly wait for it, ascending."""
    after: dict[int, list[int]] = {step: [] for step in needs}
    for step in sorted(needs):
        for before in needs[step]:
            after[before].append(step)
    return {step: tuple(waiting) for step, waiting in after.items()}


def critical_path(order: Collection[int], needs: Mapping[int, frozenset[int]],
                  seconds: Mapping[int, float]) -> tuple[tuple[int, ...], float]:
    """The chain with the largest sum of `seconds`, and that sum; ties go to the smaller step number.

    `order` is a topological order.  O(steps + edges).
    """
    total: dict[int, float] = {}
    came_from: dict[int, int | None] = {}
    for step in order:
        best = max(sorted(needs[step]), key=lambda before: total[before], default=None)
        came_from[step] = best
        total[step] = seconds[step] + (total[best] if best is not None else 0.0)
    last = max(sorted(total), key=lambda step: total[step], default=None)
    length, path = (total[last] if last is not None else 0.0), []
    while last is not None:
        path.append(last)
        last = came_from[last]
    return tuple(reversed(path)), length


def is_ancestor(needs: Mapping[int, frozenset[int]], before: int, step: int) -> bool:
    """Whether `step` (transitively) needs `before`.  O(steps + edges) above `step`."""
    seen, todo = {step}, [step]
    while todo:
        for above in needs[todo.pop()]:
            if above == before:
                return True
            if above not in seen:
                seen.add(above)
                todo.append(above)
    return False


def reverse_waves(order: Collection[int], needs: Mapping[int, frozenset[int]],
                  chosen: Collection[int]) -> tuple[tuple[int, ...], ...]:
    """The chosen steps in reverse dependency order: no step before a chosen step that (transitively) needs it.

    `order` is a topological order of all steps.  As few waves as possible.  O(steps + edges).
    """
    wanted, after = frozenset(chosen), dependants(needs)
    level: dict[int, int] = {}
    for step in reversed(tuple(order)):
        level[step] = max((level[d] + (d in wanted) for d in after[step]), default=0)
    grouped: dict[int, list[int]] = {}
    for step in sorted(wanted):
        grouped.setdefault(level[step], []).append(step)
    return tuple(tuple(grouped[key]) for key in sorted(grouped))
