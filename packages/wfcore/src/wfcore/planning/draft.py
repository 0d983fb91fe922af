"""What is to be done, before it is put in order: the common ground of workflows and of those that undo another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from wfcore.model.definition import WorkflowStep
from wfcore.model.enums import ExecutionKind
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.planning.outline import Needs


@frozen(eq=False)
class Draft:
    """Steps, the acyclic order among them and their rendering; mappings have one entry per step, ascending.

    `kind` is that of the children; `carried` are steps that another workflow has
    achieved, which are never run; `typical` says how long each usually takes.
    """

    steps: Mapping[int, WorkflowStep]
    needs: Needs
    rendered: Mapping[int, KubernetesExecutionSpec]
    retries: Mapping[int, int]
    typical: Mapping[int, timedelta]
    kind: ExecutionKind = ExecutionKind.FORWARD
    carried: frozenset[int] = frozenset()
