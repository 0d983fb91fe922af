"""What is to be done, before it is put in order: the common ground of workflows and of those that undo another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen

from wfcore.model.definition import WorkflowStep
from wfcore.model.enums import Action, ExecutionKind
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import ActionHistory
from wfcore.planning.outline import Needs
from wfcore.planning.tuning import Adjustment


@frozen(eq=False)
class Draft:
    """Steps, the acyclic order among them and their rendering; mappings have one entry per step, ascending.

    `kind` is that of the children; `carried` are steps that another workflow has
    achieved, which are never run; `typical` says how long each usually takes.  An
    empty `order` means level by level; the rest is as in a `Plan`.
    """

    steps: Mapping[int, WorkflowStep]
    needs: Needs
    rendered: Mapping[int, KubernetesExecutionSpec]
    retries: Mapping[int, int]
    typical: Mapping[int, timedelta]
    kind: ExecutionKind = ExecutionKind.FORWARD
    carried: frozenset[int] = frozenset()
    order: tuple[int, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    experience: Mapping[Action, ActionHistory] = field(factory=dict)
    dynamic: bool = False
