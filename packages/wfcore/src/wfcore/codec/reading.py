"""Reads what is as it should be, fast.  Of anything else it only says that it is not: the converter says what is wrong.

What this accepts, the converter reads the same; it may accept less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from types import UnionType
from typing import Any, Union, get_args, get_origin

import attrs

from wfcore.codec.durations import parse_duration
from wfcore.codec.limits import check_limits, compiled
from wfcore.codec.names import wire_name
from wfcore.codec.times import parse_time
from wfcore.model import conditions, execution, plan, results, status, workflow
from wfcore.model.actions import STEP_MEMBERS, StepParameters
from wfcore.model.compensations import ROLLBACK_MEMBERS, RollbackParameters
from wfcore.model.definition import DependencyList
from wfcore.model.fields import Limits, StrMap, limits_of, wire_fields

Read = Callable[[Any], Any]
_UNLIMITED = Limits(doc="")


class Unfit(ValueError):
    """The value is not as it should be, or nobody knows."""


UNFIT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
# A newer writer may add fields to what is only reported; a spec is never half-understood.
_TOLERANT = {conditions.__name__, plan.__name__, results.__name__, status.__name__, workflow.__name__}
_readers: dict[type, Read] = {}


def is_tolerant(cls: type) -> bool:
    """Whether unknown fields of a class are passed over."""
    return cls.__module__ in _TOLERANT or cls is execution.KubernetesExecutionStatus


def reader_of(cls: type) -> Read:
    """Reads objects of one model class; an `UNFIT` exception means that the converter has to have a look."""
    found = _readers.get(cls)
    if found is None:
        found = _readers[cls] = _object(cls)
    return found


def _object(cls: type) -> Read:
    attrs.resolve_types(cls)
    fields = {wire_name(a.name): (a.name, _field(a.type, limits_of(a) or _UNLIMITED))
              for a in wire_fields(cls)}
    # What keeps the fields it does not know is for the converter to read.
    lenient = is_tolerant(cls) and len(fields) == len(attrs.fields(cls))

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise Unfit
        found = {}
        for key, item in value.items():
            if item is not None:  # Kubernetes treats null as absent
                if key in fields:
                    name, hook = fields[key]
                    found[name] = hook(item)
                elif not lenient:
                    raise Unfit
        return cls(**found)

    return read


def _field(annotation: Any, limits: Limits) -> Read:
    if annotation is str:
        return _text(limits)
    if annotation is int:
        return _integer(limits)
    read = _reader(annotation, limits)
    if not _says_something(limits):
        return read

    def limited(value: Any) -> Any:
        decoded = read(value)
        check_limits(limits, decoded)
        return decoded

    return limited


def _says_something(limits: Limits) -> bool:
    return attrs.evolve(limits, doc="", list_map_keys=(), secret=False) != _UNLIMITED


def _reader(annotation: Any, limits: Limits) -> Read:
    for union, members in ((StepParameters, STEP_MEMBERS), (RollbackParameters, ROLLBACK_MEMBERS)):
        if annotation in (union, union | None):
            return _union({key: reader_of(cls) for key, cls in members.items()})
    if get_origin(annotation) in (Union, UnionType):
        (wanted,) = (part for part in get_args(annotation) if part is not type(None))
        return _field(wanted, _UNLIMITED)
    if annotation == tuple[DependencyList, ...]:
        return _dependencies
    if get_origin(annotation) is tuple:
        return _list(_field(get_args(annotation)[0], _UNLIMITED))
    if attrs.has(annotation):
        return reader_of(annotation)
    if issubclass(annotation, StrEnum):
        return {member.value: member for member in annotation}.__getitem__
    return _SCALARS[annotation]


def _union(members: Mapping[str, Read]) -> Read:
    def read(value: Any) -> Any:
        ((key, item),) = value.items()
        return members[key](item)

    return read


def _list(item: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise Unfit
        return tuple([item(part) for part in value])

    return read


def _text(limits: Limits) -> Read:
    least, most = limits.min_length or 0, limits.max_length
    search = compiled(limits.pattern).search if limits.pattern is not None else None

    def read(value: Any) -> Any:
        if type(value) is not str or (most is not None and len(value) > most) or len(value) < least or (
                search is not None and search(value) is None):
            raise Unfit
        return value

    return read


def _integer(limits: Limits) -> Read:
    least, most = limits.minimum, limits.maximum

    def read(value: Any) -> Any:
        if type(value) is not int or (least is not None and value < least) or (most is not None and value > most):
            raise Unfit
        return value

    return read


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not isfinite(value):
        raise Unfit
    return float(value)


def _boolean(value: Any) -> bool:
    if value is not True and value is not False:
        raise Unfit
    return bool(value)


def _duration(value: Any) -> timedelta:
    if type(value) is not str:
        raise Unfit
    return parse_duration(value)


def _time(value: Any) -> datetime:
    if type(value) is not str:
        raise Unfit
    return parse_time(value)


def _map(value: Any) -> StrMap:
    if type(value) is not dict or not all(type(k) is str and type(v) is str for k, v in value.items()):
        raise Unfit
    return StrMap(value)


_names = _list(_text(_UNLIMITED))


def _dependencies(value: Any) -> tuple[DependencyList, ...]:
    if type(value) is not dict or not all(type(step) is str for step in value):
        raise Unfit
    return tuple([DependencyList(step=step, needs=_names(value[step])) for step in sorted(value)])


_SCALARS: Mapping[Any, Read] = {
    float: _number, bool: _boolean, timedelta: _duration, datetime: _time, StrMap: _map,
}
