"""Conditions: the truth about a workflow; its phase is only a summary of them."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.model.enums import ConditionStatus
from wfcore.model.fields import prop


@frozen(kw_only=True)
class Condition:
    """As `metav1.Condition`: the truth about one aspect."""

    type: str = prop("Aspect.", max_length=316)
    status: ConditionStatus = prop("True, False or Unknown.")
    observed_generation: int = prop("Generation this was derived from.", default=0, minimum=0)
    last_transition_time: datetime = prop("When the status last changed.")
    reason: str = prop("One word for machines.", max_length=1024)
    message: str = prop("A sentence for people.", default="", max_length=32768)
