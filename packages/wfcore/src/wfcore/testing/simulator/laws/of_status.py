"""Laws about each status that a controller commits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from wfcore.testing.simulator.agenda import SECOND, instant
from wfcore.testing.simulator.laws.broken import Laws, StatusCommit
from wfcore.testing.simulator.ledgers import entries, phase_of
from wfcore.testing.simulator.meaning import Json

PHASES = {
    "": {"planning", "failed"}, "planning": {"validating", "completed", "failed"},
    "validating": {"executing", "completed", "failed"}, "executing": {"monitoring", "rolling_back", "failed"},
    "monitoring": {"completed", "rolling_back", "failed"}, "rolling_back": {"failed"}, "completed": set(),
    "failed": set(),
}
STEPS = {
    "pending": {"executing", "skipped"}, "executing": {"completed", "failed"}, "completed": {"rolled_back"},
    "failed": set(), "skipped": set(), "rolled_back": set(),
}
COMPENSATIONS = {
    "": {"pending", "executing", "failed"}, "pending": {"executing", "failed"}, "executing": {"completed", "failed"},
    "completed": set(), "failed": set(),
}
TERMINAL = frozenset({"completed", "failed"})
_AUDIT = "AuditRecorded"
_CONTROLLERS = 3  # at most, in one schedule


def dependencies_come_first(commit: StatusCommit) -> Iterator[str]:
    for kind, number, _ in commit.intended:
        if kind != "forward" or commit.run.meaning is None:
            continue
        for needed in sorted(commit.run.meaning.needs[number]):
            if commit.ledger[needed].get("status") != "completed":
                yield f"step {number} is intended before step {needed}, which it needs, has succeeded"


def attempts_are_bounded(commit: StatusCommit) -> Iterator[str]:
    for kind, number, attempt in commit.intended:
        if attempt > 1 and (kind, number, attempt - 1) not in commit.run.intents:
            yield f"{kind} attempt {attempt} of step {number} follows none"
        if commit.run.meaning is not None and attempt > 1 + commit.run.meaning.most_retries(number):
            yield f"{kind} attempt {attempt} of step {number} is more than its retries allow"


def one_attempt_at_a_time(commit: StatusCommit) -> Iterator[str]:
    for kind, number, attempt in commit.intended:
        former = commit.run.child((kind, number, attempt - 1))
        if former is not None and not commit.settled(former):
            yield f"attempt {attempt} of step {number} is intended while {former.name} is still running"


def forward_steps_start_while_executing(commit: StatusCommit) -> Iterator[str]:
    forward = [number for kind, number, _ in commit.intended if kind == commit.run.kind]
    if not forward:
        return
    for word in ("stop", "suspend"):
        # The write has the precondition that nothing of the workflow has changed since it was read.
        if commit.run.spec.get(word):
            yield f"step {forward[0]} is intended although spec.{word} is set"
    if commit.phase != "executing":
        yield f"step {forward[0]} is intended in phase {commit.phase}"
    if commit.run.deleted is not None:
        yield f"step {forward[0]} is intended although the workflow is being deleted"
    meaning = commit.run.meaning
    if meaning is None:
        return
    running = [n for n, e in commit.ledger.items() if e.get("status") == "executing"]
    if len(running) > meaning.max_parallel:
        yield f"{len(running)} steps run at the same time, {meaning.max_parallel} may"
    lost = [n for n in sorted(meaning.critical) if commit.ledger[n].get("status") == "failed"]
    if lost:
        yield f"step {forward[0]} is intended although critical step {lost[0]} has failed"
    deadline = commit.after.get("workflowDeadline")
    slowest = instant(commit.now + commit.clocks.lowest - commit.clocks.stall - SECOND)
    if deadline and slowest >= datetime.fromisoformat(deadline):
        yield f"step {forward[0]} is intended after the workflow's deadline {deadline}"


def terminal_is_final(commit: StatusCommit) -> Iterator[str]:
    if phase_of(commit.before) not in TERMINAL:
        return
    for key in sorted({*commit.before, *commit.after} - {"conditions"}):
        if commit.before.get(key) != commit.after.get(key):
            yield f"{key} changed after the end: {commit.before.get(key)!r} -> {commit.after.get(key)!r}"
    if _conditions(commit.before) != _conditions(commit.after):
        yield "conditions changed after the end"


def _conditions(status: Json) -> list[Any]:
    return [c for c in status.get("conditions", ()) if c["type"] != _AUDIT]


def states_follow_the_tables(commit: StatusCommit) -> Iterator[str]:
    before, after = phase_of(commit.before), commit.phase
    if before != after and after not in PHASES.get(before, ()):
        yield f"phase {before!r} -> {after!r}"
    for number, entry, former in commit.changed:
        if former or not commit.run.carries(number):
            yield from _edge(STEPS, former.get("status", "pending"), entry.get("status"), f"step {number}")
        yield from _edge(COMPENSATIONS, _compensation(former), _compensation(entry), f"compensation of step {number}")
    if commit.after.get("currentStep", 0) < commit.before.get("currentStep", 0):
        yield "currentStep went down"


def _edge(table: dict[str, set[str]], before: Any, after: Any, what: str) -> Iterator[str]:
    if before != after and after not in table.get(before, ()):
        yield f"{what}: {before!r} -> {after!r}"


def _compensation(entry: Json) -> str:
    return str((entry.get("rollback") or {}).get("status", ""))


def the_end_leaves_nothing_open(commit: StatusCommit) -> Iterator[str]:
    if commit.phase not in TERMINAL or phase_of(commit.before) in TERMINAL:
        return
    for number, entry in commit.ledger.items():
        if phase_of(commit.before) in ("executing", "monitoring", "rolling_back"):
            if entry.get("status") in ("pending", "executing") or _compensation(entry) in ("pending", "executing"):
                yield f"the workflow ends with step {number} unfinished"
    if (commit.after.get("workflowResult") or {}).get("outcome") == "success":
        wrong = [n for n, e in commit.ledger.items() if e.get("status") != "completed"]
        if wrong or commit.phase != "completed":
            yield f"the outcome is success, but steps {wrong} did not succeed"


def only_what_changed_is_compensated(commit: StatusCommit) -> Iterator[str]:
    for kind, number, _ in commit.intended:
        if kind != "rollback" or commit.run.meaning is None:
            continue
        if number not in commit.run.meaning.compensable:
            yield f"step {number} is compensated without a rollbackSpec"
        by_hand = commit.run.spec.get("stop") == "Rollback" and commit.run.meaning.strategy == "manual"
        if not commit.run.meaning.automatic and not by_hand and not commit.run.reverses:
            yield f"step {number} is compensated although the rollback is not automatic"
        if commit.run.reverses and _compensation(entries(commit.run.acted.status).get(number, {})) == "completed":
            yield f"step {number} is compensated although {commit.run.acted.name} has done so itself"
        attempts = [c for c in commit.run.acted.children if c.ours and c.attempt[:2] == ("forward", number)]
        # Of one that was cancelled the last word may have come after the verdict.
        if all(surely_unchanged(c.status) and not c.tampered and not c.gone and c.deleted is None for c in attempts):
            yield f"step {number} is compensated although no attempt changed anything"


def surely_unchanged(status: Any) -> bool:
    """Whether a child has said, once and for all, that it changed nothing."""
    if not isinstance(status, dict) or status.get("phase") not in ("failed", "completed"):
        return False
    information = status.get("rollbackInformation")
    if information is None:
        return bool(status["phase"] == "failed")
    return isinstance(information, dict) and bool(information.get("mutated", "no") == "no")


def what_stays_changed_is_dirty(commit: StatusCommit) -> Iterator[str]:
    if commit.phase != "failed" or phase_of(commit.before) not in ("executing", "rolling_back"):
        return
    dirty = {d["stepNumber"] for d in (commit.after.get("rollback") or {}).get("dirty", ())}
    for number, entry in commit.ledger.items():
        if commit.run.reverses:
            if entry.get("status") != "completed" and number not in dirty:
                yield f"step {number} is not undone and is not listed as dirty"
        elif entry.get("mutated", "no") != "no" and _compensation(entry) != "completed" and number not in dirty:
            yield f"step {number} stays changed and is not listed as dirty"


def compensations_run_in_reverse(commit: StatusCommit) -> Iterator[str]:
    for kind, number, _ in commit.intended:
        if kind != "rollback" or commit.run.meaning is None:
            continue
        stands_on_it = (commit.run.acted.meaning or commit.run.meaning).dependants(number)
        for after in sorted(stands_on_it & commit.ledger.keys()):
            entry = commit.ledger[after]
            state = entry.get("status") if commit.run.reverses else _compensation(entry)
            if state in ("pending", "executing"):
                yield f"step {number} is compensated before step {after}, which stands on it"


def rollback_waits_for_running_steps(commit: StatusCommit) -> Iterator[str]:
    if commit.phase != "rolling_back" or phase_of(commit.before) == "rolling_back":
        return
    for number, entry in commit.ledger.items():
        if entry.get("status") == "executing":
            yield f"the rollback starts while step {number} is executing"
    for child in commit.run.children:
        kind, number, attempt = child.attempt
        zombie = attempt < commit.ledger.get(number, {}).get("attempt", 0)
        if child.ours and kind == "forward" and not zombie and not commit.settled(child):
            yield f"the rollback starts while {child.name} is still running"


def results_are_those_of_our_children(commit: StatusCommit) -> Iterator[str]:
    for _, _, part, child in _newly_completed(commit):
        reference = part.get("k8sExecutionRef") or {}
        if child is None:
            yield f"{reference.get('name')} is completed, but no object has its uid {reference.get('uid')!r}"
        elif child.owner != commit.run.uid:
            yield f"{child.name} counts as completed, but belongs to {child.owner or 'nobody'}"
        elif child.edited and not child.succeeded_unedited:
            yield f"{child.name} counts as completed, but its spec is not the one that was intended"
        elif child.name != reference.get("name"):
            yield f"the result of {reference.get('name')} was read from {child.name}"


def success_was_reported(commit: StatusCommit) -> Iterator[str]:
    for kind, number, _, child in _newly_completed(commit):
        if child is not None and not child.succeeded:
            yield f"{kind} step {number} is completed, but {child.name} never reported a well-formed success"


def _newly_completed(commit: StatusCommit) -> Iterator[tuple[str, int, Json, Any]]:
    by_uid: dict[Any, Any] = {child.uid: child for child in commit.run.children}
    for number, entry, former in commit.changed:
        if entry.get("status") == "completed" != former.get("status") and (former or not commit.run.carries(number)):
            yield "forward", number, entry, by_uid.get((entry.get("k8sExecutionRef") or {}).get("uid"))
        if _compensation(entry) == "completed" != _compensation(former):
            part = entry["rollback"]
            yield "rollback", number, part, by_uid.get((part.get("k8sExecutionRef") or {}).get("uid"))


def writes_are_bounded(commit: StatusCommit) -> Iterator[str]:
    steps, attempts = len(commit.ledger), len(commit.run.intents)
    samples = commit.settings.monitoring_timeout // commit.settings.sample_interval
    # Each sample of a target that comes and goes is a change, and each of several controllers takes its own.
    most = 2 * samples * _CONTROLLERS + 12 + 4 * (steps + attempts + commit.run.moves)
    if commit.run.status_writes > most:
        yield f"{commit.run.status_writes} status writes for {steps} steps and {attempts} attempts; {most} are enough"


def time_only_moves_forward(commit: StatusCommit) -> Iterator[str]:
    for number, entry, former in commit.changed:
        for kind, part, before in ((commit.run.kind, entry, former),
                                   ("rollback", entry.get("rollback") or {}, former.get("rollback") or {})):
            yield from _times(commit, kind, number, part, before)
    start, end = commit.after.get("planningStartTime"), commit.after.get("completionTime")
    if start and end and datetime.fromisoformat(end) < datetime.fromisoformat(start):
        yield f"it ended at {end}, before it started at {start}"


def _times(commit: StatusCommit, kind: str, number: int, part: Json, before: Json) -> Iterator[str]:
    start, end = part.get("startTime"), part.get("endTime")
    if start and end and datetime.fromisoformat(end) < datetime.fromisoformat(start):
        yield f"{kind} step {number} ended at {end}, before it started at {start}"
    same = part.get("attempt") == before.get("attempt") and part.get("attempt")
    moved = before.get("deadline") and part.get("deadline", before["deadline"]) != before["deadline"]
    # A freeze holds compensations; what it took is given back when it ends.
    if same and moved and not (kind == "rollback" and commit.before.get("frozenSince")):
        yield f"the deadline of {kind} step {number} was armed again"
    intended = commit.run.intents.get((kind, number, part.get("attempt", 0)))
    if kind == commit.run.kind and part.get("cancelledAt") and not before.get("cancelledAt") and commit.run.meaning:
        timeout = int(commit.run.meaning.timeout[number] * SECOND)
        # Cancelled for what it is, not for its time; there are two where somebody took away the first without a trace.
        strange = any(child.tampered for child in commit.run.of_attempt((kind, number, part["attempt"])))
        if intended is not None and not strange and commit.now - intended + commit.clocks.spread < timeout:
            yield f"step {number} timed out {timeout - commit.now + intended} microseconds too early"
    if part.get("retryAt") and part.get("retryAt") != before.get("retryAt"):
        cap = instant(commit.now + commit.clocks.highest + SECOND) + commit.settings.backoff_cap
        if datetime.fromisoformat(part["retryAt"]) > cap:
            yield f"{kind} step {number} waits longer than the back-off's cap"
    if before.get("retryAt") and part.get("attempt", 0) > before.get("attempt", 0):
        if instant(commit.now + commit.clocks.highest + SECOND) < datetime.fromisoformat(before["retryAt"]):
            yield f"{kind} step {number} is retried before {before['retryAt']}"


def recorded_means_stored(commit: StatusCommit) -> Iterator[str]:
    claimed = any(c["type"] == _AUDIT and c["status"] == "True" for c in commit.after.get("conditions", ()))
    if claimed and len(commit.run.rows) != 1:
        yield f"status says that the audit row is stored; {len(commit.run.rows)} are"


STATUS_LAWS: Laws = {
    "S1": (dependencies_come_first,),
    "S4": (attempts_are_bounded,),
    "S5": (one_attempt_at_a_time,),
    "S6": (forward_steps_start_while_executing,),
    "S7": (terminal_is_final,),
    "S8": (states_follow_the_tables, the_end_leaves_nothing_open),
    "S9": (only_what_changed_is_compensated, what_stays_changed_is_dirty),
    "S10": (compensations_run_in_reverse,),
    "S11": (rollback_waits_for_running_steps,),
    "S15": (results_are_those_of_our_children,),
    "S16": (success_was_reported,),
    "S20": (writes_are_bounded,),
    "S21": (time_only_moves_forward,),
    "S27": (recorded_means_stored,),
}
