"""Revisions of workloads that replace their pods themselves: which template a pod was made from."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.hashing import content_hash
from wfcontroller.embedded.workloads.pod_template import template_of
from wfcontroller.objects import labels_of

REVISION_LABEL = "controller-revision-hash"


def revision_hash(workload: Object) -> str:
    """The hash of the present template."""
    return content_hash(template_of(workload))


def is_current(pod: Object, revision: str) -> bool:
    """Whether the pod carries this revision."""
    return labels_of(pod).get(REVISION_LABEL) == revision
