"""Validation by an openAPIV3Schema: every violation, in the words of the API server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs
from attrs import frozen

from wfcontroller.embedded.admission.formats import FORMATS
from wfcontroller.embedded.admission.paths import (
    Cause,
    Path,
    field_of,
    invalid_value,
    required,
    shown,
    unsupported,
)
from wfcontroller.embedded.admission.ratcheting import unchanged
from wfcontroller.embedded.admission.structural import Schema
from wfcontroller.embedded.admission.unique_members import UniqueMembers

# A value this far off makes rules that look at it meaningless, so the API server then runs none.
_BLOCKING = frozenset({"required", "type", "enum", "format", "maxLength", "maxItems", "maxProperties"})
_OF_TEXT = ("maxLength", "minLength", "pattern")  # of these only the first is told


@frozen
class Violations:
    causes: tuple[Cause, ...]
    blocking: bool


class SchemaValidator:
    """One compiled schema.  Compiling costs milliseconds; it is done once per registered version."""

    def __init__(self, schema: Schema) -> None:
        self._schema, self._unique = schema, UniqueMembers(schema)
        self._validator = jsonschema_rs.Draft4Validator(
            _json_schema(schema), validate_formats=True, formats=dict(FORMATS),
            pattern_options=jsonschema_rs.RegexOptions(),
        )

    def check(self, value: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Violations:
        """Every violation; with `old` only where the value differs from it."""
        found = _first_of_text(self._validator.iter_errors(value))
        errors = [e for e in found if old is None or not unchanged(self._schema, value, old, tuple(e.instance_path))]
        duplicates = tuple(self._unique.duplicates(value))
        if duplicates and old is not None and any(self._unique.duplicates(old)):
            duplicates = ()
        causes = tuple(_cause(error) for error in errors) + duplicates
        return Violations(causes, any(e.kind.name in _BLOCKING for e in errors))


def _first_of_text(errors: Iterable[jsonschema_rs.ValidationError]) -> Iterator[jsonschema_rs.ValidationError]:
    """The errors, one of those about a text's length and pattern for each text."""
    texts: dict[tuple[Any, ...], jsonschema_rs.ValidationError] = {}
    for error in errors:
        if error.kind.name not in _OF_TEXT:
            yield error
            continue
        place = tuple(error.instance_path)
        if place not in texts or _rank(error) < _rank(texts[place]):
            texts[place] = error
    yield from texts.values()


def _rank(error: jsonschema_rs.ValidationError) -> int:
    return _OF_TEXT.index(error.kind.name)


def _json_schema(schema: Any) -> Any:
    """The schema in the words of JSON schema draft 4: what OpenAPI and Kubernetes spell otherwise, translated."""
    if isinstance(schema, list):
        return [_json_schema(entry) for entry in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            plain[key] = {name: _json_schema(nested) for name, nested in value.items()}
        elif key in ("items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"):
            plain[key] = _json_schema(value)
        elif key in _COPIED:
            plain[key] = value
    if schema.get("x-kubernetes-int-or-string"):
        plain["type"] = ["integer", "string"]
    if schema.get("x-kubernetes-embedded-resource"):
        plain["required"] = [*plain.get("required", ()), "apiVersion", "kind"]
    if schema.get("nullable") and "type" in plain:
        kinds = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = [*kinds, "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
    return plain


_COPIED = frozenset({
    "type", "format", "enum", "pattern", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "multipleOf",
})


def _cause(error: jsonschema_rs.ValidationError) -> Cause:
    path, kind, details = tuple(error.instance_path), error.kind.name, error.kind.as_dict()
    if kind == "required":
        return required((*path, details["property"]))
    if kind == "enum":
        return unsupported(path, error.instance, details["options"])
    if kind in _TOO_MANY:
        return field_of(path), _TOO_MANY[kind].format(limit=details["limit"], found=_length(error.instance))
    value = error.instance if not isinstance(error.instance, dict | list) else _kind_of(error.instance)
    if kind == "type":
        wanted = ",".join(name for name in details["types"] if name != "null")
        found = _kind_of(error.instance)
        return invalid_value(path, found, f"{_body(path)} must be of type {wanted}: {shown(found)}")
    if kind == "format":
        return invalid_value(path, value, f"{_body(path)} must be of type {details['format']}: {shown(value)}")
    return invalid_value(path, value, f"{_body(path)} {_sentence(kind, details, error.message)}")


_TOO_MANY = {
    "maxItems": "Too many: {found}: must have at most {limit} items",
    "maxProperties": "Too many: {found}: must have at most {limit} items",
    "maxLength": "Too long: may not be more than {limit} bytes",
}
_SENTENCES = {
    "minimum": "should be greater than or equal to {limit}",
    "maximum": "should be less than or equal to {limit}",
    "exclusiveMinimum": "should be greater than {limit}",
    "exclusiveMaximum": "should be less than {limit}",
    "minLength": "should be at least {limit} chars long",
    "minItems": "should have at least {limit} items",
    "minProperties": "should have at least {limit} properties",
    "pattern": "should match '{pattern}'",
    "multipleOf": "should be a multiple of {multiple_of}",
    "uniqueItems": "shouldn't contain duplicates",
    "not": "must not validate the schema (not)",
    "oneOf": "must validate one and only one schema (oneOf)",
    "anyOf": "must validate at least one schema (anyOf)",
}


def _sentence(kind: str, details: Mapping[str, Any], fallback: str) -> str:
    return _SENTENCES[kind].format(**details) if kind in _SENTENCES else fallback


def _body(path: Path) -> str:
    return f"{field_of(path)} in body"


def _length(value: Any) -> int:
    return len(value)


def _kind_of(value: object) -> str:
    names: tuple[tuple[type, str], ...] = (
        (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "null")
