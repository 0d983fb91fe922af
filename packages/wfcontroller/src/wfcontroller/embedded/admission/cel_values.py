"""JSON as CEL sees it through a schema: doubles where the schema says number, escaped property names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from wfcontroller.embedded.admission.structural import Schema

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
})
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


def escaped(name: str) -> str:
    """A property name as rules spell it: `__namespace__` for a reserved word, `__dash__` for `-`, and so on."""
    if name in _RESERVED:
        return f"__{name}__"
    return re.sub(r"__|[.\-/]", lambda found: _ESCAPES[found[0]], name)


def converter(schema: Schema) -> Callable[[Any], Any] | None:
    """How values of this schema become CEL values; None when they already are, as most are."""
    if schema.get("x-kubernetes-int-or-string"):
        return None
    match schema.get("type"):
        case "number":
            return _number
        case "string" if schema.get("format") == "date-time":
            return _instant
        case "array":
            inner = converter(schema.get("items", {}))
            return None if inner is None else lambda value: [inner(item) for item in value]
        case "object":
            return _object_converter(schema)
        case _:
            return None


def _number(value: Any) -> Any:
    return None if value is None else float(value)


def _instant(value: Any) -> Any:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return value  # a leap second is RFC 3339 and no Python datetime: rules that compare it fail to evaluate


def _object_converter(schema: Schema) -> Callable[[Any], Any] | None:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    renamed = {name: escaped(name) for name in properties if escaped(name) != name}
    inner = {name: found for name, nested in properties.items() if (found := converter(nested))}
    additional = schema.get("additionalProperties")
    rest = converter(additional) if isinstance(additional, Mapping) else None
    if not (renamed or inner or rest):
        return None

    def convert(value: Any) -> Any:
        if value is None:
            return None
        return {renamed.get(n, n): _through(inner.get(n, None if n in properties else rest), v)
                for n, v in value.items()}

    return convert


def _through(convert: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if convert is None else convert(value)
