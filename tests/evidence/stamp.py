"""What every piece of evidence says about itself: of which commit, when, with what and on what it was made."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What the figures are about: the engine and what hunts it.
_SOURCES = ("packages/wfcore/src",)


def stamp() -> dict[str, Any]:
    """`commit` is followed by `+` when the tree differs from it."""
    return {"commit": commit(), "sources": digest_of_sources(), "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "system": platform.system(),
                        "python": platform.python_version()}}


def commit() -> str:
    """The commit that is checked out."""
    head = _git("rev-parse", "--short=12", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "--untracked-files=no", "--", "packages", "tests") else "")


def digest_of_sources() -> str:
    """Changes when the engine or its test kit does, and with nothing else."""
    found = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
