"""Admission of one custom kind: decode, prune, default; then validate, then CEL, in the API server's order."""

from __future__ import annotations

from typing import Any

from wfcontroller.embedded.admission.paths import Cause
from wfcontroller.embedded.admission.rule_tree import ABSENT, RuleTree
from wfcontroller.embedded.admission.schema import SchemaValidator
from wfcontroller.embedded.admission.structural import Schema, default, prune
from wfcore.simulation.objects import Json

_UNCHECKED: Cause = (
    "<nil>",
    (
        "Invalid value: null: some validation rules were not checked because the object was invalid;"
        " correct the existing errors to complete validation"
    ),
)


class CustomAdmission:
    """Compiled once per served version.  Raises `ValueError` for a schema or a rule that does not compile."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._validator = SchemaValidator(schema)
        self._rules = RuleTree(schema)

    def prepare(self, body: dict[str, Any]) -> None:
        """Prune and default a request's body in place."""
        prune(body, self._schema, embedded=True)
        default(body, self._schema)

    def problems(self, value: Json, old: Json | None) -> tuple[Cause, ...]:
        """Everything wrong with the object that would be stored."""
        violations = self._validator.check(value, old)
        if violations.blocking:
            return (*violations.causes, *(() if self._rules.idle else (_UNCHECKED,)))
        return (*violations.causes, *self._rules.problems(value, ABSENT if old is None else old))
