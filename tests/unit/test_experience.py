"""What the recorded history of an action is worth."""

from __future__ import annotations

from wfcore.model.enums import Action
from wfcore.planning.experience import confidence, what_counts
from wfcore.settings import Settings

from .test_adaptive import known


def test_confidence_grows_with_samples_and_agreement() -> None:
    assert [0.0, 0.603, 0.861, 0.807, 0.737, 0.804] == [
        round(confidence(*counts), 3) for counts in ((0, 0), (1, 1), (10, 10), (10, 9), (10, 5), (21, 10))]


def test_every_history_gives_the_same_figures_to_six_places() -> None:
    seen = known(samples=15, succeeded=5, retried=6, retried_succeeded=4)

    assert (0.333333, 0.666667, 0.784449) == (seen.success_rate, seen.retry_success_rate, seen.confidence)


def test_a_rate_of_retries_needs_five_of_them() -> None:
    assert (0.0, 1.0) == tuple(known(retried=n, retried_succeeded=n).retry_success_rate for n in (4, 5))
    assert 0.0 == known(samples=0, succeeded=0).success_rate
    assert 0.0 == known(retried=5).retry_success_rate


def test_what_counts_is_one_entry_an_action_in_order() -> None:
    entries = [known("scale-deployment"), known("cordon-node"), known("cordon-node")]

    assert [Action.CORDON_NODE, Action.SCALE_DEPLOYMENT] == [h.action for h in what_counts(entries, Settings())]


def test_what_is_exactly_as_sure_as_it_has_to_be_counts() -> None:
    entry = known(samples=12, succeeded=11)
    just, more = (Settings(history_min_confidence=entry.confidence + excess) for excess in (0, 0.000001))

    assert ((entry,), ()) == (what_counts([entry], just), what_counts([entry], more))
