"""Where the API server keeps what: `/api/v1/namespaces/default/pods/web`."""

from __future__ import annotations

from urllib.parse import quote

from wfcore.resources import Resource


def path_of(resource: Resource, namespace: str = "", name: str = "", part: str = "") -> str:
    """The path of a collection, or of one object when `name` is given, or of a `part` (subresource) of it.

    Without a namespace it is the collection of the whole cluster.  Every word is quoted, so that no name, however
    malformed, reaches another object.
    """
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    inside = ["namespaces", namespace] if namespace and resource.namespaced else []
    words = [*inside, resource.plural, *([name] if name else []), *([part] if part else [])]
    return "/".join([root, *(_quoted(word) for word in words)])


def _quoted(word: str) -> str:
    # A client would resolve these two before it sends the path.
    return word.replace(".", "%2E") if word in (".", "..") else quote(word, safe="")
