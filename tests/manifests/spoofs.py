"""Writes that `wf-guard` has to judge, as plain data: who writes what over what, and whether it is to be let through.

An evaluator of CEL runs this table in the gate, and a real API server can: create
each `before` under its own name while the policy is away (its status through the
subresource), bind the policy, then let each `user` make the write.  Every user may
write everything there; `GRANTS` says who holds the verb `approve`.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen

Object = dict[str, Any]

NAMESPACE = "default"
CREATED_BY = "workflowexecution.kubernaut.io/created-by"
PREFIX = "approval.workflowexecution.kubernaut.io/"
DIGEST = "sha256:" + "a" * 64
CONTROLLER = "system:serviceaccount:kubernaut-system:wf-controller"
EXECUTOR = "system:serviceaccount:kubernaut-system:wf-executor"
COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"
GROUPS = {"admin": ("system:masters",), "frank": ("approvers",)}


@frozen
class Grant:
    """Who may `approve` on `workflowapprovals`: a user or a group, in a namespace, by name or all (empty)."""

    subject: str
    namespace: str = NAMESPACE
    names: tuple[str, ...] = ()


# alice creates and could approve what others create; mallory may write and approve nothing.
GRANTS = (Grant("alice"), Grant("bob"), Grant("carol"), Grant("approvers"), Grant("system:masters"),
          Grant("dave", names=("one-person-may-approve-one-workflow",)), Grant("erin", namespace="other"))


@frozen(kw_only=True)
class Attempt:
    """One write.  `verb` is create, update or update_status; `before` is None for a creation."""

    name: str
    user: str
    verb: str
    resource: str
    before: Object | None
    after: Object
    allowed: bool
    groups: tuple[str, ...] = field(default=())


def workflow(name: str, annotations: Object | None = None, status: Object | None = None, **spec: Any) -> Object:
    definition = {"name": "d", "steps": [{
        "stepNumber": 1, "action": "scale-deployment",
        "parameters": {"scaleDeployment": {"namespace": NAMESPACE, "deployment": "web", "replicas": 2}}}]}
    made = {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"workflowDefinition": definition, **spec}}
    if annotations:
        made["metadata"]["annotations"] = annotations
    return made if status is None else {**made, "status": status}


def execution(name: str, *, finalizers: tuple[str, ...] = (), labels: Object | None = None,
              annotations: Object | None = None, owners: tuple[Object, ...] = (), status: Object | None = None,
              **spec: Any) -> Object:
    metadata: Object = {"name": name, "namespace": NAMESPACE}
    parts = {"finalizers": list(finalizers), "labels": labels, "annotations": annotations,
             "ownerReferences": list(owners)}
    metadata |= {key: value for key, value in parts.items() if value}
    made = {"apiVersion": "kubernetesexecution.kubernaut.io/v1", "kind": "KubernetesExecution", "metadata": metadata,
            "spec": {"workflowExecutionRef": {"name": "w", "namespace": NAMESPACE, "uid": "u"}, "stepNumber": 1,
                     "attempt": 1, "kind": "forward", "action": "cordon-node", "timeout": "5m",
                     "parameters": {"cordonNode": {"nodeName": "n1"}}, **spec}}
    return made if status is None else {**made, "status": status}


def said(by: str = "bob", decision: str = "approved", digest: str = DIGEST, **more: str) -> Object:
    """The annotations of a decision; an argument of None leaves its key out."""
    given = {"by": by, "decision": decision, "digest": digest, **more}
    return {PREFIX + key: value for key, value in given.items() if value is not None}


PLANNED = {"phase": "validating", "planDigest": DIGEST}
ENDED = {"phase": "completed", "planDigest": DIGEST, "completionTime": "2026-01-01T00:10:00Z", "workflowResult": {
    "outcome": "success"}, "stepStatuses": [
        {"stepNumber": 1, "action": "scale-deployment", "status": "completed"},
        {"stepNumber": 2, "action": "cordon-node"}]}
ALICES = {CREATED_BY: "alice"}
DONE = {**ALICES, **said()}


def creates(law: str, user: str, annotations: Object | None, *, allowed: bool) -> Attempt:
    name = named(law)
    return Attempt(name=name, user=user, groups=GROUPS.get(user, ()), verb="create", resource="workflowexecutions",
                   before=None, after=workflow(name, annotations), allowed=allowed)


def annotates(law: str, user: str, before: Object, after: Object, *, allowed: bool = False,
              status: Object | None = PLANNED) -> Attempt:
    name = named(law)
    return Attempt(name=name, user=user, groups=GROUPS.get(user, ()), verb="update", resource="workflowexecutions",
                   before=workflow(name, before, status), after=workflow(name, after, status), allowed=allowed)


def decides(law: str, user: str, words: Object, *, allowed: bool = False, **more: Any) -> Attempt:
    return annotates(law, user, ALICES, {**ALICES, **words}, allowed=allowed, **more)


def changes(law: str, user: str, before: Object, after: Object, *, allowed: bool = False) -> Attempt:
    """Fields of the spec change."""
    attempt = annotates(law, user, ALICES, ALICES, allowed=allowed)
    return evolve(attempt, before=workflow(attempt.name, ALICES, PLANNED, **before),
                  after=workflow(attempt.name, ALICES, PLANNED, **after))


def reports(law: str, user: str, before: Object, after: Object, *, allowed: bool = False) -> Attempt:
    attempt = annotates(law, user, ALICES, ALICES, allowed=allowed)
    return evolve(attempt, verb="update_status", before=workflow(attempt.name, ALICES, before),
                  after=workflow(attempt.name, ALICES, after))


def steps(law: str, user: str, verb: str, before: Object | None, after: Object, *, allowed: bool = False) -> Attempt:
    """A write of a KubernetesExecution, of what `execution` takes."""
    name = named(law)
    return Attempt(name=name, user=user, groups=GROUPS.get(user, ()), verb=verb, resource="kubernetesexecutions",
                   before=None if before is None else execution(name, **before), after=execution(name, **after),
                   allowed=allowed)


def named(law: str) -> str:
    return law.replace(" ", "-")


CREATIONS = (
    creates("a plain apply needs no annotation", "alice", None, allowed=True),
    creates("annotations of others are nobodys business", "alice", {"team": "a"}, allowed=True),
    creates("one names oneself", "alice", ALICES, allowed=True),
    creates("a service names itself", CONTROLLER, {CREATED_BY: CONTROLLER}, allowed=True),
    creates("nobody names another", "mallory", ALICES, allowed=False),
    creates("nobody names nobody", "mallory", {CREATED_BY: ""}, allowed=False),
    creates("an administrator names no other either", "admin", ALICES, allowed=False),
    creates("a name is compared in full", "alice2", ALICES, allowed=False),
    creates("nothing is created approved", "bob", {CREATED_BY: "bob", **said()}, allowed=False),
    creates("nothing is created approved by nobody", "bob", said(), allowed=False),
    *(creates(f"nothing is created with {key} alone", "bob", {PREFIX + key: value}, allowed=False)
      for key, value in (("by", "bob"), ("decision", "approved"), ("digest", DIGEST), ("reason", "r"), ("other", ""))),
)
CREATORS = (
    annotates("a creator is not added later", "alice", {}, ALICES),
    annotates("a creator is not added by an administrator", "admin", {}, {CREATED_BY: "admin"}),
    annotates("an empty creator is not added later", "alice", {}, {CREATED_BY: ""}),
    annotates("a creator is not changed", "bob", ALICES, {CREATED_BY: "carol"}),
    annotates("a creator is not changed to oneself", "mallory", ALICES, {CREATED_BY: "mallory"}),
    annotates("a creator is not removed", "alice", ALICES, {}),
    annotates("a creator is not emptied", "alice", ALICES, {CREATED_BY: ""}),
    annotates("another annotation is free", "mallory", ALICES, {**ALICES, "note": "x"}, allowed=True),
    annotates("without annotations an update is one", "mallory", {}, {}, allowed=True),
)
DECISIONS = (
    decides("an approver approves", "bob", said(reason="fine"), allowed=True),
    decides("an approver denies", "bob", said(decision="denied"), allowed=True),
    decides("an approver through a group approves", "frank", said("frank"), allowed=True),
    decides("one person may approve one workflow", "dave", said("dave"), allowed=True),
    decides("and no other workflow", "dave", said("dave")),
    decides("an approver elsewhere is none here", "erin", said("erin")),
    decides("an administrator approves", "admin", said("admin"), allowed=True),
    decides("a creator does not approve", "alice", said("alice")),
    decides("a creator does not deny", "alice", said("alice", "denied")),
    decides("a creator does not approve as somebody else", "alice", said("bob")),
    decides("without the verb nobody approves", "mallory", said("mallory")),
    decides("without the verb nobody denies", "mallory", said("mallory", "denied")),
    decides("nobody approves as an approver", "mallory", said("bob")),
    decides("an approver does not approve as another", "bob", said("carol")),
    decides("nobody approves as nobody", "bob", said("")),
    decides("the controller does not approve as an approver", CONTROLLER, said("bob")),
    decides("the controller does not approve", CONTROLLER, said(CONTROLLER)),
    decides("the executor does not approve", EXECUTOR, said(EXECUTOR)),
    decides("no approval of another plan", "bob", said(digest="sha256:" + "b" * 64)),
    decides("no approval of a part of the digest", "bob", said(digest=DIGEST[:-1])),
    decides("no approval of an empty digest", "bob", said(digest="")),
    decides("no approval without a digest", "bob", said(digest=None)),
    decides("no approval without an approver", "bob", said(by=None)),
    decides("no approval without a decision", "bob", said(decision=None)),
    decides("no approval by a reason alone", "bob", said(None, None, None, reason="fine")),
    decides("no other decision", "bob", said(decision="yes")),
    decides("no decision in another spelling", "bob", said(decision="Approved")),
    decides("no empty decision", "bob", said(decision="")),
    decides("no further word in an approval", "bob", said(until="tomorrow")),
    decides("no approval before there is a plan", "bob", said(), status=None),
    decides("no approval of no plan", "bob", said(digest=""), status={"phase": "planning"}),
    decides("no creator is changed along with an approval", "bob", {CREATED_BY: "carol", **said()}),
    annotates("no approval where nobody knows the creator", "bob", {}, said()),
    annotates("no approval where the creator is nobody", "bob", {CREATED_BY: ""}, {CREATED_BY: "", **said()}),
    annotates("a decision stays while other things change", "mallory", DONE, {**DONE, "note": "x"}, allowed=True),
    annotates("a decision is not reversed", "bob", DONE, {**DONE, **said(decision="denied")}),
    annotates("a denial is not reversed", "bob", {**ALICES, **said(decision="denied")}, DONE),
    annotates("a decision is not taken over", "carol", DONE, {**ALICES, **said("carol")}),
    annotates("a decision is not moved to another plan", "bob", {**ALICES, **said(digest="sha256:" + "b" * 64)}, DONE),
    annotates("a decision is not withdrawn", "bob", DONE, ALICES),
    annotates("a decision is not withdrawn by an administrator", "admin", DONE, ALICES),
    annotates("no part of a decision is withdrawn", "bob", DONE, {**ALICES, **said(digest=None)}),
    annotates("no reason is given later", "bob", DONE, {**DONE, PREFIX + "reason": "r"}),
    annotates("no reason is changed later", "bob", {**DONE, PREFIX + "reason": "a"}, {**DONE, PREFIX + "reason": "b"}),
    annotates("a leftover is not completed to a decision", "bob", {**ALICES, PREFIX + "by": "bob"}, DONE),
)
SPECS = (
    changes("a workflow is suspended", "mallory", {}, {"suspend": True}, allowed=True),
    changes("a workflow is resumed", "mallory", {"suspend": True}, {"suspend": False}, allowed=True),
    changes("a workflow is stopped", "mallory", {}, {"stop": "Graceful"}, allowed=True),
    changes("a workflow is stopped and rolled back", "mallory", {}, {"stop": "Rollback"}, allowed=True),
    changes("a stopped workflow is rolled back", "mallory", {"stop": "Graceful"}, {"stop": "Rollback"}, allowed=True),
    changes("a rollback is not called off", "admin", {"stop": "Rollback"}, {"stop": "Graceful"}),
    changes("a stop is not called off", "admin", {"stop": "Graceful"}, {"stop": ""}),
    changes("a stop is not taken out", "admin", {"stop": "Rollback"}, {}),
    changes("no field is added to a spec", "admin", {}, {"ttlSecondsAfterFinished": 60}),
    changes("no field is taken out of a spec", "admin", {"ttlSecondsAfterFinished": 60}, {}),
    changes("no field of a spec is changed", "alice", {"ttlSecondsAfterFinished": 60}, {"ttlSecondsAfterFinished": 61}),
    changes("no step is changed", "alice", {}, {"workflowDefinition": {"name": "d", "steps": [
        {"stepNumber": 1, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}}}]}}),
    changes("no step is changed by the controller", CONTROLLER, {}, {"workflowDefinition": {"name": "other", "steps": [
        {"stepNumber": 1, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "n1"}}}]}}),
)
STATUSES = (
    reports("the controller reports", CONTROLLER, PLANNED, {**PLANNED, "phase": "executing"}, allowed=True),
    reports("nobody reports an approval", "mallory", PLANNED, {**PLANNED, "approval": {
        "neededBecause": "n", "requestedAt": "2026-01-01T00:00:00Z", "deadline": "2026-01-01T01:00:00Z",
        "decision": "approved", "by": "bob"}}),
    reports("nobody replaces a plan that is to be approved", "mallory", PLANNED, {
        **PLANNED, "planDigest": "sha256:" + "b" * 64}),
    reports("a creator does not end a workflow", "alice", PLANNED, {**PLANNED, "phase": "completed"}),
    reports("an administrator does not report", "admin", PLANNED, {**PLANNED, "phase": "executing"}),
    reports("the executor does not report on workflows", EXECUTOR, PLANNED, {**PLANNED, "phase": "executing"}),
    reports("the controller of another namespace does not report", "system:serviceaccount:other:wf-controller",
            PLANNED, {**PLANNED, "phase": "executing"}),
    reports("an end is acknowledged", CONTROLLER, ENDED, {**ENDED, "conditions": [
        {"type": "AuditRecorded", "status": "True", "reason": "Recorded", "message": "m",
         "lastTransitionTime": "2026-01-01T00:11:00Z"}]}, allowed=True),
    reports("an end is not undone", CONTROLLER, ENDED, {**ENDED, "phase": "executing"}),
    reports("an end is not forgotten", CONTROLLER, ENDED, {}),
    reports("an end is not moved", CONTROLLER, ENDED, {**ENDED, "completionTime": "2026-01-01T00:12:00Z"}),
    reports("an ended plan is not replaced", CONTROLLER, ENDED, {**ENDED, "planDigest": "sha256:" + "b" * 64}),
    reports("an outcome is final", CONTROLLER, ENDED, {**ENDED, "workflowResult": {"outcome": "failed"}}),
    reports("an outcome is not taken out", CONTROLLER, ENDED, {
        key: value for key, value in ENDED.items() if key != "workflowResult"}),
    reports("a failure keeps its reason", CONTROLLER, {"phase": "failed", "failureReason": "stopped"},
            {"phase": "failed", "failureReason": "planning_timeout"}),
    reports("what became of a step is final", CONTROLLER, ENDED, {**ENDED, "stepStatuses": [
        {"stepNumber": 1, "action": "scale-deployment", "status": "failed"},
        {"stepNumber": 2, "action": "cordon-node"}]}),
    reports("no step is taken out of an end", CONTROLLER, ENDED, {**ENDED, "stepStatuses": ENDED["stepStatuses"][:1]}),
)
HELD = {"finalizers": ("workflowexecution.kubernaut.io/step-tracking",), "labels": {"step": "1"}}
OWNER = {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution", "name": "w",
         "uid": "00000000-0000-4000-8000-000000000001"}
EXECUTIONS = (
    steps("the controller creates executions", CONTROLLER, "create", None, HELD, allowed=True),
    steps("a person creates no execution", "alice", "create", None, {}),
    steps("an administrator creates no execution", "admin", "create", None, {}),
    steps("the executor creates no execution", EXECUTOR, "create", None, {}),
    steps("the controller lets an execution go", CONTROLLER, "update", HELD, {"labels": {"step": "1"}}, allowed=True),
    steps("an administrator lets an execution go", "admin", "update", HELD, {"labels": {"step": "1"}}, allowed=True),
    steps("the controller changes no execution", CONTROLLER, "update", HELD, {
        **HELD, "parameters": {"cordonNode": {"nodeName": "n2"}}}),
    steps("an administrator changes no execution", "admin", "update", HELD, {**HELD, "timeout": "6m"}),
    steps("nobody moves an execution to another step", "mallory", "update", HELD, {**HELD, "labels": {"step": "2"}}),
    steps("nobody takes an executions labels", "mallory", "update", HELD, {"finalizers": HELD["finalizers"]}),
    steps("the controller annotates no execution", CONTROLLER, "update", HELD, {**HELD, "annotations": {"a": "b"}}),
    steps("a person annotates an execution", "alice", "update", HELD, {**HELD, "annotations": {"a": "b"}},
          allowed=True),
    steps("the controller gives no execution to another", CONTROLLER, "update", HELD, {**HELD, "owners": (OWNER,)}),
    steps("the garbage collector takes owners off", COLLECTOR, "update", {**HELD, "owners": (OWNER,)}, HELD,
          allowed=True),
    steps("the executor reports", EXECUTOR, "update_status", HELD, {**HELD, "status": {"phase": "executing"}},
          allowed=True),
    steps("the controller does not report on executions", CONTROLLER, "update_status", HELD, {
        **HELD, "status": {"phase": "completed"}}),
    steps("a person does not report on executions", "mallory", "update_status", HELD, {
        **HELD, "status": {"phase": "completed"}}),
    steps("an administrator does not report on executions", "admin", "update_status", HELD, {
        **HELD, "status": {"phase": "completed"}}),
    steps("the executor of another namespace does not report", "system:serviceaccount:other:wf-executor",
          "update_status", HELD, {**HELD, "status": {"phase": "completed"}}),
)
ATTEMPTS = (*CREATIONS, *CREATORS, *DECISIONS, *SPECS, *STATUSES, *EXECUTIONS)
