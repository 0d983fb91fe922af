"""How long a follower of the API server waits, in seconds of the loop's clock."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import gt


@frozen(kw_only=True)
class Pacing:
    """Delays of list and watch.

    Attributes:
        watch_timeout: How long one watch request lasts before it is opened again.
        retry_first: Delay before a refused or unanswered request is tried again; doubles with each failure.
        retry_longest: Upper bound of that delay.
    """

    watch_timeout: float = field(default=300.0, validator=gt(0))
    retry_first: float = field(default=0.05, validator=gt(0))
    retry_longest: float = field(default=30.0, validator=gt(0))
