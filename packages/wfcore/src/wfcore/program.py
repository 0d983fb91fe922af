"""What a reconcile may ask of the world, and what it may hear: two closed unions.

A program is a frozen value whose `run()` is a short generator of requests; it
returns the next program (a tail call that forgets everything but its fields) or
`Finished`.  A suspended reconcile is therefore data: (program, responses heard).
Whoever drives it performs each request and sends the response back.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from attrs import frozen

from wfcore.audit import AuditRecord
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import OwnerReference
from wfcore.planning.targets import Target
from wfcore.rawobject import RawObject


class Freshness(Enum):
    """How old an answer may be: CACHED may be stale, but never older than this process's last write; LIVE is not."""

    CACHED = "cached"
    LIVE = "live"


@frozen(order=True)
class Ref:
    """Which workflow: its namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


# --- requests ---------------------------------------------------------------------------------------------


@frozen
class Observe:
    """Read the workflow and every KubernetesExecution that names it as controller owner.  Answer: Seen.

    A LIVE read also finds those that carry its uid as a label and name no owner at all.
    """

    ref: Ref
    freshness: Freshness


@frozen
class FindParent:
    """Read an AlertRemediation, live.  Answer: Found."""

    ref: Ref


@frozen
class Inspect:
    """Read targets as the observer role; objects it may not read are unknown.  Answer: Inspected."""

    targets: tuple[Target, ...]


@frozen
class Consult:
    """Ask the recorded history about these actions, for planning.  Answer: Consulted, Failed or Unknown."""

    workflow: str  # name of the definition
    actions: tuple[Action, ...]


@frozen
class FindSource:
    """Read a finished workflow and its children, live, for a rollbackOf or retryOf, and who else starts from it.

    Answer: SourceFound.
    """

    ref: Ref


@frozen
class Survey:
    """Read the workflows of the cluster that name one of these targets, cached.  Answer: Surveyed.

    With `unfinished`, also those that have not ended, whatever they name.  More
    may be answered, `ref` itself too.
    """

    ref: Ref
    targets: tuple[Target, ...]
    unfinished: bool = False


@frozen
class AccessQuestion:
    """May this account do this?  An empty namespace means cluster-wide; `groups` is for service accounts.

    `resource` names a subresource as RBAC does, `pods/eviction`; an empty `name` means any object.
    """

    user: str
    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()


@frozen
class Review:
    """Ask the API server's authorizer.  Answer: Reviewed, one answer a question."""

    questions: tuple[AccessQuestion, ...]


@frozen
class CommitStatus:
    """PUT `/status` with the resourceVersion precondition.  Answer: Did, Failed or Unknown."""

    ref: Ref
    uid: str
    version: str
    status: WorkflowExecutionStatus


@frozen
class SetMetadata:
    """PUT the workflow with these finalizers and owner references, with the precondition.  Answer as above."""

    ref: Ref
    version: str
    finalizers: tuple[str, ...]
    owner_references: tuple[OwnerReference, ...]


@frozen
class Create:
    """POST a batch of children; any subset may have been committed.  Answer: Created, Failed or Unknown.

    An existing name is no failure: the live object is handed back, and whose it
    is, the program decides.
    """

    ref: Ref
    children: tuple[RawObject, ...]


@frozen
class DeleteChild:
    """DELETE one KubernetesExecution with a uid precondition; absent is Did."""

    namespace: str
    name: str
    uid: str


@frozen
class ReleaseChild:
    """Remove the tracking finalizer of one KubernetesExecution; absent is Did."""

    namespace: str
    name: str
    uid: str


@frozen
class DeleteWorkflow:
    """DELETE the workflow itself with a uid precondition; absent is Did."""

    ref: Ref
    uid: str


@frozen
class Record:
    """Store an audit record.  Answer: Did, Failed ("unavailable" or "refused") or Unknown."""

    record: AuditRecord


@frozen
class Outbox:
    """Keep an audit record in the API server until the store takes it: an AuditOutbox object.  Answer as for Record.

    One that is there already is Did.  Where `limit` records wait already the
    answer is Failed "full", as far as the adapter can count.
    """

    record: AuditRecord
    limit: int


@frozen
class ListOutbox:
    """Read the records that wait for the store.  Answer: Waiting."""


