"""How Python names are spelt on the wire."""

from __future__ import annotations

from functools import cache


@cache
def wire_name(python_name: str) -> str:
    """`rollback_spec` -> `rollbackSpec`."""
    head, *tail = python_name.split("_")
    return head + "".join(part.capitalize() for part in tail)
