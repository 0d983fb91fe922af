"""Workflows as the lines of a table, in the columns that the definition gives kubectl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from wfcontroller.api import Object
from wfcontroller.cli.ages import age
from wfcontroller.objects import metadata, status

_GAP = "   "
_COLUMNS = ("NAME", "PHASE", "STEP", "OUTCOME", "AGE")
_WIDE = ("STRATEGY", "DURATION", "PLAN DIGEST", "REASON")
# What a table that is still growing leaves to each column.
_WIDTHS: Mapping[str, int] = {"NAMESPACE": 20, "NAME": 30, "PHASE": 12, "STEP": 7, "OUTCOME": 15, "AGE": 8,
                              "STRATEGY": 26, "DURATION": 10, "PLAN DIGEST": 71, "REASON": 20}


def lines(items: Sequence[Object], now: datetime, *, wide: bool, with_namespace: bool) -> Iterator[str]:
    """Head and a line for each workflow, columns as wide as what is in them."""
    table = [_head(wide, with_namespace), *(_cells(item, now, wide, with_namespace) for item in items)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield _joined(row, widths)


class Rows:
    """The same a line at a time, for a list whose end is not known: columns of a fixed width."""

    def __init__(self, *, wide: bool, with_namespace: bool) -> None:
        self._wide, self._with_namespace = wide, with_namespace
        self._widths = [_WIDTHS[name] for name in _head(wide, with_namespace)]

    def head(self) -> str:
        """The names of the columns."""
        return _joined(_head(self._wide, self._with_namespace), self._widths)

    def line(self, item: Object, now: datetime) -> str:
        """One workflow as it is now; what is too long for its column moves the rest."""
        return _joined(_cells(item, now, self._wide, self._with_namespace), self._widths)


def _head(wide: bool, with_namespace: bool) -> tuple[str, ...]:
    return (*(("NAMESPACE",) if with_namespace else ()), *_COLUMNS, *(_WIDE if wide else ()))


def _cells(item: Object, now: datetime, wide: bool, with_namespace: bool) -> tuple[str, ...]:
    meta, state = metadata(item), status(item)
    result: Mapping[str, Any] = state.get("workflowResult") or {}
    cells = [meta.get("namespace", "")] if with_namespace else []
    steps = f"{state.get('currentStep', 0)}/{state['totalSteps']}" if state.get("totalSteps") else ""
    cells += [meta["name"], state.get("phase", ""), steps, result.get("outcome", ""),
              age(meta.get("creationTimestamp"), now)]
    if wide:
        cells += [(state.get("executionPlan") or {}).get("strategy", ""),
                  (state.get("executionMetrics") or {}).get("totalDuration", ""), state.get("planDigest", ""),
                  state.get("failureReason", "")]
    return tuple(str(cell) for cell in cells)


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
