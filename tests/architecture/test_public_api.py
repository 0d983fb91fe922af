"""The public API of wfcore: what each `__all__` names exists, loads lazily, is documented, and nothing else is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import wfcore
import wfcore.testing
import wfcore.testing.strategies

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
LAZY = (wfcore, wfcore.testing)
NAMES = [(module, name) for module in (*LAZY, wfcore.testing.strategies) for name in module.__all__]
VALUES = frozenset({"TRANSITIONS", "MUTANTS", "START", "CUSTOM_ACTION", "SETTINGS"})


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_public_name_exists_and_has_a_docstring(module: ModuleType, name: str) -> None:
    value = getattr(module, name)

    assert value is getattr(module, name)
    assert name in VALUES or value.__doc__


@pytest.mark.parametrize("module", LAZY)
def test_every_public_name_has_one_home_and_every_home_a_public_name(module: ModuleType) -> None:
    assert sorted(module.__all__) == sorted(module._MODULE_OF)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("module", LAZY)
def test_an_unknown_name_is_an_attribute_error(module: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'nothing'"):
        _ = module.nothing


def test_the_page_has_a_line_for_each_public_name_and_for_no_other() -> None:
    documented = {heading: re.findall(r"^\| `(\w+)` \| \S.* \|$", text, re.MULTILINE)
                  for heading, text in re.findall(r"^## `([\w.]+)`\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"),
                                                  re.MULTILINE | re.DOTALL)}

    assert {m.__name__: list(m.__all__) for m in (*LAZY, wfcore.testing.strategies)} == documented


def test_importing_the_test_kit_loads_neither_hypothesis_nor_the_engine() -> None:
    code = "import sys, wfcore.testing; print(sorted({'attrs', 'hypothesis', 'networkx'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
