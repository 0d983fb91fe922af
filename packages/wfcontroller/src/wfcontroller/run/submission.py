"""Hands the workflows of a run to the API server, each when its time has come, as the person who runs the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from wfcontroller.api import Api, Object
from wfcontroller.objects import uid_of
from wfcontroller.run.initial import create_workflow
from wfcontroller.run.request import RunObserver
from wfcontroller.sources import place_of, unnamed_sources, with_uids
from wfcore.model.workflow import ANNOTATION_CREATED_BY, APPROVAL_ANNOTATIONS
from wfcore.program import Ref

# Whoever approves in a run goes by another name: nobody approves what is their own.
CREATOR = "wfctl-run-file"
# Creation times are whole seconds: only so far apart is the oldest workflow the first of the file.
APART_SECONDS = 1.0


class Submission:
    """The workflows of a run, in file order.

    `ended` gives a workflow that has ended and is recorded, else None: one whose
    source stands in the files and is named without a uid waits for it.
    """

    def __init__(self, api: Api, documents: Iterable[Object], ended: Callable[[Ref], Object | None],
                 observer: RunObserver) -> None:
        self._api, self._ended, self._observer = api, ended, observer
        self._waiting = {place_of(document): document for document in documents}
        self.refs = tuple(self._waiting)
        self._begun = False

    async def submit_due(self) -> None:
        """Create every workflow that waits for nothing any more; raises RunFailed when one is refused."""
        for ref, document in list(self._waiting.items()):
            sources = {source: self._ended(source) for source in unnamed_sources(document)}
            if None not in sources.values():
                del self._waiting[ref]
                self._say_what_is_dropped(ref, document)
                if self._begun:
                    await asyncio.sleep(APART_SECONDS)
                self._begun = True
                uids = {source: uid_of(found) for source, found in sources.items() if found is not None}
                await create_workflow(self._api, submitted(document, uids))

    def _say_what_is_dropped(self, ref: Ref, document: Object) -> None:
        given = (document.get("metadata") or {}).get("annotations") or {}
        if any(name in given for name in APPROVAL_ANNOTATIONS):
            self._observer.message(f"workflow {ref}: the approval in its annotations is left out, because it was given "
                                   "to another run; --approve or --reject decides in this one")


def submitted(document: Object, uids: Mapping[Ref, str], creator: str = CREATOR) -> Object:
    """The document as its creator sends it: sources by uid, the creator's name, no approval."""
    named = with_uids(document, uids)
    meta = named["metadata"]
    given = (meta.get("annotations") or {}).items()
    annotations = {name: text for name, text in given if name not in APPROVAL_ANNOTATIONS}
    return {**named, "metadata": {**meta, "annotations": {**annotations, ANNOTATION_CREATED_BY: creator}}}
