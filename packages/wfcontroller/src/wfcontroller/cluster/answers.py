"""API errors in the words of programs: one table."""

from __future__ import annotations

from wfcontroller.api import ApiError
from wfcore.program import Failed, Unknown


def answer_of(error: ApiError) -> Failed | Unknown:
    """What a program hears of a failed request; without an answer the outcome is unknown."""
    if error.status == 0:
        return Unknown()
    if error.status == 409:
        return Failed("conflict", error.message)
    if error.status == 404:
        return Failed("missing", error.message)
    if error.status == 429 or error.status >= 500:
        return Failed("unavailable", error.message, error.retry_after or 0.0)
    return Failed("refused", error.message)
