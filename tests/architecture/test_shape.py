"""The shape of what is kept in the repository: sizes, nothing left undone, no machine's path, no registry's host."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
TOP_LEVEL = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "constraints.txt", "docs", "packages",
             "pyproject.toml", "tests", "tox.ini"}
UNDONE = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
# Each pattern has a bracket so that this file is not a finding of its own.
MACHINE = re.compile(r"(?<![\w.}~])/(wor[k]|far[m]|roo[t]|opt/de[v]|hom[e]/\w+|User[s]/\w+)/")
REGISTRY = re.compile(r"pyp[i]\.org|pythonhoste[d]\.org|proxy\.golan[g]\.org|registry\.npmj[s]|crate[s]\.io"
                      r"|(?<!\S)--(extra-)?inde[x]-url|(?<!\S)--find-link[s]|piwheel[s]")


def kept() -> list[Path]:
    """The files git keeps or would keep, relative to the root."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()})


def python() -> list[Path]:
    return [path for path in kept() if path.suffix == ".py"]


def lines(pattern: re.Pattern[str]) -> list[str]:
    """Each `file:line: text` of a kept text file that matches."""
    found = []
    for path in kept():
        data = (ROOT / path).read_bytes()
        if b"\0" not in data:
            found += [f"{path}:{number}: {line.strip()[:100]}"
                      for number, line in enumerate(data.decode("utf-8").splitlines(), 1) if pattern.search(line)]
    return found


def long_functions(text: str) -> list[tuple[str, int]]:
    """Each function longer than allowed: its name and how many lines it has."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions]
    return [(name, size) for name, size in sizes if size > LONGEST_FUNCTION]


def test_the_top_level_holds_what_the_readme_says_and_dot_files() -> None:
    assert TOP_LEVEL == {path.parts[0] for path in kept() if not path.parts[0].startswith(".")}


def test_no_file_is_too_long_to_read_in_one_sitting() -> None:
    sizes = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in python()}

    assert {} == {path: size for path, size in sizes.items() if size > LONGEST_FILE}


def test_no_function_is_too_long_to_hold_in_mind() -> None:
    found = {str(path): long_functions((ROOT / path).read_text(encoding="utf-8")) for path in python()}

    assert {} == {path: functions for path, functions in found.items() if functions}


def test_nothing_is_left_undone_in_the_code() -> None:
    assert [] == lines(UNDONE)


def test_no_path_of_a_machine_is_kept() -> None:
    assert [] == lines(MACHINE)


def test_no_package_registry_is_named() -> None:
    """Where wheels come from is the installer's setting; what they are is in the lock, by hash."""
    assert [] == lines(REGISTRY)


def test_a_long_function_is_found() -> None:
    body = "    pass\n" * LONGEST_FUNCTION

    assert [("f", LONGEST_FUNCTION + 1)] == long_functions(f"async def f():\n{body}")
    assert [] == long_functions(f"def f():\n{body[9:]}")


@pytest.mark.parametrize(("pattern", "line"), [
    (UNDONE, "# TO-DO: more"), (MACHINE, "cd /wor-k/main"), (MACHINE, "see /hom-e/me/notes"),
    (REGISTRY, "https://pyp-i.org/simple"), (REGISTRY, "--inde-x-url x"),
])
def test_what_must_not_be_kept_is_found(pattern: re.Pattern[str], line: str) -> None:
    """Each line is cut by a hyphen here, so that this file is not a finding itself."""
    assert pattern.search(re.sub(r"(?<=\w)-(?=\w)", "", line, count=1))


@pytest.mark.parametrize("line", ["docs/work/x", "~/work/x", "{tox_root}/work/x", "XXXL", "--no-emit-index-url"])
def test_what_only_looks_alike_is_not_found(line: str) -> None:
    assert not any(pattern.search(line) for pattern in (UNDONE, MACHINE, REGISTRY))
