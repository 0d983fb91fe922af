"""Alert rules on these series, as data: the page of the documentation shows them, and a deployment can ship them."""

from __future__ import annotations

from attrs import frozen

from wfcontroller.telemetry.families import PREFIX


@frozen
class Alert:
    """One rule.  In the expression `$` stands for the common prefix of all series."""

    name: str
    expression: str
    lasting: str
    severity: str
    summary: str
    description: str

    @property
    def promql(self) -> str:
        """The expression as Prometheus reads it."""
        return self.expression.replace("$", PREFIX)


ALERTS = (
    Alert("WorkflowExecutionStuckInPhase",
          'time() - max by (phase) ($phase_start_timestamp{phase!="monitoring"}) > 300', "5m", "warning",
          "A workflow is stuck in {{ $labels.phase }}",
          "A workflow that nothing keeps waiting has been in phase {{ $labels.phase }} for over 5 minutes; "
          "`kubectl get wfe -A` shows which."),
    Alert("WorkflowExecutionMonitoredTooLong",
          'time() - max by (phase) ($phase_start_timestamp{phase="monitoring"}) > 660', "1m", "warning",
          "A workflow is monitored for longer than its time-out",
          "Monitoring ends after 10 minutes at most; the controller may not be working."),
    Alert("WorkflowExecutionHighValidationFailureRate",
          "sum(rate($validation_failures_total[5m])) / sum(rate($created_total[5m])) > 0.1", "5m", "warning",
          "Many workflows fail before they execute anything",
          "More than 10 % of the workflows fail in planning or validating; the label reason says why."),
    Alert("WorkflowExecutionHighDeletionRate",
          "sum(rate($deleted_total[5m])) > 1.5 * sum(rate($created_total[5m]))", "5m", "warning",
          "More workflows are deleted than created",
          "Workflows go faster than they come; a cascade of deletions may be under way."),
    Alert("WorkflowExecutionComplexWorkflows",
          "histogram_quantile(0.95, sum by (le) (rate($workflow_steps_total_bucket[1h]))) > 10", "10m", "info",
          "Workflows are becoming complex",
          "One workflow in twenty has more than 10 steps; review the quality of recommendations."),
    Alert("WorkflowExecutionLowSuccessRate",
          'sum(rate($executions_total{outcome=~"success|partial"}[5m])) '
          '/ sum(rate($executions_total{outcome!="none"}[5m])) < 0.98', "5m", "critical",
          "Fewer than 98 % of the workflows succeed", "See the label outcome, and errors_total."),
    Alert("WorkflowExecutionStepsFail",
          'sum by (action) (rate($steps_completed_total{status="failed"}[10m])) '
          '/ sum by (action) (rate($steps_completed_total[10m])) > 0.05', "10m", "warning",
          "Steps of {{ $labels.action }} fail", "More than 5 % of the steps with this action fail."),
    Alert("WorkflowExecutionManualInterventionRequired",
          'sum(increase($events_total{reason="ManualInterventionRequired"}[15m])) > 0', "0m", "critical",
          "A rollback left objects changed", "`status.rollback.dirty` of the workflow lists them."),
    Alert("WorkflowExecutionAuditWaits", "max($audit_outbox_records) > 0", "15m", "warning",
          "Audit records wait for the database", "They are kept in the API server until it answers again."),
    Alert("WorkflowExecutionAuditLost", 'sum(increase($events_total{reason="AuditDropped"}[15m])) > 0', "0m",
          "critical", "A workflow was deleted without an audit record",
          "Neither the database nor the API server kept its record."),
    Alert("WorkflowExecutionControllerPanics", "sum(increase($reconcile_panics_total[15m])) > 0", "0m", "warning",
          "The controller hit a defect", "An Event ReconcilePanic names the workflow; others are not affected."),
    Alert("WorkflowExecutionControllerBlind", "max by (kind) ($cache_age_seconds) > 600", "5m", "warning",
          "Nothing is heard of {{ $labels.kind }}", "The API server sends neither changes nor bookmarks."),
    Alert("WorkflowExecutionControllerDegraded", "min by (check) ($ready) == 0", "10m", "warning",
          "The check {{ $labels.check }} does not hold", "`/ready` says the same."),
    Alert("WorkflowExecutionApiErrors",
          'sum by (resource, code) (rate($api_requests_total{code=~"403|429|5..|none"}[10m])) > 0.1', "10m", "warning",
          "The API server answers {{ $labels.code }} for {{ $labels.resource }}",
          "403: a right is missing; 429: it asks for patience; 5xx or none: it is in trouble."),
)
