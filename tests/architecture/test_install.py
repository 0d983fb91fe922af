"""packages/install.py installs when something changed and never otherwise; here pip and venv are only recorded."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

INSTALL = Path(__file__).parents[2] / "packages" / "install.py"


class Clone:
    """A clone in a temporary folder, and the pip commands that its installer gave."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.commands, self.status, self.made = root, list[list[str]](), 0, 0
        for name in ("constraints.txt", "tests/constraints.txt", *self.metadata()):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("one")
        self.module, self.patch = load(), monkeypatch
        self.at(root)
        monkeypatch.setattr(self.module.venv, "create", self.create)
        monkeypatch.setattr(self.module.subprocess, "call", self.call)

    def at(self, root: Path) -> None:
        self.patch.setattr(self.module, "ROOT", root)
        self.patch.setattr(self.module, "VENV", self.root / ".venv")

    @staticmethod
    def metadata() -> list[str]:
        return [f"packages/{name}/pyproject.toml" for name in ("wfcore", "wfcontroller", "wfstorage")]

    def create(self, folder: Path, **options: bool) -> None:
        assert options == {"with_pip": True, "clear": True}
        self.made += 1
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / "python").touch()

    def call(self, command: list[str], **_: Any) -> int:
        self.commands.append(command)
        return self.status

    def run(self, *arguments: str) -> int:
        """How many pip commands one run of the installer gives."""
        before = len(self.commands)
        self.patch.setattr(self.module.sys, "argv", ["install.py", *arguments])
        self.module.main()
        return len(self.commands) - before


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", INSTALL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return Clone(tmp_path, monkeypatch)


def test_third_parties_are_checked_by_hash_and_the_packages_are_built_with_what_is_installed(clone: Clone) -> None:
    assert clone.run() == 2

    third_parties, packages = clone.commands
    assert {"--require-hashes", "constraints.txt"} <= set(third_parties)
    assert {"--no-deps", "--no-build-isolation", "packages/wfcore", "packages/wfstorage"} <= set(packages)


def test_a_second_run_installs_nothing(clone: Clone) -> None:
    assert [2, 0, 2, 0, 0] == [clone.run(), clone.run(), clone.run("gate"), clone.run("gate"), clone.run()]
    assert clone.made == 1


@pytest.mark.parametrize("changed", ["constraints.txt", *Clone.metadata()])
def test_a_changed_lock_or_package_is_installed_again_into_the_same_environment(clone: Clone, changed: str) -> None:
    clone.run()
    (clone.root / changed).write_text("two")

    assert [2, 0] == [clone.run(), clone.run()]
    assert clone.made == 1


def test_running_does_not_follow_the_tools_of_the_gate(clone: Clone) -> None:
    clone.run()
    (clone.root / "tests" / "constraints.txt").write_text("two")

    assert clone.run() == 0


def test_a_moved_clone_makes_its_environment_anew(clone: Clone, tmp_path: Path) -> None:
    clone.run()
    moved = tmp_path / "moved"
    moved.symlink_to(tmp_path, target_is_directory=True)
    clone.at(moved)

    assert clone.run() == 2
    assert clone.made == 2


def test_a_failed_installation_is_reported_and_tried_again(clone: Clone) -> None:
    clone.status = 1
    with pytest.raises(SystemExit, match=r"pip ended with status 1: .*--require-hashes"):
        clone.run()
    clone.status = 0

    assert clone.run() == 2


def test_an_unknown_argument_is_named(clone: Clone) -> None:
    with pytest.raises(SystemExit, match="unknown argument 'al'; give nothing, or one of: run, gate"):
        clone.run("al")


def test_an_old_python_is_named(clone: Clone) -> None:
    clone.patch.setattr(clone.module.sys, "version_info", (3, 10, 4))

    with pytest.raises(SystemExit, match=r"Python 3.11 or newer is needed"):
        clone.run()


def test_a_python_without_venv_is_told_what_to_install(clone: Clone) -> None:
    clone.patch.setattr(clone.module.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="python3-venv"):
        clone.run()
