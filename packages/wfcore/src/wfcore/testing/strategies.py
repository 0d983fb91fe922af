"""Hypothesis strategies for the model, valid by construction: nothing is filtered.

`instances(cls)` reads the limits that the model's fields declare, so it holds
for every class of the model and for those that are added.  On top stand
plannable workflows (`definitions`, `workflow_specs`) and raw documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("wfcore.testing.strategies needs Hypothesis: pip install 'wfcore[testing]'") from error

from wfcore.codec import encode, wire_name
from wfcore.model.actions import (
    PARAMETERS_OF,
    CheckPodHealthParams,
    RestartPodParams,
    SecretUpdate,
    StepParameters,
    UpdateSecretParams,
)
from wfcore.model.compensations import ROLLBACK_PARAMETERS_OF
from wfcore.model.definition import (
    DependencyList,
    ExecutionStrategy,
    RollbackSpec,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, RollbackAction, RollbackStrategy
from wfcore.model.fields import CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, IMAGE, SELECTOR, Limits, StrMap, limits_of
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings

T = TypeVar("T")

# Hypothesis adds the time zone.
_EPOCH, _END = datetime(1970, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001
_DAY = timedelta(days=1)
# Text as it may come from anywhere: control characters, other scripts, quotes; no lone surrogates, UTF-8 has none.
_ALPHABET = st.characters(exclude_categories=["Cs"])
_FEW = 3

# The custom action that `SETTINGS` declares; `custom` steps of the strategies use it.
CUSTOM_ACTION = "flush-cache"
SETTINGS = Settings(custom_actions=(CustomAction(action_type=CUSTOM_ACTION, idempotent=True),))


def times() -> st.SearchStrategy[datetime]:
    """Aware instants with microseconds."""
    return st.datetimes(_EPOCH, _END, timezones=st.just(UTC))


def json_values(leaves: int = 20) -> st.SearchStrategy[Any]:
    """Any JSON value."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(_ALPHABET, max_size=20)
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=leaves)


# --- from the limits of the model ----------------------------------------------------------------------------


@cache
def instances(cls: type[T]) -> st.SearchStrategy[T]:
    """Instances of a class of the model that its codec accepts.

    Each field alone fits its limits; what only holds between fields (parameters
    that match the action, edges that exist) is for the strategies below.
    """
    attrs.resolve_types(cls)  # type: ignore[type-var]
    fields = {a.name: _of(a.type, limits_of(a)) for a in attrs.fields(cls)}  # type: ignore[arg-type]
    return st.builds(cls, **fields)


def _of(kind: Any, limits: Limits | None) -> st.SearchStrategy[Any]:
    bounds = limits or Limits(doc="")
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        some: st.SearchStrategy[Any] = st.one_of([_of(member, limits) for member in members])
        return st.none() | some if len(members) < len(get_args(kind)) else some
    if get_origin(kind) is tuple:
        return _lists(get_args(kind)[0], bounds)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if kind is StrMap:
        return _maps(bounds)
    if attrs.has(kind):
        return st.deferred(lambda: instances(kind))
    return _scalar(kind, bounds)


def _scalar(kind: Any, limits: Limits) -> st.SearchStrategy[Any]:
    low, high = limits.minimum, limits.maximum
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(None if low is None else int(low), None if high is None else int(high))
    if kind is float:
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    if kind is timedelta:
        return st.timedeltas(timedelta(seconds=low or 0), _DAY if high is None else timedelta(seconds=high))
    if kind is datetime:
        return times()
    if kind is str:
        return texts(limits)
    raise TypeError(f"no strategy for {kind!r}; add it to wfcore.testing.strategies")


# Expressions are slow to draw from; these few make up the model's.
_WORD = st.text("abz09", min_size=1, max_size=6)
_MATCHING: Mapping[str, st.SearchStrategy[str]] = {
    DNS_LABEL: _WORD, DNS_SUBDOMAIN: _WORD | st.tuples(_WORD, _WORD).map(".".join),
    IMAGE: st.tuples(_WORD, _WORD).map("/".join), SELECTOR: _WORD.map("app={}".format),
    CONFIG_KEY: st.text("-._aZ9", min_size=1, max_size=6),
}


