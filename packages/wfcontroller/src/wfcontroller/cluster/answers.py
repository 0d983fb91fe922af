"""API errors in the words of programs: one table."""

from __future__ import annotations

from wfcontroller.api import ApiError
from wfcore.program import Failed, Unknown

# What the API server only passes on, as an internal error: the words of etcd and of its client.
_TOO_LARGE = ("etcdserver: request is too large", "trying to send message larger than max")


def answer_of(error: ApiError) -> Failed | Unknown:
    """What a program hears of a failed request; without an answer the outcome is unknown."""
    if error.status == 0:
        return Unknown()
    if error.status == 409:
        return Failed("conflict", error.message)
    if error.status == 404:
        return Failed("missing", error.message)
    if error.status == 413 or any(words in error.message for words in _TOO_LARGE):
        return Failed("too_large", error.message)
    if error.status == 429 or error.status >= 500:
        return Failed("unavailable", error.message, error.retry_after or 0.0)
    return Failed("refused", error.message)
