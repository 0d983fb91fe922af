"""JSON values as YAML that kubectl reads back as the same values."""

from __future__ import annotations

from typing import Any

import yaml

from wfcontroller.cli.scalars import plain


class _Dumper(yaml.CSafeDumper):
    """No anchors; quotes every text that Kubernetes' YAML would take for something else, like `y`, `08` and `1e3`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    style = None if _is_text(text) else "'"
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


def _is_text(text: str) -> bool:
    try:
        return isinstance(plain(text), str) and text != "<<"
    except ValueError:
        return False


_Dumper.add_representer(str, _text)


def yaml_text(document: Any) -> str:
    """A document as YAML, keys in their order."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text
