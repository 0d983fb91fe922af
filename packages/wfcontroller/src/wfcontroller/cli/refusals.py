"""What an API server's refusal means to whoever typed the command: one sentence, what to do, and the exit status."""

from __future__ import annotations

from collections.abc import Mapping

import click

from wfcontroller.api import ApiError
from wfcontroller.cli.output import BadInput, EnvironmentFailed

# Whose fault it is follows from the status: what was asked (bad input), or where it was asked (environment).
_ASKED_WRONGLY = frozenset({400, 409, 413, 422})
_WHAT_TO_DO: Mapping[int, str] = {
    0: "check the server's address in the kubeconfig and the network to it",
    401: "log in again, or name another user in the kubeconfig",
    403: "ask for the role that allows it; `wfctl doctor` shows what you may do",
    404: "the engine's definitions may be missing here; `wfctl doctor` shows it, `wfctl install` brings them",
    409: "look at it again and repeat the command",
    410: "repeat the command",
    413: "split the workflow",
    429: "wait a moment and repeat the command",
}


def explained(error: ApiError, doing: str, *, if_unknown: str = "") -> click.ClickException:
    """The failure of a request; `doing` says what was asked of whom, `if_unknown` what to do about a 404."""
    said = error.message.strip().rstrip(".;") or error.reason or f"status {error.status}"
    causes = "".join(f"\n  {field}: {text}" for field, text in error.causes)
    todo = _WHAT_TO_DO.get(error.status, "" if error.status in _ASKED_WRONGLY else "repeat the command later")
    if error.status == 404 and if_unknown:
        todo = if_unknown
    sentence = f"{doing}: {said}" + (f"; {todo}" if todo else "") + causes
    return BadInput(sentence) if error.status in _ASKED_WRONGLY else EnvironmentFailed(sentence)
