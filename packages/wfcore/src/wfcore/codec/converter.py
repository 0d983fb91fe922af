"""The cattrs converter: camelCase, Go durations, RFC 3339, one-of unions, nothing coerced.

Reading is strict about types (`"5"` is no integer) and, for spec, about unknown
fields; writing omits what is absent or empty, as Kubernetes objects do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from operator import attrgetter
from types import UnionType
from typing import Any, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from wfcore.codec.durations import format_duration, parse_duration
from wfcore.codec.limits import check_limits
from wfcore.codec.names import wire_name
from wfcore.codec.problems import Nested, Rejected, shown, wrong_type
from wfcore.codec.reading import is_tolerant
from wfcore.codec.times import format_time, parse_time
from wfcore.model import enums
from wfcore.model.actions import STEP_MEMBERS, StepParameters
from wfcore.model.compensations import ROLLBACK_MEMBERS, RollbackParameters
from wfcore.model.definition import DependencyList
from wfcore.model.fields import Limits, StrMap, limits_of, wire_fields


def make_converter() -> Converter:
    """A converter for the whole model; the package uses one, made on import of `wfcore.codec`."""
    converter = Converter(detailed_validation=True)
    for scalar, hook in _SCALARS.items():
        converter.register_structure_hook(scalar, hook)
    for enum in _ENUMS:
        # One by one: a string enum is also a `str`, whose hook would win over a predicate.
        converter.register_structure_hook(enum, _structure_enum)
        converter.register_unstructure_hook(enum, _word)
    converter.register_structure_hook(StrMap, _structure_map)
    converter.register_structure_hook_func(lambda t: t == tuple[DependencyList, ...], _structure_dependencies)
    converter.register_structure_hook_factory(attrs.has, lambda cls: _reader(converter, cls))
    converter.register_unstructure_hook_factory(attrs.has, lambda cls: _writer(converter, cls))
    converter.register_unstructure_hook(datetime, format_time)
    converter.register_unstructure_hook(timedelta, format_duration)
    converter.register_unstructure_hook(StrMap, dict)
    converter.register_unstructure_hook_func(
        lambda t: t == tuple[DependencyList, ...],
        lambda entries: {entry.step: list(entry.needs) for entry in entries})
    for union, members in ((StepParameters, STEP_MEMBERS), (RollbackParameters, ROLLBACK_MEMBERS)):
        _register_union(converter, union, members)
    return converter


def _register_union(converter: Converter, union: Any, members: Mapping[str, type]) -> None:
    optional = union | None
    key_of = {cls: key for key, cls in members.items()}
    writers: dict[type, Callable[[Any], Any]] = {}

    def structure(value: Any, _: Any) -> Any:
        mapping = _mapping(value)
        given = {key: item for key, item in mapping.items() if item is not None}
        if len(given) != 1 or not given.keys() <= members.keys():
            known = ", ".join(members)
            names = ", ".join(sorted(map(str, given))) or "none"
            raise Rejected("BadUnion", f"exactly one of {known} must be set, got {names}")
        key, item = next(iter(given.items()))
        try:
            return converter.structure(item, members[key])
        except (BaseValidationError, Nested, Rejected) as error:
            raise Nested([((key,), error)]) from None

    def unstructure(value: Any) -> Any:
        cls = type(value)
        if cls not in writers:
            writers[cls] = converter.get_unstructure_hook(cls)
        return {key_of[cls]: writers[cls](value)}

    def is_this_union(annotation: Any) -> bool:
        return annotation in (union, optional)

    converter.register_structure_hook_func(is_this_union, structure)
    converter.register_unstructure_hook_func(is_this_union, unstructure)


def _reader(converter: Converter, cls: type) -> Callable[[Any, Any], Any]:
    tolerant = is_tolerant(cls)
    attrs.resolve_types(cls)
    fields: Any = {a.name: override(rename=wire_name(a.name), struct_hook=_field_hook(converter, limits_of(a)))
                   for a in wire_fields(cls)}
    known, keeps = frozenset(map(wire_name, fields)), len(fields) < len(attrs.fields(cls))
    if keeps:
        fields["unknown"] = override(omit=True)
    build: Callable[[Any, Any], Any] = make_dict_structure_fn(
        cls, converter, _cattrs_forbid_extra_keys=not tolerant, **fields)

    def read(value: Any, wanted: Any) -> Any:
        # Kubernetes treats null as absent.
        present = {key: item for key, item in _mapping(value).items() if item is not None}
        decoded = build(present, wanted)
        unknown = present.keys() - known if keeps else None
        return attrs.evolve(decoded, unknown=_kept(present, unknown)) if unknown else decoded

    return read


def _kept(present: Mapping[str, Any], unknown: Iterable[str]) -> str:
    kept = {key: present[key] for key in sorted(unknown)}
    # A limit of its own: what one stack can read another, which is deeper, could not write again.
    if _is_deeper(kept, _DEEPEST):
        raise Rejected("TooDeep", f"nested more than {_DEEPEST} levels deep")
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)


def _field_hook(converter: Converter, limits: Limits | None) -> Callable[[Any, Any], Any]:
    def read(value: Any, wanted: Any) -> Any:
        # Anything that can be iterated would do for cattrs, a string of digits too.
        if get_origin(wanted) is tuple and wanted != tuple[DependencyList, ...] and not isinstance(value, list):
            raise wrong_type("a list", value)
        decoded = converter.structure(value, wanted)
        if limits is not None:
            check_limits(limits, decoded)
        return decoded

    def read_secret(value: Any, wanted: Any) -> Any:
        try:
            return read(value, wanted)
        except (Nested, Rejected) as error:
            # From None: the cause would show the value in a traceback.
            raise _veiled(error) from None

    return read_secret if limits is not None and limits.secret else read


def _veiled(error: Exception) -> Nested | Rejected:
    """The same error without the value it is about."""
    if isinstance(error, Nested):
        return Nested([(place, _veiled(part)) for place, part in error.parts])
    if isinstance(error, Rejected) and error.reason != "WrongType":
        return error
    return Rejected("WrongType", "expected a string in quotes; what was given is secret and not shown")


def _writer(converter: Converter, cls: type) -> Callable[[Any], Any]:
    attrs.resolve_types(cls)
    fields: Any = {a.name: override(rename=wire_name(a.name), omit_if_default=empty_by_default(a),
                                    unstruct_hook=_write_hook(converter, a.type))
                   for a in wire_fields(cls)}
    if len(fields) == len(attrs.fields(cls)):
        return make_dict_unstructure_fn(cls, converter, **fields)
    encode_known: Callable[[Any], dict[str, Any]] = make_dict_unstructure_fn(
        cls, converter, unknown=override(omit=True), **fields)

    def write(value: Any) -> Any:
        known = encode_known(value)
        return {**json.loads(value.unknown), **known} if value.unknown else known

    return write


def _write_hook(converter: Converter, annotation: Any) -> Callable[[Any], Any] | None:
    """How to write a field, looked up once instead of at each value; None: as it is."""
    if get_origin(annotation) in (Union, UnionType) and annotation not in _UNIONS:
        # An absent value is omitted, so what is written is there.
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
        return _write_hook(converter, annotation) or _as_it_is
    if get_origin(annotation) is tuple and annotation != tuple[DependencyList, ...]:
        write = _write_hook(converter, get_args(annotation)[0])
        return list if write is None else lambda items: [write(item) for item in items]
    if annotation in _PLAIN:
        return None
    found: Callable[[Any], Any] = converter.get_unstructure_hook(annotation)
    return found


def _as_it_is(value: Any) -> Any:
    return value


def empty_by_default(attribute: attrs.Attribute[Any]) -> bool:
    """Whether a field is omitted while it has its default."""
    default = attribute.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default.factory is StrMap  # type: ignore[union-attr]
    return default is None or default == "" or default == ()


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong_type("an object", value)
    return value


def _integer(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type("an integer", value)
    return value


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise wrong_type("a number", value)
    return float(value)


def _boolean(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type("true or false", value)
    return value


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type("a string", value, "; put it in quotes" if isinstance(value, (int, float, bool)) else "")
    return value


def _duration(value: Any, _: Any) -> timedelta:
    if not isinstance(value, str):
        raise wrong_type("a duration like 5m", value)
    try:
        return parse_duration(value)
    except ValueError as error:
        raise Rejected("BadFormat", str(error)) from None


def _time(value: Any, _: Any) -> datetime:
    if not isinstance(value, str):
        raise wrong_type("an RFC 3339 time", value)
    try:
        return parse_time(value)
    except ValueError as error:
        raise Rejected("BadFormat", str(error)) from None


_SCALARS: Mapping[type, Callable[[Any, Any], Any]] = {
    int: _integer, float: _number, bool: _boolean, str: _text, timedelta: _duration, datetime: _time,
}


_PLAIN = (str, int, float, bool)
_DEEPEST = 64  # levels of what a newer version wrote, kept as it is
_UNIONS = (StepParameters, StepParameters | None, RollbackParameters, RollbackParameters | None)
_ENUMS = tuple(e for e in vars(enums).values() if isinstance(e, type) and issubclass(e, StrEnum) and len(e))


_word = attrgetter("_value_")  # `value` is a slow property


def _structure_enum(value: Any, wanted: type[StrEnum]) -> StrEnum:
    allowed = [member.value for member in wanted]
    if not isinstance(value, str) or value not in allowed:
        listed = ", ".join(member or '""' for member in allowed)
        raise Rejected("NotSupported", f"{shown(value)} is not one of {listed}")
    return wanted(value)


def _structure_map(value: Any, _: Any) -> StrMap:
    mapping = _mapping(value)
    wrong = [((str(key),), error) for key, item in mapping.items() if (error := _entry_error(key, item))]
    if wrong:
        raise Nested(wrong)
    return StrMap(mapping)


def _entry_error(key: Any, item: Any) -> Rejected | None:
    if not isinstance(key, str):
        return wrong_type("a string as key", key, "; put it in quotes")
    if not isinstance(item, str):
        return wrong_type("a string", item, "; put it in quotes" if isinstance(item, (int, float, bool)) else "")
    return None


def _structure_dependencies(value: Any, _: Any) -> tuple[DependencyList, ...]:
    entries, wrong = [], []
    for step, needs in _by_key(_mapping(value)):
        if not isinstance(step, str) or not isinstance(needs, list) or not all(isinstance(n, str) for n in needs):
            wrong.append(((str(step),), wrong_type("a list of step names", needs)))
        else:
            entries.append(DependencyList(step=step, needs=tuple(needs)))
    if wrong:
        raise Nested(wrong)
    return tuple(entries)


def _by_key(mapping: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(mapping.items(), key=lambda entry: str(entry[0]))
