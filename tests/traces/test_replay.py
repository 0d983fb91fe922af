"""Recorded decisions are decided again: what changes is a difference to review, and old statuses stay understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from .situations import FOLDER, SITUATIONS, decided, differences, looked_at, read

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_is_decided_as_was_recorded(path: Path) -> None:
    """When this fails on purpose: `python tests/traces/record.py`, and review the difference."""
    trace = read(path)

    assert [] == differences(trace["decision"], decided(trace))


@pytest.mark.parametrize("name", SITUATIONS)
def test_today_the_same_situation_is_still_written_as_recorded(name: str) -> None:
    trace = read(FOLDER / f"{name}.json")

    recorded = {key: trace[key] for key in ("workflow", "children", "now")}
    assert [] == differences(recorded, looked_at(SITUATIONS[name]()))


def test_each_situation_of_older_code_has_one_of_today() -> None:
    older = {path.stem.removeprefix("older-") for path in FILES if path.stem.startswith("older-")}

    assert older
    assert older <= SITUATIONS.keys()


@pytest.mark.parametrize("path", [path for path in FILES if path.stem.startswith("older-")], ids=lambda path: path.stem)
def test_no_status_of_older_code_is_called_unreadable(path: Path) -> None:
    assert "status_unreadable" != read(path)["decision"]["status"].get("failureReason")
