"""Structural OpenAPI v3 schemas from the attrs model.

Key order is fixed (description, type, bounds, default, contents, required,
extensions), properties keep the model's order, so the result reads well and
never changes without the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from wfcore.codec.names import wire_name
from wfcore.crds.rules import Rule, exactly_one, keys_bounded, rules_of, rules_of_field
from wfcore.crds.scalars import Schema, scalar_schema
from wfcore.model.actions import STEP_MEMBERS
from wfcore.model.compensations import ROLLBACK_MEMBERS
from wfcore.model.definition import DependencyList
from wfcore.model.fields import Limits, StrMap, limits_of, wire_fields

KEY_LENGTH = 253
_UNIONS: Mapping[frozenset[Any], Mapping[str, type]] = {
    frozenset(members.values()): members for members in (STEP_MEMBERS, ROLLBACK_MEMBERS)
}


def spec_schema(cls: type) -> Schema:
    """The schema of what users write: with defaults and CEL rules."""
    return _Writer(strict=True).object(cls, _summary(cls))


def status_schema(cls: type) -> Schema:
    """The schema of what this engine or an executor reports.

    Bounds only: no rule may refuse a report that the bounds allow, and no
    default may pretend that something was reported.
    """
    return _Writer(strict=False).object(cls, _summary(cls))


@frozen
class _Writer:
    strict: bool

    def object(self, cls: type, doc: str) -> Schema:
        hints = get_type_hints(cls)
        fields = [(attribute, _declared(cls, attribute)) for attribute in wire_fields(cls)]
        schema: Schema = {"description": doc, "type": "object", "properties": {
            wire_name(attribute.name): self._ruled(
                self.field(attribute, hints[attribute.name], limits), rules_of_field(cls, wire_name(attribute.name)))
            for attribute, limits in fields
        }}
        required = [wire_name(attribute.name) for attribute, _ in fields if attribute.default is attrs.NOTHING]
        if required:
            schema["required"] = required
        return self._ruled(schema, rules_of(cls))

    def field(self, attribute: attrs.Attribute[Any], hint: Any, limits: Limits) -> Schema:
        schema = self.value(hint, limits)
        return _with_default(schema, attribute) if self.strict else schema

    def value(self, hint: Any, limits: Limits) -> Schema:
        options = [option for option in _options(hint) if option is not NoneType]
        members = _UNIONS.get(frozenset(options))
        if members is not None:
            return self.union(members, limits)
        (kind,) = options
        if kind == tuple[DependencyList, ...]:
            return self.mapping(limits, self.items(str, _inner(limits, limits.values)))
        if get_origin(kind) is tuple:
            return self.items(get_args(kind)[0], limits)
        if kind is StrMap:
            return self.mapping(limits, self.value(str, _inner(limits, limits.values)))
        if attrs.has(kind):
            return self.object(kind, limits.doc)
        return {"description": limits.doc, **scalar_schema(kind, limits, strict=self.strict)}

    def union(self, members: Mapping[str, type], limits: Limits) -> Schema:
        schema: Schema = {"description": limits.doc, "type": "object", "properties": {
            key: self.object(cls, _summary(cls)) for key, cls in members.items()
        }}
        return self._ruled(schema, (exactly_one(members),))

    def items(self, kind: Any, limits: Limits) -> Schema:
        if limits.max_items is None:
            raise TypeError(f"the list {limits.doc!r} has no max_items; give it one in the model")
        schema: Schema = {"description": limits.doc, "type": "array"}
        if limits.min_items is not None:
            schema["minItems"] = limits.min_items
        schema["maxItems"] = limits.max_items
        inner = Limits(doc=_summary(kind)) if attrs.has(kind) else _inner(limits, limits.items)
        schema["items"] = self.value(kind, inner)
        schema["x-kubernetes-list-type"] = "map" if limits.list_map_keys else "atomic"
        if limits.list_map_keys:
            schema["x-kubernetes-list-map-keys"] = list(limits.list_map_keys)
        return schema

    def mapping(self, limits: Limits, values: Schema) -> Schema:
        if limits.max_properties is None:
            raise TypeError(f"the map {limits.doc!r} has no max_properties; give it one in the model")
        schema: Schema = {"description": limits.doc, "type": "object", "maxProperties": limits.max_properties,
                          "additionalProperties": values}
        return self._ruled(schema, (keys_bounded(KEY_LENGTH),))

    def _ruled(self, schema: Schema, rules: tuple[Rule, ...]) -> Schema:
        if self.strict and rules:
            present = schema.get("x-kubernetes-validations", [])
            schema["x-kubernetes-validations"] = [*present, *(rule.document() for rule in rules)]
        return schema


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _summary(cls: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def _declared(cls: type, attribute: attrs.Attribute[Any]) -> Limits:
    limits = limits_of(attribute)
    if limits is None:
        raise TypeError(f"{cls.__name__}.{attribute.name} has no description and limits; declare it with prop()")
    return limits


def _inner(outer: Limits, limits: Limits | None) -> Limits:
    if limits is None:
        raise TypeError(f"the entries of {outer.doc!r} have no limits; give them some in the model")
    return limits


def _with_default(schema: Schema, attribute: attrs.Attribute[Any]) -> Schema:
    """Publish the defaults people look for: switches, words, and the objects that only hold such.

    Empty texts, lists and maps stay absent, as in the built-in kinds; and an absent
    limit (`maxRetries`, `timeout`) has a meaning of its own: it inherits.
    """
    default = attribute.default
    if isinstance(default, bool):
        return _after_type(schema, default)
    if isinstance(default, StrEnum):
        return _after_type(schema, default.value)
    if schema["type"] == "object" and "properties" in schema and isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return _after_type(schema, {})
    return schema


def _after_type(schema: Schema, default: Any) -> Schema:
    head = {key: schema[key] for key in ("description", "type")}
    return {**head, "default": default, **schema}
