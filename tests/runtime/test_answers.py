"""API errors in the words of programs: what a program can tell apart, and nothing else."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcontroller.cluster.answers import answer_of
from wfcore.program import Failed


@pytest.mark.parametrize(("status", "message", "why"), [
    (413, "Request entity too large: limit is 3145728", "too_large"),
    (500, "etcdserver: request is too large", "too_large"),
    (500, "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2 vs 1)", "too_large"),
    (500, "etcdserver: request timed out", "unavailable"), (422, "spec.steps: Too many", "refused"),
])
def test_an_object_that_is_too_large_is_told_apart_from_one_that_is_refused_or_may_come_later(
        status: int, message: str, why: str) -> None:
    assert Failed(why, message) == answer_of(ApiError(status, "x", message))
