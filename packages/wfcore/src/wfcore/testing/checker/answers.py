"""What the rest of the cluster answers to the questions of programs: the same all the time, so no choice and no state.

By default nothing depends on Events, targets are healthy and nobody else's,
nothing is recorded, everything is allowed, there is no earlier workflow.  A
scope's `answers` change single answers, each by a small function in `ANSWERS`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.targets import Target
from wfcore.program import (
    Consult,
    Consulted,
    Did,
    Emit,
    Failed,
    FindSource,
    Inspect,
    Inspected,
    Request,
    Response,
    Review,
    Reviewed,
    SourceFound,
    Survey,
    Surveyed,
)
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS
from wfcore.simulation.targets import found_at
from wfcore.testing.world import START

Question: TypeAlias = Emit | Inspect | Consult | FindSource | Survey | Review
Answer: TypeAlias = Callable[[Question], Response | None]
_LATER = "2027-01-01T00:00:00Z"  # than any instant of an exploration
_LONG_AGO = "2025-01-01T00:00:00Z"
_OTHER: Mapping[str, Any] = {
    "metadata": {"name": "other", "namespace": "default", "uid": "other-uid", "creationTimestamp": _LONG_AGO},
    "spec": {"workflowDefinition": {"name": "other", "steps": [{
        "stepNumber": 1, "action": "scale-deployment",
        "parameters": {"scaleDeployment": {"deployment": "web-1", "replicas": 2}}}]}},
}


def is_question(request: Request | object) -> bool:
    """Whether a request only asks, and is answered the same whenever it is asked."""
    return isinstance(request, Emit | Inspect | Consult | FindSource | Survey | Review)


def _calm(question: Question) -> Response:
    match question:
        case Emit():
            return Did()
        case Inspect():
            return Inspected(tuple(_found_at(target) for target in question.targets))
        case Consult():
            return Consulted(())
        case FindSource():
            return SourceFound(None)
        case Survey():
            return Surveyed(())
        case Review():
            return Reviewed((True,) * len(question.questions))


def _found_at(target: Target, *alerts: RawObject) -> tuple[RawObject, ...]:
    return alerts if target.kind == ALERT_REMEDIATIONS.kind else found_at(target, START)


def sick(question: Question) -> Response | None:
    """Targets exist and are not well."""
    return Inspected(tuple((RawObject({}),) for _ in question.targets)) if isinstance(question, Inspect) else None


def unreadable(question: Question) -> Response | None:
    """No target can be read."""
    return Inspected((None,) * len(question.targets)) if isinstance(question, Inspect) else None


def alarming(question: Question) -> Response | None:
    """An alert about the first step's target has come up since, after others that mean nothing to the workflow."""
    event = {"involvedObject": {"kind": "Node", "name": "n"}, "reason": "Rebooted"}
    webhook = {"alerts": [{"status": "resolved"}, {"labels": {"pod": "web-1-6d4b75cb6d-hb7tm", "alertname": "Down"}}]}
    alerts = (_alert(_LONG_AGO, signalLabels={"deployment": "web-1"}), _alert(_LATER, labels={"deployment": "db"}),
              _alert(_LATER, originalPayload="not JSON"), _alert(_LATER, originalPayload=event),
              _alert(_LATER, originalPayload=b64encode(json.dumps(webhook).encode()).decode()))
    return Inspected(tuple(_found_at(target, *alerts) for target in question.targets)
                     ) if isinstance(question, Inspect) else None


def _alert(created: str, **spec: Any) -> RawObject:
    return RawObject({"metadata": {"name": "alert", "namespace": "default", "creationTimestamp": created},
                      "spec": spec})


def half_sick(question: Question) -> Response | None:
    """The first step's target is not well, the others are."""
    return Inspected(tuple((RawObject({}),) if target.name == "web-1" else _found_at(target)
                           for target in question.targets)) if isinstance(question, Inspect) else None


def denied(question: Question) -> Response | None:
    """The executor's account may do nothing."""
    return Reviewed((False,) * len(question.questions)) if isinstance(question, Review) else None


def unsure(question: Question) -> Response | None:
    """Nobody can say what the executor's account may do."""
    return Reviewed((None,) * len(question.questions)) if isinstance(question, Review) else None


def silent(question: Question) -> Response | None:
    """Neither the history nor the other workflows can be read."""
    return Failed("unavailable") if isinstance(question, Consult | Survey) else None


def busy(question: Question) -> Response | None:
    """Another workflow is changing the first step's target, and never ends."""
    other = {**_OTHER, "status": {"phase": "executing"}}
    return Surveyed((RawObject(other),)) if isinstance(question, Survey) else None


def crowd(question: Question) -> Response | None:
    """Another workflow is under way, and never ends, that changes something else: it counts where few may be."""
    other = {**_OTHER, "spec": {}, "status": {"phase": "executing"}}
    return Surveyed((RawObject(other),)) if isinstance(question, Survey) else None


def learned(question: Question) -> Response | None:
    """Scaling often succeeds when it is repeated, and takes its time."""
    known = ActionHistory(
        action=Action.SCALE_DEPLOYMENT, samples=50, success_rate=0.7, retry_success_rate=0.9, confidence=0.95,
        typical_duration=timedelta(seconds=60), slow_duration=timedelta(seconds=90))
    return Consulted((known,)) if isinstance(question, Consult) else None


def surprising(question: Question) -> Response | None:
    """No question is answered otherwise; but dry runs predict changes, some that nobody asked for (`executor`)."""
    return None


ANSWERS: Mapping[str, Answer] = {
    "sick": sick, "half sick": half_sick, "unreadable": unreadable, "alarming": alarming, "denied": denied,
    "unsure": unsure, "silent": silent, "busy": busy, "crowd": crowd, "learned": learned, "surprising": surprising}


def answer(names: tuple[str, ...], source: Callable[[], SourceFound], question: Question) -> Response:
    """The answer to a question: `names` say what is out of the ordinary, `source` finds an earlier workflow."""
    if isinstance(question, FindSource):
        return source()
    told = (ANSWERS[name](question) for name in names)
    return next((found for found in told if found is not None), None) or _calm(question)
