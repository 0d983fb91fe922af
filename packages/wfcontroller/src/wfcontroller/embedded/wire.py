"""JSON across the server's border, by round trips through orjson.

The way out starts from the text the store computes once per stored object.
"""

from __future__ import annotations

from typing import Any

import orjson

from wfcontroller.api import ApiError, Object
from wfcore.resources import Resource
from wfcore.simulation.metadata import is_custom
from wfcore.simulation.objects import Json, StoredObject
from wfcore.simulation.operations import Refused


def answered(stored: StoredObject) -> Object:
    """A copy the caller may keep and change."""
    copy: Object = orjson.loads(stored.text)
    return copy


def listed(resource: Resource, stored: StoredObject) -> Object:
    """The same as an item of a list: those of built-in kinds leave out what the list says for all of them."""
    copy = answered(stored)
    if not is_custom(resource):
        del copy["apiVersion"], copy["kind"]
    return copy


def copied(value: Json) -> dict[str, Any]:
    """A deep copy of JSON."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(value))
    return copy


def error_of(refused: Refused) -> ApiError:
    """The kernel's refusal as the error of a request."""
    return ApiError(refused.status, refused.reason, refused.message, causes=refused.causes)
