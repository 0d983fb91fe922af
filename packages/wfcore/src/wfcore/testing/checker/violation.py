"""A broken law."""

from __future__ import annotations


class Violation(Exception):
    """A law does not hold.

    Attributes:
        law: Its number in `docs/invariants.md`, such as S9.
        text: What is wrong, with the values.
    """

    def __init__(self, law: str, text: str) -> None:
        self.law, self.text = law, text
        super().__init__(f"{law}: {text}")


def hold(law: str, holds: bool, text: str) -> None:
    """Raise the law unless it holds."""
    if not holds:
        raise Violation(law, text)
