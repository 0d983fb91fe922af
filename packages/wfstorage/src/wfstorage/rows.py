"""Records to rows and back: what PostgreSQL cannot hold is replaced, always in the same way."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from attrs import asdict, evolve, fields
from sqlalchemy import RowMapping

from wfcore.audit import AuditRecord, StepAudit
from wfcore.codec import Malformed, decode, encode
from wfcore.model.status import AdaptiveAdjustment
from wfcore.ports import PermanentError

# What the digest covers and how.  A record digested in another format is not comparable: a release that adds a
# field must count up, or each record delivered again across the upgrade would look like a forgery.
DIGEST_FORMAT = 2
# U+0000 is illegal in PostgreSQL's text, lone surrogates in UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
MICROSECOND = timedelta(microseconds=1)
STEP_FIELDS = tuple(field.name for field in fields(StepAudit))
RECORD_FIELDS = tuple(field.name for field in fields(AuditRecord)
                      if field.name not in {"id", "steps", "adaptive_adjustments"})

Row = dict[str, Any]


def storable_text(value: str) -> str:
    """The text with each character that PostgreSQL cannot hold replaced by U+FFFD."""
    return UNSTORABLE.sub("\ufffd", value)


def storable(record: AuditRecord) -> AuditRecord:
    """The record as it will be read back.  Idempotent; O(size of the texts).

    Raises:
        PermanentError: the id is no UUID, or an instant has no time zone; names the field and the value.
    """
    problems = [f"{name} {value.isoformat()} has no time zone" for name in ("started_at", "completed_at")
                if (value := getattr(record, name)) is not None and value.tzinfo is None]
    problems += [f"the timestamp {a.timestamp.isoformat()} of an adjustment has no time zone"
                 for a in record.adaptive_adjustments if a.timestamp.tzinfo is None]
    try:
        UUID(record.id)
    except ValueError:
        problems.append(f"id {record.id[:100]!r} is no UUID")
    if problems:
        raise PermanentError(f"the audit record of workflow {record.workflow_uid[:100]!r} cannot be stored:"
                             f" {'; '.join(problems)}")
    steps = sorted((evolve(step, **_storable_fields(step)) for step in record.steps), key=lambda step: step.step_number)
    adjustments = tuple(evolve(made, **_storable_fields(made)) for made in record.adaptive_adjustments)
    return evolve(record, **_storable_fields(record) | {
        "id": str(UUID(record.id)), "steps": tuple(steps), "adaptive_adjustments": adjustments})


def digest(record: AuditRecord) -> str:
    """Format and SHA-256 of a storable record; equal for equal records whatever their time zones."""
    document = json.dumps(asdict(record), default=_plain, sort_keys=True, separators=(",", ":"))
    return f"{DIGEST_FORMAT}:{sha256(document.encode()).hexdigest()}"


def comparable(one: str, other: str) -> bool:
    """Whether two digests have the same format."""
    return one.partition(":")[0] == other.partition(":")[0]


def key_row(record: AuditRecord) -> Row:
    """The row of `audit_keys` for a storable record."""
    return {"workflow_uid": record.workflow_uid, "id": UUID(record.id), "completed_at": record.completed_at,
            "digest": digest(record)}


def audit_row(record: AuditRecord) -> Row:
    """The row of `audits`."""
    return {"id": UUID(record.id), "adaptive_adjustments": encode(record.adaptive_adjustments)} | {
        name: getattr(record, name) for name in RECORD_FIELDS}


def step_rows(record: AuditRecord) -> list[Row]:
    """The rows of `step_audits`, in order of step number."""
    key = {"audit_id": UUID(record.id), "completed_at": record.completed_at}
    return [key | {name: getattr(step, name) for name in STEP_FIELDS} for step in record.steps]


def record_of(row: RowMapping, steps: Sequence[RowMapping]) -> AuditRecord:
    """The record of a row of `audits` and its rows of `step_audits` in order of step number."""
    return AuditRecord(
        id=str(row["id"]), **{name: row[name] for name in RECORD_FIELDS},
        steps=tuple(StepAudit(**{name: step[name] for name in STEP_FIELDS}) for step in steps),
        adaptive_adjustments=_adjustments(row),
    )


def _adjustments(row: RowMapping) -> tuple[AdaptiveAdjustment, ...]:
    found = decode(tuple[AdaptiveAdjustment, ...], row["adaptive_adjustments"], ("adaptive_adjustments",))
    if isinstance(found, Malformed):
        raise PermanentError(f"the row of workflow {row['workflow_uid'][:100]!r} was altered: {found.problems[0]}")
    return found


def _storable_fields(value: AuditRecord | StepAudit | AdaptiveAdjustment) -> Row:
    texts = {field.name: getattr(value, field.name) for field in fields(type(value))}
    return {name: storable_text(text) for name, text in texts.items() if type(text) is str}


def _plain(value: object) -> str | int:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case timedelta():
            return value // MICROSECOND
        case _:
            raise TypeError(f"an audit record holds a {type(value).__name__}: {value!r}")
