"""Optional field selection, which the CEL parser in use does not know, rewritten into what it knows.

`a.?b.?c.orValue(d)` becomes `(has(a.b) && has(a.b.c) ? a.b.c : (d))`, and
`a.?b.hasValue()` becomes `(has(a.b))`.
"""

from __future__ import annotations

import re

_CHAIN = re.compile(
    r"(?P<base>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?P<rest>(?:\.\??[A-Za-z_]\w*)*?)\.(?P<end>orValue|hasValue)\("
)


def without_optionals(rule: str) -> str:
    """The same rule without `.?`.  What is not of these two forms stays as it is, and is refused by the compiler."""
    while ".?" in rule:
        match = next((m for m in _CHAIN.finditer(rule) if ".?" in m["rest"]), None)
        if match is None:
            return rule
        argument, end = _argument(rule, match.end())
        rule = rule[:match.start()] + _rewritten(match, argument) + rule[end:]
    return rule


def _rewritten(match: re.Match[str], argument: str) -> str:
    reached = match["base"]
    tests: list[str] = []
    for optional, name in re.findall(r"\.(\?)?(\w+)", match["rest"]):
        reached += f".{name}"
        # After the first optional field all later ones are optional, marked or not.
        if optional or tests:
            tests.append(f"has({reached})")
    present = " && ".join(tests)
    return f"({present})" if match["end"] == "hasValue" else f"({present} ? {reached} : ({argument}))"


def _argument(rule: str, start: int) -> tuple[str, int]:
    """The text up to the parenthesis that closes the call, and the place behind it."""
    depth, quote = 1, ""
    for place in range(start, len(rule)):
        character = rule[place]
        if quote:
            quote = "" if character == quote and rule[place - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return rule[start:place], place + 1
    return rule[start:], len(rule)
