"""Chance that is a hash: even, repeatable, named by what it is about; quantiles and percentiles."""

from __future__ import annotations

import pytest

from wfcore.simulation.chance import Chance, Quantiles, percentile


def test_a_draw_is_named_by_what_it_is_about() -> None:
    chance = Chance("seed")

    assert chance.at("step", 1) == chance.at("step", 1) == Chance("seed").at("step", 1)
    assert 4 == len({chance.at("step", 1), chance.at("step", 2), chance.at("lasts", 1), Chance("other").at("step", 1)})


def test_draws_are_even() -> None:
    drawn = [Chance("even").at(n) for n in range(2000)]

    assert all(0 <= one < 1 for one in drawn)
    assert all(150 < sum(tenth / 10 <= one < (tenth + 1) / 10 for one in drawn) < 250 for tenth in range(10))


@pytest.mark.parametrize(("probability", "value"), [(0, 10), (0.25, 15), (0.5, 20), (0.75, 40), (1, 60), (1.5, 60)])
def test_quantiles_are_straight_lines_between_what_is_known(probability: float, value: float) -> None:
    assert value == Quantiles(((0, 10), (0.5, 20), (1, 60))).value(probability)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.95, 4), (1.0, 4)])
def test_a_percentile_is_a_value_that_was_there(share: float, value: int) -> None:
    assert value == percentile([1, 2, 3, 4], share)


def test_nothing_has_no_percentile() -> None:
    assert 0 == percentile([], 0.5)
