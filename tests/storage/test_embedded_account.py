"""Who the server runs as, and where that account can go."""

from __future__ import annotations

import os
import pwd

import pytest

from wfcore.ports import PermanentError
from wfstorage.embedded.account import Account, server_account

STRANGER = Account(os.geteuid() + 4711, os.getegid() + 4711, "stranger", borrowed=True)
ROOT = {"effective_uid": lambda: 0}


def known(*names):
    def look_up(name):
        if name not in names:
            raise KeyError(name)
        return pwd.struct_passwd((name, "x", 70, 71, "", "/", "/bin/false"))

    return look_up


def test_an_ordinary_user_runs_the_server_itself():
    assert Account(1000, os.getegid(), "1000", borrowed=False) == server_account(lambda: 1000)
    assert server_account(lambda: 1000).spawn_arguments() == {}


@pytest.mark.parametrize(("names", "chosen"), [
    (("postgres", "nobody"), "postgres"), (("nobody",), "nobody"), (("postgres",), "postgres")])
def test_root_lends_the_best_account_there_is_without_any_group(names, chosen):
    account = server_account(**ROOT, look_up=known(*names))

    assert Account(70, 71, chosen, borrowed=True) == account
    assert {"user": 70, "group": 71, "extra_groups": []} == account.spawn_arguments()


def test_root_on_a_system_without_such_an_account_is_told_what_to_do():
    with pytest.raises(PermanentError, match="neither the account postgres nor nobody; create one, run as an ordinary"):
        server_account(**ROOT, look_up=known("daemon"))


def test_the_barrier_is_the_topmost_place_that_the_account_may_not_enter(open_folder):
    inner = open_folder / "a" / "b"
    inner.mkdir(parents=True)
    for place in (inner, inner.parent):
        place.chmod(0o755)
    assert STRANGER.barrier(inner / "not there yet") is None
    for place in (inner, inner.parent, open_folder):
        place.chmod(0o744)
        assert place == STRANGER.barrier(inner / "not there yet")


@pytest.mark.parametrize(("account", "mode", "enters"), [
    (Account(os.geteuid(), STRANGER.gid, "owner", borrowed=True), 0o700, True),
    (Account(os.geteuid(), STRANGER.gid, "owner", borrowed=True), 0o677, False),
    (Account(STRANGER.uid, os.getegid(), "member", borrowed=True), 0o710, True),
    (Account(STRANGER.uid, os.getegid(), "member", borrowed=True), 0o767, False),
    (STRANGER, 0o701, True),
    (STRANGER, 0o776, False),
    (Account(STRANGER.uid, STRANGER.gid, "itself", borrowed=False), 0o700, True),
])
def test_the_first_class_that_fits_decides_as_it_does_for_the_kernel(open_folder, account, mode, enters):
    place = open_folder / "place"
    place.mkdir()
    os.chown(place, os.geteuid(), os.getegid())
    place.chmod(mode)

    assert (None if enters else place) == account.barrier(place)


def test_a_link_is_judged_by_where_it_leads(open_folder):
    (open_folder / "shut").mkdir(mode=0o700)
    (open_folder / "link").symlink_to(open_folder / "shut")

    assert open_folder / "shut" == STRANGER.barrier(open_folder / "link" / "data")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_made_folder_is_closed_and_those_above_it_let_the_account_in_under_any_umask(open_folder, account, umask):
    before = os.umask(umask)
    try:
        for _ in range(2):
            account.make(open_folder / "a" / "b" / "own")
    finally:
        os.umask(before)
    own = (open_folder / "a" / "b" / "own").stat()

    assert (0o40700, account.uid) == (own.st_mode, own.st_uid)
    assert account.barrier(open_folder / "a" / "b" / "own") is None
