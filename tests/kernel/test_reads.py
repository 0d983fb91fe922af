"""Laws of lists, selectors, pages, snapshots and watches."""

from __future__ import annotations

import pytest

from wfcore.resources import CONFIG_MAPS, NAMESPACES
from wfcore.simulation.operations import Compact, Compacted, EventsSince, List

from .kernel_world import WFE, refused


@pytest.fixture
def labelled(world):
    for name, labels in (("a", {"tier": "web"}), ("b", {"tier": "db", "old": ""}), ("c", {})):
        world.create(CONFIG_MAPS, name, metadata={"labels": labels})
    return world


@pytest.mark.parametrize(("selector", "expected"), [
    ("", "abc"), ("tier=web", "a"), ("tier==web", "a"), ("tier!=web", "bc"), ("tier in (web, db)", "ab"),
    ("tier notin (web)", "bc"), ("tier", "ab"), ("!tier", "c"), ("! tier", "c"), ("old=", "b"),
    ("tier, tier!=db", "a"), (" tier in (web) ,!old ", "a"), ("tier in (web),tier=db", ""), ("no/such.key=1", ""),
])
def test_selectors_select_as_kubectl_does(labelled, selector, expected):
    assert list(expected) == labelled.names(CONFIG_MAPS, selector=selector)


@pytest.mark.parametrize("selector", ["=a", "a=b,", "a in b", "a in (", "a b", ",", "a=b=c", "a notin"])
def test_a_selector_that_cannot_be_parsed_is_refused(labelled, selector):
    answer = labelled.do(List(CONFIG_MAPS, selector=selector))

    assert (400, "BadRequest") == refused(answer)
    assert repr(selector) in answer.message


def test_lists_are_in_the_order_of_etcd_keys(world):
    for namespace in ("a", "a-b"):
        world.create(NAMESPACES, namespace, namespace="")
        world.create(WFE, "x", namespace=namespace)
    items = world.do(List(WFE)).items

    # "a-b/x" sorts before "a/x", as the keys' bytes do.
    assert ["a-b", "a"] == [item.place[0] for item in items]


def test_pages_show_one_snapshot_whatever_happens_between_them(world):
    for name in "abcd":
        world.create(WFE, name)
    first = world.do(List(WFE, limit=2))
    world.delete(WFE, "c")
    world.create(WFE, "aa")
    for number in range(2):
        world.update_status(WFE, {**world.get(WFE, "d"), "status": {"new": number}})
    second = world.do(List(WFE, limit=2, token=first.token))

    assert list("abcd") == [item.metadata["name"] for page in (first, second) for item in page.items]
    assert "status" not in second.items[-1].value
    assert (first.version, "") == (second.version, second.token)


@pytest.mark.parametrize("token", ["nonsense", "x:y", ":", "²:a"])
def test_a_made_up_token_is_refused(world, token):
    assert (400, "BadRequest") == refused(world.do(List(WFE, token=token)))


def test_compaction_expires_tokens_and_watches(world):
    for name in "abc":
        world.create(WFE, name)
    page = world.do(List(WFE, limit=1))
    world.create(WFE, "d")

    assert Compacted(5) == world.do(Compact(99))
    assert Compacted(5) == world.do(Compact(3))
    assert (410, "Expired") == refused(world.do(List(WFE, token=page.token)))
    assert (410, "Expired") == refused(world.do(EventsSince(WFE, 4)))
    assert () == world.do(EventsSince(WFE, 5)).changes
    assert list("abcd") == world.names(WFE)


def test_compaction_keeps_what_is_newer(world):
    for name in "abc":
        world.create(WFE, name)
    world.do(Compact(3))

    assert [("ADDED", "c")] == world.changes(WFE, 3)


def test_a_watch_of_a_namespace_sees_only_it_and_goes_on_from_the_global_version(world):
    world.create(NAMESPACES, "team", namespace="")
    for namespace in ("default", "team"):
        world.create(WFE, "x", namespace=namespace)
    events = world.do(EventsSince(WFE, 0, "team"))

    assert ["team"] == [change.place[0] for change in events.changes]
    assert world.state.version == events.version


def test_a_deleted_event_carries_the_last_state_under_a_new_version(world):
    created = world.create(WFE, "a", spec={"x": 1})
    world.delete(WFE, "a")
    last = world.do(EventsSince(WFE, 0)).changes[-1]

    assert ("DELETED", {"x": 1}) == (last.type.value, last.object.value["spec"])
    assert int(created["metadata"]["resourceVersion"]) < last.object.resource_version == last.version


def test_a_log_longer_than_a_chunk_is_read_from_anywhere(world):
    for number in range(300):
        world.create(WFE, f"w{number:03}")
    versions = [change.version for change in world.state.bucket(WFE).log]

    for since in (0, 1, 100, 129, 130, 200, 301):
        expected = [v for v in versions if v > since]
        assert expected == [c.version for c in world.do(EventsSince(WFE, since)).changes]
