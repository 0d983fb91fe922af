"""Admission of built-in kinds: their shape, what the server fills in, and what their schemas can't say."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from wfcontroller.embedded.admission.built_in_checks import CHECKS
from wfcontroller.embedded.admission.built_in_schemas import SCHEMAS
from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcontroller.embedded.admission.paths import Cause
from wfcontroller.embedded.admission.quantities import canonical
from wfcontroller.embedded.admission.schema import SchemaValidator
from wfcontroller.embedded.admission.structural import Schema
from wfcontroller.embedded.decoding import undecodable
from wfcore.resources import DEPLOYMENTS, RESOURCE_QUOTAS, SECRETS, Resource
from wfcore.simulation.objects import Json

_OF_SHAPE = ("type", "format", "nullable", "x-kubernetes-int-or-string")


class BuiltInAdmission:
    """A light schema, plus the checks of the kind."""

    def __init__(self, resource: Resource) -> None:
        schema = SCHEMAS.get(resource, {"x-kubernetes-preserve-unknown-fields": True})
        self._resource, self._schema, self._shape = resource, CustomAdmission(schema), SchemaValidator(_shape(schema))
        self._complete = _COMPLETIONS.get(resource)
        self._checks = CHECKS.get(resource, ())

    def prepare(self, body: dict[str, Any]) -> None:
        """Default a request's body in place.  Raises 400 for what its Go type can't hold."""
        self._schema.prepare(body)
        problems = self._shape.check(body).causes
        if problems:
            raise undecodable(self._resource, problems)
        if self._complete is not None:
            self._complete(body)

    def problems(self, value: Json, old: Json | None) -> tuple[Cause, ...]:
        """Everything wrong with the object that would be stored."""
        return (*self._schema.problems(value, None), *(cause for check in self._checks for cause in check(value, old)))


def _shape(schema: Schema) -> dict[str, Any]:
    """The types of a schema alone: what decoding looks at."""
    shape: dict[str, Any] = {key: schema[key] for key in _OF_SHAPE if key in schema}
    if "properties" in schema:
        shape["properties"] = {name: _shape(nested) for name, nested in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            shape[key] = _shape(schema[key])
    return shape


def _merge_string_data(secret: dict[str, Any]) -> None:
    plain = secret.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _rolling_update_defaults(deployment: dict[str, Any]) -> None:
    strategy = deployment["spec"]["strategy"]
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"maxUnavailable": "25%", "maxSurge": "25%", **strategy.get("rollingUpdate", {})}


def _canonical_amounts(quota: dict[str, Any]) -> None:
    hard = quota.get("spec", {}).get("hard")
    if hard:
        quota["spec"]["hard"] = {name: canonical(amount) for name, amount in hard.items()}


_COMPLETIONS: Mapping[Resource, Callable[[dict[str, Any]], None]] = {
    SECRETS: _merge_string_data, DEPLOYMENTS: _rolling_update_defaults, RESOURCE_QUOTAS: _canonical_amounts,
}
