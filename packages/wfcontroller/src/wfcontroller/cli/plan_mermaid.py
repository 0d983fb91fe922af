"""A plan as a Mermaid flowchart: waves as subgraphs, thick arrows along the critical path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

_CODES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}


def flowchart(plans: Sequence[dict[str, Any]]) -> str:
    """One flowchart of all plans; with several, each stands in a subgraph of its own."""
    lines = ["flowchart LR", "  classDef critical stroke:#d9480f,stroke-width:3px"]
    for index, plan in enumerate(plans, 1):
        inner = _plan(plan, f"w{index}")
        if len(plans) > 1:
            inner = [f'subgraph w{index}["{_text(plan["name"])}"]', *("  " + line for line in inner), "end"]
        lines += ["  " + line for line in inner]
    return "\n".join(lines) + "\n"


def _plan(plan: dict[str, Any], prefix: str) -> list[str]:
    return [*_waves(plan, prefix), *_edges(plan, prefix),
            f"class {','.join(f'{prefix}s{n}' for n in plan['criticalPath'])} critical"]


def _waves(plan: dict[str, Any], prefix: str) -> Iterator[str]:
    steps = {step["stepNumber"]: step for step in plan["steps"]}
    for index, wave in enumerate(plan["waves"], 1):
        yield f'subgraph {prefix}wave{index}["Wave {index}"]'
        for number in wave:
            step = steps[number]
            label = "<br/>".join(_text(part) for part in (f"{number}. {step['name'] or step['action']}",
                                                          step["action"], *step["targets"]))
            yield f'  {prefix}s{number}["{label}"]'
        yield "end"


def _edges(plan: dict[str, Any], prefix: str) -> Iterator[str]:
    critical = set(pairwise(plan["criticalPath"]))
    for step in plan["steps"]:
        for before in step["needs"]:
            arrow = "==>" if (before, step["stepNumber"]) in critical else "-->"
            yield f"{prefix}s{before} {arrow} {prefix}s{step['stepNumber']}"


def _text(value: str) -> str:
    return "".join(_CODES.get(character, character) for character in " ".join(value.split()))
