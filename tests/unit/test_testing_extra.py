"""What `wfcore.testing` needs beyond wfcore is said by whoever needs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

import pytest


@pytest.mark.parametrize("name", ["strategies", "instances", "damages", "walking"])
def test_without_hypothesis_the_extra_to_install_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    spec = find_spec(f"wfcore.testing.{name}")
    assert spec is not None
    assert spec.loader is not None

    with pytest.raises(ImportError, match=r"Hypothesis: pip install 'wfcore\[testing\]'"):
        spec.loader.exec_module(module_from_spec(spec))
