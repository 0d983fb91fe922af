"""The service on a real cluster."""

from __future__ import annotations

import pytest

from tests.controlplane.fixtures import cluster

from .installation import installation

__all__ = ["cluster"]


@pytest.fixture(scope="session")
def service(cluster, tmp_path_factory):
    """The service's objects on the cluster; nothing runs yet."""
    with installation(cluster, tmp_path_factory.mktemp("service")) as installed:
        installed.install()
        yield installed


@pytest.fixture(scope="session")
def running(service):
    """A controller that leads and an executor, for all tests that only need one of each."""
    controller = service.start("wfcontroller", WF_TRUSTED_NAMESPACES="*")
    service.start("wfexecutor", WF_TRUSTED_NAMESPACES="*")
    controller.until_it_says("leadership_acquired")
    return service
