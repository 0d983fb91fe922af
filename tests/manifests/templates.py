"""Renders the chart's templates: exactly the part of Helm's language that they use, and an error for anything else.

That part: `if PATH`, `else`, `end`, `range PATH`, a path as a value, `toYaml PATH | nindent N`; paths begin with
`.Values`, `.Release` or `$.Release`, or are `.` within a range.  A hyphen beside a brace takes away the white space
on its side.  What is absent from the values is an error, where Helm prints nothing.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_INDENTED = re.compile(r"toYaml (\S+) \| nindent (\d+)")


class TemplateError(Exception):
    """Not of the part that is known, or about a value that is not there."""


def rendered(text: str, values: dict[str, Any], namespace: str) -> list[dict[str, Any]]:
    """The objects that a template makes."""
    told = {"Values": values, "Release": {"Namespace": namespace}}
    pieces, _end = _block(_tokens(text), 0, told, told, top=True)
    return [document for document in yaml.safe_load_all("".join(pieces)) if document is not None]


def _tokens(text: str) -> list[tuple[str, str]]:
    """Texts and actions in turn; trimmed."""
    tokens, place, trim = [], 0, False
    for match in _ACTION.finditer(text):
        between = text[place:match.start()]
        between = between.lstrip() if trim else between
        tokens += [("text", between.rstrip() if match[1] else between), ("action", match[2])]
        place, trim = match.end(), bool(match[3])
    rest = text[place:]
    return [*tokens, ("text", rest.lstrip() if trim else rest)]


def _block(tokens, at, root, here, *, top=False):
    """What the tokens from `at` on say, up to the `else` or `end` that closes the block; and where that is."""
    said = []
    while at < len(tokens):
        kind, content = tokens[at]
        if kind == "text":
            said.append(content)
        elif content in ("else", "end"):
            if top:
                raise TemplateError(f"{content} without a beginning")
            return said, at
        elif content.startswith(("if ", "range ")):
            more, at = _branch(tokens, at, root, here)
            said += more
        else:
            said.append(_said(content, root, here))
        at += 1
    if not top:
        raise TemplateError("a block without end")
    return said, at


def _branch(tokens, at, root, here):
    word, _, path = tokens[at][1].partition(" ")
    value, start = _value(path, root, here), at + 1
    chosen: list[str] = []
    inside, at = _block(tokens, start, root, here if word == "if" else "")
    if word == "range":
        for each in value:
            chosen += _block(tokens, start, root, each)[0]
    elif value:
        chosen = inside
    if tokens[at][1] == "else":
        otherwise, at = _block(tokens, at + 1, root, here)
        chosen = chosen if value else otherwise
    if tokens[at][1] != "end":
        raise TemplateError("more than one else")
    return chosen, at


def _said(content, root, here):
    indented = _INDENTED.fullmatch(content)
    if indented is None:
        value = _value(content, root, here)
        if not isinstance(value, str | int):
            raise TemplateError(f"{content} is {value!r}, which needs toYaml")
        return str(value)
    lines = yaml.safe_dump(_value(indented[1], root, here), sort_keys=True).rstrip("\n").split("\n")
    return "".join("\n" + " " * int(indented[2]) + line for line in lines)


def _value(path, root, here):
    if path == ".":
        return here
    if not re.fullmatch(r"\$?(\.[A-Za-z]\w*)+", path):
        raise TemplateError(f"{path!r} is none of the forms that the chart uses")
    value = root
    for name in path.removeprefix("$").split(".")[1:]:
        if not isinstance(value, dict) or name not in value:
            raise TemplateError(f"there is no value {path}")
        value = value[name]
    return value
