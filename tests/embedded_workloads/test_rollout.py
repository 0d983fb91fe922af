"""A rolling update keeps within its bounds whatever becomes of the pods, and ends when they become available."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.rollout import Bounds, Replicas, bounds_of, next_replicas, rescaled

shares = st.one_of(st.integers(0, 30), st.integers(0, 100).map(lambda n: f"{n}%"))


def deployment(replicas, surge, unavailable):
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}


bounds = st.builds(deployment, st.integers(0, 30), shares, shares).map(bounds_of)


@st.composite
def rollouts(draw):
    """A rollout somewhere on its way: bounds, the new ReplicaSet, the old ones; statuses may lag behind specs."""
    limits = draw(bounds)
    sizes = draw(st.lists(st.integers(0, 12), min_size=1, max_size=4))
    sets = [Replicas(f"rs-{i}", size, draw(st.integers(0, size + 5))) for i, size in enumerate(sizes)]
    return limits, sets[-1], sets[:-1]


def applied(moves, sets):
    return [evolve(each, wanted=moves.get(each.name, each.wanted)) for each in sets]


def wanted(sets):
    return sum(each.wanted for each in sets)


def healthy(sets):
    return sum(each.healthy for each in sets)


@given(rollouts())
def test_a_rollout_never_asks_for_more_pods_than_the_surge_allows(rollout):
    limits, new, old = rollout
    before = [*old, new]

    after = applied(next_replicas(limits, new, old), before)

    assert wanted(after) <= max(limits.most, wanted(before))


@given(rollouts())
def test_a_rollout_never_takes_an_available_pod_below_the_minimum(rollout):
    """A ReplicaSet loses its unavailable pods first, so it keeps min(available, wanted) available ones.

    Growth of the new set can't make its status more available than it is.
    """
    limits, new, old = rollout
    before = [*old, new]

    after = applied(next_replicas(limits, new, old), before)

    left = sum(min(was.healthy, now.wanted) for was, now in zip(before, after, strict=True))
    shrunk = new.wanted > limits.wanted  # an excess of new pods is removed whatever the old ones do
    assert shrunk or left >= min(healthy(before), limits.least_available)


@given(rollouts())
def test_a_rollout_whose_pods_become_available_ends_with_new_pods_alone(rollout):
    limits, new, old = rollout
    sets = [*old, new]
    for _ in range(500):
        sets = [evolve(each, available=each.wanted) for each in sets]
        moves = next_replicas(limits, sets[-1], sets[:-1])
        if not moves:
            break
        sets = applied(moves, sets)

    assert limits.wanted == sets[-1].wanted
    assert 0 == wanted(sets[:-1])


@given(rollouts())
def test_new_pods_that_never_become_available_leave_the_minimum_of_old_ones(rollout):
    limits, new, old = rollout
    sets = [*(evolve(each, available=each.wanted) for each in old), evolve(new, wanted=0, available=0)]
    start = healthy(sets)
    for _ in range(500):
        moves = next_replicas(limits, sets[-1], sets[:-1])
        sets = [evolve(each, available=each.healthy) for each in applied(moves, sets)]
        sets[-1] = evolve(sets[-1], available=0)

    assert healthy(sets) >= min(start, limits.least_available)


def test_the_surge_rounds_up_and_the_unavailable_share_down():
    assert Bounds(10, 3, 2) == bounds_of(deployment(10, "25%", "25%"))
    assert Bounds(3, 1, 0) == bounds_of({"spec": {"replicas": 3}})


def test_one_pod_may_be_missing_when_neither_surge_nor_absence_is_allowed():
    assert Bounds(5, 0, 1) == bounds_of(deployment(5, 0, 0))


def test_recreate_allows_neither_surge_nor_absence():
    assert Bounds(4, 0, 0) == bounds_of({"spec": {"replicas": 4, "strategy": {"type": "Recreate"}}})


@given(bounds, st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(1, 40))
def test_rescaling_an_unfinished_rollout_spreads_exactly_what_the_bounds_allow(limits, sizes, most_before):
    sets = [Replicas(f"rs-{i}", size, size) for i, size in enumerate(sizes)]

    after = applied(rescaled(limits, sets, most_before), sets)

    assert wanted(after) == (limits.most if limits.wanted else 0)
    assert all(each.wanted >= 0 for each in after)


def test_rescaling_keeps_the_proportions():
    """Eight old and five new of 10+3, now 20+5: the share of each grows by the same factor."""
    sets = [Replicas("old", 8, 8), Replicas("new", 5, 0)]

    assert {"old": 15, "new": 10} == rescaled(Bounds(20, 5, 5), sets, 13)
