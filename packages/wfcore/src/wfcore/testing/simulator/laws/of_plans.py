"""Laws about the plan: it is frozen, children are what it says, and dry runs come before everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wfcore.testing.simulator.cluster import NAMESPACE
from wfcore.testing.simulator.laws.broken import ChildChange, Laws, StatusCommit
from wfcore.testing.simulator.ledgers import phase_of
from wfcore.testing.simulator.meaning import Json, Meaning, captured_in, seconds


def the_plan_stays(commit: StatusCommit) -> Iterator[str]:
    for key in ("planDigest", "planInputs"):
        known = commit.before.get(key)
        if known and known != commit.after.get(key):
            yield f"{key} changed after planning: {known!r} -> {commit.after.get(key)!r}"


def children_are_what_the_plan_says(change: ChildChange) -> Iterator[str]:
    """The step's own action and parameters, and no more time than the envelope of the adaptation grants."""
    run, child = change.run, change.child
    if change.known is not None or run is None or run.spoilt:
        return
    if child.spec.get("planDigest") != run.status.get("planDigest"):
        yield f"{child.name} was not rendered from the plan of its workflow"
    meaning = run.meaning
    step = meaning.steps.get(child.attempt[1]) if meaning is not None else None
    if meaning is None or step is None:
        return
    if child.spec.get("action") != step.get("action"):
        yield f"{child.name} does {child.spec.get('action')}, and its step {step.get('action')}"
    if child.attempt[0] == "rollback":
        yield from _restores(child.name, child.spec, step)
        return
    if _values(child.spec) != _values(step):
        yield f"{child.name} does not have the parameters of its step"
    yield from _time(change, meaning)


def _restores(name: str, spec: Json, step: Json) -> Iterator[str]:
    back = step.get("rollbackSpec") or {}
    if spec.get("rollbackAction") != back.get("action"):
        yield f"{name} does {spec.get('rollbackAction')}, and the compensation of its step is {back.get('action')}"
    given = spec.get("rollbackParameters")
    if not captured_in(given) and _values(spec, "rollbackParameters") != _values(back):
        yield f"{name} restores what nobody captured and nobody wrote"


def _time(change: ChildChange, meaning: Meaning) -> Iterator[str]:
    kind, number, _ = change.child.attempt
    has, planned = seconds(str(change.child.spec.get("timeout"))), meaning.timeout[number]
    if kind == "dryrun":
        planned = min(planned, change.settings.dry_run_timeout.total_seconds())
    if not planned <= has <= planned * meaning.stretch:
        yield f"{change.child.name} has {has} seconds; {planned} are planned, {meaning.stretch} times that is the most"


def _values(owner: Json, name: str = "parameters") -> dict[str, dict[str, Any]]:
    """The parameters without what is the same whether it is written or not."""
    return {member: {key: value for key, value in given.items()
                     if value not in ("", None, [], {}) and (key, value) != ("namespace", NAMESPACE)}
            for member, given in (owner.get(name) or {}).items()}


def only_dry_runs_before_execution(change: ChildChange) -> Iterator[str]:
    run, child = change.run, change.child
    if change.known is not None or run is None or run.spoilt:
        return
    if phase_of(run.status) in ("", "planning", "validating") and child.attempt[0] != "dryrun":
        yield f"{child.name} was created in phase {phase_of(run.status) or 'new'}"
    if child.attempt[0] == "dryrun" and (run.meaning is None or not run.meaning.dry_run_first):
        yield f"{child.name} is a dry run, and nobody asked for one"


def steps_follow_their_dry_run(commit: StatusCommit) -> Iterator[str]:
    """Only what has to come before it excuses a step whose dry run did not find or conflicted with something."""
    run = commit.run
    if run.meaning is None or not run.meaning.dry_run_first:
        return
    for kind, number, attempt in commit.intended:
        if kind != "forward" or attempt != 1:
            continue
        # One that somebody has taken away, finalizer and all, is made again.
        found = {verdict for child in run.children if child.ours and child.attempt == ("dryrun", number, 1)
                 for verdict in child.dry_runs} - {""}
        excusing = {n for n in run.meaning.needs[number] if not run.carries(n)}
        if "good" not in found and not ("excused" in found and excusing):
            yield f"step {number} is intended, and its dry run has found {', '.join(sorted(found)) or 'nothing'}"


STATUS_LAWS_OF_PLANS: Laws = {"S13": (the_plan_stays,), "S14": (steps_follow_their_dry_run,)}
CHILD_LAWS_OF_PLANS: Laws = {"S13": (children_are_what_the_plan_says,), "S14": (only_dry_runs_before_execution,)}
