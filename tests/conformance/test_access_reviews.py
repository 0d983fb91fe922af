"""Access reviews of a server without an authorizer: whoever asks properly may do everything."""

from __future__ import annotations

import pytest

from wfcore.resources import SUBJECT_ACCESS_REVIEWS

from .gadgets import refusal

MAY = {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}


def review(**spec):
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {}, "spec": spec}


@pytest.mark.parametrize("spec", [{"user": "me", **MAY}, {"groups": ["g"], **MAY},
                                  {"user": "me", "nonResourceAttributes": {"verb": "get", "path": "/metrics"}}])
def test_everybody_may_do_everything_and_nothing_is_stored(run, api, spec):
    async def story():
        before = api.state.version
        answer = await api.create(SUBJECT_ACCESS_REVIEWS, review(**spec))
        return answer, api.state.version - before

    answer, changes = run(story())

    assert (spec, True, 0) == (answer["spec"], answer["status"]["allowed"], changes)


@pytest.mark.parametrize(("spec", "fields"), [
    (MAY, ["spec.user"]), ({"user": "me"}, ["spec.resourceAttributes"]),
    ({"user": "me", "nonResourceAttributes": {"verb": "get"}, **MAY}, ["spec.resourceAttributes"]),
    ({}, ["spec.user", "spec.resourceAttributes"]),
])
def test_a_question_without_a_subject_or_one_object_is_refused_with_every_problem(run, api, spec, fields):
    error = run(refusal(api.create(SUBJECT_ACCESS_REVIEWS, review(**spec))))

    assert (422, fields) == (error.status, [field for field, _ in error.causes])


def test_a_review_can_only_be_created(run, api):
    assert 404 == run(refusal(api.get(SUBJECT_ACCESS_REVIEWS, "", "x"))).status
