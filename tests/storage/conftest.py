"""One throw-away PostgreSQL per worker, one empty database per module or test."""

from __future__ import annotations

import shutil
import subprocess
from itertools import count

import pytest
from pytest_alembic.plugin.fixtures import alembic_runner  # noqa: F401
from sqlalchemy import NullPool, create_engine
from sqlalchemy.schema import DDL

from wfstorage import open_storage
from wfstorage.embedded.account import Account, server_account
from wfstorage.embedded.cluster import Cluster
from wfstorage.embedded.folders import programs_folder, temporary_folder
from wfstorage.embedded.sharing import throw_away_server

NUMBERS = count(1)


@pytest.fixture(scope="session")
def initialised(account):
    """A data folder as `initdb` makes it; copies of it spare that half second."""
    folder = temporary_folder(account)
    cluster = Cluster(folder, programs_folder(account), account)
    cluster.initialise()
    yield cluster.data
    shutil.rmtree(folder)


@pytest.fixture
def copied_data(initialised):
    """Gives a folder a data folder of its own."""
    return lambda folder: subprocess.run(["cp", "-a", initialised, folder / "data"], check=True)


@pytest.fixture(scope="session")
def account():
    """Who servers run as."""
    return server_account()


@pytest.fixture
def open_folder():
    """An empty folder that every account may enter; pytest's own belong to root alone when root runs the tests."""
    folder = temporary_folder(Account(0, 0, "this one", borrowed=False))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_folder(account):
    """An empty folder of the server's account."""
    folder = temporary_folder(account)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server():
    """The URL of a server's maintenance database."""
    with throw_away_server() as (_, url):
        yield url


@pytest.fixture(scope="session")
def admin(server):
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def new_database(server, admin):
    name = f"test_{next(NUMBERS)}"
    with admin.connect() as connection:
        connection.execute(DDL(f"CREATE DATABASE {name}"))
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def database(server, admin):
    """The URL of an empty database."""
    return new_database(server, admin)


@pytest.fixture(scope="module")
def module_database(server, admin):
    return new_database(server, admin)


@pytest.fixture(scope="module")
def storage(module_database):
    with open_storage(module_database) as storage:
        yield storage


@pytest.fixture
def audit_log(storage):
    return storage.audit_log


def pytest_configure(config):
    config.addinivalue_line("markers", "alembic: a law of pytest-alembic")
