"""Whether a workflow that starts from another repeats its definition: it may leave it out, but not change it."""

from __future__ import annotations

from typing import Any

from wfcore.codec import Path, encode
from wfcore.lifecycle.sources import Refusal, Source, refusal
from wfcore.model.definition import WorkflowDefinition
from wfcore.model.evolving import evolve
from wfcore.planning.targets import definition_of
from wfcore.reasons import Reason

_DEFINITION: Path = ("spec", "workflowDefinition")


def differing(given: WorkflowDefinition | None, source: Source) -> Refusal | None:
    """Where a given definition first differs from the source's; values are not shown, they may be secret.

    Recommendations and the order of steps in the list decide nothing.  O(size).
    """
    theirs = definition_of(source.workflow)
    if given is None or theirs is None:
        return None
    place = first_difference(_compared(given), _compared(theirs), ())
    if place is None:
        return None
    if place[:1] == ("steps",) and len(place) > 1:
        numbers = [step.step_number for step in given.steps]
        place = ("steps", numbers.index(sorted(numbers)[int(place[1])]), *place[2:])
    return refusal(Reason.PLANNING_ERROR, (*_DEFINITION, *place),
                   f"here the definition differs from that of workflow {source.name}; make it equal, or leave "
                   "workflowDefinition out")


def _compared(definition: WorkflowDefinition) -> Any:
    ordered = tuple(sorted(definition.steps, key=lambda step: step.step_number))
    return encode(evolve(definition, steps=ordered, ai_recommendations=None))


def first_difference(ours: Any, theirs: Any, path: Path) -> Path | None:
    """The path of the first place, in the order of keys, where two JSON values differ; None if nowhere."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            place = (first_difference(ours[key], theirs[key], (*path, key)) if key in ours and key in theirs
                     else (*path, key))
            if place is not None:
                return place
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        places = (first_difference(one, other, (*path, index))
                  for index, (one, other) in enumerate(zip(ours, theirs, strict=True)))
        return next((place for place in places if place is not None), None)
    return None if ours == theirs else path
