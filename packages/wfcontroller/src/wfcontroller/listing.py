"""Lists of any length, a page at a time."""

from __future__ import annotations

from wfcontroller.api import Api, Object
from wfcore.resources import Resource

PAGE_SIZE = 500


async def everything(
    api: Api, resource: Resource, namespace: str, label_selector: str = "", name: str = ""
) -> tuple[list[Object], str]:
    """All objects of a namespace, or of all when it is empty, in the server's order, and the version to watch from."""
    items: list[Object] = []
    token = ""
    while True:
        page = await api.list(resource, namespace, label_selector=label_selector, name=name, limit=PAGE_SIZE,
                              continue_token=token)
        items.extend(page.items)
        token = page.continue_token
        if not token:
            return items, page.resource_version