def texts(limits: Limits) -> st.SearchStrategy[str]:
    """Strings within limits: short ones that match the pattern, or any text."""
    if limits.pattern is None:
        return st.text(_ALPHABET, min_size=limits.min_length or 0, max_size=min(limits.max_length or 12, 12))
    optional, pattern = limits.pattern.startswith("^$|"), limits.pattern.removeprefix("^$|")
    # A `$` of the schema is the very end; Hypothesis would add a newline after it.
    known = _MATCHING.get(pattern)
    some = st.from_regex(re.compile(pattern.replace("$", r"\Z"), re.ASCII)).map(
        lambda text: text[:limits.max_length]) if known is None else known
    return st.just("") | some if optional else some


def _lists(item: Any, limits: Limits) -> st.SearchStrategy[tuple[Any, ...]]:
    if item is DependencyList:
        names = st.text(_ALPHABET, min_size=1, max_size=6)
        given = st.dictionaries(names, st.lists(names, max_size=_FEW), max_size=_FEW)
        return given.map(lambda d: tuple(DependencyList(step=k, needs=tuple(d[k])) for k in sorted(d)))
    key = limits.list_map_keys[0] if limits.list_map_keys else None
    unique = None if key is None else lambda value: next(
        getattr(value, a.name) for a in attrs.fields(type(value)) if wire_name(a.name) == key)
    most = min(limits.max_items or _FEW, _FEW)
    return st.lists(_of(item, limits.items), min_size=limits.min_items or 0, max_size=most,
                    unique_by=unique).map(tuple)


def _maps(limits: Limits) -> st.SearchStrategy[StrMap]:
    values = texts(limits.values or Limits(doc=""))
    return st.dictionaries(st.text(_ALPHABET, min_size=1, max_size=8), values, max_size=_FEW).map(StrMap)


# --- plannable workflows -------------------------------------------------------------------------------------

_LOCAL: Mapping[str, st.SearchStrategy[Any]] = {"namespace": st.sampled_from(["", "default"])}


@cache
def parameters(action: Action) -> st.SearchStrategy[StepParameters | None]:
    """Parameters that a step with this action may have, within the namespace `default`, without inline secrets."""
    if action is Action.UPDATE_SECRET:
        return st.builds(UpdateSecretParams, **_LOCAL, name=_WORD, updates=st.lists(
            instances(SecretUpdate), min_size=1, max_size=2, unique_by=lambda update: update.key).map(tuple))
    if action is Action.RESTART_POD:
        return st.builds(RestartPodParams, **_LOCAL, pod_name=_WORD) | st.builds(
            RestartPodParams, **_LOCAL, selector=st.just("app=web"))
    if action is Action.CHECK_POD_HEALTH:
        return st.none() | st.builds(CheckPodHealthParams, **_LOCAL, deployment=_WORD) | st.builds(
            CheckPodHealthParams, **_LOCAL, selector=st.just("app=web"))
    return instances(PARAMETERS_OF[action]).flatmap(_localised)


def _localised(value: Any) -> st.SearchStrategy[Any]:
    fields = {a.name for a in attrs.fields(type(value))}
    named = attrs.evolve(value, action_type=CUSTOM_ACTION) if "action_type" in fields else value
    if "namespace" not in fields:
        return st.just(named)
    return _LOCAL["namespace"].map(lambda place: attrs.evolve(named, namespace=place))


@cache
def rollback_specs() -> st.SearchStrategy[RollbackSpec]:
    """Compensations with matching parameters, or none, within the namespace `default`."""
    def build(action: RollbackAction) -> st.SearchStrategy[RollbackSpec]:
        return st.builds(
            RollbackSpec, action=st.just(action), timeout=st.none() | st.just(timedelta(seconds=30)),
            parameters=st.none() | instances(ROLLBACK_PARAMETERS_OF[action]).flatmap(_localised))

    return st.one_of([build(action) for action in RollbackAction])


