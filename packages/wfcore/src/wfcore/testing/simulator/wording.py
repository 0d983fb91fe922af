"""A few words per request and response: short enough to read a thousand of them, and cheap to collect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wfcore.model.status import StepStatus
from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    Failed,
    Freshness,
    Observe,
    Record,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
)
from wfcore.testing.simulator.trace import Word

Words = tuple[Word, ...]


def said(request: Request, response: Response) -> Words:
    """`Observe.cached -> Seen v 12 children 3`."""
    asked, heard = _ASKED.get(type(request)), _HEARD.get(type(response))
    return (*(asked(request) if asked is not None else (type(request).__name__,)), "->",
            *(heard(response) if heard is not None else (type(response).__name__,)))


def _observe(request: Observe) -> Words:
    return ("Observe.live" if request.freshness is Freshness.LIVE else "Observe.cached",)


def _commit(request: CommitStatus) -> Words:
    status = request.status
    steps = [word for entry in status.step_statuses for word in _entry(entry)]
    return ("CommitStatus on v", request.version, str(status.phase), status.failure_reason, *steps)


def _entry(entry: StepStatus) -> Words:
    words = ("step", entry.step_number, str(entry.status), entry.attempt)
    if entry.rollback is None:
        return words
    return (*words, "rollback", str(entry.rollback.status), entry.rollback.attempt)


def _set_metadata(request: SetMetadata) -> Words:
    return ("SetMetadata on v", request.version, "finalizers", *request.finalizers)


def _create(request: Create) -> Words:
    return ("Create", *[child.value["metadata"]["name"] for child in request.children])


def _child(request: DeleteChild | ReleaseChild) -> Words:
    return (type(request).__name__, request.name)


def _record(request: Record) -> Words:
    return ("Record", request.record.status, request.record.outcome)


def _seen(response: Seen) -> Words:
    seen = response.workflow
    version = "none" if seen is None else seen.value["metadata"]["resourceVersion"]
    return ("Seen v", version, "children", len(response.children), "at", response.at.isoformat())


def _failed(response: Failed) -> Words:
    return ("Failed", response.why)


def _created(response: Created) -> Words:
    return ("Created, there before", len(response.existing))


_ASKED: Mapping[type, Callable[[Any], Words]] = {
    Observe: _observe, CommitStatus: _commit, SetMetadata: _set_metadata, Create: _create, DeleteChild: _child,
    ReleaseChild: _child, Record: _record,
}
_HEARD: Mapping[type, Callable[[Any], Words]] = {Seen: _seen, Failed: _failed, Created: _created}
