"""Changing some fields of a frozen value: as attrs does it, whatever the class."""

from __future__ import annotations

import pickle

import attrs
import pytest
from hypothesis import given

from wfcore.model.conditions import Condition
from wfcore.model.enums import Phase
from wfcore.model.evolving import evolve
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.testing.strategies import instances


@given(instances(WorkflowExecutionStatus))
def test_a_changed_value_is_what_attrs_makes_of_it(status: WorkflowExecutionStatus) -> None:
    changed = evolve(status, phase=Phase.FAILED, current_step=3)

    assert attrs.evolve(status, phase=Phase.FAILED, current_step=3) == changed
    assert (status, hash(status)) == (evolve(status), hash(evolve(status)))
    assert changed == pickle.loads(pickle.dumps(changed))


@given(instances(Condition))
def test_a_class_with_slots_is_left_to_attrs(condition: Condition) -> None:
    assert attrs.evolve(condition, reason="Other") == evolve(condition, reason="Other")


def test_the_original_stays_as_it_was_and_the_copy_is_frozen() -> None:
    entry = StepStatus(step_number=1, action="custom")
    copy = evolve(entry, attempt=2)

    assert (0, 2) == (entry.attempt, copy.attempt)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        copy.attempt = 3


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(TypeError, match="StepStatus has no field attemt"):
        evolve(StepStatus(step_number=1, action="custom"), attemt=2)
