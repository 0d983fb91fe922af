"""What there is to configure, from the declarations: rows, tables for the documentation, a file to begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from wfcontroller.cli.yamltext import yaml_text
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.keys import Entry, entries_of
from wfcontroller.redaction import HIDDEN

BINARIES: Mapping[str, type] = {"wfcontroller": ControllerConfig, "wfexecutor": ExecutorConfig}
_GENERATED = re.compile(r"(<!-- begin (keys|file) (wfcontroller|wfexecutor) -->\n).*?(?=<!-- end -->)", re.DOTALL)


@frozen(kw_only=True)
class Row:
    """One key as people read of it; `value` is what a configuration has, `***` for a secret that is set."""

    path: str
    variable: str
    flag: str
    allowed: str
    default: str
    value: str
    about: str
    effect: str


def describe(config: Any) -> tuple[Row, ...]:
    """Every key of a configuration, in the order of its declaration, with its value."""
    default = type(config)()
    return tuple(Row(
        path=entry.key.path, variable=entry.key.variable, flag=entry.key.flag, allowed=entry.key.kind.allowed,
        default=_text(entry, default), value=_text(entry, config), about=entry.key.about, effect=entry.key.effect,
    ) for entry in entries_of(type(config)))


def as_file(config: Any) -> str:
    """A file that loads to the same configuration, secrets apart; every key is in it."""
    document: dict[str, Any] = {}
    for entry in entries_of(type(config)):
        if not entry.key.is_secret:
            *sections, name = entry.key.path.split(".")
            section = document
            for one in sections:
                section = section.setdefault(one, {})
            section[name] = entry.key.kind.written(entry.value_in(config))
    return yaml_text(document)


def refreshed(page: str) -> str:
    """A page with what stands between its marks made anew."""
    def made(match: re.Match[str]) -> str:
        config = BINARIES[match[3]]()
        return match[1] + (_table(config) if match[2] == "keys" else f"```yaml\n{as_file(config)}```\n")
    return _GENERATED.sub(made, page)


def _text(entry: Entry, config: Any) -> str:
    value = entry.value_in(config)
    if entry.key.is_secret:
        return HIDDEN if value else ""
    return yaml_text([entry.key.kind.written(value)]).removeprefix("- ").rstrip("\n")


def _table(config: Any) -> str:
    lines = ["| Key and variable | Value | Default | What it is, what it changes |", "|---|---|---|---|"]
    for row in describe(config):
        flag = f"<br>`{row.flag}`" if row.flag else ""
        default = f"`{row.default}`" if row.default else ""
        meaning = f"{row.about} {row.effect}"
        lines.append(f"| `{row.path}`<br>`{row.variable}`{flag} | {row.allowed} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"
