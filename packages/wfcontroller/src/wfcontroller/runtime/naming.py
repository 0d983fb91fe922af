"""Which targets a workflow names: under these the cache finds it again."""

from __future__ import annotations

from wfcore.codec import Malformed
from wfcore.planning.targets import Target, step_targets
from wfcore.rawobject import RawObject


def named_targets(raw: RawObject) -> frozenset[Target]:
    """The objects that the steps of a workflow touch; none for one that cannot be read.  Never raises."""
    workflow = raw.workflow()
    if isinstance(workflow, Malformed) or workflow.spec.workflow_definition is None:
        return frozenset()
    namespace = workflow.metadata.namespace
    return frozenset(target for step in workflow.spec.workflow_definition.steps
                     for target in step_targets(step, namespace))
