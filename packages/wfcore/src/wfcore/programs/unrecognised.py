"""A workflow in a phase that this version does not know, as a newer one may have written it: not ours to end.

Two versions work side by side during an upgrade, and an older one may come
back.  What it does not understand it leaves to the other: nothing is written,
launched or cancelled, one Event an hour says so, and the workflow is looked at
again.  Bounded ends (L1) are promised for the phases of the table alone.  Only
a deletion is served as for any other workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

from wfcore.codec.problems import shown
from wfcore.model.enums import Phase
from wfcore.model.workflow import ObjectMeta
from wfcore.program import Emit, Finished, Happening, Ref, Steps
from wfcore.rawobject import RawObject
from wfcore.reasons import EventReason

LOOK_AGAIN = timedelta(seconds=30)
_KNOWN = frozenset(phase.value for phase in Phase)


def unknown_phase(raw: RawObject) -> str:
    """The phase of a workflow if it is a word this version does not know, else an empty string."""
    status = raw.value.get("status")
    phase = status.get("phase") if isinstance(status, Mapping) else None
    return phase if isinstance(phase, str) and phase not in _KNOWN else ""


@frozen
class LeaveAlone:
    """Say that the phase is unknown, and wait for whoever knows it."""

    ref: Ref
    meta: ObjectMeta
    phase: str
    at: datetime

    def run(self) -> Steps:
        """Of the full hour, so that one Event stands for all the passes of an hour."""
        hour = self.at.replace(minute=0, second=0, microsecond=0)
        yield Emit(self.ref, self.meta.uid, hour, (Happening(
            "Warning", EventReason.UNKNOWN_PHASE.value,
            f"phase {shown(self.phase)} is not known to this version and left alone; upgrade the controller, "
            "or delete the workflow"),))
        return Finished(wake_at=self.at + LOOK_AGAIN)
