"""A database that goes away and comes back costs the requests made meanwhile, and nothing else."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import pytest

from wfcore.ports import TransientError
from wfcore.testing.contracts import sample_record
from wfstorage import open_storage
from wfstorage.embedded.cluster import THROW_AWAY_SETTINGS, Cluster, socket_url
from wfstorage.embedded.folders import programs_folder
from wfstorage.urls import parse_url


@pytest.fixture
def cluster(account, closed_folder, copied_data):
    """A server that is not running yet."""
    copied_data(closed_folder)
    return Cluster(closed_folder, programs_folder(account), account)


@contextmanager
def started(cluster):
    server = cluster.start(THROW_AWAY_SETTINGS)
    try:
        yield
    finally:
        cluster.stop()
        server.wait()


@pytest.fixture
def url(cluster):
    with cluster.reachable() as folder:
        yield socket_url(folder).render_as_string(hide_password=False)


def test_a_stopped_server_is_transient_and_the_same_store_works_after_its_restart(cluster, url, caplog):
    with caplog.at_level(logging.WARNING), open_storage(url) as storage:
        assert ["wfstorage.opening"] == [record.name for record in caplog.records]  # away when it was opened
        with pytest.raises(TransientError, match=r"uid early.*connection to server"):
            storage.audit_log.find("early")
        for uid in ("first", "second"):
            with started(cluster):
                assert storage.audit_log.record(sample_record(uid)) == storage.audit_log.record(sample_record(uid))
            with pytest.raises(TransientError, match=rf"payments/restart-{uid}.*connection to server"):
                storage.audit_log.record(sample_record(uid))
        with started(cluster):
            assert [sample_record("first"), sample_record("second")] == [
                storage.audit_log.find(uid) for uid in ("first", "second")]


def test_more_requests_at_once_than_connections_wait_and_then_are_told_to_try_again(module_database, monkeypatch):
    monkeypatch.setattr("wfstorage.engine.CONNECT_SECONDS", 0)
    with open_storage(module_database) as storage:
        taken = [storage.audit_log._engine.connect() for _ in range(4)]
        with pytest.raises(TransientError, match="QueuePool limit of size 4"):
            storage.audit_log.find("crowded")
        taken.pop().close()
        assert storage.audit_log.find("crowded") is None
        for connection in taken:
            connection.close()


def test_the_operators_own_limits_win(module_database):
    url = parse_url(module_database).update_query_dict({"options": "-c statement_timeout=77s -c lock_timeout=33s"})
    with open_storage(url.render_as_string(hide_password=False)) as storage:
        with storage.audit_log._engine.connect() as connection:
            shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in (
                "statement_timeout", "lock_timeout", "TimeZone", "application_name")]
    assert ["77s", "33s", "UTC", "wfstorage"] == shown


