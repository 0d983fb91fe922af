"""One entry of `x-kubernetes-validations`, compiled: the rule, its message and the field it blames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import cel
from attrs import frozen
from cel.stdlib import STDLIB_FUNCTIONS

from wfcontroller.embedded.admission.cel_optionals import without_optionals
from wfcontroller.embedded.admission.paths import OMITTED, Cause, Path, duplicate, forbidden, invalid_value, required


class CelError(Exception):
    """A rule did not evaluate: an absent field, a wrong type, an overflow."""


class Expression:
    """One compiled expression.  Raises `ValueError` for text that is not CEL."""

    def __init__(self, text: str) -> None:
        self._program = cel.compile(without_optionals(text))
        self.transition = "oldSelf" in self._program.variables()
        self.functions = frozenset(self._program.functions())

    def evaluate(self, context: cel.Context) -> Any:
        """The value, as Python; any failure is a `CelError`."""
        try:
            return self._program.execute(context)
        except Exception as error:  # the binding raises whatever Python class is nearest to CEL's error
            raise CelError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """The sentence of the API server for the failures it has one for."""
    match error:
        case KeyError():
            return f"no such key: {error.args[0]}"
        case TypeError():
            return "'no such overload': call arguments did not match a supported operator, function or macro signature"
        case _:
            return str(error)


def context_of(variables: dict[str, Any], expressions: Iterable[Expression]) -> cel.Context:
    """What these expressions run in.  Converting the variables is the cost of a rule, so rules share one context."""
    used = {name for expression in expressions for name in expression.functions}
    return cel.Context(variables, {name: call for name, call in STDLIB_FUNCTIONS.items() if name in used})


@frozen
class Rule:
    """A compiled entry."""

    text: str
    kind: str  # of the values it is about, as their schema says: "object", "integer"
    expression: Expression
    message: str
    message_expression: Expression | None
    reason: str
    field: Path
    optional_old_self: bool

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What it evaluates."""
        return (self.expression, *(() if self.message_expression is None else (self.message_expression,)))

    @property
    def transition(self) -> bool:
        """Whether it compares with the old object, and so needs one."""
        return self.expression.transition and not self.optional_old_self

    def problem(self, path: Path, value: Any, context: cel.Context) -> Cause | None:
        """What the rule has against the value, if anything."""
        try:
            holds = self.expression.evaluate(context)
        except CelError as error:
            return invalid_value(path, self.kind, f"{error} evaluating rule: {self.message or self.text}")
        if holds is True:
            return None
        told = OMITTED if self.kind in ("object", "array") else value
        return _worded(self.reason, (*path, *self.field), told, self._sentence(context))

    def _sentence(self, context: cel.Context) -> str:
        written = self.message or f"failed rule: {self.text}"
        if self.message_expression is None:
            return written
        try:
            said = self.message_expression.evaluate(context)
        except CelError:
            return written  # as the API server: the fixed message stands in
        return said if isinstance(said, str) and said.strip() else written


def _worded(reason: str, path: Path, value: Any, message: str) -> Cause:
    match reason:
        case "FieldValueForbidden":
            return forbidden(path, message)
        case "FieldValueRequired":
            return required(path, message)
        case "FieldValueDuplicate":
            return duplicate(path, value)
        case _:
            return invalid_value(path, value, message)


def compiled(entry: Mapping[str, Any], kind: str) -> Rule:
    """Compile one entry of a schema of this type.  Raises `ValueError` naming the rule that is not CEL."""
    message_expression = entry.get("messageExpression")
    field = tuple(part for part in entry.get("fieldPath", "").split(".") if part)
    return Rule(
        entry["rule"], kind, Expression(entry["rule"]), entry.get("message", ""),
        Expression(message_expression) if message_expression else None, entry.get("reason", ""), field,
        bool(entry.get("optionalOldSelf")),
    )
