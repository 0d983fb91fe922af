"""One data folder: made whole or not at all, started with its own settings, reached by any path."""

from __future__ import annotations

import pytest
from attrs import evolve
from sqlalchemy import NullPool, create_engine

from wfcore.ports import PermanentError, TransientError
from wfstorage.embedded import cluster as module
from wfstorage.embedded.cluster import Cluster, socket_url
from wfstorage.embedded.folders import programs_folder


@pytest.fixture
def cluster(account, closed_folder):
    return Cluster(closed_folder, programs_folder(account), account)


@pytest.fixture
def fakes(open_folder):
    """A folder of programs of which the test writes the text."""
    def write(name, text):
        (open_folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (open_folder / name).chmod(0o755)
        return open_folder

    return write


def ask(cluster, question):
    with cluster.reachable() as folder:
        engine = create_engine(socket_url(folder), poolclass=NullPool)
        with engine.connect() as connection:
            return connection.exec_driver_sql(question).scalar_one()


def test_a_failed_or_interrupted_initialisation_leaves_nothing_that_the_next_one_minds(cluster, fakes):
    failing = fakes("initdb", 'mkdir "$2"; touch "$2/half"; echo no space left >&2; exit 1')
    with pytest.raises(PermanentError, match=f"{cluster.folder}' cannot be initialised: no space left; give it space"):
        evolve(cluster, programs=failing).initialise()
    assert not cluster.data.exists()

    cluster.initialise()
    made = cluster.data.stat()
    cluster.initialise()
    assert made == cluster.data.stat()
    assert ["data"] == [place.name for place in cluster.folder.iterdir()]


def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(cluster, fakes):
    with pytest.raises(TransientError, match=r"did not start: x{300} bad setting$"):
        evolve(cluster, programs=fakes("postgres", f"echo {'x' * 300} bad setting; exit 1")).start()


def test_a_server_that_never_gets_ready_is_ended(cluster, fakes, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0.2)
    with pytest.raises(TransientError, match="did not start: pid"):
        evolve(cluster, programs=fakes("postgres", "echo pid; exec sleep 60")).start()


def test_the_log_is_never_written_where_a_link_leads(cluster, fakes):
    victim = cluster.folder / "victim"
    victim.write_text("kept")
    (cluster.folder / "log").symlink_to(victim)
    with pytest.raises(TransientError):
        evolve(cluster, programs=fakes("postgres", "echo overwritten")).start()
    assert "kept" == victim.read_text()


def test_stopping_a_server_that_does_not_run_says_so(cluster):
    with pytest.raises(TransientError, match=r"does not stop: pg_ctl.*directory"):
        cluster.stop()


def test_it_listens_on_its_socket_alone_whatever_the_environment_says(cluster, copied_data, monkeypatch):
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGDATA", "/nowhere")
    copied_data(cluster.folder)
    assert not cluster.running()
    server = cluster.start()
    try:
        assert cluster.running()
        assert ["", "on", "UTF8", "5432"] == [ask(cluster, f"SHOW {name}") for name in (
            "listen_addresses", "fsync", "server_encoding", "port")]
        # What the database sorts and folds is the same on every machine.
        assert ["b", "C.UTF-8"] == [ask(cluster, f"SELECT {column}::text FROM pg_database WHERE datname = 'postgres'")
                                    for column in ("datlocprovider", "datlocale")]
    finally:
        cluster.stop()
    assert server.wait() == 0
    assert not cluster.running()


@pytest.mark.parametrize("name", ["d" * 120, "a space", "comma,comma", "100%20", "@home", "ü'\"$"])
def test_a_server_is_reached_whatever_its_folder_is_called(cluster, account, copied_data, name):
    named = evolve(cluster, folder=cluster.folder / name)
    account.make(named.folder)
    copied_data(named.folder)
    server = named.start()
    try:
        assert f"{named.data}" == ask(named, "SHOW data_directory")
    finally:
        named.stop()
        server.wait()
