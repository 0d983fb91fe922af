"""What the operator decides for the reference executor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen
from attrs.validators import ge

from wfcore.settings import PROTECTED_NAMESPACES


@frozen(kw_only=True)
class ExecutorSettings:
    """Settings of one executor.

    Attributes:
        namespace: The executor's own: snapshots and the heartbeat live here, and no step ever acts here.
        controller_namespace: Where the ConfigMap `wf-freeze` is looked for; empty means `namespace`.
        watch_namespace: Executions are taken from this namespace; empty means all.
        trusted_namespaces: Namespaces whose steps may act in every namespace that is not protected, and on nodes; None
            trusts them all.
        allow_inline_secrets: Whether `update-secret` takes values from the step itself.
        parallelism: Attempts in progress at the same time.
        margin: How long before an attempt's timeout its outcome is reported, at most a tenth of the timeout.
        sweep_every: How often snapshots of deleted executions are looked for.
        watch_timeout: Seconds after which the watch of executions is opened again.
        drain_retry: Seconds until an eviction that a disruption budget forbade is tried again.
        heartbeat: Whether to renew the Lease `heartbeat_lease` every ten seconds.
        fail: Faults to inject, by step: how many first attempts fail before they act (None: every attempt acts,
            then fails its verification).
    """

    namespace: str = "kubernaut-system"
    controller_namespace: str = ""
    watch_namespace: str = ""
    trusted_namespaces: frozenset[str] | None = frozenset()
    protected_namespaces: frozenset[str] = PROTECTED_NAMESPACES
    allow_inline_secrets: bool = False
    parallelism: int = field(default=100, validator=ge(1))
    margin: timedelta = timedelta(seconds=5)
    sweep_every: timedelta = timedelta(minutes=10)
    watch_timeout: float = 300.0
    drain_retry: timedelta = timedelta(seconds=5)
    heartbeat: bool = False
    heartbeat_lease: str = "wf-executor"
    fail: Mapping[int, int | None] = field(factory=dict)

    def margin_of(self, timeout: timedelta) -> timedelta:
        """What of a timeout is kept for reporting."""
        return min(self.margin, timeout / 10)
