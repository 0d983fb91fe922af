"""Same seed, same trace: in the same process, in another one, whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given

from wfcore.codec import encode
from wfcore.model.evolving import evolve
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.testing.simulator import ALL_FAULTS, Chance, Fault, Mode, simulate
from wfcore.testing.simulator.agenda import Agenda
from wfcore.testing.simulator.encoding import Encoder
from wfcore.testing.simulator.trace import Trace
from wfcore.testing.strategies import instances

PINNED = "673bf743155a9a4d43f7d9e3eaa6702f"
CODE = "from wfcore.testing.simulator import simulate; print(*(simulate(seed).digest for seed in range(6)))"


def digests() -> str:
    return " ".join(simulate(seed).digest for seed in range(6))


@pytest.mark.parametrize("hash_seed", ["0", "1", "7"])
def test_the_trace_does_not_depend_on_the_hash_seed(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Kathmandu"}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)

    assert digests() == done.stdout.strip()


def test_the_trace_of_a_seed_is_the_same_everywhere() -> None:
    """It changes only with what the programs or the simulator do: then run the seed with `--trace`, read the
    difference, and take the new digest over."""
    assert PINNED == simulate(1, faults=()).digest


def test_asking_for_the_lines_changes_nothing() -> None:
    kept = simulate(3, trace=True)

    assert simulate(3).digest == kept.digest
    assert kept.events == simulate(3).events
    assert len(kept.lines) > 20
    assert () == simulate(3).lines


def test_other_seeds_modes_and_faults_are_other_schedules() -> None:
    found = {simulate(1).digest, simulate(4).digest, simulate(1, Mode.LIVENESS).digest, simulate(1, faults=()).digest}

    assert 4 == len(found)


def test_events_of_the_same_instant_keep_their_order() -> None:
    agenda, heard = Agenda(), []
    for name in "abc":
        agenda.after(5, heard.append, name)
    agenda.after(-3, heard.append, "at once")
    while agenda.next_at() is not None:
        agenda.step()

    assert (["at once", "a", "b", "c"], 5, 4) == (heard, agenda.now, agenda.done)


def test_only_chosen_faults_strike_and_none_when_it_is_calm() -> None:
    chances = [Chance(seed, (Fault.CRASH,)) for seed in range(50)]
    struck = [sum(chance.strikes(fault) for _ in range(1000) for fault in ALL_FAULTS) for chance in chances]
    assert any(struck)
    assert all(set(chance.counts) <= {Fault.CRASH} for chance in chances)

    for chance in chances:
        chance.calm = True
    assert not any(chance.strikes(Fault.CRASH) for chance in chances for _ in range(1000))


def test_a_trace_can_be_read() -> None:
    trace = Trace()
    trace.add(1_500_000, "c0", "said \ud800", 7, None)

    assert ("      1.500000 c0        said \ud800 7 None",) == trace.lines
    assert trace.digest != Trace().digest


@given(instances(WorkflowExecutionStatus), instances(WorkflowExecutionStatus))
def test_statuses_are_encoded_as_the_codec_does_it(
        first: WorkflowExecutionStatus, second: WorkflowExecutionStatus) -> None:
    encoder = Encoder()
    mixed = evolve(second, step_statuses=(*first.step_statuses, *second.step_statuses), rollback=first.rollback)

    for status in (first, second, mixed):
        assert encode(status) == encoder.status(status)


def test_what_two_statuses_share_is_one_json_value() -> None:
    encoder, entry = Encoder(), StepStatus(step_number=1, action="custom")
    first = WorkflowExecutionStatus(step_statuses=(entry,))
    second = evolve(first, step_statuses=(entry, evolve(entry, step_number=2)))

    assert encoder.status(first)["stepStatuses"][0] is encoder.status(second)["stepStatuses"][0]
