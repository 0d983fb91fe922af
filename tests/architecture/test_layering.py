"""Who may depend on whom, as the packages declare it; import-linter (`tox -e imports`) holds the same for the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def project(package: str) -> dict[str, Any]:
    with (ROOT / "packages" / package / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", requirement)[0].lower() for requirement in requirements}


def test_wfcore_depends_on_attrs_cattrs_and_networkx_alone() -> None:
    assert {"attrs", "cattrs", "networkx"} == names(project("wfcore")["dependencies"])


@pytest.mark.parametrize(("package", "other"), [("wfcontroller", "wfstorage"), ("wfstorage", "wfcontroller")])
def test_no_adapter_needs_another(package: str, other: str) -> None:
    needed = names(project(package)["dependencies"])

    assert "wfcore" in needed
    assert other not in needed


@pytest.mark.parametrize("package", ["wfcore", "wfcontroller", "wfstorage"])
def test_packages_are_typed_licensed_and_for_python_3_11(package: str) -> None:
    declared, folder = project(package), ROOT / "packages" / package

    assert ("Apache-2.0", ">=3.11", package) == (declared["license"], declared["requires-python"], declared["name"])
    assert (folder / "src" / package / "py.typed").is_file()
    assert (folder / declared["readme"]).read_text(encoding="utf-8").startswith(f"# {package}\n")
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_three_packages_share_one_version() -> None:
    assert 1 == len({project(package)["version"] for package in ("wfcore", "wfcontroller", "wfstorage")})


def test_storage_is_found_through_its_entry_point() -> None:
    assert {"wfcore.storage": {"postgresql": "wfstorage:open_storage"}} == project("wfstorage")["entry-points"]


def test_importing_wfcore_loads_no_library() -> None:
    """Public names load when they are first used, so that commands which need few of them start quickly."""
    code = "import sys, wfcore; print(sorted({'attrs', 'cattrs', 'networkx', 'asyncio'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
