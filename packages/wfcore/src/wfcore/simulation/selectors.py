"""Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k`, as `kubectl -l` writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from wfcore.simulation.operations import Refusal

_REQUIREMENT = re.compile(
    r"""\s*(?:
        (?P<absent>!)\s*(?P<absent_key>[\w./-]+)
      | (?P<key>[\w./-]+)\s*(?:
            (?P<operator>==|=|!=)\s*(?P<value>[\w.-]*)
          | \s(?P<set>in|notin)\s*\((?P<values>[\w.,\s-]*)\)
        )?
    )\s*(?:,|$)""",
    re.VERBOSE | re.ASCII,
)


@frozen
class Requirement:
    """One condition.  `values` None asks only whether the label exists.

    As the API server has it, `negated` with values holds for an object without the label.
    """

    key: str
    values: frozenset[str] | None = None
    negated: bool = False

    def holds(self, labels: Mapping[str, str]) -> bool:
        found = self.key in labels if self.values is None else labels.get(self.key) in self.values
        return found is not self.negated


def parse(selector: str) -> tuple[Requirement, ...]:
    """All of these must hold; empty selects everything.  Raises a 400 `Refusal` for anything else."""
    requirements, position = [], 0
    while position < len(selector.rstrip()):
        match = _REQUIREMENT.match(selector, position)
        if match is None or (match.end() == len(selector) and selector.rstrip().endswith(",")):
            raise Refusal(
                400, "BadRequest",
                f"unable to parse requirement: label selector {selector!r} at position {position};"
                " write it as key=value, key!=value, key in (a,b), key notin (a,b), key or !key, joined by commas",
            )
        requirements.append(_requirement(match))
        position = match.end()
    return tuple(requirements)


def _requirement(match: re.Match[str]) -> Requirement:
    if match["absent"]:
        return Requirement(match["absent_key"], negated=True)
    if match["operator"]:
        return Requirement(match["key"], frozenset({match["value"]}), match["operator"] == "!=")
    if match["set"]:
        values = frozenset(v.strip() for v in match["values"].split(","))
        return Requirement(match["key"], values, match["set"] == "notin")
    return Requirement(match["key"])
