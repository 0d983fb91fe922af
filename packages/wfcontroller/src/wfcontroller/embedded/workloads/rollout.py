"""The arithmetic of a Deployment: how many pods each of its ReplicaSets should have next.

Follows kubernetes/pkg/controller/deployment (rolling.go, recreate.go, sync.go)
with one tightening: a ReplicaSet's available pods never count for more than it
is still asked to have, so a status that lags behind cannot cost availability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, frozen

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.amounts import scaled
from wfcontroller.objects import replicas_of, spec

DEFAULT_SHARE = "25%"


@frozen
class Bounds:
    """What a rollout must respect: pods wanted, pods on top of them, pods that may be missing."""

    wanted: int
    surge: int
    unavailable: int

    @property
    def most(self) -> int:
        """The most pods all ReplicaSets may be asked for."""
        return self.wanted + self.surge

    @property
    def least_available(self) -> int:
        """The fewest available pods that a scale-down may leave."""
        return self.wanted - self.unavailable


@frozen
class Replicas:
    """One ReplicaSet, as far as the arithmetic sees it."""

    name: str
    wanted: int
    available: int

    @property
    def healthy(self) -> int:
        """Pods that are available and still asked for."""
        return min(self.wanted, self.available)


def bounds_of(deployment: Object) -> Bounds:
    """maxSurge rounds up, maxUnavailable down; when both come to 0, one pod may be missing (else nothing moves)."""
    wanted, strategy = replicas_of(deployment), spec(deployment).get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Bounds(wanted, 0, 0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = scaled(_share(rolling, "maxSurge"), wanted, round_up=True)
    unavailable = min(scaled(_share(rolling, "maxUnavailable"), wanted, round_up=False), wanted)
    return Bounds(wanted, surge, unavailable if surge or unavailable else 1)


def _share(rolling: Mapping[str, int | str], name: str) -> int | str:
    given = rolling.get(name)
    return DEFAULT_SHARE if given is None else given


def next_replicas(bounds: Bounds, new: Replicas, old: Sequence[Replicas]) -> dict[str, int]:
    """One move of a rolling update: the ReplicaSets to change, by name, and what to ask of each.

    `old` is ordered by age, oldest first.  Either the new one grows or shrinks,
    or old ones shrink: never both, as each depends on what the other left.
    """
    moved = _next_new(bounds, new, sum(each.wanted for each in old))
    if moved != new.wanted:
        return {new.name: moved}
    return _next_old(bounds, new, old)


def _next_new(bounds: Bounds, new: Replicas, old_wanted: int) -> int:
    if new.wanted >= bounds.wanted:
        return bounds.wanted
    room = bounds.most - new.wanted - old_wanted
    return new.wanted + max(0, min(room, bounds.wanted - new.wanted))


def _next_old(bounds: Bounds, new: Replicas, old: Sequence[Replicas]) -> dict[str, int]:
    # Pods of the new template that aren't available yet are no reason to remove old ones.
    spare = sum(each.wanted for each in old) + new.healthy - bounds.least_available
    without_unhealthy, spare = _shrunk(old, spare, lambda each: each.healthy)
    left, _ = _shrunk(without_unhealthy, spare, lambda each: 0)
    return {after.name: after.wanted for before, after in zip(old, left, strict=True) if after != before}


def _shrunk(
    old: Sequence[Replicas], budget: int, keep: Callable[[Replicas], int]
) -> tuple[list[Replicas], int]:
    """Each ReplicaSet in turn reduced as far as `keep`, until `budget` pods are gone; and what the budget has left."""
    left = []
    for each in old:
        drop = max(0, min(budget, each.wanted - keep(each)))
        budget -= drop
        left.append(evolve(each, wanted=each.wanted - drop))
    return left, budget


def rescaled(bounds: Bounds, sizes: Sequence[Replicas], most_before: int) -> dict[str, int]:
    """Spread a change of the Deployment's size over the ReplicaSets of an unfinished rollout, in proportion.

    `sizes` is ordered oldest first; `most_before` is what `Bounds.most` was when
    they were last sized.  What rounding leaves over goes to the largest, then to the next.
    """
    if not bounds.wanted:
        return {each.name: 0 for each in sizes if each.wanted}
    to_spread = bounds.most - sum(each.wanted for each in sizes)
    growing = to_spread > 0
    # Largest first; of equals, growth favours the newest, shrinking hits the oldest.
    ordered = sorted(reversed(sizes) if growing else sizes, key=lambda each: -each.wanted)
    result: dict[str, int] = {}
    for each in ordered:
        share = round(each.wanted * bounds.most / max(1, most_before)) - each.wanted
        share = max(0, min(share, to_spread)) if growing else min(0, max(share, to_spread))
        to_spread -= share
        result[each.name] = each.wanted + share
    for each in ordered:
        share = max(to_spread, -result[each.name])
        to_spread -= share
        result[each.name] += share
    return {each.name: result[each.name] for each in sizes if result[each.name] != each.wanted}
