"""Access reviews: a question is answered in its own words, and nothing is kept of it."""

from __future__ import annotations

import pytest

from wfcore.resources import SUBJECT_ACCESS_REVIEWS

from .gadgets import refusal

MAY = {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}


def review(**spec):
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {}, "spec": spec}


@pytest.mark.parametrize("spec", [
    {"user": "admin", "groups": ["system:masters"], **MAY}, {"groups": ["system:masters"], **MAY},
    {"user": "admin", "groups": ["system:masters"], "nonResourceAttributes": {"verb": "get", "path": "/metrics"}}])
def test_whoever_may_do_everything_is_told_so(run, api, spec):
    answer = run(api.create(SUBJECT_ACCESS_REVIEWS, review(**spec)))

    assert (spec, True) == (answer["spec"], answer["status"]["allowed"])
    assert not answer["metadata"].get("uid")


@pytest.mark.parametrize(("spec", "fields"), [
    (MAY, ["spec.user"]), ({"user": "me"}, ["spec.resourceAttributes"]),
    ({"user": "me", "nonResourceAttributes": {"verb": "get"}, **MAY}, ["spec.nonResourceAttributes"]),
    ({}, ["spec.resourceAttributes", "spec.user"]),
])
def test_a_question_without_a_subject_or_one_object_is_refused_with_every_problem(run, api, spec, fields):
    error = run(refusal(api.create(SUBJECT_ACCESS_REVIEWS, review(**spec))))

    assert (422, fields) == (error.status, [field for field, _ in error.causes])


def test_a_review_can_only_be_created(run, api):
    assert 404 == run(refusal(api.get(SUBJECT_ACCESS_REVIEWS, "", "x"))).status
