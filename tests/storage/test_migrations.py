"""Migrations go up, down and up again, and build the tables that the code declares."""

import subprocess
import sys

import pytest
from pytest_alembic.tests import (  # noqa: F401
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import create_engine, inspect, select, update
from sqlalchemy.schema import CreateTable

from wfcore.ports import PermanentError
from wfcore.testing.contracts import sample_record
from wfstorage import open_storage
from wfstorage.schema import REVISIONS, audits, metadata, schema_version
from wfstorage.upgrade import alembic_config, current_revision, upgrade


@pytest.fixture
def alembic_engine(database):
    engine = create_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture(name="alembic_config")
def _alembic_config():
    return alembic_config()


def test_the_code_knows_the_revisions_that_are_shipped(alembic_runner):
    assert list(REVISIONS) == [name for name in alembic_runner.history.revisions if name not in {"base", "heads"}]


def test_down_and_up_again_leaves_a_schema_that_works(alembic_runner, alembic_engine, database):
    for _ in range(2):
        alembic_runner.migrate_up_to("heads")
        with open_storage(database) as storage:
            assert storage.audit_log.record(sample_record("u"))
        alembic_runner.migrate_down_to("base")
        assert set() == set(inspect(alembic_engine).get_table_names()) & metadata.tables.keys()


def test_comments_and_partitioning_are_those_declared(storage, module_database):
    engine = create_engine(module_database)
    found = inspect(engine)
    for table in metadata.tables.values():
        assert table.comment == found.get_table_comment(table.name)["text"]
        assert {c.name: c.comment for c in table.columns} == {
            c["name"]: c["comment"] for c in found.get_columns(table.name)}
    assert "PARTITION BY RANGE (completed_at)" in str(CreateTable(audits).compile(engine))
    engine.dispose()


def test_processes_that_start_at_once_migrate_once(database):
    code = ("import sys\nfrom wfstorage import open_storage\n"
            "with open_storage(sys.argv[1]) as s: print(s.audit_log.find('x'))")
    running = [subprocess.Popen([sys.executable, "-c", code, database], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [("None\n", "", 0)] * 3 == [(*process.communicate(timeout=60), process.returncode) for process in running]


@pytest.fixture
def newer(database):
    """A database of a release to come, holding one record."""
    with open_storage(database) as storage:
        storage.audit_log.record(sample_record("old"))
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(update(schema_version).values(version_num="9999"))
    yield database
    with engine.connect() as connection:
        assert "9999" == connection.execute(select(schema_version.c.version_num)).scalar_one()
    engine.dispose()


def test_a_newer_schema_is_read_but_not_written(newer):
    with open_storage(newer) as storage:
        assert sample_record("old") == storage.audit_log.find("old")
        with pytest.raises(PermanentError, match=f"revision 9999, newer than {REVISIONS[-1]}"):
            storage.audit_log.record(sample_record("new"))
        assert storage.audit_log.find("new") is None


def test_an_up_to_date_schema_is_left_alone(storage, module_database):
    engine = create_engine(module_database)
    assert REVISIONS[-1] == upgrade(engine)
    with engine.connect() as connection:
        assert REVISIONS[-1] == current_revision(connection)
    engine.dispose()
