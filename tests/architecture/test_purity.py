"""wfcore is a pure program: no I/O, no clock, no chance, no threads, no logging, three dependencies."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WFCORE = Path(__file__).parents[2] / "packages" / "wfcore" / "src" / "wfcore"
DEPENDENCIES = frozenset({"attrs", "cattrs", "networkx"})

IO = "wfcore does no I/O: yield a request and let an adapter perform it"
CLOCK = "wfcore has no clock: `now` arrives with the observation, once per pass"
CHANCE = "chance is an argument, or a hash of the workflow's own values"
THREADS = "wfcore has no threads and no event loop: the adapters own both"
LOGGING = "wfcore does not log: what is worth saying is part of the decision"
PROCESS = "the environment of the process is the adapters' business: pass the setting"
HASH = "the built-in hash() differs from process to process: use hashlib"

FORBIDDEN_MODULES = {
    "asyncio": THREADS, "concurrent": THREADS, "contextvars": THREADS, "multiprocessing": THREADS, "queue": THREADS,
    "sched": THREADS, "selectors": THREADS, "signal": THREADS, "threading": THREADS,
    "aiohttp": IO, "fcntl": IO, "ftplib": IO, "glob": IO, "http": IO, "io": IO, "mmap": IO, "pathlib": IO, "select": IO,
    "shelve": IO, "shutil": IO, "socket": IO, "socketserver": IO, "sqlite3": IO, "ssl": IO, "subprocess": IO,
    "tempfile": IO, "urllib": IO,
    "calendar": CLOCK, "time": CLOCK, "zoneinfo": CLOCK,
    "random": CHANCE, "secrets": CHANCE,
    "logging": LOGGING, "warnings": LOGGING,
    "atexit": PROCESS, "ctypes": PROCESS, "gc": PROCESS, "getpass": PROCESS, "locale": PROCESS, "os": PROCESS,
    "platform": PROCESS, "resource": PROCESS, "sys": PROCESS,
}
# A module that is fine but for some of its names, and the built-ins that reach outside.
FORBIDDEN_NAMES = {
    "datetime.datetime.now": CLOCK, "datetime.datetime.today": CLOCK, "datetime.datetime.utcnow": CLOCK,
    "datetime.date.today": CLOCK, "datetime.datetime.fromtimestamp": CLOCK, "datetime.datetime.astimezone": CLOCK,
    "uuid.uuid1": CHANCE, "uuid.uuid4": CHANCE, "uuid.getnode": CHANCE,
    "builtins.open": IO, "builtins.input": IO, "builtins.print": LOGGING, "builtins.breakpoint": LOGGING,
    "builtins.eval": PROCESS, "builtins.exec": PROCESS, "builtins.hash": HASH, "builtins.id": HASH,
}
# The test kit may draw chance and bring Hypothesis; `__init__` loads public names when they are first used.
EXEMPT = {"testing/": FORBIDDEN_MODULES.keys() | {"hypothesis", "pytest"}, "__init__.py": {"sys"}}
# Where `__hash__` is defined, or a value is put in a set by its own equality, the built-in is the right one.
HASH_ALLOWED_IN = frozenset({"__hash__"})


def sources() -> list[Path]:
    return sorted(WFCORE.rglob("*.py"))


def imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Each import as (what it names, the name it is bound to, line); relative ones are wfcore's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                yield alias.name if alias.asname else bound, bound, node.lineno
                yield alias.name, bound, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", alias.asname or alias.name, node.lineno


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain, or an empty string when it does not begin with a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def own(tree: ast.Module) -> Iterator[str]:
    """The names the module binds itself: a field called `id` is not the built-in."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each name or attribute chain that is read, with imported names spelled in full, and its line."""
    bound = {name: name for name in own(tree)} | {name: target for target, name, _ in imports(tree)}
    hashes = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in HASH_ALLOWED_IN
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in hashes and (chain := dotted(node)):
            head, dot, rest = chain.partition(".")
            yield bound.get(head, f"builtins.{head}") + dot + rest, node.lineno


def exempt(path: str) -> frozenset[str]:
    return frozenset().union(*(names for prefix, names in EXEMPT.items() if path.startswith(prefix)))


def problems(path: str, text: str) -> list[str]:
    """Every breach of purity in one module of wfcore, as `file:line: what: why`; `path` is relative to wfcore."""
    tree, allowed, found = ast.parse(text), exempt(path), []
    for target, _, line in imports(tree):
        top = target.partition(".")[0]
        if top in allowed or top == "wfcore":
            continue
        if top in FORBIDDEN_MODULES:
            found.append(f"{path}:{line}: imports {top}: {FORBIDDEN_MODULES[top]}")
        elif top not in sys.stdlib_module_names and top not in DEPENDENCIES:
            found.append(f"{path}:{line}: imports {top}: wfcore depends on {', '.join(sorted(DEPENDENCIES))} only")
    for name, line in uses(tree):
        if name in FORBIDDEN_NAMES and not path.startswith("testing/"):
            found.append(f"{path}:{line}: uses {name.removeprefix('builtins.')}: {FORBIDDEN_NAMES[name]}")
    return list(dict.fromkeys(found))


def test_wfcore_reaches_for_nothing_outside_its_arguments() -> None:
    found = [problem for source in sources()
             for problem in problems(str(source.relative_to(WFCORE)), source.read_text(encoding="utf-8"))]

    assert [] == found, "\n".join(found)


def test_there_is_something_to_check() -> None:
    assert len(sources()) > 10


@pytest.mark.parametrize("module", sorted(FORBIDDEN_MODULES))
def test_a_forbidden_module_is_found_however_it_is_imported(module: str) -> None:
    for text in (f"import {module}", f"import {module} as x", f"from {module} import y", f"import {module}.z"):
        found = problems("planning/waves.py", f"def f():\n    {text}\n")

        assert [f"planning/waves.py:2: imports {module}: {FORBIDDEN_MODULES[module]}"] == found


@pytest.mark.parametrize(("text", "name"), [
    ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now"),
    ("from datetime import datetime as d\nd.utcnow()", "datetime.datetime.utcnow"),
    ("from datetime import date\nf = date.today", "datetime.date.today"),
    ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
    ("from uuid import uuid4\nuuid4()", "uuid.uuid4"),
    ("\nopen('x')", "open"),
    ("\nprint(1)", "print"),
    ("\nhash('x')", "hash"),
])
def test_a_forbidden_name_is_found_by_what_it_is_not_by_how_it_is_spelled(text: str, name: str) -> None:
    reason = FORBIDDEN_NAMES.get(name) or FORBIDDEN_NAMES[f"builtins.{name}"]

    assert f"model/x.py:2: uses {name}: {reason}" in problems("model/x.py", text)


def test_a_fourth_dependency_is_found() -> None:
    assert ["a.py:1: imports yaml: wfcore depends on attrs, cattrs, networkx only"] == problems("a.py", "import yaml")


def test_pure_code_passes() -> None:
    text = ("from datetime import datetime, timedelta\nfrom uuid import uuid5\nimport networkx as nx\n"
            "from wfcore.model import plan\nclass A:\n    id: str\n    def __hash__(self):\n        return hash(1)\n")

    assert [] == problems("model/x.py", text)


def test_the_test_kit_may_draw_chance() -> None:
    assert [] == problems("testing/simulator.py", "import random\nfrom hypothesis import given\n")
