"""A custom kind that has one of everything a schema can ask for, and a namespace to make its objects in."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import frozen

from wfcontroller.api import Api, ApiError
from wfcontroller.embedded.definitions import custom_kinds
from wfcore.resources import NAMESPACES, Resource

GADGETS = Resource("test.kubernaut.io", "v1", "Gadget", "gadgets", has_status=True)

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["colour"],
    "properties": {
        "colour": {"type": "string", "enum": ["red", "green"]},
        "size": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
        "label": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5, "minLength": 1},
        "ratio": {"type": "number", "exclusiveMinimum": True, "minimum": 0},
        "port": {"x-kubernetes-int-or-string": True},
        "when": {"type": "string", "format": "date-time"},
        "pause": {"type": "string", "format": "duration"},
        "blob": {"type": "string", "format": "byte"},
        "maybe": {"type": "string", "nullable": True},
        "tags": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string", "maxLength": 3}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True,
                 "properties": {"known": {"type": "object", "properties": {"a": {"type": "integer"}}}}},
        "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {
            "spec": {"type": "object", "properties": {"a": {"type": "integer"}}}}},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 3, "items": {"type": "string"}},
        "retry": {"type": "object", "default": {}, "properties": {"limit": {"type": "integer", "default": 2}}},
        "parts": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "maxItems": 5,
            "items": {
                "type": "object", "required": ["id"],
                "properties": {
                    "id": {"type": "integer"}, "weight": {"type": "integer", "default": 1},
                    "after": {"type": "array", "maxItems": 3, "items": {"type": "integer"}},
                    "fixed": {"type": "string"},
                },
                "x-kubernetes-validations": [
                    {"rule": "!has(self.after) || self.after.all(a, a != self.id)",
                     "message": "a part cannot come after itself", "fieldPath": ".after"},
                    {"rule": "!has(oldSelf.fixed) || (has(self.fixed) && self.fixed == oldSelf.fixed)",
                     "message": "fixed is fixed", "reason": "FieldValueForbidden"},
                ],
            },
        },
        "limits": {"type": "object", "maxProperties": 5, "additionalProperties": {
            "type": "integer", "x-kubernetes-validations": [{"rule": "self > 0"}]}},
        "namespace": {"type": "string"},
        "max-size": {"type": "integer"},
    },
    "x-kubernetes-validations": [
        {"rule": "!has(self.parts) || self.parts.all(p, !has(p.after) || "
                 "p.after.all(a, self.parts.exists(q, q.id == a)))",
         "message": "every after names a part"},
        {"rule": "self.colour == oldSelf.colour", "message": "colour is immutable", "fieldPath": ".colour",
         "reason": "FieldValueForbidden"},
        {"rule": "!has(self.__namespace__) || self.__namespace__ != 'kube-system'", "message": "not there",
         "reason": "FieldValueDuplicate"},
        {"rule": "!has(self.max__dash__size) || self.size <= self.max__dash__size",
         "messageExpression": "'size is over by ' + (self.size - self.max__dash__size == 1 ? 'one' : 'more')"},
        {"rule": "!has(self.ratio) || self.ratio < 0.75", "message": "ratio must stay below 0.75"},
        {"rule": "!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')", "message": "too long ago"},
        {"rule": "self.?tags.?owner.orValue('me') != 'you'", "message": "not yours", "reason": "FieldValueRequired"},
        {"rule": "oldSelf.hasValue() || self.size < 10", "optionalOldSelf": True, "message": "starts smaller"},
        {"rule": "!has(self.label) || int(self.label + '1') > 0 || true", "message": "never false"},
        {"rule": "!has(self.tags) || !('bad' in self.tags) || self.tags.missing == 'x'",
         "messageExpression": "self.tags.alsoMissing", "message": "bad tag"},
        {"rule": "!has(self.maybe) || self.maybe != 'odd'", "messageExpression": "self.tags.alsoMissing",
         "message": "odd"},
        {"rule": "!has(self.maybe) || self.maybe != 'even'", "messageExpression": "' '"},
    ],
}
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgets.test.kubernaut.io"},
    "spec": {
        "group": "test.kubernaut.io", "scope": "Namespaced",
        "names": {"kind": "Gadget", "listKind": "GadgetList", "plural": "gadgets", "singular": "gadget"},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {
                "type": "object", "required": ["spec"],
                "properties": {
                    "spec": SPEC,
                    "status": {"type": "object", "properties": {
                        "phase": {"type": "string", "enum": ["on", "off"]},
                        "count": {"type": "integer", "x-kubernetes-validations": [
                            {"rule": "self >= oldSelf", "message": "count never falls"}]},
                    }},
                },
            }},
        }],
    },
}


@frozen
class Place:
    """One namespace, and short ways to make objects in it."""

    api: Api
    namespace: str

    @classmethod
    async def fresh(cls, api: Api) -> Place:
        made = await api.create(NAMESPACES, {"metadata": {"generateName": "test-"}})
        return cls(api, made["metadata"]["name"])

    def body(self, name: str, metadata: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
        return {"metadata": {"name": name, "namespace": self.namespace, **(metadata or {})}, **content}

    async def make(self, resource: Resource, name: str, **content: Any) -> dict[str, Any]:
        return await self.api.create(resource, self.body(name, **content))

    async def gadget(self, name: str = "g", metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
        body = self.body(name, metadata, spec={"colour": "red", **spec})
        return await self.api.create(GADGETS, body)

    async def get(self, resource: Resource, name: str) -> dict[str, Any]:
        return await self.api.get(resource, self.namespace, name)

    async def change(self, resource: Resource, name: str, edit: Callable[[dict[str, Any]], object],
                     *, status: bool = False) -> dict[str, Any]:
        """Read, edit in place and write, until no controller came between."""
        write = self.api.update_status if status else self.api.update
        while True:
            read = await self.get(resource, name)
            edit(read)
            try:
                return await write(resource, read)
            except ApiError as error:
                if error.status != 409:
                    raise

    async def gone(self, resource: Resource, name: str) -> None:
        """Wait until an object is no more."""

        async def absent() -> bool:
            try:
                await self.get(resource, name)
            except ApiError as error:
                return error.status == 404
            return False

        await until(absent)


async def served(api: Api, definition: dict[str, Any]) -> None:
    """Wait until the first version of a definition is served; a moment after it is established there is no storage."""
    resource = next(custom_kinds(definition)).resource

    async def listed() -> bool:
        try:
            await api.list(resource, limit=1)
        except ApiError as error:
            if error.status not in (404, 429, 503):
                raise
            return False
        return True

    await until(listed)


@frozen
class Forgotten:
    """Where a list or a watch can't go on from."""

    version: str
    token: str


def ancient_token() -> str:
    """A continue token of the first version there ever was, in the API server's own form."""
    token = {"v": "meta.k8s.io/v1", "rv": 1, "start": "a"}
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, at most a minute: a garbage collector learns of a new kind within half of one."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - there is only the API to ask
            await asyncio.sleep(0.02)


async def refusal(request: Awaitable[Any]) -> ApiError:
    """The error a request ends with."""
    with pytest.raises(ApiError) as caught:
        await request
    return caught.value


async def events(watch: Any, count: int) -> list[tuple[str, str]]:
    """The next `count` events that are no bookmarks, as (type, name)."""
    seen: list[tuple[str, str]] = []
    async with asyncio.timeout(10):
        async for event in watch:
            if event.type != "BOOKMARK":
                seen.append((event.type, event.object["metadata"]["name"]))
            if len(seen) == count:
                await watch.aclose()
                return seen
    raise AssertionError(f"the watch ended after {seen}")
