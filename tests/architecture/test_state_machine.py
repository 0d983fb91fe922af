"""The documented state machine is the one that runs."""

from __future__ import annotations

from pathlib import Path

from wfcore.lifecycle.transitions import TERMINAL, TRANSITIONS, as_mermaid

PAGE = Path(__file__).parents[2] / "docs" / "state-machine.md"


def test_the_diagram_is_drawn_from_the_table() -> None:
    assert f"```mermaid\n{as_mermaid()}```" in PAGE.read_text(encoding="utf-8")


def test_every_phase_has_a_row_and_leads_to_phases_of_the_table() -> None:
    assert {after for nexts in TRANSITIONS.values() for after in nexts} <= TRANSITIONS.keys()
    assert {"completed", "failed"} == set(TERMINAL)
