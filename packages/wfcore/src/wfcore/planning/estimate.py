"""How long a step usually takes, for the estimate and the critical path only; no limit follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from wfcore.model.definition import WorkflowStep
from wfcore.model.enums import Action, RollbackAction
from wfcore.model.plan import ActionHistory

# Middle of the ranges that operators of such actions report.
TYPICAL: Mapping[Action, timedelta] = {
    Action.SCALE_DEPLOYMENT: timedelta(seconds=20),
    Action.RESTART_DEPLOYMENT: timedelta(seconds=75),
    Action.UPDATE_IMAGE: timedelta(seconds=75),
    Action.RESTART_POD: timedelta(seconds=15),
    Action.DELETE_POD: timedelta(seconds=10),
    Action.UPDATE_CONFIGMAP: timedelta(seconds=5),
    Action.UPDATE_SECRET: timedelta(seconds=5),
    Action.CORDON_NODE: timedelta(seconds=3),
    Action.UNCORDON_NODE: timedelta(seconds=3),
    Action.DRAIN_NODE: timedelta(minutes=3),
    Action.CHECK_POD_HEALTH: timedelta(seconds=10),
    Action.CUSTOM: timedelta(minutes=1),
}

TYPICAL_COMPENSATION: Mapping[RollbackAction, timedelta] = {
    RollbackAction.RESTORE_PREVIOUS_DEPLOYMENT: timedelta(seconds=75),
    RollbackAction.SCALE_TO_PREVIOUS: timedelta(seconds=20),
    RollbackAction.RESTORE_PREVIOUS_CONFIG: timedelta(seconds=5),
    RollbackAction.UNCORDON_NODE: timedelta(seconds=3),
    RollbackAction.CUSTOM: timedelta(minutes=1),
}


def typical_duration(step: WorkflowStep, timeout: timedelta, known: ActionHistory | None = None) -> timedelta:
    """The usual duration of one attempt, from its history if there is one, never more than its time-out."""
    usual = known.typical_duration if known else None
    return min(TYPICAL[step.action] if usual is None else usual, timeout)