@frozen
class DropOutbox:
    """DELETE one AuditOutbox object with a uid precondition; absent is Did."""

    name: str
    uid: str


@frozen
class Happening:
    """One Kubernetes Event about the workflow."""

    type: str  # Normal or Warning
    reason: str
    message: str


@frozen
class Emit:
    """Publish Events, best effort: the answer is always Did."""

    ref: Ref
    uid: str
    at: datetime
    events: tuple[Happening, ...]


Request: TypeAlias = (
    Observe | FindParent | Inspect | Consult | FindSource | Survey | Review | CommitStatus | SetMetadata | Create
    | DeleteChild | ReleaseChild | DeleteWorkflow | Record | Outbox | ListOutbox | DropOutbox | Emit
)


# --- responses --------------------------------------------------------------------------------------------


@frozen
class Surroundings:
    """What holds in the whole cluster as far as this process knows; it may be stale, so nothing is safe because of it.

    `frozen`: an emergency freeze is on, and `frozen_because` says why.
    `approvals_guarded`: the admission policy that makes approvals trustworthy is
    there as shipped; without it no approval counts.
    """

    frozen: bool = False
    frozen_because: str = ""
    approvals_guarded: bool = False


CALM = Surroundings()


@frozen
class Seen:
    """The joint snapshot, as raw JSON, and the time: `now` enters a pass here, once.

    `workflow` is None when it does not exist; then `children` are the orphans left of it.
    """

    workflow: RawObject | None
    children: tuple[RawObject, ...]
    at: datetime
    surroundings: Surroundings = CALM


@frozen
class Found:
    """An object, or None when it or its kind does not exist."""

    object: RawObject | None


@frozen
class Inspected:
    """For each target in order: the objects found (none: absent), or None where reading was refused or failed."""

    objects: tuple[tuple[RawObject, ...] | None, ...]


@frozen
class Consulted:
    """What is recorded, by action; actions never recorded are left out."""

    history: tuple[ActionHistory, ...]


@frozen
class SourceFound:
    """The source, None when it does not exist, and every child that names it as controller owner.

    `followers` are the workflows of its namespace whose rollbackOf or retryOf names
    it, in any order; they may be stale, and more may be answered.
    """

    workflow: RawObject | None
    children: tuple[RawObject, ...] = ()
    followers: tuple[RawObject, ...] = ()


@frozen
class Surveyed:
    """Workflows of the cluster, in any order."""

    workflows: tuple[RawObject, ...]


@frozen
class Reviewed:
    """For each question in order: allowed, denied, or None where nobody could say."""

    answers: tuple[bool | None, ...]


@frozen
class OutboxEntry:
    """One record that waits for the store, `since` when; `record` is None when what is there cannot be read."""

    name: str
    uid: str
    record: AuditRecord | None
    since: datetime | None = None


@frozen
class Waiting:
    """Records that wait for the store, oldest first."""

    entries: tuple[OutboxEntry, ...]


@frozen
class Created:
    """The whole batch exists; `existing` are live objects that were there before."""

    existing: tuple[RawObject, ...] = ()


@frozen
class Did:
    """It happened."""


@frozen
class Failed:
    """It did not happen.

    `why`: conflict, missing, refused or unavailable; too_large when the server
    takes no object of that size; full when the outbox takes no more.
    """

    why: str
    message: str = ""
    retry_after: float = 0.0  # seconds the other side asks to wait


@frozen
class Unknown:
    """No answer: it may or may not have happened."""


Response: TypeAlias = (
    Seen | Found | Inspected | Consulted | SourceFound | Surveyed | Reviewed | Waiting | Created | Did | Failed
    | Unknown
)


# --- programs ---------------------------------------------------------------------------------------------


@frozen
class Finished:
    """The pass is over.  Wake the workflow at `wake_at`, or after a growing delay when `backoff`."""

    wake_at: datetime | None = None
    backoff: bool = False
    retry_after: float = 0.0


Steps: TypeAlias = Generator[Request, Response, "Program | Finished"]


class Program(Protocol):
    """A frozen value; `run()` reads top to bottom."""

    def run(self) -> Steps:
        """The requests of this program, in order."""
        ...
