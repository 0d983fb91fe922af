"""Who is told how a run goes: a pipe gets lines, a terminal a live table, `-o json` nothing until the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wfcontroller.cli.outcomes import Raw
from wfcontroller.cli.progress import Changes, StepRow, needs_of, rows

if TYPE_CHECKING:
    from wfcore.planning.outline import Needs

_SYMBOLS = {
    "pending": ("·", "dim"), "executing": ("▶", "bold cyan"), "retrying": ("↻", "yellow"), "completed": ("✔", "green"),
    "failed": ("✘", "bold red"), "skipped": ("–", "dim"), "rolling_back": ("◀", "yellow"),
    "rolled_back": ("↶", "magenta"), "rollback_failed": ("!", "bold red"),
}


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
    """A table that redraws in place; a context manager around the run."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._workflows: dict[tuple[str, str], Raw] = {}
        self._needs: dict[tuple[str, str], Needs] = {}
        self._start: datetime | None = None

    def __enter__(self) -> LiveObserver:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def changed(self, workflow: Raw, now: datetime) -> None:
        """Redraw."""
        self._start = self._start or now
        meta = workflow["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        if key not in self._needs:
            self._needs[key] = needs_of(workflow)
        self._workflows[key] = workflow
        parts = [progress_view(one, self._needs[at], now, self._start) for at, one in self._workflows.items()]
        self._live.update(Group(*parts), refresh=True)

    def message(self, text: str) -> None:
        """One line above the table."""
        self._console.print(Text(text, "dim"))


def progress_view(workflow: Raw, needs: Needs, now: datetime, start: datetime) -> RenderableType:
    """One workflow: its phase and elapsed virtual time, then a line per step."""
    status = workflow.get("status") or {}
    head = Text.assemble((workflow["metadata"]["name"], "bold"), f"  {status.get('phase') or 'new'}  ",
                         (f"+{(now - start).total_seconds():.1f}s", "dim"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for _ in range(6):
        table.add_column(overflow="ellipsis", no_wrap=True)
    for row in rows(workflow, needs, now):
        table.add_row(*_cells(row))
    return Group(head, table)


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
