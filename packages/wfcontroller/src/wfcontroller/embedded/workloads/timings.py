"""How long things take in the embedded cluster, in seconds of the loop's clock."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge

from wfcontroller.runtime.pacing import Pacing


@frozen(kw_only=True)
class Timings(Pacing):
    """Delays of the embedded workloads.

    Attributes:
        pod_start: From a pod's binding until its containers run and, unless its image says otherwise, are ready.
        pod_stop: The longest a container takes to stop; a shorter grace period wins.
    """

    pod_start: float = field(default=2.0, validator=ge(0))
    pod_stop: float = field(default=1.0, validator=ge(0))
