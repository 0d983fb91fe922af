"""The service on a real cluster, its audit log in a real PostgreSQL."""

from __future__ import annotations

import pytest
from tests.controlplane.fixtures import cluster

from wfstorage import open_storage
from wfstorage.embedded.sharing import throw_away_server

from .installation import installation

__all__ = ["cluster"]
# Every example may act where it says: `wfctl run` trusts its file alike.
TRUSTING = {"WF_TRUSTED_NAMESPACES": "*"}


@pytest.fixture(scope="session")
def service(cluster, tmp_path_factory):
    """The service's objects on the cluster; nothing runs yet."""
    with installation(cluster, tmp_path_factory.mktemp("service")) as installed:
        installed.install()
        yield installed


@pytest.fixture(scope="session")
def database():
    """The URL of an empty PostgreSQL."""
    with throw_away_server() as (_, address):
        yield address.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def audit_log(database):
    """What is recorded there."""
    with open_storage(database) as storage:
        yield storage.audit_log


@pytest.fixture(scope="module")
def running(service, database):
    """A controller that leads and an executor, for all tests of a module."""
    yield service.running(WF_DATABASE_URL=database, **TRUSTING)
    service.stop()
