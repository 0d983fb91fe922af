"""The live question before each mutation: is this attempt still wanted?  (E4, E5, and the operator's freeze.)"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor.failures import Cancelled
from wfcontroller.executor.guarded import patiently
from wfcontroller.executor.intent import refusal
from wfcontroller.executor.settings import ExecutorSettings
from wfcontroller.freeze import FREEZE, freeze_reason
from wfcore.model.workflow import KubernetesExecution
from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource

_LOOK_AGAIN_AFTER = 2.0


class Permit:
    """Asks for one execution.  `cancelled` is what the watch has told so far."""

    def __init__(
        self, api: Api, execution: KubernetesExecution, settings: ExecutorSettings, cancelled: Callable[[], bool]
    ) -> None:
        self._api, self._execution, self._cancelled = api, execution, cancelled
        self._frozen_in = settings.controller_namespace or settings.namespace

    async def check(self) -> None:
        """Return when the next mutation may be made; a freeze is waited for.  Raises `Cancelled`."""
        while await self._is_frozen():  # noqa: ASYNC110  # a live read
            await asyncio.sleep(_LOOK_AGAIN_AFTER)
        metadata = self._execution.metadata
        reference = self._execution.spec.workflow_execution_ref
        own = await self._found(KUBERNETES_EXECUTIONS, metadata.namespace, metadata.name)
        if own is None or own["metadata"]["uid"] != metadata.uid:
            raise Cancelled(f"execution {metadata.namespace}/{metadata.name} is gone")
        if self._cancelled() or "deletionTimestamp" in own["metadata"]:
            raise Cancelled("cancelled: the execution is being deleted")
        # Read last, so that nothing lies between the workflow's word and the mutation.
        workflow = await self._found(WORKFLOW_EXECUTIONS, reference.namespace, reference.name)
        if workflow is None:
            raise Cancelled(f"workflow {reference.namespace}/{reference.name} is gone")
        why = refusal(self._execution, workflow)
        if why:
            raise Cancelled(f"not wanted any more: {why}")

    async def _is_frozen(self) -> bool:
        return freeze_reason(await self._found(CONFIG_MAPS, self._frozen_in, FREEZE)) is not None

    async def _found(self, resource: Resource, namespace: str, name: str) -> Object | None:
        try:
            return await patiently(lambda: self._api.get(resource, namespace, name))
        except ApiError as error:
            if error.status != 404:
                raise
            return None
