"""Timestamps and conditions of a status, in the form the API server stores them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

Condition: TypeAlias = dict[str, Any]


def timestamp(instant: datetime) -> str:
    """RFC 3339 in whole seconds, UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str) -> datetime:
    """The instant of an RFC 3339 timestamp."""
    return datetime.fromisoformat(text)


def seconds_since(text: str, now: datetime) -> float:
    """Seconds from a timestamp until `now`; negative when it lies ahead."""
    return (now - instant_of(text)).total_seconds()


def find(conditions: Iterable[Mapping[str, Any]] | None, kind: str) -> Mapping[str, Any] | None:
    """The condition of this type, if there is one."""
    return next((found for found in conditions or () if found.get("type") == kind), None)


def is_true(conditions: Iterable[Mapping[str, Any]] | None, kind: str) -> bool:
    """Whether the condition of this type is there and `True`."""
    found = find(conditions, kind)
    return found is not None and found.get("status") == "True"


def merged(
    existing: Iterable[Mapping[str, Any]] | None, updates: Iterable[Condition], now: datetime
) -> list[Condition]:
    """`existing` with `updates` in place, new types at the end.

    `lastTransitionTime` moves only with `status`, so an unchanged condition stays equal and costs no write.
    """
    merged_by_type = {condition["type"]: dict(condition) for condition in existing or ()}
    for update in updates:
        old = merged_by_type.get(update["type"])
        same = old is not None and old.get("status") == update["status"] and "lastTransitionTime" in old
        changed_at = old["lastTransitionTime"] if old is not None and same else timestamp(now)
        merged_by_type[update["type"]] = {**update, "lastTransitionTime": changed_at}
    return list(merged_by_type.values())
