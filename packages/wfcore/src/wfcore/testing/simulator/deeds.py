"""What people, dry runs and the rest of the cluster did in a schedule: counted, so that a report can say so."""

from __future__ import annotations

from collections import Counter
from enum import Enum


class Deed(Enum):
    """One thing that a law needs to have met; the value says it in words."""

    APPROVED = "plans approved by somebody else"
    REJECTED = "plans rejected"
    APPROVED_ANOTHER = "approvals of another plan"
    APPROVED_ONESELF = "approvals by the creator"
    APPROVED_NONSENSE = "approvals that make no sense"
    UNGUARDED = "approvals that nothing vouches for"
    EXPIRED = "approvals that nobody gave in time"
    SKIPPED = "approvals that the creator may skip"
    SUSPENDED = "workflows suspended"
    RESUMED = "workflows resumed"
    STOPPED = "workflows stopped gracefully"
    STOPPED_AND_ROLLED_BACK = "workflows stopped with a rollback"
    FROZEN = "freezes begun"
    THAWED = "freezes ended"
    ROLLBACK_OF = "rollbackOf workflows"
    RETRY_OF = "retryOf workflows"
    SOME_STEPS = "of these for chosen steps"
    TOO_EARLY = "of these before the source has ended"
    PLANNED_FROM_SOURCE = "of these that could be planned"
    DRY_RUN_GOOD = "dry runs that would succeed"
    DRY_RUN_BAD = "dry runs that would not"
    DRY_RUN_EXCUSED = "dry runs that fail by not found or conflict"
    DRY_RUN_SURPRISING = "dry runs with side effects"
    SECRET = "inline secrets drawn"
    LEARNED = "history answered"
    DENIED = "access reviews with a refusal"
    UNSURE = "access reviews without an answer"
    SICK = "safety facts that are not well"
    ALERTED = "alerts about a target"
    WAITED = "workflows that waited for busy targets"
    ONLY_PLANNED = "workflows that only wanted their plan"
    ONLY_OBSERVED = "workflows that were only observed"

    # Members are singletons, so their identity will do.
    __hash__ = object.__hash__


Deeds = Counter[Deed]
