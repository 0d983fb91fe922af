"""What JSON schema can't say about the model, as CEL rules on the class they belong to.

Rules sit on the smallest value that holds all they look at: the API server prices
each once per item rather than as a loop over a list, and evaluates it on little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from wfcore.codec.names import wire_name
from wfcore.model.actions import (
    PARAMETERS_OF,
    PARAMETERS_OPTIONAL,
    STEP_MEMBERS,
    RestartPodParams,
    UpdateSecretParams,
)
from wfcore.model.compensations import ROLLBACK_MEMBERS, ROLLBACK_PARAMETERS_OF
from wfcore.model.definition import RollbackSpec, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.execution import KubernetesExecutionSpec


@frozen(kw_only=True)
class Rule:
    """One entry of `x-kubernetes-validations`.

    `path` is the field it blames, as `.stop`; `words` a CEL text that says it more
    precisely, which a server that can't evaluate it replaces by `message`.
    """

    rule: str
    message: str
    words: str = ""
    path: str = ""
    reason: str = "FieldValueInvalid"

    def document(self) -> dict[str, Any]:
        """The entry as JSON."""
        entry = {"rule": self.rule, "message": self.message, "messageExpression": self.words, "reason": self.reason,
                 "fieldPath": self.path}
        return {key: value for key, value in entry.items() if value}


def exactly_one(members: Mapping[str, type]) -> Rule:
    """Exactly one member of a union is set."""
    present = ", ".join(f"has(self.{key})" for key in members)
    return Rule(rule=f"[{present}].filter(set, set).size() == 1",
                message=f"exactly one of {', '.join(members)} must be set")


def keys_bounded(longest: int) -> Rule:
    """JSON schema in CRDs has no `propertyNames`."""
    return Rule(rule=f"self.all(key, size(key) >= 1 && size(key) <= {longest})",
                message=f"keys must have 1 to {longest} characters")


def within(least: str, most: str) -> Rule:
    """A duration in its range; an overflowing one fails to convert, which refuses it too."""
    return Rule(rule=f"duration(self) >= duration('{least}') && duration(self) <= duration('{most}')",
                message=f"must be a duration from {least} to {most}, e.g. 90s, 5m or 1h30m")


def rules_of(cls: type) -> tuple[Rule, ...]:
    """The rules of one class of the spec, in the order they are published."""
    return _RULES.get(cls, ())


def rules_of_field(cls: type, field: str) -> tuple[Rule, ...]:
    """The rules of one field of a class, by its wire name: what may become of its value."""
    if cls is not WorkflowExecutionSpec:
        return ()
    return _MUTABLE.get(field, (_UNCHANGED,))


def _matches(action: str, actions: Mapping[Any, type], parameters: str, members: Mapping[str, type]) -> Rule:
    key_of = {cls: key for key, cls in members.items()}
    pairs = [(str(word), key_of[cls]) for word, cls in actions.items()]
    fits = " || ".join(f"(self.{action} == '{word}' && has(self.{parameters}.{key}))" for word, key in pairs)
    table = ", ".join(f"'{word}': '{key}'" for word, key in pairs)
    word, key = pairs[0]
    return Rule(
        rule=f"!has(self.{parameters}) || !has(self.{action}) || {fits}", path=f".{parameters}",
        message=f"{parameters} must set the member that matches {action}, e.g. {key} for {word}",
        words=f"'{action} ' + self.{action} + ' needs {parameters}.' + {{{table}}}[self.{action}]")


def _parameters_required(unless: str) -> Rule:
    optional = " || ".join(f"self.action == '{action}'" for action in sorted(PARAMETERS_OPTIONAL))
    words = ", ".join(sorted(PARAMETERS_OPTIONAL))
    return Rule(rule=f"{unless}has(self.parameters) || {optional}", path=".parameters", reason="FieldValueRequired",
                message=f"parameters is required for every action but {words}")


def _set(field: str) -> str:
    return f"(has(self.{field}) && self.{field} != '')"


def _any_of(field: str) -> str:
    return f"(has(self.{field}) && size(self.{field}) > 0)"


_ONLY = "only suspend and stop can: create a new WorkflowExecution"


def _workflow_spec() -> tuple[Rule, ...]:
    # Fields with a default are always present, by the time that rules run.
    come_and_go = [wire_name(attribute.name) for attribute in attrs.fields(WorkflowExecutionSpec)
                   if attribute.default is None]
    same = " && ".join(f"has(self.{field}) == has(oldSelf.{field})" for field in come_and_go)
    return (
        Rule(rule="has(self.workflowDefinition) || has(self.rollbackOf) || has(self.retryOf)",
             message="workflowDefinition is required unless rollbackOf or retryOf is set",
             path=".workflowDefinition", reason="FieldValueRequired"),
        Rule(rule="!(has(self.rollbackOf) && has(self.retryOf))",
             message="rollbackOf and retryOf exclude each other: set one of them"),
        Rule(rule=same, message=f"fields can't be added or removed after creation; {_ONLY}",
             reason="FieldValueForbidden"),
    )


_UNCHANGED = Rule(rule="self == oldSelf", message=f"can't be changed after creation; {_ONLY}",
                  reason="FieldValueForbidden")
_FORWARDS = Rule(rule="oldSelf == '' || self == oldSelf || self == 'Rollback'",
                 message="stop only goes forwards: empty, then Graceful, then Rollback", reason="FieldValueForbidden")


_COMPENSATION = (
    Rule(rule="self.kind != 'rollback' || (has(self.rollbackAction) && has(self.rollbackParameters))",
         message="rollbackAction and rollbackParameters are required for kind rollback", reason="FieldValueRequired"),
    Rule(rule="self.kind == 'rollback' || !(has(self.rollbackAction) || has(self.rollbackParameters))",
         message="rollbackAction and rollbackParameters are only allowed for kind rollback",
         reason="FieldValueForbidden"),
)

_MUTABLE: Mapping[str, tuple[Rule, ...]] = {"suspend": (), "stop": (_FORWARDS,)}

_RULES: Mapping[type, tuple[Rule, ...]] = {
    WorkflowExecutionSpec: _workflow_spec(),
    WorkflowStep: (
        _parameters_required(""),
        _matches("action", PARAMETERS_OF, "parameters", STEP_MEMBERS),
    ),
    RollbackSpec: (_matches("action", ROLLBACK_PARAMETERS_OF, "parameters", ROLLBACK_MEMBERS),),
    RestartPodParams: (
        Rule(rule=f"{_set('podName')} != {_set('selector')}",
             message="set podName for one pod or selector for all that match, and not both"),
    ),
    UpdateSecretParams: (
        Rule(rule=f"{_any_of('updates')} || {_any_of('dataUpdates')}",
             message="set at least one key in updates or dataUpdates", reason="FieldValueRequired"),
    ),
    KubernetesExecutionSpec: (
        _parameters_required("self.kind == 'rollback' || "),
        _matches("action", PARAMETERS_OF, "parameters", STEP_MEMBERS),
        *_COMPENSATION,
        _matches("rollbackAction", ROLLBACK_PARAMETERS_OF, "rollbackParameters", ROLLBACK_MEMBERS),
        Rule(rule="self == oldSelf", message="a KubernetesExecution's spec can't be changed after creation",
             reason="FieldValueForbidden"),
    ),
}
