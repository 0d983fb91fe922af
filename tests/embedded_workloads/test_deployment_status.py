"""What a Deployment reports while it rolls, when it is done, and when it is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.embedded.workloads.deployment_status import deployment_status, progress_checked_in
from wfcontroller.embedded.workloads.replica_set_of import (
    beyond_history,
    current_name,
    new_replica_set,
    template_hash,
    with_revision,
)


def replica_set(name, wanted, have=None, available=None, generation=1, conditions=()):
    have = wanted if have is None else have
    available = have if available is None else available
    status = {"replicas": have, "readyReplicas": available, "availableReplicas": available,
              "observedGeneration": generation, "conditions": list(conditions)}
    return {"metadata": {"name": name, "generation": 1}, "spec": {"replicas": wanted}, "status": status}


def reasons(status):
    return {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}


def observed(deployment, new, old, now):
    """The Deployment carrying the status that these ReplicaSets give it."""
    return {**deployment, "status": deployment_status(deployment, new, old, now)}


def test_a_finished_rollout_is_available_and_complete(make):
    status = deployment_status(make.workload(generation=7), replica_set("web-a", 3), [], make.now)

    assert ("True", "MinimumReplicasAvailable") == reasons(status)["Available"]
    assert ("True", "NewReplicaSetAvailable") == reasons(status)["Progressing"]
    assert (7, 3, 3, 3, 3) == tuple(status[name] for name in (
        "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas"))
    assert "unavailableReplicas" not in status


def test_a_rollout_under_way_counts_what_is_missing(make):
    new, old = replica_set("web-b", 1, available=0), replica_set("web-a", 3)

    status = deployment_status(make.workload(), new, [old], make.now)

    assert ("True", "ReplicaSetUpdated") == reasons(status)["Progressing"]
    assert (4, 1, 3, 1) == tuple(status[name] for name in (
        "replicas", "updatedReplicas", "availableReplicas", "unavailableReplicas"))


def test_too_few_available_pods_are_reported(make):
    status = deployment_status(make.workload(), replica_set("web-a", 3, available=2), [], make.now)

    assert ("False", "MinimumReplicasUnavailable") == reasons(status)["Available"]


def test_no_progress_until_the_deadline_is_reported_once_and_progress_takes_it_back(make):
    new, old = replica_set("web-b", 1, available=0), [replica_set("web-a", 3)]
    started = observed(make.workload(progressDeadlineSeconds=60), new, old, make.now)
    assert 60 == progress_checked_in(started, started["status"], make.now)
    waiting = observed(started, new, old, make.now + timedelta(seconds=59))
    assert started == waiting

    late = make.now + timedelta(seconds=60)
    stuck = observed(waiting, new, old, late)
    assert ("False", "ProgressDeadlineExceeded") == reasons(stuck["status"])["Progressing"]
    assert progress_checked_in(stuck, stuck["status"], late) is None
    assert stuck == observed(stuck, new, old, late + timedelta(seconds=60))

    moving = observed(stuck, replica_set("web-b", 1), old, late)
    assert ("True", "ReplicaSetUpdated") == reasons(moving["status"])["Progressing"]


def test_another_template_starts_another_deadline(make):
    stuck = observed(make.workload(), replica_set("web-b", 1, available=0), [replica_set("web-a", 3)], make.now)
    later = make.now + timedelta(seconds=3000)

    status = deployment_status(stuck, replica_set("web-c", 0), [replica_set("web-a", 3)], later)

    assert ("True", "ReplicaSetUpdated") == reasons(status)["Progressing"]
    assert 600 == progress_checked_in(stuck, status, later)


def test_losing_a_pod_of_a_finished_rollout_is_no_rollout(make):
    done = observed(make.workload(), replica_set("web-a", 3), [], make.now)

    status = deployment_status(done, replica_set("web-a", 3, available=2), [], make.now + timedelta(seconds=9999))

    assert ("True", "NewReplicaSetAvailable") == reasons(status)["Progressing"]
    assert progress_checked_in(done, status, make.now) is None


def test_a_paused_deployment_has_no_deadline_and_a_resumed_one_a_fresh_one(make):
    new, old = replica_set("web-b", 1, available=0), [replica_set("web-a", 3)]
    paused = observed(make.workload(paused=True), new, old, make.now)
    assert ("Unknown", "DeploymentPaused") == reasons(paused["status"])["Progressing"]
    assert progress_checked_in(paused, paused["status"], make.now) is None

    later = make.now + timedelta(seconds=9999)
    paused["spec"]["paused"] = False
    resumed = deployment_status(paused, new, old, later)

    assert ("True", "DeploymentResumed") == reasons(resumed)["Progressing"]
    assert 600 == progress_checked_in(paused, resumed, later)


def test_a_replica_set_that_cannot_create_pods_is_reported_by_its_deployment(make):
    refusal = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "no image"}
    refused = observed(make.workload(), replica_set("web-a", 3, have=0, conditions=[refusal]), [], make.now)

    assert ("True", "FailedCreate") == reasons(refused["status"])["ReplicaFailure"]
    again = replica_set("web-a", 3, have=0, conditions=[refusal])
    assert refused == observed(refused, again, [], make.now + timedelta(seconds=9))
    assert "ReplicaFailure" not in reasons(deployment_status(refused, replica_set("web-a", 3), [], make.now))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=3))
def test_a_status_stated_again_at_the_same_instant_is_the_same_status(make, shapes):
    sets = [replica_set(f"web-{i}", wanted, have, min(have, ready)) for i, (wanted, have, ready) in enumerate(shapes)]
    stated = observed(make.workload(), sets[-1], sets[:-1], make.now)

    assert stated == observed(stated, sets[-1], sets[:-1], make.now)


def test_the_name_of_a_replica_set_is_its_template(make):
    assert current_name(make.workload(replicas=1)) == current_name(make.workload(replicas=5))
    assert current_name(make.workload()) != current_name(make.workload(image="nginx:2"))
    assert current_name(make.workload()) != current_name(make.workload(status={"collisionCount": 1}))


def test_a_new_replica_set_owns_only_pods_of_its_template(make):
    made = new_replica_set(make.workload(minReadySeconds=5), 2, 4)
    hashed = template_hash(make.workload())

    assert {"app": "web", "pod-template-hash": hashed} == made["spec"]["selector"]["matchLabels"]
    assert made["spec"]["selector"]["matchLabels"] == made["spec"]["template"]["metadata"]["labels"]
    assert ("4", "3", "4") == tuple(made["metadata"]["annotations"][f"deployment.kubernetes.io/{name}"] for name in (
        "revision", "desired-replicas", "max-replicas"))
    assert (True, "uid-web") == tuple(made["metadata"]["ownerReferences"][0][name] for name in ("controller", "uid"))
    assert (2, 5) == (made["spec"]["replicas"], made["spec"]["minReadySeconds"])


@pytest.mark.parametrize(("limit", "pruned"), [(0, ["a", "b"]), (2, ["a"]), (3, []), (None, [])])
def test_the_oldest_empty_replica_sets_beyond_the_history_go(make, limit, pruned):
    sizes = {"a": 0, "b": 0, "c": 1}
    old = [with_revision(replica_set(name, size), age) for age, (name, size) in enumerate(sizes.items(), 1)]

    gone = beyond_history(make.workload(revisionHistoryLimit=limit), old)

    assert pruned == [each["metadata"]["name"] for each in gone]
