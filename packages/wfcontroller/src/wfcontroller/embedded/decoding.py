"""A request's body, decoded: a private copy of it, or 400 with everything that is no object of the kind."""

from __future__ import annotations

from typing import Any

import orjson

from wfcontroller.api import ApiError
from wfcontroller.embedded.admission import object_meta
from wfcontroller.embedded.admission.paths import Cause, invalid_value
from wfcontroller.embedded.wire import error_of
from wfcore.resources import Resource
from wfcore.simulation.metadata import is_custom
from wfcore.simulation.operations import invalid

_JSON_ONLY = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

MAX_BODY_BYTES = 3 * 1024 * 1024


def decoded(resource: Resource, body: Any) -> dict[str, Any]:
    """Copy, check apiVersion, kind and the types inside metadata, drop what metadata does not know."""
    try:
        text = orjson.dumps(body, option=_JSON_ONLY)
    except TypeError as error:
        raise ApiError(400, "BadRequest", f"the body of a {resource.kind} is not JSON: {error}") from error
    if len(text) > MAX_BODY_BYTES:
        raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {MAX_BODY_BYTES}")
    copy = orjson.loads(text)
    if not isinstance(copy, dict):
        raise ApiError(400, "BadRequest", f"the body of a {resource.kind} is not an object: {copy!r:.200}")
    if copy.get("metadata") is None:
        copy["metadata"] = {}
    problems = object_meta.decoding_problems(copy)
    if problems:
        raise undecodable(resource, problems)
    _check_type(resource, copy)
    object_meta.tidy(copy)
    return copy


def undecodable(resource: Resource, problems: tuple[Cause, ...]) -> ApiError:
    """400 with every field that has the wrong type."""
    listed = "; ".join(f"{field}: {message}" for field, message in problems)
    return ApiError(400, "BadRequest", f'{resource.kind} in version "{resource.version}" cannot be handled as a'
                                       f" {resource.kind}: {listed}")


def _check_type(resource: Resource, body: dict[str, Any]) -> None:
    """What names no version or kind is of the ones asked for."""
    version, kind = body.get("apiVersion") or resource.api_version, body.get("kind") or resource.kind
    if version != resource.api_version:
        raise ApiError(400, "BadRequest", f"the API version in the data ({version}) does not match the expected API"
                                          f" version ({resource.api_version})")
    if kind != resource.kind:
        if is_custom(resource) and isinstance(kind, str):
            cause = invalid_value(("kind",), kind, f"must be {resource.kind}")
            raise error_of(invalid(resource, str(body["metadata"].get("name", "")), (cause,)).refused)
        raise ApiError(400, "BadRequest", f"{kind} in version \"{resource.version}\" cannot be handled as a"
                                          f" {resource.kind}")
    body["apiVersion"], body["kind"] = version, kind
