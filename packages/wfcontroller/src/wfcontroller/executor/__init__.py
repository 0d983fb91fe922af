"""The reference executor: performs KubernetesExecutions for real, through the `Api` protocol alone."""

from __future__ import annotations

from wfcontroller.executor.contract import CustomAction
from wfcontroller.executor.running import Executor
from wfcontroller.executor.settings import ExecutorSettings

__all__ = ["CustomAction", "Executor", "ExecutorSettings"]
