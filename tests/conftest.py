"""What all tests share: the Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# The gate: the same examples every time, so that a red gate is red for everyone.  Deadlines are off in both: the
# machine may be busy, and time is measured by benchmarks alone.
settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None, print_blob=True)
# For asking often: by mutants, thousands of them.
settings.register_profile("few", derandomize=True, max_examples=12, stateful_step_count=20, deadline=None,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
# For hunting: fresh examples on each run, and those that failed are remembered.
settings.register_profile(
    "deep", max_examples=2_000, stateful_step_count=100, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cluster", action="store_true", help="tests/conformance: against a real API server")
    parser.addoption("--malformed", type=int, default=300, metavar="N", help="tests/cluster: how many wrong objects")
