"""Encodes statuses as the codec does, each part once: of what two commits share there is one JSON value."""

from __future__ import annotations

from typing import Any

import attrs

from wfcore.codec import encode, wire_name
from wfcore.codec.converter import empty_by_default
from wfcore.model.status import WorkflowExecutionStatus

_PLAIN = (str, int, float, bool)
# Python name -> (name on the wire, whether it is always written, whether only None is left out and not "" or ()).
_FIELDS = {a.name: (wire_name(a.name), not empty_by_default(a), a.default is None)
           for a in attrs.fields(WorkflowExecutionStatus)}


class Encoder:
    """Remembers the JSON of every part of one schedule by the part's identity; parts are kept alive here."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}

    def status(self, status: WorkflowExecutionStatus) -> dict[str, Any]:
        """Equal to what the codec makes of it."""
        if status.unknown:
            whole: dict[str, Any] = encode(status)
            return whole
        found = {}
        for name, value in status.__dict__.items():
            wire, always, none = _FIELDS[name]
            if always or (value is not None and (none or value)):
                found[wire] = value if type(value) in _PLAIN else self._part(value)
        return found

    def _part(self, value: Any) -> Any:
        known = self._known.get(id(value))
        if known is None:
            made = [self._part(item) for item in value] if type(value) is tuple else encode(value)
            known = self._known[id(value)] = (value, made)
        return known[1]
