"""A request's body, decoded: a private copy of it, or 400 with everything that is no object of the kind."""

from __future__ import annotations

from typing import Any

import orjson

from wfcontroller.api import ApiError
from wfcontroller.embedded.admission import object_meta
from wfcore.resources import Resource

_JSON_ONLY = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def decoded(resource: Resource, body: Any) -> dict[str, Any]:
    """Copy, check apiVersion, kind and the types inside metadata, drop what metadata does not know."""
    try:
        copy = orjson.loads(orjson.dumps(body, option=_JSON_ONLY))
    except TypeError as error:
        raise ApiError(400, "BadRequest", f"the body of a {resource.kind} is not JSON: {error}") from error
    if not isinstance(copy, dict):
        raise ApiError(400, "BadRequest", f"the body of a {resource.kind} is not an object: {copy!r:.200}")
    if copy.get("metadata") is None:
        copy["metadata"] = {}
    _check_type(resource, copy)
    problems = object_meta.decoding_problems(copy)
    if problems:
        listed = "; ".join(f"{field}: {message}" for field, message in problems)
        raise ApiError(400, "BadRequest", f"{resource.kind} cannot be decoded: {listed}", causes=problems)
    object_meta.drop_unknown(copy)
    return copy


def _check_type(resource: Resource, body: dict[str, Any]) -> None:
    for name, wanted in (("apiVersion", resource.api_version), ("kind", resource.kind)):
        found = body.setdefault(name, wanted)
        if found != wanted:
            raise ApiError(
                400, "BadRequest",
                f"the {name} in the data ({found}) does not match the expected {name} ({wanted})",
            )
