"""The manifests as files: inside an installed wheel, or where the repository keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wfcontroller.api import Object

# As pyproject.toml places them in the wheel.
_INSTALLED = Path(__file__).parent / "files"
_REPOSITORY = Path(__file__).parents[3] / "deploy"


def folder(installed: Path = _INSTALLED, repository: Path = _REPOSITORY) -> Path:
    """The folder that holds `base` and `components`."""
    return installed if installed.is_dir() else repository


def documents(name: str) -> list[Object]:
    """The objects of one file below `folder`, in its order, fresh on each call.  Raises `OSError` without it."""
    text = (folder() / name).read_text(encoding="utf-8")
    return list(yaml.load_all(text, Loader=_loader()))  # a safe loader, the quick one if there is one


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
