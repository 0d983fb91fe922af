"""`wfctl plan`: the plan as a document, a table and pictures."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.cli.layered import lay_out
from wfcontroller.cli.plan_svg import drawing
from wfcore.planning import dag

from .cli_world import EXAMPLES, ROOT, scale, wfctl, workflow, written

DIAMOND = ROOT / "docs" / "examples" / "diamond.yaml"


@st.composite
def needs_maps(draw: st.DrawFn) -> dict[int, frozenset[int]]:
    """Acyclic by construction: edges only point to smaller numbers."""
    size = draw(st.integers(1, 30))
    return {step: frozenset(draw(st.sets(st.integers(1, step - 1), max_size=3)) if step > 1 else ())
            for step in range(1, size + 1)}


def test_the_document_says_what_would_happen() -> None:
    plan = wfctl("plan", DIAMOND, "-o", "json").document

    assert {
        "name": "debug-shop", "namespace": "shop", "strategy": "sequential-with-parallel", "totalSteps": 4,
        "waves": [[1], [2, 3], [4]], "criticalPath": [1, 2, 4], "estimatedDuration": "1m30s",
        "rollbackOrder": [[2, 3], [1]], "rollbackStrategy": "automatic", "warnings": [], "maxParallelSteps": 5,
    }.items() <= plan.items()
    assert plan["planDigest"].startswith("sha256:")
    assert [{"kind": "ConfigMap", "namespace": "shop", "name": "shop-settings", "steps": [1], "impact": "config"}] == (
        plan["resources"][:1])
    assert [1, 2, 3, 4] == [step["stepNumber"] for step in plan["steps"]]
    assert {
        "stepNumber": 4, "name": "check-shop", "action": "check-pod-health", "needs": [2, 3], "critical": True,
        "targets": ["deployment/shop/catalog", "deployment/shop/frontend"], "maxRetries": 2, "timeout": "5m",
        "rollback": None,
    } == plan["steps"][3]


def test_yaml_says_the_same() -> None:
    assert wfctl("plan", DIAMOND, "-o", "json").document == yaml.safe_load(wfctl("plan", DIAMOND, "-o", "yaml").out)


def test_several_workflows_are_a_list(tmp_path: Path) -> None:
    path = written(tmp_path, workflow(scale(1), name="one"), workflow(scale(1), name="two"))

    assert ["one", "two"] == [plan["name"] for plan in wfctl("plan", path, "-o", "json").document]
    assert ["one", "two"] == [plan["name"] for plan in yaml.safe_load(wfctl("plan", path, "-o", "yaml").out)]


def test_the_table_shows_waves_path_rollback_and_warnings(tmp_path: Path) -> None:
    out = wfctl("plan", written(tmp_path, workflow(scale(1), scale(2, 1), scale(3, 1)))).out

    assert "\x1b" not in out
    for said in ("3 steps in 2 waves", "Critical path  1 -> 2  (marked *)", "nothing: no step has a rollbackSpec",
                 "deployment/default/web-3", "Deployment  default    web-1", "warning: no step is critical"):
        assert said in out


def test_the_table_shows_the_rollback_order() -> None:
    assert "Rollback order {2, 3} -> 1  (automatic)" in wfctl("plan", DIAMOND).out


def test_mermaid_thickens_the_critical_path() -> None:
    lines = [line.strip() for line in wfctl("plan", DIAMOND, "-o", "mermaid").out.splitlines()]

    assert "flowchart LR" == lines[0]
    assert {"w1s1 ==> w1s2", "w1s1 --> w1s3", "w1s2 ==> w1s4", "w1s3 --> w1s4", 'subgraph w1wave2["Wave 2"]',
            "class w1s1,w1s2,w1s4 critical"} <= set(lines)
    assert lines.count("end") == 3


def test_mermaid_texts_cannot_break_out(tmp_path: Path) -> None:
    path = written(tmp_path, workflow(scale(1, name='a"]\n<b> #1')), workflow(scale(1), name="two"))
    out = wfctl("plan", path, "-o", "mermaid").out

    assert '["1. a#quot;] #lt;b#gt; #35;1<br/>scale-deployment<br/>deployment/default/web-1"]' in out
    assert 'subgraph w2["two"]' in out
    assert out.count("subgraph") == out.count("end\n")


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.read_text(encoding="utf-8").count("kind: WorkflowExecution") == 1],
    ids=lambda path: path.stem)
def test_every_example_has_a_picture_with_each_step_and_edge(path: Path) -> None:
    plan = wfctl("plan", path, "-o", "json").document
    picture = ElementTree.fromstring(wfctl("plan", path, "-o", "svg").out)
    found = [element.get("class", "") for element in picture.iter()]

    assert plan["totalSteps"] == sum(name.startswith("box") for name in found)
    assert sum(len(step["needs"]) for step in plan["steps"]) == sum(name.startswith("edge") for name in found)
    assert len(plan["criticalPath"]) == found.count("box path")
    assert len(plan["criticalPath"]) - 1 == found.count("edge path")
    assert len(plan["waves"]) == found.count("band")


@pytest.mark.parametrize("steps", [[scale(n) for n in range(1, 31)], [scale(n, *([n - 1] if n > 1 else []))
                                                                     for n in range(1, 31)]], ids=["fan", "chain"])
def test_a_picture_holds_thirty_steps(steps: list[dict[str, object]], tmp_path: Path) -> None:
    """Long chains run downwards, wide fans are one column: neither needs a wide screen."""
    picture = ElementTree.fromstring(wfctl("plan", written(tmp_path, workflow(*steps)), "-o", "svg").out)

    assert float(picture.get("width", "inf")) < 1000
    assert float(picture.get("height", "inf")) < 5000


def test_texts_in_a_picture_are_escaped_and_cut(tmp_path: Path) -> None:
    path = written(tmp_path, workflow(scale(1, name="<script>&" + "x" * 100)), workflow(scale(1), name="two"))
    picture = ElementTree.fromstring(wfctl("plan", path, "-o", "svg").out)
    names = [element.text or "" for element in picture.iter() if element.get("class") == "name"]

    assert names[0].startswith("<script>&x")
    assert names[0].endswith("…")
    assert ["scale-1"] == names[1:]


@given(needs_maps())
def test_a_layout_keeps_steps_apart_and_each_in_its_wave(needs: dict[int, frozenset[int]]) -> None:
    waves = dag.waves(needs)
    layout = lay_out(waves, {step: sorted(before) for step, before in needs.items()})

    assert {step: index for index, wave in enumerate(waves) for step in wave} == {
        step: layer for step, (layer, _) in layout.slots.items()}
    for wave in waves:
        slots = sorted(layout.slots[step][1] for step in wave)
        assert all(right - left >= 1 - 1e-9 for left, right in pairwise(slots))
    assert min(slot for _, slot in layout.slots.values()) == 0


@given(needs_maps())
def test_an_edge_passes_every_wave_between_its_ends(needs: dict[int, frozenset[int]]) -> None:
    layout = lay_out(dag.waves(needs), {step: sorted(before) for step, before in needs.items()})

    assert {(before, after) for after, befores in needs.items() for before in befores} == layout.routes.keys()
    for (before, after), route in layout.routes.items():
        assert (layout.slots[before], layout.slots[after]) == (route[0], route[-1])
        assert list(range(route[0][0], route[-1][0] + 1)) == [layer for layer, _ in route]


def test_a_diamond_is_laid_out_as_one() -> None:
    layout = lay_out([[1], [2, 3], [4]], {1: [], 2: [1], 3: [1], 4: [2, 3]})

    assert {1: (0, 0.5), 2: (1, 0.0), 3: (1, 1.0), 4: (2, 0.5)} == {
        step: (layer, round(slot, 6)) for step, (layer, slot) in layout.slots.items()}


def test_the_same_plan_is_drawn_with_the_same_bytes() -> None:
    plan = wfctl("plan", DIAMOND, "-o", "json").document

    assert drawing([plan]) == wfctl("plan", DIAMOND, "-o", "svg").out
