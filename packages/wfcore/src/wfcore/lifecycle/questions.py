"""What a decision needs to know besides the workflow and its children: one question at a time, each asked once."""

from __future__ import annotations

from datetime import datetime

from wfcore.codec import Malformed
from wfcore.lifecycle.alerts import alert_questions
from wfcore.lifecycle.busy import survey_question
from wfcore.lifecycle.learning import history_question
from wfcore.lifecycle.phase_monitoring import monitored_targets
from wfcore.lifecycle.phase_validating import validating_question
from wfcore.lifecycle.planned import plan_of
from wfcore.lifecycle.soundness import is_sound
from wfcore.lifecycle.sources import source_question
from wfcore.model.enums import Phase
from wfcore.program import Inspect, Request
from wfcore.snapshot import Snapshot


def next_question(snapshot: Snapshot, now: datetime) -> Request | None:
    """The next request whose answer `decide` needs and the snapshot lacks, or None.

    A question may depend on the answers so far, never on anything else; an
    answered one is never asked again, whatever was answered.
    """
    match snapshot.workflow.status.phase:
        case Phase.VALIDATING:
            return _unanswered(snapshot, validating_question(snapshot, now))
        case Phase.PLANNING:
            return (_unanswered(snapshot, source_question(snapshot))
                    or _unanswered(snapshot, survey_question(snapshot), history_question(snapshot, now)))
        case Phase.MONITORING:
            return _unanswered(snapshot, _about_the_targets(snapshot))
        case _:
            return None


def _unanswered(snapshot: Snapshot, *questions: Request | None) -> Request | None:
    return next((q for q in questions if q is not None and q not in snapshot.answers), None)


def _about_the_targets(snapshot: Snapshot) -> Request | None:
    plan = plan_of(snapshot)
    if isinstance(plan, Malformed) or not is_sound(snapshot.workflow.status, plan):
        return None
    return Inspect((*monitored_targets(snapshot.workflow.status, plan), *alert_questions(snapshot, plan)))
