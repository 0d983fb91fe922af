"""What makes the embedded cluster behave like one: scheduler, kubelets and workload controllers.

Each kind has a pure module that decides (`rollout`, `replicas`, `pod_status`,
`scheduling`, `budgets`, ...) and a thin controller that reads, asks it and
writes.  They know only the `Api` protocol and the running loop's clock.
"""

from wfcontroller.embedded.workloads.running import run_workloads
from wfcontroller.embedded.workloads.timings import Timings

__all__ = ["Timings", "run_workloads"]
