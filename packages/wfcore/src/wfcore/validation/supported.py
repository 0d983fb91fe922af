"""Fields whose behaviour this version does not have: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcore.codec.problems import Path, Problem

# Path below spec -> the value that means "not asked for".  Absent always means that too.
_UNSUPPORTED: tuple[tuple[Path, Any], ...] = (
    (("executionStrategy", "approvalRequired"), False),
    (("executionStrategy", "approvalTimeout"), None),
    (("executionStrategy", "safetyChecks"), []),
    (("adaptiveOrchestration", "optimizationEnabled"), False),
    (("adaptiveOrchestration", "learningFromHistory"), False),
    (("adaptiveOrchestration", "dynamicStepAdjustment"), False),
)


def unsupported_fields(spec: Any, path: Path = ("spec",)) -> Iterator[Problem]:
    """A problem for each field of a raw spec that asks for something this version cannot do."""
    for place, neutral in _UNSUPPORTED:
        value: Any = spec
        for key in place:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None and value != neutral:
            yield Problem((*path, *place), "NotSupported",
                          f"{place[-1]} is not supported by this version yet; remove it")
