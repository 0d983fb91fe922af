"""The server as the executor sees it: every request recorded, some of them failing, all of them stopping at a crash."""

from __future__ import annotations

import asyncio

OWN = "kubernaut-system"
WRITES = ("create", "update", "update_status", "delete", "evict")


class Tap:
    """The server as the executor sees it.

    `log` holds every request as (verb, resource or kind, namespace, name).  After `crash_after` requests all further
    ones hang for ever, as for a process that was killed.  `faults` maps a request to the error it raises, once, and
    whether it is performed all the same.
    """

    def __init__(self, server, crash_after=None):
        self._server, self.crash_after = server, crash_after
        self.log, self.faults = [], []
        self.crashed = asyncio.Event()

    def fault(self, matches, error, *, performed=False, times=1):
        self.faults.append([matches, error, performed, times])

    @property
    def mutations(self):
        """Writes of anything but executions and the executor's own Secrets, no dry runs."""
        return [each for each in self.log if each[0] in WRITES and not each[4]
                and each[1] != "KubernetesExecution" and each[2] != OWN]

    async def _request(self, entry, call):
        if self.crash_after is not None and len(self.log) >= self.crash_after:
            self.crashed.set()
            await asyncio.Event().wait()
        self.log.append(entry)
        for fault in self.faults:
            if fault[3] and fault[0](entry):
                fault[3] -= 1
                if fault[2]:
                    await call()
                raise fault[1]
        return await call()

    async def get(self, resource, namespace, name):
        entry = ("get", resource.kind, namespace, name, False)
        return await self._request(entry, lambda: self._server.get(resource, namespace, name))

    async def list(self, resource, namespace="", **options):
        entry = ("list", resource.kind, namespace, "", False)
        return await self._request(entry, lambda: self._server.list(resource, namespace, **options))

    async def create(self, resource, body, *, dry_run=False):
        entry = ("create", *_named(resource, body), dry_run)
        return await self._request(entry, lambda: self._server.create(resource, body, dry_run=dry_run))

    async def update(self, resource, body, *, dry_run=False):
        entry = ("update", *_named(resource, body), dry_run)
        return await self._request(entry, lambda: self._server.update(resource, body, dry_run=dry_run))

    async def update_status(self, resource, body):
        entry = ("update_status", *_named(resource, body), False)
        return await self._request(entry, lambda: self._server.update_status(resource, body))

    async def delete(self, resource, namespace, name, *, dry_run=False, **options):
        entry = ("delete", resource.kind, namespace, name, dry_run)
        return await self._request(
            entry, lambda: self._server.delete(resource, namespace, name, dry_run=dry_run, **options))

    async def evict(self, namespace, pod, *, dry_run=False, **options):
        entry = ("evict", "Pod", namespace, pod, dry_run)
        return await self._request(entry, lambda: self._server.evict(namespace, pod, dry_run=dry_run, **options))

    async def watch(self, resource, namespace="", **options):
        await self._request(("watch", resource.kind, namespace, "", False), _nothing)
        async for event in self._server.watch(resource, namespace, **options):
            if self.crashed.is_set():
                await asyncio.Event().wait()
            yield event


def _named(resource, body):
    return resource.kind, body["metadata"].get("namespace", ""), body["metadata"]["name"]


async def _nothing():
    return None
