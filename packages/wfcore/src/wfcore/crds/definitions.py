"""The CustomResourceDefinition objects themselves: names, columns, subresources around the schemas."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from wfcore.audit import AuditRecord
from wfcore.crds.scalars import Schema
from wfcore.crds.schema import spec_schema, status_schema
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution, WorkflowExecution
from wfcore.resources import (
    ALERT_REMEDIATIONS,
    AUDIT_OUTBOXES,
    CUSTOM_RESOURCE_DEFINITIONS,
    KUBERNETES_EXECUTIONS,
    WORKFLOW_EXECUTIONS,
    Resource,
)

CATEGORIES = ("kubernaut",)


@frozen
class Column:
    """One column of `kubectl get`; `wide` ones need `-o wide`."""

    name: str
    path: str
    description: str
    kind: str = "string"
    wide: bool = False

    def document(self) -> dict[str, Any]:
        """The column as JSON."""
        document: dict[str, Any] = {"name": self.name, "type": self.kind, "description": self.description}
        return {**document, **({"priority": 1} if self.wide else {}), "jsonPath": self.path}


_AGE = Column("Age", ".metadata.creationTimestamp", "Time since creation.", "date")

# A column shows the value at one path, so `3/5` takes two: Step and Steps.
_WORKFLOW_COLUMNS = (
    Column("Phase", ".status.phase", "Stage of the workflow."),
    Column("Step", ".status.currentStep", "Finished steps.", "integer"),
    Column("Steps", ".status.totalSteps", "Steps of the workflow.", "integer"),
    Column("Outcome", ".status.workflowResult.outcome", "The verdict."),
    _AGE,
    Column("Strategy", ".status.executionPlan.strategy", "How much can run at the same time.", wide=True),
    Column("Duration", ".status.executionMetrics.totalDuration", "From planning to the end.", wide=True),
    Column("Plan digest", ".status.planDigest", "What an approval is bound to.", wide=True),
    Column("Reason", ".status.failureReason", "Why it failed.", wide=True),
)

_EXECUTION_COLUMNS = (
    Column("Workflow", ".spec.workflowExecutionRef.name", "The workflow this belongs to."),
    Column("Step", ".spec.stepNumber", "The step.", "integer"),
    Column("Kind", ".spec.kind", "forward, dryrun or rollback."),
    Column("Action", ".spec.action", "The step's action."),
    Column("Phase", ".status.phase", "Stage of the attempt."),
    _AGE,
    Column("Attempt", ".spec.attempt", "1 for the first.", "integer", wide=True),
    Column("Mutated", ".status.rollbackInformation.mutated", "Whether it changed the cluster.", wide=True),
    Column("Failure", ".status.failureClass", "Class of the failure.", wide=True),
)


_OUTBOX_COLUMNS = (
    Column("Workflow", ".spec.name", "The workflow."),
    Column("Namespace", ".spec.namespace", "Its namespace."),
    Column("Status", ".spec.status", "Its last phase, or deleted."),
    _AGE,
)


def crds() -> tuple[dict[str, Any], ...]:
    """The definitions this engine owns: WorkflowExecution, KubernetesExecution, AuditOutbox.

    Fresh JSON-compatible dictionaries in a stable, readable key order; derived anew
    on each call, O(size of the model).
    """
    return (
        _definition(WORKFLOW_EXECUTIONS, _WORKFLOW_COLUMNS, _schema(
            WorkflowExecution, spec_schema(WorkflowExecutionSpec), status_schema(WorkflowExecutionStatus))),
        _definition(KUBERNETES_EXECUTIONS, _EXECUTION_COLUMNS, _schema(
            KubernetesExecution, spec_schema(KubernetesExecutionSpec), status_schema(KubernetesExecutionStatus))),
        # Bounds only, as for a status: no rule may refuse what has to be kept.
        _definition(AUDIT_OUTBOXES, _OUTBOX_COLUMNS, _schema(AuditRecord, status_schema(AuditRecord), None)),
    )


def others() -> tuple[dict[str, Any], ...]:
    """Stand-ins for kinds that others own and this engine only reads: AlertRemediation, any content.

    For a server without their owners; never install them in a real cluster.
    """
    content = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"description": "An alert being remediated.", "type": "object", "properties": {
        "spec": {"description": "Defined by its owner.", **content},
        "status": {"description": "Defined by its owner.", **content},
    }}
    return (_definition(ALERT_REMEDIATIONS, (_AGE,), schema),)


def _schema(cls: type, spec: Schema, status: Schema | None) -> Schema:
    return {
        "description": cls.__doc__,
        "type": "object",
        "properties": {
            "apiVersion": {"description": "Version of this representation.", "type": "string", "maxLength": 253},
            "kind": {"description": "Kind of this object.", "type": "string", "maxLength": 63},
            "metadata": {"type": "object"},
            "spec": spec,
            **({} if status is None else {"status": status}),
        },
        "required": ["spec"],
    }


def _definition(resource: Resource, columns: tuple[Column, ...], schema: Schema) -> dict[str, Any]:
    return {
        "apiVersion": CUSTOM_RESOURCE_DEFINITIONS.api_version,
        "kind": CUSTOM_RESOURCE_DEFINITIONS.kind,
        "metadata": {"name": f"{resource.plural}.{resource.group}"},
        "spec": {
            "group": resource.group,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                **({"shortNames": list(resource.short_names)} if resource.short_names else {}),
                "categories": list(CATEGORIES),
            },
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [{
                "name": resource.version,
                "served": True,
                "storage": True,
                **({"subresources": {"status": {}}} if resource.has_status else {}),
                "additionalPrinterColumns": [column.document() for column in columns],
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    }
