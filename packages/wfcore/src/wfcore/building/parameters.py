"""Reads the flat parameters of a recommendation: one table per action, and nothing that is not in it.

Keys may be camelCase or snake_case, numbers and switches may be text.  A few keys
have a shorter spelling that recommenders use, as `pod` for `podName`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from wfcore.codec import Malformed, Path, Problem, decode
from wfcore.codec.problems import Rejected, shown
from wfcore.model.actions import PARAMETERS_OF, PARAMETERS_OPTIONAL, StepParameters
from wfcore.model.enums import Action


@frozen
class _Key:
    """The field a key stands for, and how its value is read."""

    field: str
    read: Callable[[Any], Any]


_MOST_DIGITS = 18


def _as_given(value: Any) -> Any:
    """The codec judges it."""
    return value


def _count(value: Any) -> Any:
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS
    return int(value) if digits else value


def _switch(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    number = _count(value)
    if isinstance(number, bool) or not isinstance(number, int):
        raise Rejected("WrongType", f"expected a number of seconds, got {shown(value)}")
    return f"{number}s"


def _keys(*names: str, read: Callable[[Any], Any] = _as_given) -> dict[str, _Key]:
    """Spellings of one field; the first is the field's own name."""
    return {name: _Key(names[0], read) for name in names}


_NAMESPACE = _keys("namespace")
_GRACE = {**_keys("gracePeriod"), "gracePeriodSeconds": _Key("gracePeriod", _seconds)}
_DEPLOYMENT = {**_NAMESPACE, **_keys("deployment", "deploymentName")}
_POD = {**_NAMESPACE, **_keys("podName", "pod"), **_GRACE}
_NODE = _keys("nodeName", "node")
_DATA = _keys("dataUpdates", "data")

KEYS: Mapping[Action, Mapping[str, _Key]] = {
    Action.SCALE_DEPLOYMENT: {**_DEPLOYMENT, **_keys("replicas", read=_count)},
    Action.RESTART_DEPLOYMENT: {**_DEPLOYMENT, **_GRACE},
    Action.UPDATE_IMAGE: {**_DEPLOYMENT, **_keys("container", "containerName"), **_keys("newImage", "image")},
    Action.RESTART_POD: {**_POD, **_keys("selector")},
    Action.DELETE_POD: _POD,
    Action.UPDATE_CONFIGMAP: {**_NAMESPACE, **_keys("name", "configMap"), **_DATA},
    Action.UPDATE_SECRET: {**_NAMESPACE, **_keys("name", "secret"), **_keys("updates"), **_DATA},
    Action.CORDON_NODE: _NODE,
    Action.UNCORDON_NODE: _NODE,
    Action.DRAIN_NODE: {**_NODE, **_GRACE, **_keys("ignoreDaemonSets", read=_switch),
                        **_keys("deleteLocalData", read=_switch)},
    Action.CHECK_POD_HEALTH: {**_DEPLOYMENT, **_keys("selector")},
    Action.CUSTOM: {**_keys("actionType"), **_keys("config")},
}


def read_parameters(action: Action, raw: Any, path: Path) -> StepParameters | Malformed | None:
    """The parameters of an action, or every problem of them, named by the keys that were given."""
    if (raw is None or raw == {}) and action in PARAMETERS_OPTIONAL:
        return None
    if not isinstance(raw, Mapping):
        return Malformed((Problem(path, "WrongType", f"expected an object with parameters of {action.value}, "
                                  f"got {shown(raw)}"),))
    given: dict[str, Any] = {}
    spelt: dict[str, str] = {}
    problems = list(_collect(action, raw, path, given, spelt))
    decoded: StepParameters | Malformed = decode(PARAMETERS_OF[action], given, path)
    if isinstance(decoded, Malformed):
        # What was given and could not be read is not missing.
        unread = {(*path, field) for field in spelt.keys() - given.keys()}
        problems += [_as_spelt(problem, len(path), spelt) for problem in decoded.problems if problem.path not in unread]
    return Malformed(tuple(problems)) if problems else decoded


def _collect(action: Action, raw: Mapping[Any, Any], path: Path, given: dict[str, Any],
             spelt: dict[str, str]) -> Iterator[Problem]:
    known = KEYS[action]
    for key, value in raw.items():
        found = known.get(_camel(key)) if isinstance(key, str) else None
        if found is None:
            listed = ", ".join(sorted(known))
            yield Problem((*path, str(key)), "UnknownField", f"{action.value} has no such parameter; it has {listed}")
        elif value is None:
            continue
        elif found.field in spelt:
            yield Problem((*path, key), "Ambiguous", f"says the same as {spelt[found.field]}; remove one")
        else:
            spelt[found.field] = key
            try:
                given[found.field] = found.read(value)
            except Rejected as error:
                yield Problem((*path, key), error.reason, error.message)


def _camel(key: str) -> str:
    first, *more = key.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in more)


def _as_spelt(problem: Problem, depth: int, spelt: Mapping[str, str]) -> Problem:
    """The problem with the field named as it was given."""
    field = tuple(spelt.get(str(part), part) for part in problem.path[depth:depth + 1])
    return Problem((*problem.path[:depth], *field, *problem.path[depth + 1:]), problem.reason, problem.message)
