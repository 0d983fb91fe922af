"""The finished workflow that a `rollbackOf` or `retryOf` starts from: asked for once in planning, then judged.

What is taken from it is committed with the plan (`status.planInputs`), so that
what happens to the source afterwards changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from wfcore.codec import Malformed, Path, Problem
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import SourceReference
from wfcore.model.enums import StepPhase
from wfcore.model.plan import PlanInputs
from wfcore.model.status import StepStatus
from wfcore.model.workflow import KubernetesExecution, WorkflowExecution
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.program import FindSource, Ref, SourceFound
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason
from wfcore.rollback.start import is_undone
from wfcore.snapshot import Snapshot, Unreadable, sort_children


@frozen
class Refusal:
    """Why nothing can be planned from the source."""

    reason: Reason
    problems: tuple[Problem, ...]


@frozen(eq=False)
class Source:
    """A finished workflow, its children, and what later workflows have made of it.

    `plan` is None when none can be made of its spec; else `ledger` has one entry per
    step of it, or none at all.  `undone` are steps whose compensation succeeded, in
    the source itself or in a later rollbackOf; `attempted` those with any attempt at
    one.  `retried_by` names later retryOf workflows that acted.
    """

    workflow: WorkflowExecution
    children: Mapping[str, KubernetesExecution | Unreadable]
    plan: Plan | None
    ledger: Mapping[int, StepStatus]
    undone: frozenset[int]
    attempted: frozenset[int]
    retried_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name, in the namespace of the workflow that starts from it."""
        return self.workflow.metadata.name


def source_question(snapshot: Snapshot) -> FindSource | None:
    """The read that planning needs, unless its result is committed already."""
    named = _named(snapshot)
    if named is None or snapshot.workflow.status.plan_inputs is not None:
        return None
    return FindSource(Ref(snapshot.workflow.metadata.namespace, named[1].name))


def find_source(snapshot: Snapshot) -> Source | Refusal | None:
    """The source, why it cannot be used, or None as long as nobody has answered."""
    named, question = _named(snapshot), source_question(snapshot)
    answer = snapshot.answers.get(question) if question is not None else None
    if named is None or not isinstance(answer, SourceFound):
        return None
    path, reference = named
    return _identified(snapshot, path, reference, answer)


def _named(snapshot: Snapshot) -> tuple[Path, SourceReference] | None:
    spec = snapshot.workflow.spec
    if spec.rollback_of is not None:
        return ("spec", "rollbackOf"), spec.rollback_of
    return (("spec", "retryOf"), spec.retry_of) if spec.retry_of is not None else None


def sources_of(raw: RawObject) -> frozenset[str]:
    """The uids of the workflows that a WorkflowExecution starts from: what to index it under.

    Empty for one that cannot be decoded.  Never raises.
    """
    workflow = raw.workflow()
    named = () if isinstance(workflow, Malformed) else (workflow.spec.rollback_of, workflow.spec.retry_of)
    return frozenset(reference.uid for reference in named if reference is not None)


def _identified(snapshot: Snapshot, path: Path, reference: SourceReference, answer: SourceFound) -> Source | Refusal:
    where = f"workflow {snapshot.workflow.metadata.namespace}/{reference.name}"
    meta = answer.workflow.metadata() if answer.workflow is not None else None
    if answer.workflow is None or meta is None:
        return refusal(Reason.SOURCE_NOT_FOUND, (*path, "name"), f"{where} does not exist (any more)")
    if isinstance(meta, Malformed) or meta.uid != reference.uid:
        found = "is unreadable" if isinstance(meta, Malformed) else f"has the uid {meta.uid}"
        return refusal(Reason.SOURCE_NOT_FOUND, (*path, "uid"),
                       f"{where} {found}, not {reference.uid}: it is not the one that is meant")
    workflow = answer.workflow.workflow()
    if isinstance(workflow, Malformed):
        return refusal(Reason.SOURCE_UNUSABLE, path, f"{where} cannot be read: {workflow}")
    if workflow.status.phase not in TERMINAL:
        return refusal(Reason.SOURCE_NOT_FINISHED, path, f"{where} is {workflow.status.phase.value or 'new'}; wait "
                       f"for its end, or end it with `wfctl stop {reference.name} -n {meta.namespace}`")
    if meta.deletion_timestamp is not None:
        return refusal(Reason.SOURCE_UNUSABLE, path, f"{where} is being deleted, and with it what it has captured")
    if workflow.spec.rollback_of is not None:
        return refusal(Reason.SOURCE_UNUSABLE, path, f"{where} only undoes another workflow; start from "
                       f"{workflow.spec.rollback_of.name} (uid {workflow.spec.rollback_of.uid}) instead")
    return _with_followers(snapshot, path, workflow, answer)


