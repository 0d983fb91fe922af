"""The vocabulary of the program as JSON and back: requests, responses, children, surroundings, settings.

What belongs to the model is left to `wfcore.codec`; the rest is read as strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn

from wfcore.codec import Malformed, Problem, decode, encode
from wfcore.codec.durations import format_duration, parse_duration
from wfcore.codec.problems import shown
from wfcore.codec.times import format_time, parse_time
from wfcore.model.workflow import KubernetesExecution
from wfcore.program import Request, Response
from wfcore.rawobject import RawObject
from wfcore.snapshot import Foreign, Unreadable

T = TypeVar("T")
_TAGGED: Mapping[str, Any] = {cls.__name__: cls for union in (Request, Response) for cls in get_args(union)} | {
    cls.__name__: cls for cls in (KubernetesExecution, Unreadable, Foreign)}
_UNREADABLE = (BaseValidationError, ForbiddenExtraKeysError, KeyError, TypeError, ValueError)


def to_json(value: Any) -> Any:
    """The JSON of one value; its class has to be known to whoever reads it."""
    return _converter.unstructure(value)


def from_json(wanted: type[T], value: Any, *path: str) -> T | Malformed:
    """One value of a known class, or what is wrong with the JSON at `path`."""
    try:
        found: T = _converter.structure(value, wanted)
    except _UNREADABLE as error:
        return Malformed((Problem(path, "BadFormat", f"no {wanted.__name__} can be read from it: {_why(error)}"),))
    return found


def to_tagged(value: Any) -> Any:
    """A member of a union: its fields, and its class under `is`."""
    return {"is": type(value).__name__, **to_json(value)}


def from_tagged(value: Any, *path: str) -> Any:
    """The member of a union, or `Malformed`."""
    wanted = _TAGGED.get(str(value.get("is"))) if isinstance(value, Mapping) else None
    if wanted is None:
        known = ", ".join(sorted(_TAGGED))
        return Malformed((Problem(path, "NotSupported", f"{shown(value)} is none of {known}"),))
    return from_json(wanted, {key: item for key, item in value.items() if key != "is"}, *path)


def _why(error: BaseException) -> str:
    inner: Any = error
    while isinstance(inner, BaseValidationError):
        inner = inner.exceptions[0]
    return f"{type(inner).__name__}: {inner}"[:200]


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def read(value: Any, wanted: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"expected {kind.__name__}, got {shown(value)}")
        # A string enum is a `str` too, and its members come here.
        return wanted(value)

    return read


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"expected a number, got {shown(value)}")
    return float(value)


def _raw(value: Any, _: Any) -> RawObject:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {shown(value)}")
    return RawObject(value)


def _reader(converter: Converter, cls: type) -> Callable[[Any, Any], Any]:
    build: Callable[[Any, Any], Any] = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)

    def read(value: Any, wanted: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected an object, got {shown(value)}")
        return build(value, wanted)

    return read


def _list_reader(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    collection, item_type = get_origin(kind), get_args(kind)[0]

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"expected a list, got {shown(value)}")
        return collection(converter.structure(item, item_type) for item in value)

    return read


def _of_model(value: Any, wanted: type) -> Any:
    found: Any = decode(wanted, value)
    if isinstance(found, Malformed):
        raise ValueError(str(found))
    return found


def _is_model(cls: Any) -> bool:
    return isinstance(cls, type) and attrs.has(cls) and cls.__module__.startswith("wfcore.model.")


def _is_collection(kind: Any) -> bool:
    found: Any = get_origin(kind)
    return found in (tuple, frozenset)


def _make() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list, frozenset: sorted})
    converter.register_structure_hook_factory(attrs.has, lambda cls: _reader(converter, cls))
    converter.register_structure_hook_factory(_is_collection, lambda kind: _list_reader(converter, kind))
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _number)
    # A place in a document: keys and indices.
    converter.register_structure_hook_func(lambda t: t == str | int, lambda value, _: value)
    converter.register_structure_hook(datetime, lambda value, _: parse_time(value))
    converter.register_unstructure_hook(datetime, format_time)
    converter.register_structure_hook(timedelta, lambda value, _: parse_duration(value))
    converter.register_unstructure_hook(timedelta, format_duration)
    converter.register_structure_hook(RawObject, _raw)
    converter.register_unstructure_hook(RawObject, lambda raw: raw.value)
    converter.register_structure_hook_func(_is_model, _of_model)
    converter.register_unstructure_hook_func(_is_model, encode)
    return converter


_converter = _make()
