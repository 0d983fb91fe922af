"""A StatefulSet makes, replaces and removes its pods in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.ordinals import OrdinalMoves, ordinal_moves, pod_labels, stateful_set_status
from wfcontroller.embedded.workloads.revisions import revision_hash


def member(make, owner, ordinal, **kwargs):
    name = f"{owner['metadata']['name']}-{ordinal}"
    return make.pod(name, labels=pod_labels(owner, name, ordinal), **kwargs)


def names(moves):
    return [pod["metadata"]["name"] for pod in moves.delete]


def carried_out(make, owner, pods, moves):
    """The pods after these moves, all of them ready."""
    gone = names(moves)
    kept = [pod for pod in pods if pod["metadata"]["name"] not in gone]
    return [*kept, *(member(make, owner, ordinal) for ordinal in moves.create)]


@given(have=st.integers(0, 5), want=st.integers(0, 5), updated=st.booleans())
def test_moves_go_one_at_a_time_and_end_with_the_wanted_pods_of_the_new_template(make, have, want, updated):
    before = make.workload("db", replicas=have)
    owner = make.workload("db", replicas=want, image="db:2" if updated else "nginx:1")
    pods = [member(make, before, ordinal) for ordinal in range(have)]
    for _ in range(30):
        moves = ordinal_moves(owner, pods, make.now)
        assert len(moves.create) + len(moves.delete) <= 1
        pods = carried_out(make, owner, pods, moves)

    assert [f"db-{i}" for i in range(want)] == sorted(pod["metadata"]["name"] for pod in pods)
    assert {revision_hash(owner)} >= {pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods}


def test_the_next_pod_waits_for_the_one_before_it(make):
    owner = make.workload("db")

    assert OrdinalMoves(create=(1,)) == ordinal_moves(owner, [member(make, owner, 0)], make.now)
    assert OrdinalMoves() == ordinal_moves(owner, [member(make, owner, 0, ready=False)], make.now)


def test_scaling_down_and_updating_start_at_the_highest_ordinal(make):
    old, new = make.workload("db"), make.workload("db", image="db:2")
    pods = [member(make, old, ordinal) for ordinal in range(3)]

    assert ["db-2"] == names(ordinal_moves(new, pods, make.now))
    assert ["db-2"] == names(ordinal_moves(make.workload("db", replicas=1), pods, make.now))


def test_a_removal_waits_for_the_one_before_it(make):
    owner = make.workload("db", replicas=1)
    pods = [member(make, owner, 0), member(make, owner, 1), member(make, owner, 2, terminating=True)]

    assert OrdinalMoves() == ordinal_moves(owner, pods, make.now)


def test_an_update_waits_for_the_pod_it_replaced_last(make):
    old, new = make.workload("db", replicas=2), make.workload("db", replicas=2, image="db:2")

    pods = [member(make, old, 0), member(make, new, 1, ready=False)]
    assert OrdinalMoves() == ordinal_moves(new, pods, make.now)
    parallel = make.workload("db", replicas=2, image="db:2", podManagementPolicy="Parallel")
    assert OrdinalMoves() == ordinal_moves(parallel, pods, make.now)
    going = [member(make, old, 0), member(make, old, 1, terminating=True)]
    assert OrdinalMoves() == ordinal_moves(parallel, going, make.now)


def test_an_unready_pod_of_an_old_template_is_replaced_so_that_a_correction_heals(make):
    bad, good = make.workload("db", image="db:bad"), make.workload("db", image="db:2")

    assert ["db-0"] == names(ordinal_moves(good, [member(make, bad, 0, ready=False)], make.now))


def test_pods_below_the_partition_and_under_on_delete_keep_their_template(make):
    old = make.workload("db", replicas=2)
    pods = [member(make, old, ordinal) for ordinal in range(2)]
    partition = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}

    assert ["db-1"] == names(ordinal_moves(
        make.workload("db", replicas=2, image="db:2", updateStrategy=partition), pods, make.now))
    by_hand = make.workload("db", replicas=2, image="db:2", updateStrategy={"type": "OnDelete"})
    assert OrdinalMoves() == ordinal_moves(by_hand, pods, make.now)
    kept = [pods[0], member(make, make.workload("db", image="db:2"), 1)]
    assert OrdinalMoves() == ordinal_moves(
        make.workload("db", replicas=2, image="db:2", updateStrategy=partition), kept, make.now)


def test_parallel_sets_move_all_pods_at_once(make):
    owner = make.workload("db", replicas=2, podManagementPolicy="Parallel")
    strangers = [member(make, owner, 5), member(make, owner, 6), make.pod("db-x")]

    moves = ordinal_moves(owner, strangers, make.now)

    assert (0, 1) == moves.create
    assert ["db-6", "db-5"] == names(moves)


def test_a_pod_that_ended_is_removed_so_that_it_can_be_made_again(make):
    owner = make.workload("db", ordinals={"start": 3})
    ended = member(make, owner, 3, phase="Failed")

    assert ["db-3"] == names(ordinal_moves(owner, [ended], make.now))


def test_the_current_revision_follows_when_every_pod_is_updated(make):
    old, new = make.workload("db", replicas=2), make.workload("db", replicas=2, image="db:2")
    before = stateful_set_status(old, [member(make, old, i) for i in range(2)], make.now)
    new["status"] = before
    halfway = stateful_set_status(new, [member(make, old, 0), member(make, new, 1)], make.now)
    done = stateful_set_status(new, [member(make, new, i) for i in range(2)], make.now)

    assert (2, 2, 2, 2, 2) == tuple(before[f"{name}eplicas"] for name in (
        "r", "readyR", "availableR", "currentR", "updatedR"))
    assert before["currentRevision"] == halfway["currentRevision"] != halfway["updateRevision"]
    assert (1, 1) == (halfway["currentReplicas"], halfway["updatedReplicas"])
    assert done["currentRevision"] == done["updateRevision"] == halfway["updateRevision"]