# What acts on objects of a namespace, of the cluster, or where nobody can tell.
_ON_NODES = frozenset({Action.CORDON_NODE, Action.UNCORDON_NODE, Action.DRAIN_NODE})
_NAMESPACED = tuple(a for a in Action if a not in _ON_NODES)
_COMPENSABLE = frozenset(_NAMESPACED) - {Action.CUSTOM, Action.CHECK_POD_HEALTH}


@st.composite
def workflow_steps(draw: st.DrawFn, number: int, needs: Sequence[int],
                   actions: Sequence[Action] = _NAMESPACED) -> WorkflowStep:
    """A step with this number and these prerequisites; valid in the namespace `default` under `SETTINGS`."""
    action = draw(st.sampled_from(actions))
    rollback = st.none() | rollback_specs() if action in _COMPENSABLE else st.none()
    return WorkflowStep(
        step_number=number, name=f"step {number}", action=action, parameters=draw(parameters(action)),
        critical_step=draw(st.booleans()), max_retries=draw(st.none() | st.integers(0, 3)),
        timeout=draw(st.none() | st.integers(1, 600).map(lambda s: timedelta(seconds=s))),
        depends_on=tuple(needs), rollback_spec=draw(rollback))


@st.composite
def graphs(draw: st.DrawFn, min_size: int = 1, max_size: int = 6) -> dict[int, frozenset[int]]:
    """For each step the steps it needs: acyclic because edges only lead to steps drawn earlier, whose numbers are any."""
    size = draw(st.integers(min_size, max_size))
    numbers = draw(st.lists(st.integers(1, 60), min_size=size, max_size=size, unique=True))
    return {number: frozenset(draw(st.sets(st.sampled_from(numbers[:i]), max_size=3)) if i else ())
            for i, number in enumerate(numbers)}


@st.composite
def definitions(draw: st.DrawFn, needs: Mapping[int, frozenset[int]] | None = None,
                actions: Sequence[Action] = _NAMESPACED, max_size: int = 6) -> WorkflowDefinition:
    """A plannable definition: each edge is spelt in `dependsOn`, in `dependencies` or in both; steps in any order."""
    graph = draw(graphs(max_size=max_size)) if needs is None else needs
    steps, by_name = [], {}
    for number in draw(st.permutations(sorted(graph))):
        spelling = {before: draw(st.sampled_from(("number", "name", "both"))) for before in sorted(graph[number])}
        steps.append(draw(workflow_steps(number, [b for b, how in spelling.items() if how != "name"], actions)))
        named = tuple(f"step {b}" for b, how in spelling.items() if how != "number")
        if named:
            by_name[f"step {number}"] = named
    entries = tuple(DependencyList(step=name, needs=by_name[name]) for name in sorted(by_name))
    return WorkflowDefinition(name=draw(st.sampled_from(("heal", "scale-up"))), steps=tuple(steps),
                              dependencies=entries)


def execution_strategies() -> st.SearchStrategy[ExecutionStrategy]:
    """Strategies that ask for nothing this version refuses."""
    return st.builds(
        ExecutionStrategy, rollback_strategy=st.sampled_from(RollbackStrategy),
        max_retries=st.none() | st.integers(0, 3), max_parallel_steps=st.none() | st.integers(1, 4),
        workflow_timeout=st.none() | st.integers(60, 7200).map(lambda s: timedelta(seconds=s)))


def workflow_specs(**options: Any) -> st.SearchStrategy[WorkflowExecutionSpec]:
    """Specs that are valid in the namespace `default` under `SETTINGS`; options as for `definitions`."""
    return st.builds(
        WorkflowExecutionSpec, workflow_definition=definitions(**options), execution_strategy=execution_strategies(),
        ttl_seconds_after_finished=st.none() | st.integers(0, 100_000))


def documents(**options: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Raw WorkflowExecution documents without any problem under `SETTINGS`; options as for `definitions`."""
    return workflow_specs(**options).map(lambda spec: {
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"name": "w", "namespace": "default"}, "spec": encode(spec)})
