"""Builds a WorkflowExecution from what an analysis recommends about an alert."""
