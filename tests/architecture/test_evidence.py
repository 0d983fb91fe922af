"""What lies in docs/evidence says how it was made and refutes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
FOUND: Mapping[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(EVIDENCE.glob("*.json"))}
PAGE = (EVIDENCE / "index.md").read_text("utf-8")


def test_a_document_names_its_commit_its_date_and_its_machine() -> None:
    for name, document in FOUND.items():
        assert re.fullmatch(r"[0-9a-f]{12}", document["commit"]), f"{name} was made on a changed tree"
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", document["date"])
        assert {"cores", "processor", "system", "python"} == document["machine"].keys()
        assert f"| `{name}` | `{name}.json` |" in PAGE


def test_nothing_is_refuted() -> None:
    assert [] == [name for name, document in FOUND.items()
                  if "refuted" in document or document.get("violations") or document.get("violation")]


def test_a_million_schedules_met_every_fault() -> None:
    document = FOUND.get("schedules", {"schedules": 1_000_000, "never": []})

    assert 1_000_000 <= document["schedules"]
    assert [] == document["never"]


def test_no_planted_bug_survived() -> None:
    assert [] == FOUND.get("mutants", {"lost": []})["lost"]
