"""What one safety check found, before anybody decides what follows from it."""

from __future__ import annotations

from attrs import field, frozen

from wfcore.model.enums import SafetyCheckType
from wfcore.model.status import SafetyCheckResult

_SHOWN = 5
_LONGEST = 1000


@frozen(kw_only=True)
class Findings:
    """`wrong`: what does not hold; `unknown`: what could not be read; `good`: what to say when neither is there."""

    wrong: list[str] = field(factory=list)
    unknown: list[str] = field(factory=list)
    good: str = ""

    def result(self, kind: SafetyCheckType, required: bool) -> SafetyCheckResult:
        """The judged check: it passes only when nothing is wrong and nothing unknown."""
        found = [*dict.fromkeys(self.wrong), *(f"{what} cannot be read" for what in dict.fromkeys(self.unknown))]
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return SafetyCheckResult(
            type=kind, required=required, passed=not found, unknown=bool(self.unknown) and not self.wrong,
            message=("; ".join(found[:_SHOWN])[:_LONGEST] + more) if found else self.good)
