"""Every Python block of the documentation runs, page by page, in the order in which it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

ROOT = Path(__file__).parents[2]
SYBIL = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT / "docs"), patterns=["**/*.md"])
WITH_CODE = sorted(page for page in (ROOT / "docs").rglob("*.md") if "```python" in page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", WITH_CODE, ids=[page.stem for page in WITH_CODE])
def test_every_code_block_of_a_page_runs(page: Path) -> None:
    blocks = list(SYBIL.parse(page).examples())
    for block in blocks:
        block.evaluate()

    assert page.read_text(encoding="utf-8").count("```python") == len(blocks)


def test_the_test_kit_has_a_page() -> None:
    assert ROOT / "docs" / "testing.md" in WITH_CODE


@pytest.mark.parametrize("broken", ["assert 1 == 2", "import nothing_of_this_name", "x ="])
def test_a_block_that_does_not_run_is_noticed(broken: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```python\n{broken}\n```\n", encoding="utf-8")
    (block,) = SYBIL.parse(page).examples()

    with pytest.raises((AssertionError, ImportError, SyntaxError)):
        block.evaluate()
