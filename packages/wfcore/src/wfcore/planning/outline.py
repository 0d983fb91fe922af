"""The dependencies of a workflow, from both spellings, with every problem they have.

Works on an outline - numbers, names, edges - so that a document which does not
decode still gets all problems of its graph reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from wfcore.codec.problems import Path, Problem
from wfcore.model.definition import WorkflowDefinition
from wfcore.planning import dag

# For each step, the steps that have to succeed first; every prerequisite is itself a key.
Needs: TypeAlias = Mapping[int, frozenset[int]]


@frozen
class StepOutline:
    """One step: its index in the list, its number (None if unreadable), its name and its `dependsOn`."""

    index: int
    number: int | None
    name: str
    depends_on: tuple[int | None, ...]


@frozen
class Outline:
    """All steps and the `dependencies` map as (step name, prerequisite names)."""

    steps: tuple[StepOutline, ...]
    dependencies: tuple[tuple[str, tuple[str, ...]], ...]


def outline_of(definition: WorkflowDefinition) -> Outline:
    """The outline of a decoded definition."""
    return Outline(
        tuple(StepOutline(i, s.step_number, s.name, s.depends_on) for i, s in enumerate(definition.steps)),
        tuple((entry.step, entry.needs) for entry in definition.dependencies),
    )


def outline_of_raw(definition: Any) -> Outline:
    """The outline of whatever can be read of a raw definition; never raises."""
    raw = definition if isinstance(definition, Mapping) else {}
    steps, dependencies = raw.get("steps"), raw.get("dependencies")
    return Outline(
        tuple(_raw_step(i, s) for i, s in enumerate(steps if isinstance(steps, list) else ())),
        tuple((str(step), tuple(n for n in needs if isinstance(n, str)))
              for step, needs in sorted(dependencies.items(), key=lambda e: str(e[0])) if isinstance(needs, list))
        if isinstance(dependencies, Mapping) else (),
    )


def _raw_step(index: int, step: Any) -> StepOutline:
    raw = step if isinstance(step, Mapping) else {}
    needs, name = raw.get("dependsOn"), raw.get("name")
    return StepOutline(index, _number(raw.get("stepNumber")), name if isinstance(name, str) else "",
                       tuple(map(_number, needs)) if isinstance(needs, list) else ())


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def resolve(outline: Outline, path: Path = ()) -> tuple[Needs, tuple[Problem, ...]]:
    """Unite `dependsOn` and `dependencies`; `path` leads to the definition.

    Returns the edges that could be resolved and every problem: duplicate
    numbers, unknown or ambiguous prerequisites, self edges, and one cycle in
    the order its steps would run.  O(steps + edges).
    """
    numbers = Counter(step.number for step in outline.steps if step.number is not None)
    needs: dict[int, set[int]] = {number: set() for number in sorted(numbers)}
    problems = [*_duplicates(outline, path), *_by_number(outline, needs, path), *_by_name(outline, needs, path)]
    frozen_needs = {number: frozenset(wanted) for number, wanted in needs.items()}
    cycle = dag.find_cycle({n: wanted - {n} for n, wanted in frozen_needs.items()})
    if cycle:
        named = " -> ".join(map(str, (*cycle, cycle[0])))
        index = next(s.index for s in outline.steps if s.number == cycle[0])
        problems.append(Problem((*path, "steps", index, "dependsOn"), "Cycle",
                                f"steps depend on each other in a cycle: {named}; remove one of these dependencies"))
    return frozen_needs, tuple(problems)


def _duplicates(outline: Outline, path: Path) -> Iterator[Problem]:
    first: dict[int, int] = {}
    for step in outline.steps:
        if step.number is None:
            continue
        if step.number in first:
            yield Problem((*path, "steps", step.index, "stepNumber"), "Duplicate",
                          f"step number {step.number} is already used by steps[{first[step.number]}]")
        first.setdefault(step.number, step.index)


def _by_number(outline: Outline, needs: dict[int, set[int]], path: Path) -> Iterator[Problem]:
    for step in outline.steps:
        for position, wanted in enumerate(step.depends_on):
            if wanted is None or step.number is None:
                continue
            place = (*path, "steps", step.index, "dependsOn", position)
            if wanted == step.number:
                yield _self_edge(place, step.number)
            elif wanted not in needs:
                yield Problem(place, "UnknownStep", f"there is no step {wanted}; the steps are {_listed(needs)}")
            else:
                needs[step.number].add(wanted)


def _by_name(outline: Outline, needs: dict[int, set[int]], path: Path) -> Iterator[Problem]:
    numbers_of: dict[str, list[int]] = {}
    for step in outline.steps:
        if step.name and step.number is not None:
            numbers_of.setdefault(step.name, []).append(step.number)
    for name, wanted_names in outline.dependencies:
        place: Path = (*path, "dependencies", name)
        found = numbers_of.get(name, [])
        if len(found) != 1:
            yield _not_one(place, name, found)
            continue
        for position, wanted in enumerate(wanted_names):
            prerequisites = numbers_of.get(wanted, [])
            if len(prerequisites) != 1:
                yield _not_one((*place, position), wanted, prerequisites)
            elif prerequisites[0] == found[0]:
                yield _self_edge((*place, position), found[0])
            else:
                needs[found[0]].add(prerequisites[0])


def _not_one(place: Path, name: str, found: list[int]) -> Problem:
    if found:
        return Problem(place, "AmbiguousStep", f"steps {', '.join(map(str, found))} are all named {name!r}; "
                       "give them different names or use dependsOn")
    return Problem(place, "UnknownStep", f"no step is named {name!r}")


def _self_edge(place: Path, number: int) -> Problem:
    return Problem(place, "SelfDependency", f"step {number} depends on itself; remove this entry")


def _listed(numbers: Mapping[int, Any], shown: int = 10) -> str:
    some = ", ".join(str(n) for n in list(numbers)[:shown])
    return f"{some}, ... ({len(numbers)} in all)" if len(numbers) > shown else some
