"""Steps that change the same object at the same time are pointed out when planning."""

from __future__ import annotations

from .stories import Story, scale, workflow


def warnings(*steps) -> list[str]:
    return [w for w in Story(workflow(*steps)).go().status.execution_plan.warnings if "both change" in w]


def test_two_steps_that_change_one_object_and_do_not_wait_for_each_other_are_named() -> None:
    (warning,) = warnings(scale(1), scale(2), scale(3, 1, deployment="other"))

    assert warning.startswith("steps 1 and 2 both change deployment/default/web and neither waits")


def test_steps_in_an_order_however_long_do_not_collide() -> None:
    assert [] == warnings(scale(1), scale(2, 1, deployment="other"), scale(3, 2))


def test_steps_on_different_objects_do_not_collide() -> None:
    assert [] == warnings(scale(1), scale(2, deployment="other"))


def test_a_check_collides_with_nothing() -> None:
    check = {"stepNumber": 2, "action": "check-pod-health", "parameters": {"checkPodHealth": {"deployment": "web"}}}

    assert [] == warnings(scale(1), check)
