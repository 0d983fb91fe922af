"""The resource types the server serves, and the admission of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from attrs import frozen

from wfcontroller.api import ApiError
from wfcontroller.embedded.admission import object_meta
from wfcontroller.embedded.admission.built_in import BuiltInAdmission
from wfcontroller.embedded.admission.custom import CustomAdmission
from wfcontroller.embedded.admission.paths import Cause
from wfcontroller.embedded.definitions import CustomKind
from wfcontroller.embedded.wire import error_of
from wfcore.resources import ALL, Resource
from wfcore.simulation.metadata import is_custom
from wfcore.simulation.objects import Json
from wfcore.simulation.operations import invalid

BUILT_IN: tuple[Resource, ...] = tuple(r for r in ALL if not is_custom(r))


class Admission(Protocol):
    """What one kind asks of its objects."""

    def prepare(self, body: dict[str, Any]) -> None:
        """Prune and default a request's body in place."""
        ...

    def problems(self, value: Json, old: Json | None) -> tuple[Cause, ...]:
        """Everything wrong with the object that would be stored; `old` is None on creation."""
        ...


@frozen
class Kind:
    """One resource type as it is served."""

    resource: Resource
    admission: Admission

    def check(self, value: Json, old: Json | None) -> None:
        """Raise 422 with every problem of the object that would be stored."""
        causes = (*object_meta.problems(self.resource, value), *self.admission.problems(value, old))
        if causes:
            raise error_of(invalid(self.resource, value["metadata"]["name"], causes).refused)


class Kinds:
    """What is served now.  A caller's `Resource` is only an address: the one registered here counts."""

    def __init__(self, schemaless: Iterable[Resource] = ()) -> None:
        kinds = [Kind(r, BuiltInAdmission(r)) for r in (*BUILT_IN, *schemaless)]
        self._served = {_address(kind.resource): kind for kind in kinds}

    def serve(self, customs: Iterable[CustomKind]) -> None:
        """Serve these from now on, instead of what had their addresses."""
        for custom in customs:
            self._served[_address(custom.resource)] = Kind(custom.resource, CustomAdmission(custom.schema))

    def withdraw(self, customs: Iterable[CustomKind]) -> None:
        """Serve these no longer."""
        for custom in customs:
            self._served.pop(_address(custom.resource), None)

    def find(self, resource: Resource) -> Kind:
        """The kind at the caller's address.  Raises 404."""
        found = self._served.get(_address(resource))
        if found is None:
            raise ApiError(
                404, "NotFound",
                f"the server could not find the requested resource: {resource.api_version} {resource.plural};"
                " create its CustomResourceDefinition first",
            )
        return found

    def __iter__(self) -> Iterator[Resource]:
        return iter([kind.resource for kind in self._served.values()])


def _address(resource: Resource) -> tuple[str, str, str]:
    return resource.group, resource.version, resource.plural
