"""The CustomResourceDefinitions as YAML, for `kubectl apply` and for the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from wfcore.crds import crds

_WIDTH = 110
_HEADER = "# Generated from wfcore.model; don't edit.  `wfctl crds` prints it.\n"


def crd_documents() -> str:
    """All definitions of this engine in one multi-document YAML text, always the same bytes for the same model."""
    return _HEADER + "".join(f"---\n{_document(crd)}" for crd in crds())


def crd_files() -> Mapping[str, str]:
    """File name to content, one definition each: `<group>_<plural>.yaml`."""
    return {_file_name(crd): f"{_HEADER}---\n{_document(crd)}" for crd in crds()}


def write(folder: Path) -> tuple[Path, ...]:
    """Write `crd_files` into an existing folder and return their paths; files of older models are left alone."""
    written = []
    for name, content in crd_files().items():
        path = folder / name
        path.write_text(content, encoding="utf-8")
        written.append(path)
    return tuple(written)


class _Dumper(yaml.SafeDumper):
    """Block style throughout: no anchors, long sentences folded, lists indented under their key."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Plain and quoted texts would be cut wherever the line is full; folded ones read as a paragraph.
    style = ">" if len(text) > _WIDTH // 2 and " " in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _document(crd: Mapping[str, Any]) -> str:
    text: str = yaml.dump(crd, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True,
                          width=_WIDTH)
    return text


def _file_name(crd: Mapping[str, Any]) -> str:
    return f"{crd['spec']['group']}_{crd['spec']['names']['plural']}.yaml"
