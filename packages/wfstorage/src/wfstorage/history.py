"""History on PostgreSQL: figures of recent steps by action, computed where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from attrs import field, frozen
from sqlalchemy import (
    Connection,
    Engine,
    FromClause,
    RowMapping,
    Select,
    Text,
    Values,
    column,
    func,
    literal,
    select,
    true,
    values,
)

from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.experience import OWN_IS_ENOUGH, experience
from wfstorage.faults import translated
from wfstorage.rows import storable_text
from wfstorage.schema import DURATION, audits, step_audits
from wfstorage.upgrade import SchemaGate

LOOKS_BACK = timedelta(days=30)
# Steps looked at for one action: more of them change no figure that matters, and cost.
MOST_STEPS = 1000
# What was compensated had succeeded.
SUCCEEDED = ("completed", "rolled_back")
ENDED = (*SUCCEEDED, "failed")


@frozen
class PostgresHistory:
    """`wfcore.ports.History`.  Thread-safe; each call takes one connection of the pool."""

    _engine: Engine = field(repr=False)
    _gate: SchemaGate

    def about(self, workflow_name: str, actions: Sequence[Action], /) -> tuple[ActionHistory, ...]:
        """See the port.  Two statements, each at most `MOST_STEPS` index entries an action."""
        if not actions:
            return ()
        wanted = values(column("action", Text), name="wanted").data([(str(a),) for a in sorted(set(actions))])
        with translated(f"reading the history of workflow {workflow_name[:100]!r}"):
            self._gate.require_readable()
            with self._engine.connect() as connection:
                own = _figures(connection, wanted, _steps(wanted, storable_text(workflow_name)))
                enough = {action: row for action, row in own.items() if row["samples"] >= OWN_IS_ENOUGH}
                found = {**_figures(connection, wanted, _steps(wanted)), **enough}
        return tuple(_history(found[action]) for action in sorted(found))


def _steps(wanted: Values, workflow_name: str | None = None) -> FromClause:
    """The newest ended steps of an action: of one definition, or of all."""
    since = func.now() - literal(LOOKS_BACK, DURATION)
    steps = select(step_audits.c.status, step_audits.c.duration, step_audits.c.retries_attempted).where(
        step_audits.c.action == wanted.c.action, step_audits.c.status.in_(ENDED), step_audits.c.completed_at >= since)
    if workflow_name is not None:
        same = (audits.c.id == step_audits.c.audit_id) & (audits.c.completed_at == step_audits.c.completed_at)
        steps = steps.join(audits, same).where(audits.c.workflow_name == workflow_name, audits.c.completed_at >= since)
    return steps.order_by(step_audits.c.completed_at.desc()).limit(MOST_STEPS).lateral("step")


def _figures(connection: Connection, wanted: Values, step: FromClause) -> Mapping[str, RowMapping]:
    found = connection.execute(_summary(wanted, step)).mappings()
    return {row["action"]: row for row in found}


def _summary(wanted: Values, step: FromClause) -> Select[tuple[object, ...]]:
    well, again = step.c.status.in_(SUCCEEDED), step.c.retries_attempted > 0
    at_once = well & ~again
    return select(
        wanted.c.action,
        func.count().label("samples"),
        func.count().filter(well).label("succeeded"),
        func.count().filter(again).label("retried"),
        func.count().filter(well & again).label("retried_succeeded"),
        func.percentile_cont(0.5).within_group(step.c.duration).filter(at_once).label("typical"),
        func.percentile_cont(0.95).within_group(step.c.duration).filter(at_once).label("slow"),
    ).select_from(wanted.join(step, true())).group_by(wanted.c.action)


def _history(row: RowMapping) -> ActionHistory:
    return experience(
        Action(row["action"]), samples=row["samples"], succeeded=row["succeeded"], retried=row["retried"],
        retried_succeeded=row["retried_succeeded"], typical=row["typical"], slow=row["slow"])
