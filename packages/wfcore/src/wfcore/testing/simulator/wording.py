"""One line per request and response, short enough to read a thousand of them."""

from __future__ import annotations

from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    Failed,
    Observe,
    Record,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
)


def said(request: Request, response: Response) -> str:
    """`Observe.cached -> Seen v12 3 children`."""
    return f"{_asked(request)} -> {_heard(response)}"


def _asked(request: Request) -> str:
    match request:
        case Observe():
            return f"Observe.{request.freshness.value}"
        case CommitStatus():
            status = request.status
            steps = " ".join(
                f"{e.step_number}:{e.status.value}/{e.attempt}"
                + (f"(rb {e.rollback.status.value}/{e.rollback.attempt})" if e.rollback else "")
                for e in status.step_statuses)
            return f"CommitStatus on v{request.version} {status.phase.value} {status.failure_reason} [{steps}]"
        case SetMetadata():
            return f"SetMetadata on v{request.version} finalizers {list(request.finalizers)}"
        case Create():
            return f"Create {' '.join(child.value['metadata']['name'] for child in request.children)}"
        case DeleteChild() | ReleaseChild():
            return f"{type(request).__name__} {request.name}"
        case Record():
            return f"Record {request.record.status} {request.record.outcome}"
    return type(request).__name__


def _heard(response: Response) -> str:
    match response:
        case Seen():
            meta = response.workflow.value["metadata"] if response.workflow is not None else None
            seen = f"v{meta['resourceVersion']}" if meta else "no workflow"
            return f"Seen {seen}, {len(response.children)} children, at {response.at.isoformat()[11:26]}"
        case Failed():
            return f"Failed({response.why})"
        case Created():
            return f"Created, {len(response.existing)} there before"
    return type(response).__name__
