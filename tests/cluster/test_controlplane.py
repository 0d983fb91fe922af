"""The control plane of the tests: found before it is built, isolated, and gone with whoever started it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.controlplane.binaries import PROGRAMS, CannotBuild, binaries, toolchain
from tests.controlplane.plane import control_plane, free_ports

from .installation import until


def programs(folder: Path, *names: str) -> Path:
    """A folder with programs of these names that do nothing."""
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        path.write_text("#!/bin/sh\n")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return folder


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An environment that says nothing about programs."""
    for name in ("KUBEBUILDER_ASSETS", "CONTROLPLANE_KUBERNETES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return monkeypatch


def test_the_folder_that_is_named_is_taken(nowhere, tmp_path):
    nowhere.setenv("KUBEBUILDER_ASSETS", str(programs(tmp_path / "assets", *PROGRAMS)))

    assert str(tmp_path / "assets" / "etcd") == binaries().path("etcd")


def test_a_folder_that_lacks_programs_is_refused_with_their_names(nowhere, tmp_path):
    nowhere.setenv("KUBEBUILDER_ASSETS", str(programs(tmp_path / "assets", "etcd", "kubectl")))

    with pytest.raises(CannotBuild, match=r"lacks kube-apiserver, .*kwok; unset it"):
        binaries()


def test_programs_on_the_path_are_taken_before_anything_is_built(nowhere, tmp_path):
    nowhere.setenv("PATH", str(programs(tmp_path / "bin", *PROGRAMS)))

    assert "kubectl" == binaries().path("kubectl")


def test_a_version_without_a_module_is_refused(nowhere):
    with pytest.raises(CannotBuild, match=r"no module for Kubernetes '1\.2'; there is one for 1\.36, 1\.30"):
        binaries("1.2")


def test_an_old_go_is_not_used(nowhere, tmp_path):
    folder = programs(tmp_path / "bin", "go")
    (folder / "go").write_text("#!/bin/sh\necho go1.19.2\n")
    nowhere.setenv("PATH", f"{folder}:/usr/bin:/bin")
    (tmp_path / "go" / "go" / "bin").mkdir(parents=True)
    programs(tmp_path / "go" / "go" / "bin", "go")

    assert str(tmp_path / "go" / "go" / "bin" / "go") == toolchain(tmp_path)[0]


def test_what_cannot_be_built_says_what_the_compiler_said(nowhere, tmp_path):
    folder = programs(tmp_path / "bin", "go")
    (folder / "go").write_text("#!/bin/sh\n[ $1 = env ] && echo go1.99 && exit\necho no space left >&2\nexit 1\n")
    nowhere.setenv("PATH", f"{folder}:/usr/bin:/bin")

    with pytest.raises(CannotBuild, match=r"building control-plane of 1\.36 failed: .*\n.*no space left"):
        binaries()


def test_ports_are_all_different():
    assert 20 == len(set(free_ports(20)))


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.timeout(300)
def test_nothing_is_left_of_a_control_plane_however_whoever_started_it_ends():
    program = textwrap.dedent("""
        import sys
        from tests.controlplane.plane import control_plane
        with control_plane() as plane:
            print(*[process.pid for process in plane._processes._running.values()], flush=True)
            sys.stdin.read()
    """)
    running = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, cwd=Path(__file__).parents[2])
    children = [int(word) for word in running.stdout.readline().split()]
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdin.close()
    running.stdout.close()

    assert 5 == len(children)
    until(lambda: not any(map(alive, children)), "its processes are gone")


@pytest.mark.timeout(300)
def test_two_control_planes_share_nothing():
    with control_plane() as one, control_plane() as other:
        one.kubectl("create", "namespace", "here")

        assert "here" in one.kubectl("get", "namespaces")
        assert "here" not in other.kubectl("get", "namespaces")
        folders = one.folder, other.folder
    assert [False, False] == [folder.exists() for folder in folders]
