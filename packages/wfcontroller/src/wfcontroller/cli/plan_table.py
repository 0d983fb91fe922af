"""A plan for people, on a terminal or in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

_CRITICAL = "bold dark_orange"


def show(plans: Sequence[dict[str, Any]], console: Console) -> None:
    """Print each plan: its head, its steps by wave, what is undone and touched, and the warnings."""
    for index, plan in enumerate(plans):
        if index:
            console.print()
        for part in _parts(plan):
            console.print(part)


def _parts(plan: dict[str, Any]) -> Iterator[Table | Text]:
    yield Text.assemble((plan["name"], "bold"), f" in namespace {plan['namespace']}")
    yield Text(f"{plan['totalSteps']} steps in {len(plan['waves'])} waves, {plan['strategy']}, about "
               f"{plan['estimatedDuration']}, at most {plan['maxParallelSteps']} at a time")
    yield Text(f"digest {plan['planDigest']}", "dim")
    yield Text()
    yield _steps(plan)
    yield Text()
    yield Text.assemble("Critical path  ", (" -> ".join(map(str, plan["criticalPath"])), _CRITICAL), "  (marked *)")
    undone = " -> ".join(_wave(wave) for wave in plan["rollbackOrder"]) or "nothing: no step has a rollbackSpec"
    yield Text(f"Rollback order {undone}  ({plan['rollbackStrategy']})")
    if plan["resources"]:
        yield Text()
        yield _resources(plan)
    yield Text()
    yield Text("Succeeds when")
    yield from (Text(f"  - {criterion}") for criterion in plan["successCriteria"])
    yield from (Text(f"warning: {warning}", "yellow") for warning in plan["warnings"])


def _steps(plan: dict[str, Any]) -> Table:
    table = _table("Wave", "Step", "Name", "Action", "Target", "Needs", "Critical", "Retries", "Timeout", "Undone by")
    wave_of = {number: index for index, wave in enumerate(plan["waves"], 1) for number in wave}
    last = 0
    for step in plan["steps"]:
        number = step["stepNumber"]
        on_path = number in plan["criticalPath"]
        wave = wave_of[number]
        table.add_row(
            str(wave) if wave != last else "", f"{number}{'*' if on_path else ''}", Text(step["name"]), step["action"],
            Text("\n".join(step["targets"])), ", ".join(map(str, step["needs"])), "yes" if step["critical"] else "",
            str(step["maxRetries"]), step["timeout"], step["rollback"] or "", style=_CRITICAL if on_path else "")
        last = wave
    return table


def _resources(plan: dict[str, Any]) -> Table:
    table = _table("Touches", "Namespace", "Name", "Steps", "Impact")
    for found in plan["resources"]:
        table.add_row(found["kind"], found["namespace"], Text(found["name"]), ", ".join(map(str, found["steps"])),
                      found["impact"])
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _wave(wave: Sequence[int]) -> str:
    return str(wave[0]) if len(wave) == 1 else "{" + ", ".join(map(str, wave)) + "}"
