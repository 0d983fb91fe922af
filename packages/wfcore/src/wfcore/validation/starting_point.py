"""What a `rollbackOf` or `retryOf` may say, as far as the document alone shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wfcore.codec.problems import Path, Problem
from wfcore.planning.outline import outline_of_raw

_WORDS = ("rollbackOf", "retryOf")


def starting_point(spec: Mapping[str, Any], name: str, path: Path = ("spec",)) -> Iterator[Problem]:
    """Every problem of a raw spec's source; `name` is the workflow's own, empty if it is not known."""
    given = [word for word in _WORDS if spec.get(word) is not None]
    if len(given) > 1:
        yield Problem((*path, _WORDS[1]), "Ambiguous", "rollbackOf and retryOf exclude each other; set one of them")
    for word in given:
        source = spec[word]
        if isinstance(source, Mapping):
            yield from _reference(source, name, spec.get("workflowDefinition"), (*path, word))
    strategy = spec.get("executionStrategy")
    if _WORDS[0] in given and isinstance(strategy, Mapping) and strategy.get("dryRunFirst") is True:
        yield Problem((*path, "executionStrategy", "dryRunFirst"), "NotSupported",
                      "a compensation cannot be tried out: it restores what was captured; leave dryRunFirst out")


def _reference(source: Mapping[str, Any], name: str, definition: Any, path: Path) -> Iterator[Problem]:
    if name and source.get("name") == name:
        yield Problem((*path, "name"), "SelfReference",
                      f"workflow {name!r} cannot start from itself; give it another name, or name another workflow")
    wanted = source.get("steps")
    known = {step.number for step in outline_of_raw(definition).steps} if definition is not None else None
    seen: set[int] = set()
    for place, number in enumerate(wanted if isinstance(wanted, list) else ()):
        if not isinstance(number, int):
            continue
        if number in seen:
            yield Problem((*path, "steps", place), "Duplicate", f"step {number} is named twice; remove one")
        elif known is not None and number not in known:
            yield Problem((*path, "steps", place), "UnknownStep", f"workflowDefinition has no step {number}")
        seen.add(number)
