"""When the next attempt starts: exponential, capped, with full jitter that is a hash and not a dice."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from wfcore.settings import Settings


def retry_delay(uid: str, what: str, attempt: int, settings: Settings) -> timedelta:
    """The pause after `attempt` failed, in [0, min(cap, base * factor^(attempt-1))].

    `what` names the step and kind.  The same arguments give the same delay, so a
    controller that crashed decides the same again.
    """
    exponent = min(attempt - 1, 63)
    bound = min(settings.backoff_cap, settings.backoff_base * settings.backoff_factor**exponent)
    digest = hashlib.sha256(f"{uid}/{what}/{attempt}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return timedelta(microseconds=int(bound / timedelta(microseconds=1) * share))
