"""The server under test, behind the `Api` protocol alone: the one in memory, or with `--cluster` a real one.

Every test here runs against both under the same name: what the embedded server
says is what Kubernetes says.  On a real cluster others are at work: its
controllers, and the tests before this one whose namespaces still go.
"""

from __future__ import annotations

import asyncio

import pytest
from tests.controlplane.fixtures import cluster

from wfcore.crds import crds
from wfcore.simulation.operations import Compact
from wfcore.simulation.store import apply

from .gadgets import DEFINITION, GADGETS, Forgotten, Place, ancient_token
from .servers import serving

__all__ = ["cluster"]


@pytest.fixture
def run():
    """Run one coroutine to its end on a loop of the test's own."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def defined(request):
    """The real cluster with the custom kinds of these tests; None without one."""
    if not request.config.getoption("cluster"):
        return None
    plane = request.getfixturevalue("cluster")
    plane.define(DEFINITION, *crds())
    return plane


@pytest.fixture
def api(run, defined):
    """The server."""
    with serving(run, defined, [DEFINITION]) as server:
        yield server


@pytest.fixture
def place(api, run):
    """A namespace of the test's own."""
    return run(Place.fresh(api))


@pytest.fixture
def forgotten(api, run, place, defined):
    """A version and a continue token of gadgets that the server holds no longer."""
    if defined is None:
        for name in "abc":
            run(place.gadget(name))
        page = run(api.list(GADGETS, place.namespace, limit=1))
        run(place.gadget("d"))
        api._store.state = apply(api.state, Compact(api.state.version))[0]
        return Forgotten(page.resource_version, page.continue_token)
    # No kind is remembered from the first version on: not by the server, nor, now, by its store.
    defined.forget()
    return Forgotten("1", ancient_token())
