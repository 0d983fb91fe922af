"""How long things take in the embedded cluster, in seconds of the loop's clock."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt


@frozen(kw_only=True)
class Timings:
    """Delays of the embedded workloads.

    Attributes:
        pod_start: From a pod's binding until its containers run and, unless its image says otherwise, are ready.
        pod_stop: The longest a container takes to stop; a shorter grace period wins.
        watch_timeout: How long one watch request lasts before it is opened again.
        retry_first: Delay before a refused or unanswered request is tried again; doubles with each failure.
        retry_longest: Upper bound of that delay.
    """

    pod_start: float = field(default=2.0, validator=ge(0))
    pod_stop: float = field(default=1.0, validator=ge(0))
    watch_timeout: float = field(default=300.0, validator=gt(0))
    retry_first: float = field(default=0.05, validator=gt(0))
    retry_longest: float = field(default=30.0, validator=gt(0))
