"""Plays the person who is asked for approvals: gives every workflow the answer that the command line gave."""

from __future__ import annotations

import asyncio

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.objects import Key, annotations_of, key_of, metadata, status
from wfcontroller.run.request import RunFailed
from wfcore.lifecycle.consent import decision_annotations
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import ApprovalDecision
from wfcore.model.workflow import ANNOTATION_APPROVAL_DECISION
from wfcore.resources import WORKFLOW_EXECUTIONS

PERSON = "wfctl run"
_OPTIONS = {ApprovalDecision.APPROVED: "--approve", ApprovalDecision.DENIED: "--reject"}


class Person:
    """Decides once per workflow, on the plan digest that is in its status."""

    def __init__(self, api: Api, decision: ApprovalDecision) -> None:
        self._api, self._decision = api, decision
        self._seen: asyncio.Queue[Key] = asyncio.Queue()

    def look(self, workflow: Object) -> None:
        """A workflow has changed."""
        if is_asking(workflow):
            self._seen.put_nowait(key_of(workflow))

    async def run(self) -> None:
        """Answer until cancelled; raises RunFailed when an answer is refused."""
        while True:
            await self._answer(await self._seen.get())

    async def _answer(self, key: Key) -> None:
        while True:
            try:
                workflow = await self._api.get(WORKFLOW_EXECUTIONS, *key)
                if is_asking(workflow):
                    await self._api.update(WORKFLOW_EXECUTIONS, self._decided(workflow))
                return
            except ApiError as error:
                if error.status == 404:
                    return  # deleted meanwhile
                if error.reason != "Conflict":
                    where, option = "/".join(key), _OPTIONS[self._decision]
                    raise RunFailed(f"{option} of workflow {where} was refused: {error.message}") from error

    def _decided(self, workflow: Object) -> Object:
        answer = decision_annotations(PERSON, self._decision, status(workflow)["planDigest"],
                                      f"wfctl run {_OPTIONS[self._decision]}")
        return {**workflow, "metadata": {**metadata(workflow), "annotations": {**annotations_of(workflow), **answer}}}


def is_asking(workflow: Object) -> bool:
    """Whether the workflow waits for an approval that nobody has answered; an answer is given once."""
    state = status(workflow)
    approval = state.get("approval")
    return bool(approval and not approval.get("decision") and state.get("phase") not in TERMINAL
                and ANNOTATION_APPROVAL_DECISION not in annotations_of(workflow))
