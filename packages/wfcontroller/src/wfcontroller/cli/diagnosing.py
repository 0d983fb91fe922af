"""Looks at an installation from all sides; what may not be looked at is a warning, not a failure of the command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from wfcontroller.api import ApiError
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.diagnosis import FAILED, WARNING, Check, Diagnosis, Patient
from wfcontroller.cli.signs_of_life import clocks, controller, executor, freeze
from wfcontroller.cli.what_is_installed import alert_remediations, definitions, guard
from wfcontroller.cli.what_you_may import rights

__all__ = ["CHECKS", "FAILED", "diagnose", "diagnosis_document", "diagnosis_lines"]

CHECKS: Mapping[str, Check] = {
    "definitions": definitions, "wf-guard": guard, "controller": controller, "executor": executor, "clocks": clocks,
    "freeze": freeze, "alert-remediations": alert_remediations, "rights": rights,
}
_NO_ANSWER = frozenset({0, 401})


async def diagnose(cluster: Cluster, namespace: str) -> list[Diagnosis]:
    """Every check, in order; raises ApiError when the server does not answer at all."""
    patient = Patient(cluster, namespace)
    return [await _examined(name, check, patient) for name, check in CHECKS.items()]


async def _examined(name: str, check: Check, patient: Patient) -> Diagnosis:
    try:
        return await check(patient)
    except ApiError as error:
        if error.status in _NO_ANSWER:
            raise
        if error.status == 403:
            return Diagnosis(name, WARNING, f"you may not look at it: {error.message}",
                             "let somebody look who may")
        return Diagnosis(name, FAILED, f"the server refused the question: {error.message}", "repeat the command later")


def diagnosis_document(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """`{healthy, checks: [{check, state, found, todo}]}`; healthy is without a failure."""
    return {"healthy": all(one.state != FAILED for one in found), "checks": [attrs.asdict(one) for one in found]}


def diagnosis_lines(found: Sequence[Diagnosis]) -> Iterator[str]:
    """A line for each check, and a second one for what to do."""
    width = max(len(one.check) for one in found)
    for one in found:
        yield f"{one.state:<8} {one.check:<{width}}  {one.found}"
        if one.todo:
            yield f"{'':<{width + 9}}  -> {one.todo}"
