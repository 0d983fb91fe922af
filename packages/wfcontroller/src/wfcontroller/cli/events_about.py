"""The Events about a workflow: which they are, when they were, and their lines in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from wfcontroller.api import Object
from wfcontroller.cli.ages import age
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.finding import found, no_such_workflow
from wfcontroller.listing import everything
from wfcontroller.objects import metadata, uid_of
from wfcore.codec.times import parse_time
from wfcore.resources import EVENTS, WORKFLOW_EXECUTIONS

_HEAD = ("LAST SEEN", "TYPE", "REASON", "MESSAGE")


async def events_about(cluster: Cluster, name: str) -> list[Object]:
    """By time, then name.  Of a workflow that exists only its own, not those of an earlier one of its name.

    Raises BadInput when there is neither a workflow of that name nor an Event about one.
    """
    workflow = await found(cluster, WORKFLOW_EXECUTIONS, cluster.namespace, name)
    items, _ = await everything(cluster.api, EVENTS, cluster.namespace)
    about = [item for item in items if _is_about(item, name, uid_of(workflow) if workflow is not None else "")]
    if workflow is None and not about:
        raise no_such_workflow(cluster, name)
    kinded = [{"apiVersion": EVENTS.api_version, "kind": EVENTS.kind, **item} for item in about]
    return sorted(kinded, key=lambda item: (parse_time(_instant(item)), metadata(item)["name"]))


def lines(items: Sequence[Object], now: datetime) -> Iterator[str]:
    """Head and a line for each Event; a repeated one says how often."""
    rows = [_HEAD, *((age(_instant(item), now), item.get("type") or "", item.get("reason") or "", _message(item))
                     for item in items)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _is_about(event: Object, name: str, uid: str) -> bool:
    regarding = event.get("regarding") or {}
    named = (regarding.get("kind"), regarding.get("name")) == (WORKFLOW_EXECUTIONS.kind, name)
    return named and (not uid or regarding.get("uid") == uid)


def _instant(event: Object) -> str:
    """When it was last seen: clients of the older API fill the deprecated fields."""
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("eventTime") or event.get("deprecatedLastTimestamp")
               or metadata(event)["creationTimestamp"])


def _message(event: Object) -> str:
    count = (event.get("series") or {}).get("count") or event.get("deprecatedCount") or 1
    # One Event, one line, whatever is in it.
    said = " ".join(str(event.get("note") or "").split())
    return said + (f" (x{count})" if count > 1 else "")
