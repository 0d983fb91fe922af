"""`wfctl events`: the Events about one workflow, in the order of time."""

from __future__ import annotations

from wfcore.resources import EVENTS, WORKFLOW_EXECUTIONS

from .cli_world import scale, wfctl, workflow, written


def event(name, uid, at, *, about="fix", kind="WorkflowExecution", **more):
    return {"metadata": {"name": name, "namespace": "default"}, "type": "Normal", "reason": name.capitalize(),
            "action": "Reconcile", "note": f"it is {name}", "reportingController": "example.com/c",
            "reportingInstance": "c", "regarding": {"kind": kind, "name": about, "uid": uid}, "eventTime": at, **more}


def test_events_stand_in_the_order_of_time_however_their_clients_tell_it(world) -> None:
    uid = world.add_workflow(workflow(scale(1)))["metadata"]["uid"]
    for one in (
        event("third", uid, "2026-01-01T00:00:03Z"),
        event("first", uid, "2026-01-01T00:00:01Z", note="one\nline"),
        event("second", uid, "2026-01-01T00:00:00Z",
              series={"count": 7, "lastObservedTime": "2026-01-01T00:00:02Z"}),
        event("earlier", "another-uid", "2026-01-01T00:00:01Z"),
        event("other", uid, "2026-01-01T00:00:01Z", about="other"),
        event("child", uid, "2026-01-01T00:00:01Z", kind="KubernetesExecution"),
    ):
        world.add(EVENTS, one)
    answer = wfctl("events", "fix")

    assert (0, "") == (answer.code, answer.err)
    assert ["LAST SEEN   TYPE     REASON   MESSAGE", "First", "Second", "Third"] == [
        answer.out.splitlines()[0], *(line.split()[2] for line in answer.out.splitlines()[1:])]
    assert "it is second (x7)" in answer.out
    assert "one line" in answer.out
    assert ["first", "second", "third"] == [item["metadata"]["name"]
                                            for item in wfctl("events", "fix", "-o", "json").document["items"]]


def test_the_engine_s_own_events_are_found(world, tmp_path) -> None:
    wfctl("submit", written(tmp_path, workflow(scale(1))))
    world.pass_time(30)

    assert "PhaseTransition            new -> planning" in wfctl("events", "fix").out


def test_what_was_deleted_is_spoken_of_as_long_as_events_are_there(world) -> None:
    made = world.add_workflow(workflow(scale(1)))
    world.add(EVENTS, event("first", made["metadata"]["uid"], "2026-01-01T00:00:01Z"))
    world.do(lambda api: api.delete(WORKFLOW_EXECUTIONS, "default", "fix"))

    assert "it is first" in wfctl("events", "fix").out
    assert 2 == wfctl("events", "nothing").code


def test_silence_is_no_error(world) -> None:
    world.add_workflow(workflow(scale(1)))
    answer = wfctl("events", "fix")

    assert (0, "", "No events about workflow fix.\n") == (answer.code, answer.out, answer.err)
