"""Validation by an openAPIV3Schema: every violation, in the words of the API server."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs
from attrs import frozen

from wfcontroller.embedded.admission.paths import (
    Cause,
    Path,
    field_of,
    invalid_value,
    required,
    shown,
    unsupported,
)
from wfcontroller.embedded.admission.structural import Schema
from wfcontroller.embedded.admission.unique_members import UniqueMembers

_GO_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
# A value this far off makes rules that look at it meaningless, so the API server then runs none.
_BLOCKING = frozenset({"required", "type", "format", "maxLength", "maxItems", "maxProperties"})


@frozen
class Violations:
    causes: tuple[Cause, ...]
    blocking: bool


class SchemaValidator:
    """One compiled schema.  Compiling costs milliseconds; it is done once per registered version."""

    def __init__(self, schema: Schema) -> None:
        self._unique = UniqueMembers(schema)
        self._validator = jsonschema_rs.Draft4Validator(
            _json_schema(schema), validate_formats=True, formats=_FORMATS, pattern_options=jsonschema_rs.RegexOptions(),
        )

    def check(self, value: Mapping[str, Any]) -> Violations:
        errors = list(self._validator.iter_errors(value))
        duplicates = tuple(self._unique.duplicates(value))
        causes = tuple(_cause(error) for error in errors) + duplicates
        return Violations(causes, bool(duplicates) or any(e.kind.name in _BLOCKING for e in errors))


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


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_duration(text: str) -> bool:
    return _GO_DURATION.fullmatch(text) is not None


_FORMATS: dict[str, Callable[[str], bool]] = {"byte": _is_base64, "duration": _is_duration}


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
        wanted = " or ".join(details["types"])
        found = _kind_of(error.instance)
        return invalid_value(path, found, f"{_body(path)} must be of type {wanted}: {shown(found)}")
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
    "format": "must be of type {format}",
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
