"""Operations on Nodes: cordon and uncordon."""

from __future__ import annotations

from typing import Any

from wfcontroller.api import Object
from wfcontroller.executor.change import MISSING, ObjectChange
from wfcontroller.executor.contract import Captured, Done
from wfcontroller.executor.parts import Place, Unschedulable
from wfcore.model.actions import CordonNodeParams, UncordonNodeParams
from wfcore.model.results import AffectedResource
from wfcore.resources import NODES

UNSCHEDULABLE = Unschedulable()


def cordon(parameters: CordonNodeParams) -> ObjectChange:
    """Mark the node unschedulable."""
    return _marking(parameters.node_name, lambda _part: True, "cordoned")


def uncordon(parameters: UncordonNodeParams) -> ObjectChange:
    """Mark the node schedulable, unless it is known to have been unschedulable before the change to undo."""
    if parameters.previously_schedulable is False:
        return _marking(parameters.node_name, lambda part: part, "uncordoned")
    return _marking(parameters.node_name, lambda _part: False, "uncordoned")


def captured_of(name: str, found: Object) -> Captured:
    """What undoes a cordon: whether the node took pods before."""
    schedulable = not UNSCHEDULABLE.read(found)
    return Captured(UncordonNodeParams(node_name=name, previously_schedulable=schedulable), digested=schedulable)


def was_unschedulable(captured: Captured) -> Any:
    """The part as it was captured."""
    known = captured.parameters
    if isinstance(known, UncordonNodeParams) and known.previously_schedulable is not None:
        return not known.previously_schedulable
    return MISSING


def _marking(name: str, wanted: Any, word: str) -> ObjectChange:
    done = Done(affected=(AffectedResource(resource_type=NODES.kind, name=name, change_type=word),))
    return ObjectChange(
        place=Place(NODES, "", name), part=UNSCHEDULABLE, wanted=wanted,
        capture_of=lambda found: captured_of(name, found), part_in=was_unschedulable,
        judge=lambda _before, _found: done)
