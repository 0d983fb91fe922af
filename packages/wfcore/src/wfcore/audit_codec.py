"""An audit record as JSON, for where it waits until the store takes it; nothing is lost on the way."""

from __future__ import annotations

from typing import Any

from wfcore.audit import AuditRecord
from wfcore.codec import Malformed, decode, encode


def encode_record(record: AuditRecord) -> dict[str, Any]:
    """The record as JSON.  O(steps)."""
    document: dict[str, Any] = encode(record)
    return document


def decode_record(document: Any) -> AuditRecord | Malformed:
    """The record that `encode_record` wrote; never raises for any JSON.

    Strict: a field this version does not know would be lost on the way to the
    store, so such a record is left to the version that wrote it.
    """
    return decode(AuditRecord, document, ("spec",))