def refusal(reason: Reason, path: Path, message: str) -> Refusal:
    """A refusal for one problem."""
    return Refusal(reason, (Problem(path, reason.value, message),))


def _with_followers(snapshot: Snapshot, path: Path, workflow: WorkflowExecution,
                    answer: SourceFound) -> Source | Refusal:
    """The source as earlier rollbackOf workflows have left it; one that is still at it is not interfered with.

    Reads may be stale, so two may still pass each other here.  Restoring captured
    values twice is restoring them once; that is why they are taken from the source.
    """
    followers = [w for raw in answer.followers if isinstance(w := raw.workflow(), WorkflowExecution)]
    earlier = [w for w in followers if _follows(w, w.spec.rollback_of, workflow) and _is_before(w, snapshot.workflow)]
    busy = next((w for w in earlier if w.status.phase not in TERMINAL), None)
    if busy is not None:
        return refusal(Reason.SOURCE_UNUSABLE, path, f"workflow {busy.metadata.namespace}/{busy.metadata.name} is "
                       f"undoing {workflow.metadata.name} already; wait for its end or stop it")
    plan = plan_workflow(workflow.spec, workflow.metadata.namespace, snapshot.settings,
                         workflow.status.plan_inputs or PlanInputs())
    entries, later = workflow.status.step_statuses, [e for w in earlier for e in w.status.step_statuses]
    if entries and (isinstance(plan, Malformed) or {e.step_number for e in entries} != plan.steps.keys()):
        return refusal(Reason.SOURCE_UNUSABLE, path, f"the ledger of workflow {workflow.metadata.name} is not one that "
                       "this engine wrote for its definition")
    return Source(
        workflow=workflow, children=sort_children(workflow.metadata, answer.children)[0],
        plan=None if isinstance(plan, Malformed) else plan, ledger={e.step_number: e for e in entries},
        undone=frozenset({*(e.step_number for e in entries if is_undone(e)),
                          *(e.step_number for e in later if e.status is StepPhase.COMPLETED)}),
        attempted=frozenset({*(e.step_number for e in entries if e.rollback is not None and e.rollback.attempt),
                             *(e.step_number for e in later if e.attempt)}),
        retried_by=tuple(sorted(w.metadata.name for w in followers if _follows(w, w.spec.retry_of, workflow)
                                and w.metadata.uid != snapshot.workflow.metadata.uid and _has_acted(w))))


def _follows(follower: WorkflowExecution, reference: SourceReference | None, source: WorkflowExecution) -> bool:
    return (reference is not None and reference.uid == source.metadata.uid
            and follower.metadata.namespace == source.metadata.namespace)


def _is_before(other: WorkflowExecution, own: WorkflowExecution) -> bool:
    """Whether another came before our own, or has begun to act before it."""
    return other.metadata.uid != own.metadata.uid and (_has_acted(other) or _age(other) < _age(own))


def _has_acted(workflow: WorkflowExecution) -> bool:
    return workflow.status.execution_start_time is not None


def _age(workflow: WorkflowExecution) -> tuple[str, str]:
    created = workflow.metadata.creation_timestamp
    return (created.isoformat() if created else "", workflow.metadata.uid)
