"""Processes that die, are stopped or handed over: the next one goes on, and nothing is done twice or left undone."""

from __future__ import annotations

import signal
from random import Random

import pytest
from tests.controlplane.plane import control_plane

from .installation import Process, installation, until
from .restarts import STEPS, chain, deployment, names, namespace

PLACE, WORKFLOWS = "restarts", 8
pytestmark = pytest.mark.timeout(500)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A cluster of its own, because its controllers die."""
    with control_plane() as plane, installation(plane, tmp_path_factory.mktemp("service")) as service:
        plane.add_nodes("node-1", "node-2")
        service.install()
        plane.apply(namespace(PLACE), *(deployment(name, PLACE) for name in names(WORKFLOWS)))
        for name in names(WORKFLOWS):
            plane.kubectl("rollout", "status", f"deployment/{name}", "-n", PLACE, "--timeout=60s")
        yield service


@pytest.fixture
def fresh(alone):
    """The cluster without processes and workflows, and the generation of each Deployment."""
    alone.stop()
    alone.plane.kubectl("delete", "lease", "--all", "-n", "kubernaut-system")
    yield alone
    alone.stop()


def generations(service) -> dict[str, int]:
    return {name: service.get("deployment", name, PLACE)["metadata"]["generation"] for name in names(WORKFLOWS)}


def submit(service, run: str) -> dict[str, int]:
    """Workflows on every Deployment, and the generations before them."""
    before = generations(service)
    for each in names(WORKFLOWS):
        body = chain(each, PLACE)
        body["metadata"]["name"] = f"{run}-{each}"
        service.plane.apply(body)
    return before


def held(service) -> str:
    return service.get("lease", "wf-controller", "kubernaut-system")["spec"].get("holderIdentity", "")


def unsuccessful(service, run: str) -> dict[str, list[object]]:
    """What did not succeed, once everything has ended, with why."""
    ended = {each: service.ended(f"{run}-{each}", PLACE) for each in names(WORKFLOWS)}
    return {each: [status.get("failureMessage"), status.get("stepStatuses")] for each, status in ended.items()
            if status["workflowResult"]["outcome"] != "success"}


def mutations(service, before: dict[str, int]) -> set[int]:
    """How often each Deployment was changed since: one number where it was equally often."""
    return {after - before[name] for name, after in generations(service).items()}


def two_controllers(service, run: str, steps: int) -> tuple[Process, Process, dict[str, int]]:
    """A leader, one that waits, an executor, and workflows under way; with the generations before them."""
    first = service.start()
    first.until_it_says("leadership_acquired")
    second = service.start()
    service.start("wfexecutor")
    before = submit(service, run)
    until(lambda: some_progress(service, run, steps), f"{steps} steps are done", first, second)
    return first, second, before


def some_progress(service, run: str, steps: int) -> bool:
    done = service.plane.kubectl("get", "wfe", "-n", PLACE, "-o",
                                 "jsonpath={range .items[*]}{.metadata.name}={.status.currentStep} {end}").split()
    return sum(int(each.partition("=")[2] or 0) for each in done if each.startswith(run)) >= steps


def test_controllers_and_executors_that_are_killed_cost_nothing_and_repeat_nothing(fresh):
    random = Random(5)
    controllers = [fresh.start(), fresh.start()]
    executor = fresh.start("wfexecutor")
    until(lambda: any(each.says("leadership_acquired") for each in controllers), "somebody leads", *controllers)
    before = submit(fresh, "killed")
    for kill in range(5):
        wanted = 1 + kill * WORKFLOWS * STEPS // 6
        until(lambda wanted=wanted: some_progress(fresh, "killed", wanted), f"{wanted} steps are done")
        if random.random() < 0.4:
            executor.end(signal.SIGKILL)
            executor = fresh.start("wfexecutor")
        else:
            # The leader, if one is known: the other one has to notice.
            leader = next((each for each in controllers if each.says("leadership_acquired")), controllers[0])
            leader.end(signal.SIGKILL)
            controllers = [each for each in controllers if each is not leader] + [fresh.start()]

    assert {} == unsuccessful(fresh, "killed")
    assert {STEPS} == mutations(fresh, before)


def test_a_leader_that_is_told_to_stop_hands_over(fresh):
    first, second, before = two_controllers(fresh, "handed", 2)
    leader = held(fresh)

    assert 0 == first.end(signal.SIGTERM)
    second.until_it_says("leadership_acquired")
    assert leader != held(fresh) != ""
    assert {} == unsuccessful(fresh, "handed")
    assert {STEPS} == mutations(fresh, before)


def test_a_leader_that_was_stopped_in_its_tracks_and_goes_on_while_another_leads_ends_itself(fresh):
    first, second, before = two_controllers(fresh, "stopped", 1)
    first.running.send_signal(signal.SIGSTOP)
    second.until_it_says("leadership_acquired")
    first.running.send_signal(signal.SIGCONT)

    assert 1 == first.running.wait(60)
    assert {} == unsuccessful(fresh, "stopped")
    assert {STEPS} == mutations(fresh, before)
