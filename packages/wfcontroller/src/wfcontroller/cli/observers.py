"""Who is told how a run goes: a pipe gets lines, a terminal a live table, `-o json` nothing until the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType

import click
from attrs import frozen
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wfcontroller.cli.notices import Raw, notices
from wfcontroller.cli.progress import Changes, StepRow, needs_of, rows
from wfcore.planning.outline import Needs

_MOST_NOTICES = 5
_SYMBOLS = {
    "pending": ("·", "dim"), "executing": ("▶", "bold cyan"), "retrying": ("↻", "yellow"), "completed": ("✔", "green"),
    "failed": ("✘", "bold red"), "skipped": ("–", "dim"), "rolling_back": ("◀", "yellow"),
    "rolled_back": ("↶", "magenta"), "rollback_failed": ("!", "bold red"),
}


@frozen(eq=False)
class _Shown:
    """A workflow as last seen."""

    key: tuple[str, str]
    workflow: Raw
    needs: Needs


class QuietObserver:
    """Shows nothing but messages, on standard error."""

    def changed(self, workflow: Raw, now: datetime) -> None:
        """Nothing."""

    def message(self, text: str) -> None:
        """One line on standard error."""
        click.echo(text, err=True)


class LineObserver(QuietObserver):
    """One plain line per change, for pipes and logs."""

    def __init__(self, several: bool, write: Callable[[str], None] = click.echo) -> None:
        self._several, self._write, self._changes = several, write, Changes()

    def changed(self, workflow: Raw, now: datetime) -> None:
        """What is new about this workflow."""
        for line in self._changes.lines(workflow, now, self._several):
            self._write(line)


class LiveObserver:
    """A table that redraws in place; a context manager around the run.

    Between two changes the shown time runs on at `speed` virtual seconds per
    second: an estimate for the eye, set right by the next change.
    """

    def __init__(self, console: Console, speed: float | None = None) -> None:
        self._console, self._speed = console, speed or 0.0
        # Replaced, never changed: Live draws from a thread of its own.
        self._shown: tuple[_Shown, ...] = ()
        self._start: datetime | None = None
        self._told = (datetime.min.replace(tzinfo=UTC), 0.0)
        self._live = Live(console=console, get_renderable=self._view, refresh_per_second=8)

    def __enter__(self) -> LiveObserver:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._speed = 0.0
        self._live.stop()

    def changed(self, workflow: Raw, now: datetime) -> None:
        """Take note; the next refresh shows it."""
        self._start = self._start or now
        meta = workflow["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        before = {one.key: one for one in self._shown}
        # None as long as the plan is still to be made from another workflow.
        needs = (key in before and before[key].needs) or needs_of(workflow)
        before[key] = _Shown(key, workflow, needs)
        self._told = (now, self._console.get_time())
        self._shown = tuple(before.values())

    def message(self, text: str) -> None:
        """One line above the table."""
        self._console.print(Text(text, "dim"))

    def _view(self) -> RenderableType:
        shown, start, (now, at) = self._shown, self._start, self._told
        if not shown or start is None:
            return Text("starting", "dim")
        guessed = now + timedelta(seconds=(self._console.get_time() - at) * self._speed)
        return Group(*(progress_view(one.workflow, one.needs, guessed, start) for one in shown))


def progress_view(workflow: Raw, needs: Needs, now: datetime, start: datetime) -> RenderableType:
    """One workflow: its phase and elapsed virtual time, then a line per step."""
    status = workflow.get("status") or {}
    head = Text.assemble((workflow["metadata"]["name"], "bold"), f"  {status.get('phase') or 'new'}  ",
                         (f"+{(now - start).total_seconds():.1f}s", "dim"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    for width in (None, 32, None, None, None):
        table.add_column(overflow="ellipsis", no_wrap=True, max_width=width)
    # The note takes what is left, so that it never squeezes the others.
    table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
    for row in rows(workflow, needs, now):
        table.add_row(*_cells(row))
    # The latest, so that a workflow that was adapted a hundred times leaves room for others.
    said = [Text(f"  {notice}", "yellow") for notice in tuple(notices(status))[-_MOST_NOTICES:]]
    return Group(head, *said, table)


def _cells(row: StepRow) -> tuple[Text, ...]:
    symbol, style = _SYMBOLS.get(row.status, ("?", ""))
    elapsed = f"{row.seconds:.1f}s" if row.seconds is not None else ""
    attempt = f" attempt {row.attempt}" if row.attempt > 1 else ""
    return (Text(f"  {symbol} {row.number}", style), Text(row.name, style), Text(row.action, "dim"),
            Text(f"{row.status}{attempt}", style), Text(elapsed, "dim"), Text(row.note, "dim"))


def verdict_panel(lines: list[str], success: bool) -> RenderableType:
    """The verdict of one workflow in a frame."""
    colour = "green" if success else "red"
    return Panel(Text("\n".join(lines[1:]) or "every step did what it should"),
                 title=Text(lines[0], f"bold {colour}"), title_align="left", border_style=colour, expand=False)
