"""Every `except` of wfcore is reached by a test that asserts what comes of it: here is which.

That it is reached at all, the coverage of branches says; that somebody looked at the result, this table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WFCORE = ROOT / "packages" / "wfcore" / "src" / "wfcore"
UNIT, CHECKER, SIMULATOR = "tests/unit/test_", "tests/checker/test_parts.py::", "tests/simulator/test_failures.py::"
HUNTING, CODEC = "tests/mutants/test_hunting.py::", f"{UNIT}codec_problems.py::"
EXTRA = f"{UNIT}testing_kit.py::test_without_hypothesis_the_extra_to_install_is_named"
RAISES = f"{CHECKER}test_a_program_that_raises_is_a_violation"
# Module, function, what is caught -> the test.
REACHED = {
    "building/parameters.py _collect Rejected":
        f"{UNIT}build_workflow.py::test_everything_that_is_wrong_is_said_at_once_and_where",
    "codec/__init__.py decode UNFIT": "tests/property/test_codec.py::test_what_breaks_a_limit_is_read_by_nobody",
    "codec/__init__.py _explained (BaseValidationError, Nested, Rejected)":
        f"{CODEC}test_what_is_wrong_below_a_member_of_a_union_has_its_whole_path",
    "codec/converter.py _register_union.structure (BaseValidationError, Nested, Rejected)":
        f"{CODEC}test_what_is_wrong_below_a_member_of_a_union_has_its_whole_path",
    "codec/converter.py _field_hook.read_secret (Nested, Rejected)":
        f"{UNIT}build_workflow.py::test_secret_values_are_not_in_what_is_said_of_them",
    "codec/converter.py _duration ValueError":
        f"{CODEC}test_a_duration_that_no_clock_can_tell_is_refused_with_the_longest",
    "codec/converter.py _time ValueError": f"{CODEC}test_a_time_that_does_not_exist_is_refused_with_its_text",
    "codec/durations.py parse_duration OverflowError":
        f"{CODEC}test_a_duration_that_no_clock_can_tell_is_refused_with_the_longest",
    "codec/limits.py _broken (Nested, Rejected)": f"{CODEC}test_every_value_of_a_map_is_held_to_its_limits",
    "codec/times.py parse_time (ValueError, OverflowError)":
        f"{CODEC}test_a_time_that_does_not_exist_is_refused_with_its_text",
    "insight/recorded.py read_record ValueError": "tests/property/test_replay.py::test_what_is_no_record_is_refused",
    "insight/replay.py _differences_of IllegalTransition":
        "tests/property/test_replay.py::test_an_engine_that_leaves_its_table_is_noticed",
    "insight/values.py from_json _UNREADABLE":
        "tests/property/test_replay.py::test_a_record_that_cannot_be_read_is_a_mismatch_with_its_place",
    "lifecycle/alerts.py _texts ValueError":
        f"{UNIT}alerts.py::test_what_is_not_base64_is_not_made_to_be_by_leaving_characters_out",
    "lifecycle/alerts.py _parsed (ValueError, RecursionError)":
        f"{UNIT}alerts.py::test_a_payload_is_read_up_to_half_a_mebibyte_and_no_deeper_than_it_can_be",
    "simulation/driving.py handed_over StopIteration":
        f"{UNIT}order_of_requests.py::test_a_workflow_that_does_not_exist_needs_nothing",
    "simulation/objects.py StoredObject.may_exceed ValueError":
        "tests/kernel/test_weight.py::test_what_is_no_plain_json_has_to_be_spelt_out",
    "simulation/store.py apply Refusal": "tests/kernel/test_writes.py::test_an_existing_name_is_refused",
    "testing/checker/__main__.py main ValueError": f"{CHECKER}test_a_graph_that_is_no_graph_ends_the_command",
    "testing/checker/explore.py Exploration._run Violation": RAISES,
    "testing/checker/locals.py Locals._run StopIteration":
        f"{CHECKER}test_a_workflow_that_cannot_be_decoded_is_told_by_the_whole_decoder",
    "testing/checker/locals.py Locals._run Exception": RAISES,
    "testing/checker/turns.py Turns._hear ProgramError": RAISES,
    "testing/checker/unbounded.py Unbounded.run Violation": f"{CHECKER}test_the_way_for_any_number_tells_the_same",
    "testing/contracts.py refused PermanentError":
        f"{UNIT}contracts.py::test_a_store_that_keeps_the_contract_breaks_no_law_of_the_suite",
    "testing/damages.py  ImportError": EXTRA,
    "testing/instances.py  ImportError": EXTRA,
    "testing/strategies.py  ImportError": EXTRA,
    "testing/walking.py  ImportError": EXTRA,
    "testing/mutants/commits.py answered StopIteration":
        f"{HUNTING}test_a_program_whose_answers_are_changed_ends_as_it_would",
    "testing/mutants/hunting.py _by_examination LawBroken":
        f"{HUNTING}test_the_command_tells_each_mutants_law_and_cost",
    "testing/mutants/rehearsal.py Rehearsal._pass LawBroken":
        f"{HUNTING}test_a_law_that_is_broken_within_a_pass_is_that_law",
    "testing/mutants/rehearsal.py Rehearsal._pass Exception":
        f"{HUNTING}test_what_the_engine_raises_is_a_broken_law",
    "testing/simulator/audit.py SimulatedAuditLog.answer TransientError":
        f"{SIMULATOR}test_a_database_that_is_away_says_when_to_ask_again",
    "testing/simulator/audit.py SimulatedAuditLog.answer PermanentError":
        f"{SIMULATOR}test_a_record_that_is_refused_is_refused_whenever_it_comes",
    "testing/simulator/controller.py Controller._run Exception":
        f"{SIMULATOR}test_a_pass_that_raises_breaks_a_law_that_names_who_looked_at_what",
    "testing/simulator/controller.py _advance StopIteration":
        "tests/simulator/test_schedules.py::test_everything_ends_when_faults_stop",
    "testing/simulator/meaning.py meaning_of (TypeError, KeyError, AttributeError, ValueError)":
        "tests/simulator/test_laws.py::test_a_spec_means_what_it_says",
    "testing/simulator/outbox.py Drain._drain StopIteration":
        f"{SIMULATOR}test_the_outbox_is_looked_at_every_twenty_seconds",
    "testing/simulator/simulation.py _Schedule.run LawBroken":
        f"{SIMULATOR}test_a_pass_that_raises_breaks_a_law_that_names_who_looked_at_what",
    "validation/document.py check_spec RecursionError":
        "tests/property/test_validation.py::test_no_depth_makes_the_check_raise",
    "validation/safety_network.py _instant ValueError":
        f"{UNIT}safety_network.py::test_an_executor_that_never_reported_fails_network",
}


def caught(node: ast.AST, within: str = "") -> Iterator[str]:
    """What each `except` and each `suppress` below a node catches, after the name of its function."""
    for child in ast.iter_child_nodes(node):
        inner = within
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{within}.{child.name}".lstrip(".")
        elif isinstance(child, ast.ExceptHandler):
            yield f"{within} {ast.unparse(child.type) if child.type else 'everything'}"
        elif isinstance(child, ast.Call) and ast.unparse(child.func) in ("suppress", "contextlib.suppress"):
            yield f"{within} {', '.join(map(ast.unparse, child.args))}"
        yield from caught(child, inner)


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_except_has_a_test_and_no_entry_is_left_over() -> None:
    found = [f"{path.relative_to(WFCORE).as_posix()} {what}" for path in WFCORE.rglob("*.py")
             for what in caught(ast.parse(path.read_text("utf-8")))]

    assert sorted(found) == sorted(REACHED)


@pytest.mark.parametrize("test", sorted(set(REACHED.values())))
def test_the_test_exists(test: str) -> None:
    path, _, name = test.partition("::")

    assert name in functions(ROOT / path)


def test_an_except_is_found_wherever_it_is() -> None:
    text = """
try: import a
except ImportError: pass
class C:
    def f(self):
        try: pass
        except: pass
        except (A, b.C): pass
        with contextlib.suppress(D, E): pass
"""

    assert [" ImportError", "C.f everything", "C.f (A, b.C)", "C.f D, E"] == list(caught(ast.parse(text)))
