"""May an account do something?  Asked of the API server's authorizer by SubjectAccessReviews."""

from __future__ import annotations

from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcore.program import AccessQuestion, Review, Reviewed
from wfcore.resources import SUBJECT_ACCESS_REVIEWS


class Authorizer:
    """Asks one review a question; nothing is remembered, because rights change."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def review(self, request: Review) -> Reviewed:
        """The answers in the order of the questions; None where the server could not say."""
        return Reviewed(tuple([await self._ask(question) for question in request.questions]))

    async def _ask(self, question: AccessQuestion) -> bool | None:
        try:
            answer = await self._api.create(SUBJECT_ACCESS_REVIEWS, review_body(question))
        except ApiError:
            return None
        return verdict(answer)


def review_body(question: AccessQuestion) -> Object:
    """The SubjectAccessReview of a question; `pods/eviction` means a subresource."""
    resource, _, subresource = question.resource.partition("/")
    attributes = {
        "verb": question.verb, "group": question.group, "resource": resource, "subresource": subresource,
        "namespace": question.namespace, "name": question.name,
    }
    spec: dict[str, Any] = {"user": question.user, "groups": list(question.groups),
                            "resourceAttributes": {key: value for key, value in attributes.items() if value}}
    return {"apiVersion": SUBJECT_ACCESS_REVIEWS.api_version, "kind": SUBJECT_ACCESS_REVIEWS.kind,
            "metadata": {}, "spec": {key: value for key, value in spec.items() if value}}


def verdict(review: Object) -> bool | None:
    """What an answered review says: an authorizer that failed without allowing or denying has said nothing."""
    status = review.get("status") or {}
    if status.get("allowed"):
        return True
    return None if status.get("evaluationError") and not status.get("denied") else False
