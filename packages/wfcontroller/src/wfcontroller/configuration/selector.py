"""Label selectors, as `kubectl -l` writes them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from wfcontroller.configuration.kinds import Text, refused
from wfcore.simulation.operations import Refusal
from wfcore.simulation.selectors import parse


@frozen
class Selector(Text):
    """A label selector that the API server will take; empty selects everything."""

    allowed: str = "a label selector like app=web,tier in (a,b)"

    def read_text(self, text: str) -> Any:
        Text.read_text(self, text)
        try:
            parse(text)
        except Refusal:
            raise refused(self, text, "BadFormat") from None
        return text
