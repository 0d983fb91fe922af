"""How the workflows of a run reach the server: in file order, those that stand on another after its end."""

from datetime import timedelta

import pytest

from wfcontroller.run.submission import CREATOR, Submission, submitted
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcontroller.sources import has_source, unnamed_sources, with_uids
from wfcore.program import Ref

from .performing import START

CREATED_BY = "workflowexecution.kubernaut.io/created-by"
APPROVED = "approval.workflowexecution.kubernaut.io/decision"


def document(name, namespace=None, annotations=None, **spec):
    meta = {"name": name, **({"namespace": namespace} if namespace else {}),
            **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution", "metadata": meta,
            "spec": spec}


class Server:
    """Takes what is created, and tells which workflows have ended."""

    def __init__(self, *documents):
        self.created, self.over, self.messages = [], {}, []
        self.times = []
        self.submission = Submission(self, documents, self.over.get, self)

    async def create(self, resource, body):
        self.created.append(body)
        self.times.append(self.loop.now())
        return body

    def message(self, text):
        self.messages.append(text)

    def end(self, name, namespace="default"):
        ref = Ref(namespace, name)
        self.over[ref] = {"metadata": {"name": name, "uid": f"uid-of-{name}"}}

    def due(self):
        before = len(self.created)
        self.loop = VirtualLoop(START)
        run_virtual(self.loop, self.submission.submit_due())
        return [body["metadata"]["name"] for body in self.created[before:]]


def test_workflows_that_wait_for_nothing_are_created_at_once_in_file_order_and_only_once():
    server = Server(document("b"), document("a"), document("c", "shop"))

    assert [Ref("default", "b"), Ref("default", "a"), Ref("shop", "c")] == list(server.submission.refs)
    assert [["b", "a", "c"], []] == [server.due(), server.due()]


def test_workflows_are_a_second_apart_so_that_the_first_of_the_file_is_the_oldest():
    server = Server(document("b"), document("a"), document("c"))
    server.due()

    assert [START + timedelta(seconds=n) for n in range(3)] == server.times


@pytest.mark.parametrize("field", ["rollbackOf", "retryOf"])
def test_a_workflow_waits_for_its_source_and_then_names_it_by_uid(field):
    second = document("second", **{field: {"name": "first", "steps": [1]}})
    server = Server(document("first"), second, document("third"))
    dues = [server.due(), server.due()]
    server.end("first", "elsewhere")
    dues.append(server.due())
    server.end("first")
    dues.append(server.due())

    assert [["first", "third"], [], [], ["second"]] == dues
    assert {"name": "first", "uid": "uid-of-first", "steps": [1]} == server.created[-1]["spec"][field]


def test_a_chain_of_workflows_is_submitted_link_by_link():
    server = Server(document("a"), document("b", retryOf={"name": "a"}), document("c", rollbackOf={"name": "b"}))
    dues = [server.due()]
    for name in ("a", "b"):
        server.end(name)
        dues.append(server.due())

    assert [["a"], ["b"], ["c"]] == dues


def test_a_source_that_is_named_by_uid_is_not_waited_for():
    server = Server(document("second", rollbackOf={"name": "first", "uid": "u"}))

    assert ["second"] == server.due()
    assert {"name": "first", "uid": "u"} == server.created[0]["spec"]["rollbackOf"]


def test_who_submits_is_not_who_approves_and_an_approval_of_another_run_is_left_out_and_told():
    """What the file says of its creator is its own claim; a policy would refuse it."""
    given = {"team": "shop", CREATED_BY: "wfctl run", APPROVED: "approved"}
    server = Server(document("w", annotations=given), document("plain", annotations={"team": "shop"}))
    server.due()

    assert [{"team": "shop", CREATED_BY: CREATOR}] * 2 == [b["metadata"]["annotations"] for b in server.created]
    (message,) = server.messages
    assert message.startswith("workflow default/w: the approval in its annotations is left out")


def test_submitting_changes_no_document():
    given = document("w", rollbackOf={"name": "first"})
    submitted(given, {Ref("default", "first"): "u"})

    assert document("w", rollbackOf={"name": "first"}) == given


def test_uids_are_filled_in_where_they_are_known_and_missing():
    both = document("w", "shop", rollbackOf={"name": "a"}, retryOf={"name": "b", "uid": ""})
    filled = with_uids(both, {Ref("shop", "b"): "u", Ref("default", "a"): "other"})

    assert ({"name": "a"}, {"name": "b", "uid": "u"}) == (filled["spec"]["rollbackOf"], filled["spec"]["retryOf"])
    assert [Ref("shop", "a"), Ref("shop", "b")] == list(unnamed_sources(both))


@pytest.mark.parametrize("spec", [None, 5, {}, {"rollbackOf": None}, {"rollbackOf": "first"}])
def test_what_is_no_source_is_none(spec):
    raw = {"metadata": {"name": "w"}, "spec": spec}

    assert ([], False, raw) == (list(unnamed_sources(raw)), has_source(raw), with_uids(raw, {}))
