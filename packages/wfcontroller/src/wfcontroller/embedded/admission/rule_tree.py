"""The CEL rules of a whole schema, evaluated on the values they sit on.

A rule that mentions `oldSelf` is a transition rule: it runs only where the old
object has the same value, found through properties, map keys and `map` lists.
A rule that does not runs only where the value changed, as the API server
ratchets: what was stored under an older definition stays writable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cel

from wfcontroller.embedded.admission.cel_rules import compiled, context_of
from wfcontroller.embedded.admission.cel_values import converter
from wfcontroller.embedded.admission.paths import Cause, Key, Path
from wfcontroller.embedded.admission.structural import Schema
from wfcontroller.embedded.admission.unique_members import list_identity

ABSENT: Any = object()  # no old value; None is a value
_REMEMBERED = 64


class RuleTree:
    """The rules of one schema node, with the way down to the ones inside it."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        entries, kind = schema.get("x-kubernetes-validations", ()), schema.get("type", "")
        self._rules = tuple(compiled(entry, kind) for entry in entries)
        self._convert: Callable[[Any], Any] = converter(schema) or (lambda value: value)
        nested = {name: _unless_idle(s) for name, s in schema.get("properties", {}).items()}
        additional = schema.get("additionalProperties")
        self._named = nested.keys()
        self._properties = {name: tree for name, tree in nested.items() if tree is not None}
        self._additional = _unless_idle(additional) if isinstance(additional, Mapping) else None
        self._items = _unless_idle(schema["items"]) if "items" in schema else None
        inside = [*self._properties.values(), *(t for t in (self._additional, self._items) if t is not None)]
        self.idle = not self._rules and not inside
        self.transitions: bool = any(r.transition for r in self._rules) or any(t.transitions for t in inside)
        self._unchanged: dict[int, Any] = {}

    def problems(self, value: Any, old: Any = ABSENT, path: Path = ()) -> Iterator[Cause]:
        """Every rule that does not hold, outer values first."""
        same = value is old or value == old
        if value is None or (same and not self.transitions):
            return
        yield from self._remembered(value, path) if value is old else self._own(value, old, path, same)
        if isinstance(value, dict):
            before = old if isinstance(old, dict) else {}
            for name, nested in value.items():
                tree = self._properties.get(name) if name in self._named else self._additional
                if tree is not None:
                    part = name if name in self._named else Key(name)
                    yield from tree.problems(nested, before.get(name, ABSENT), (*path, part))
        elif isinstance(value, list) and self._items is not None:
            for index, item in enumerate(value):
                yield from self._items.problems(item, self._same(item, old), (*path, index))

    def _own(self, value: Any, old: Any, path: Path, same: bool) -> tuple[Cause, ...]:
        first = old is ABSENT or old is None
        rules = [r for r in self._rules if not ((first and r.transition) or (same and not r.transition))]
        if not rules:
            return ()
        expressions = [e for rule in rules for e in rule.expressions]
        variables = {"self": self._convert(value)}
        before = {} if first else {"oldSelf": self._convert(old)}
        plain = context_of({**variables, **before}, expressions)
        optional = plain
        if any(r.optional_old_self for r in rules):
            known = cel.OptionalValue.none() if first else cel.OptionalValue.of(before["oldSelf"])
            optional = context_of({**variables, "oldSelf": known}, expressions)
        return tuple(
            problem for rule in rules
            if (problem := rule.problem(path, value, optional if rule.optional_old_self else plain)) is not None
        )

    def _remembered(self, value: Any, path: Path) -> tuple[Cause, ...]:
        """What transition rules say of the very same value: a write to `status` would else pay for a large spec.

        Only outcomes without a problem are remembered, so a path never matters.
        """
        if not self._rules:
            return ()
        if id(value) not in self._unchanged:
            causes = self._own(value, value, path, same=True)
            if causes:
                return causes
            if len(self._unchanged) == _REMEMBERED:
                del self._unchanged[next(iter(self._unchanged))]
            self._unchanged[id(value)] = value  # keeps the value alive, and so its id its own
        return ()

    def _same(self, item: Any, old: Any) -> Any:
        if self._schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
            return ABSENT
        identity = list_identity(item, self._schema)
        return next((o for o in old if list_identity(o, self._schema) == identity), ABSENT)


def _unless_idle(schema: Schema) -> RuleTree | None:
    tree = RuleTree(schema)
    return None if tree.idle else tree
