"""Who holds a token, and may they read metrics?  Two reviews of the API server: their bodies and their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.kinds import TOKEN_REVIEWS
from wfcontroller.rights import rights
from wfcore.resources import SUBJECT_ACCESS_REVIEWS

# What a controller needs besides its other rights, to ask who may read its metrics.
METRICS = rights(TOKEN_REVIEWS, ("create",)) | rights(SUBJECT_ACCESS_REVIEWS, ("create",))
# `b64token` of RFC 6750; anything else is no token that an API server has given out.
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]{1,12288}=*)")


@frozen
class User:
    """Whom a token stands for, as the API server said."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


def bearer_token(headers: Sequence[str]) -> str | None:
    """The token of the `Authorization` headers; None unless there is exactly one, and it is a bearer token."""
    found = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    return found[1] if found else None


def token_review(token: str, audience: str) -> Object:
    """The TokenReview of a token; without an audience it has to be one for the API server."""
    spec: dict[str, Any] = {"token": token, **({"audiences": [audience]} if audience else {})}
    return {"apiVersion": TOKEN_REVIEWS.api_version, "kind": TOKEN_REVIEWS.kind, "metadata": {}, "spec": spec}


def reviewed_user(review: Object, audience: str) -> User | None:
    """Whom an answered TokenReview names.

    None for a token that is not valid, or not for our audience: an API server
    that knows of no audiences names none, and its word is about itself then.
    """
    status = review.get("status") or {}
    user = status.get("user") or {}
    if status.get("authenticated") is not True or not user.get("username"):
        return None
    if audience and audience not in (status.get("audiences") or ()):
        return None
    extra = tuple((key, tuple(values or ())) for key, values in sorted((user.get("extra") or {}).items()))
    return User(user["username"], user.get("uid") or "", tuple(user.get("groups") or ()), extra)


def metrics_review(user: User, path: str) -> Object:
    """The SubjectAccessReview that asks whether a user may GET a path."""
    said = {"user": user.name, "uid": user.uid, "groups": list(user.groups),
            "extra": {key: list(values) for key, values in user.extra}}
    spec = {key: value for key, value in said.items() if value}
    return {"apiVersion": SUBJECT_ACCESS_REVIEWS.api_version, "kind": SUBJECT_ACCESS_REVIEWS.kind, "metadata": {},
            "spec": {**spec, "nonResourceAttributes": {"path": path, "verb": "get"}}}
