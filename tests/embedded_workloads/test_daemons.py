"""A DaemonSet keeps one pod on each fitting node and replaces them a few at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.daemons import daemon_moves, daemon_set_status, eligible_nodes
from wfcontroller.embedded.workloads.revisions import REVISION_LABEL, revision_hash

NODES = tuple(f"n{i}" for i in range(6))


def daemon(make, owner, node, **kwargs):
    labels = {REVISION_LABEL: revision_hash(owner)}
    return make.pod(f"{owner['metadata']['name']}-{node}", node=node, labels=labels, **kwargs)


def names(pods):
    return [pod["metadata"]["name"] for pod in pods]


def test_cordoned_and_sick_nodes_run_daemons_and_tainted_ones_do_not(make):
    owner = make.workload("log")
    owner["spec"]["template"]["spec"]["nodeSelector"] = {"os": "linux"}
    nodes = [
        make.node("a", cordoned=True, labels={"os": "linux"}), make.node("b", ready=False, labels={"os": "linux"}),
        make.node("c", labels={"os": "linux"}, taints=[{"key": "gpu", "effect": "NoSchedule"}]), make.node("d"),
        make.node("e", labels={"os": "linux"}, taints=[
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]),
        make.node("f", labels={"os": "linux"}, terminating=True),
    ]

    assert ["a", "b", "e"] == eligible_nodes(owner, nodes)


def test_each_node_gets_one_pod_and_strangers_go(make):
    owner = make.workload("log")
    pods = [daemon(make, owner, "n0"), make.pod("log-twin", node="n0"), make.pod("log-away", node="n9"),
            daemon(make, owner, "n1", phase="Failed"), make.pod("log-gone", node="n8", terminating=True)]

    moves = daemon_moves(owner, ("n0", "n1"), pods, make.now)

    assert ("n1",) == moves.create_on
    assert ["log-twin", "log-away", "log-n1"] == names(moves.delete)


@given(
    st.lists(st.tuples(st.sampled_from(NODES), st.booleans(), st.booleans()), unique_by=lambda each: each[0]),
    st.one_of(st.integers(1, 6), st.sampled_from(["1%", "34%", "100%"])),
)
def test_an_update_takes_no_more_nodes_down_than_allowed(make, placed, most):
    old = make.workload("log")
    new = make.workload("log", image="log:2", updateStrategy={"rollingUpdate": {"maxUnavailable": most}})
    pods = [daemon(make, new if updated else old, node, ready=ready) for node, updated, ready in placed]
    allowed = most if isinstance(most, int) else max(1, -(-int(most[:-1]) * len(NODES) // 100))

    deleted = names(daemon_moves(new, NODES, pods, make.now).delete)

    serving = [pod["metadata"]["name"] for pod, (_, _, ready) in zip(pods, placed, strict=True) if ready]
    down = len(NODES) - len(serving)
    taken = [name for name in deleted if name in serving]
    assert len(taken) <= max(0, allowed - down)
    assert all(not updated for (node, updated, _) in placed if f"log-{node}" in deleted)
    if down < allowed and any(ready and not updated for _, updated, ready in placed):
        assert deleted


def test_under_on_delete_nothing_is_replaced(make):
    new = make.workload("log", image="log:2", updateStrategy={"type": "OnDelete"})

    assert () == daemon_moves(new, ("n0",), [daemon(make, make.workload("log"), "n0")], make.now).delete


def test_the_status_counts_nodes(make):
    owner = make.workload("log")
    pods = [daemon(make, owner, "n0"), daemon(make, make.workload("log", image="x"), "n1", ready=False),
            daemon(make, owner, "n9"), daemon(make, owner, "n2", terminating=True)]

    assert {
        "currentNumberScheduled": 2, "numberMisscheduled": 1, "desiredNumberScheduled": 3, "numberReady": 1,
        "observedGeneration": 1, "updatedNumberScheduled": 1, "numberAvailable": 1, "numberUnavailable": 2,
    } == daemon_set_status(owner, ("n0", "n1", "n2"), pods, make.now)
