"""The server lives as long as somebody uses it, and no longer, however its users end."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from wfcore.ports import PermanentError, TransientError
from wfcore.testing.contracts import sample_record
from wfstorage import open_storage
from wfstorage.embedded import sharing
from wfstorage.embedded.cluster import Cluster

# Opens the store, tells where it is, then records each uid that it is given, until there are no more.
USER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background of a shell ignores it
from wfcore.testing.contracts import sample_record
from wfstorage import open_storage
with open_storage(None, throw_away=sys.argv[1] == "throw away") as storage:
    print(storage.url.removeprefix("embedded PostgreSQL in "), flush=True)
    for line in sys.stdin:
        print(storage.audit_log.record(sample_record(line.strip())), flush=True)
"""


class User:
    """A process of its own that uses a store."""

    def __init__(self, kind):
        self.process = subprocess.Popen([sys.executable, "-c", USER, kind], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)

    def folder(self):
        return Path(self.process.stdout.readline().strip())

    def record(self, uid):
        self.process.stdin.write(f"{uid}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self, number=None):
        if number is None:
            self.process.stdin.close()
        else:
            os.killpg(self.process.pid, number)  # To all of its group, as the terminal's Ctrl-C and a killed job are.
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        if number is not None:
            self.process.stdin.close()
        return code


@contextmanager
def users(*kinds):
    started = [User(kind) for kind in kinds]
    try:
        yield started
    finally:
        for user in started:
            if user.process.returncode is None:
                user.end(signal.SIGKILL)


@pytest.fixture(autouse=True)
def home(open_folder, account, copied_data, monkeypatch):
    """The data folder that all users of a test share."""
    folder = open_folder / "kubernaut" / "postgresql-18"
    account.make(folder)
    copied_data(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(open_folder))
    yield folder
    server = server_of(folder)
    if server is not None:  # The test failed half-way.
        os.kill(server, signal.SIGQUIT)
    assert server is None


def server_of(folder):
    """The id of the server's process; None when none runs."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return None
    return pid if alive(pid) else None


def alive(pid):
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_two_processes_that_start_at_once_share_one_server_and_the_last_one_stops_it(home):
    with users("shared", "shared") as (one, other):
        assert [home, home] == [one.folder(), other.folder()]
        server = server_of(home)
        assert one.record("one") == sample_record("one").id
        assert 0 == one.end()
        assert server == server_of(home)
        assert other.record("one") == sample_record("one").id
        assert 0 == other.end()
        assert server_of(home) is None
    with open_storage(None) as storage:
        assert sample_record("one") == storage.audit_log.find("one")


def test_the_server_of_a_killed_user_is_used_and_stopped_by_the_next_one(home):
    with users("shared") as (killed,):
        assert home == killed.folder()
        killed.record("early")
        killed.end(signal.SIGKILL)
        server = server_of(home)
    with open_storage(None) as storage:
        assert server == server_of(home)
        assert sample_record("early") == storage.audit_log.find("early")
    assert server_of(home) is None


def test_within_one_process_the_last_of_several_stops_it_and_it_can_be_opened_again(home):
    with open_storage(None) as one:
        with open_storage(None) as other:
            other.audit_log.record(sample_record("x"))
        assert sample_record("x") == one.audit_log.find("x")
    assert server_of(home) is None
    with open_storage(None) as again:
        assert sample_record("x") == again.audit_log.find("x")


def test_who_started_the_server_may_leave_it_to_others(home):
    """The interpreter warns about a child process that was not waited for, and warnings are errors here."""
    with users("shared") as (other,):
        with open_storage(None):
            assert home == other.folder()
            server = server_of(home)
        gc.collect()
        assert server == server_of(home)
        assert other.record("x") == sample_record("x").id
        other.end()
    assert server_of(home) is None


def test_a_server_that_was_killed_is_no_obstacle_to_leaving_and_to_coming_back(home):
    with open_storage(None) as storage:
        storage.audit_log.record(sample_record("x"))
        os.kill(server_of(home), signal.SIGKILL)
        with pytest.raises(TransientError):
            eventually(lambda: storage.audit_log.find("x") is None)
    eventually(lambda: sample_record("x") == found_after_restart("x"))


def found_after_restart(uid):
    try:
        with open_storage(None) as storage:
            return storage.audit_log.find(uid)
    except TransientError:  # The killed server's own processes are still ending.
        return None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, None])
def test_nothing_is_left_of_a_throw_away_server_however_its_user_ends(number):
    with users("throw away") as (user,):
        folder = user.folder()
        server = server_of(folder)
        assert user.record("x") == sample_record("x").id
        user.end(number)
        eventually(lambda: not folder.exists() and not alive(server))


def test_a_throw_away_server_that_does_not_start_leaves_nothing(monkeypatch):
    folders = []

    def start(self, settings):
        folders.append(self.folder)
        assert self.data.exists()
        raise TransientError("did not start")

    monkeypatch.setattr(Cluster, "start", start)
    with pytest.raises(TransientError, match="did not start"), sharing.throw_away_server():
        pass
    assert [False] == [folder.exists() for folder in folders]


@pytest.mark.parametrize("throw_away", [True, False])
def test_what_the_system_refuses_is_an_error_that_says_what_to_do(open_folder, monkeypatch, throw_away):
    (open_folder / "file").write_text("in the way")
    (open_folder / "file").chmod(0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(open_folder / "file"))
    monkeypatch.setenv("TMPDIR", str(open_folder / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(open_folder / "file"))
    with pytest.raises(PermanentError, match=r"cannot be prepared: .*Not a directory.*set XDG_DATA_HOME or TMPDIR"):
        with open_storage(None, throw_away=throw_away):
            pass


def test_an_error_of_the_user_is_not_taken_for_one_of_the_server(home):
    with pytest.raises(FileNotFoundError, match="mine"), open_storage(None):
        raise FileNotFoundError("mine")
    assert server_of(home) is None
