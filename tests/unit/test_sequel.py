"""The workflow that undoes or retries a finished one is one that planning takes."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import attrs
import pytest

from wfcore.building.sequel import (
    retry_document,
    rollback_document,
    sequel_names,
    why_no_retry,
    why_no_rollback,
)
from wfcore.codec import decode_workflow
from wfcore.model.definition import ExecutionStrategy
from wfcore.model.enums import Mutated, Phase, RollbackPhase, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.model.status import StepRollback, StepStatus
from wfcore.model.workflow import WorkflowExecution
from wfcore.settings import Settings
from wfcore.testing.world import START
from wfcore.validation.document import check_document

from .stories import Story, scale, workflow

CHANGED = StepStatus(step_number=1, action="scale-deployment", status=StepPhase.COMPLETED, mutated=Mutated.YES)
UNDONE = StepRollback(status=RollbackPhase.COMPLETED)


def ended(*entries: StepStatus, phase: Phase = Phase.FAILED, deleted: bool = False,
          **spec: object) -> WorkflowExecution:
    """A workflow of steps 1 and 2 that has ended with this ledger."""
    found = Story(workflow(scale(1), scale(2), **spec)).world.workflow("w")
    meta = attrs.evolve(found.metadata, deletion_timestamp=START if deleted else None)
    return attrs.evolve(found, metadata=meta, status=evolve(found.status, phase=phase, step_statuses=entries))


def test_what_has_changed_something_can_be_undone_and_what_has_ended_retried() -> None:
    assert ("", "") == (why_no_rollback(ended(CHANGED), [1]), why_no_retry(ended(CHANGED), [2]))


@pytest.mark.parametrize(("source", "why"), [
    (ended(CHANGED, deleted=True), "is being deleted, and with it what it has captured"),
    (ended(phase=Phase.EXECUTING), ("is executing; wait for its end with `wfctl watch w -n default`, or end it with "
     "`wfctl stop w -n default`")),
    (ended(phase=Phase.NEW), ("is new; wait for its end with `wfctl watch w -n default`, or end it with "
     "`wfctl stop w -n default`")),
    (ended(CHANGED, rollbackOf={"name": "x", "uid": "u"}), "only undoes another workflow; start from x instead"),
])
def test_nothing_starts_from_what_has_not_ended_or_only_undoes_another(source: WorkflowExecution, why: str) -> None:
    assert (why, why) == (why_no_rollback(source, ()), why_no_retry(source, ()))


def test_a_rollback_needs_something_changed_that_is_not_undone() -> None:
    assert "has changed nothing; there is nothing to undo" == why_no_rollback(
        ended(evolve(CHANGED, mutated=Mutated.NO)), ())
    assert "is undone already" == why_no_rollback(ended(evolve(CHANGED, rollback=UNDONE)), ())
    assert "has no step 3, 4; its steps are 1" == why_no_rollback(ended(CHANGED), [3, 1, 4])
    assert "has no step 3; its steps are none" == why_no_rollback(ended(), [3])


def test_a_retry_needs_a_definition_with_the_steps_that_are_named() -> None:
    source = ended(CHANGED)
    undefined = attrs.evolve(source, spec=evolve(source.spec, workflow_definition=None))
    inherited = attrs.evolve(undefined, status=evolve(undefined.status, plan_inputs=PlanInputs(
        definition=source.spec.workflow_definition)))

    assert "has no step 3; its steps are 1, 2" == why_no_retry(source, [3])
    assert "has no definition to run again" == why_no_retry(undefined, ())
    assert "" == why_no_retry(inherited, [2])


CAREFUL = {"approvalRequired": True, "approvalTimeout": "10m", "dryRunFirst": True, "rollbackStrategy": "manual"}


def test_a_rollback_is_a_valid_workflow_that_needs_an_approval_if_its_source_did() -> None:
    source = ended(CHANGED, executionStrategy=CAREFUL)
    document = rollback_document(source, "w-rollback", [2, 1, 2])
    made = decode_workflow(document)

    assert () == check_document(document, Settings())
    assert ("default", "w-rollback") == (made.metadata.namespace, made.metadata.name)
    assert ("w", source.metadata.uid, (2, 1)) == attrs.astuple(made.spec.rollback_of)
    assert ExecutionStrategy(approval_required=True, approval_timeout=timedelta(minutes=10)) == (
        made.spec.execution_strategy)
    assert None is made.spec.workflow_definition


def test_a_retry_is_a_valid_workflow_as_careful_as_its_source() -> None:
    source = ended(CHANGED, executionStrategy=CAREFUL, alertRemediationRef={"name": "alert"},
                   ttlSecondsAfterFinished=60)
    document = retry_document(source, "w-retry", [])
    made = decode_workflow(document)

    assert () == check_document(document, Settings())
    assert ("w", source.metadata.uid, ()) == attrs.astuple(made.spec.retry_of)
    assert (source.spec.execution_strategy, source.spec.adaptive_orchestration, source.spec.alert_remediation_ref,
            60) == (made.spec.execution_strategy, made.spec.adaptive_orchestration, made.spec.alert_remediation_ref,
                    made.spec.ttl_seconds_after_finished)


def names(source: str, kind: str) -> list[str]:
    return list(islice(sequel_names(source, kind), 3))


def test_names_are_derived_and_do_not_pile_up() -> None:
    assert ["fix-retry", "fix-retry-2", "fix-retry-3"] == names("fix", "retry")
    assert names("fix", "retry") == names("fix-retry", "retry") == names("fix-retry-7", "retry")
    assert "fix-retry-rollback" == names("fix-retry", "rollback")[0]
    assert "-retry-retry" == names("-retry", "retry")[0]


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    one, other = names("a" * 250, "retry")[0], names("a" * 249, "retry")[0]

    assert one != other
    assert (200, 200) == (len(one), len(other))
    assert one.endswith("-retry")
