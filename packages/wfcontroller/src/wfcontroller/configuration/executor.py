"""What `wfexecutor` can be told."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from wfcontroller.configuration.keys import Key, part
from wfcontroller.configuration.kinds import Seconds, Text, Whole
from wfcontroller.configuration.process import HealthConfig, KubernetesAccess, LogConfig, MetricsConfig
from wfcontroller.configuration.shared import NAMESPACE, OBJECT_NAME, POWERS, lasting
from wfcontroller.executor.settings import ExecutorSettings
from wfcore.model.fields import DNS_LABEL

_OR_NONE = Text("the name of a namespace, or nothing", r"^$|" + DNS_LABEL)

EXECUTOR = {
    "namespace": Key(
        path="executorNamespace", kind=NAMESPACE,
        about="The executor's own namespace: snapshots of ConfigMaps and Secrets and its Lease live here.",
        effect="No step ever acts in it."),
    "controller_namespace": Key(
        path="controllerNamespace", kind=_OR_NONE, about="Where the freeze is looked for; empty: its own namespace.",
        effect="A freeze there holds every mutation; no step acts in it."),
    "watch_namespace": Key(
        path="watchNamespace", kind=_OR_NONE, about="The namespace whose executions this process takes.",
        effect="Empty: those of all namespaces.", flag="--namespace"),
    **POWERS,
    "parallelism": Key(
        path="parallelism", kind=Whole(1, 10_000), about="Attempts in progress at the same time.",
        effect="Further ones wait until one ends."),
    "margin": Key(
        path="reportMargin", kind=lasting(timedelta(0), timedelta(minutes=5)),
        about="How long before its timeout an attempt is reported as failed, at most a tenth of the timeout.",
        effect="The controller hears of it before it gives up."),
    "sweep_every": Key(
        path="snapshots.sweepInterval", kind=lasting(),
        about="How often snapshots of deleted executions are looked for.",
        effect="They are removed then."),
    "watch_timeout": Key(
        path="watch.timeout", kind=Seconds(timedelta(seconds=10), timedelta(hours=1)),
        about="How long one watch request lasts.", effect="It is opened again then."),
    "drain_retry": Key(
        path="drain.retryInterval", kind=lasting(timedelta(seconds=1), timedelta(minutes=5)),
        about="Pause before an eviction that a disruption budget forbade is tried again.",
        effect="A drain goes on sooner once the budget allows it."),
    "heartbeat_lease": Key(
        path="heartbeat.lease", kind=OBJECT_NAME, about="The Lease by which the executor says that it is alive.",
        effect="The controller has to be told the same name as executor.lease."),
}


@frozen(kw_only=True)
class ExecutorConfig:
    """Everything the executor is told.  It always renews its Lease, and nobody can tell it to inject faults."""

    executor: ExecutorSettings = part(ExecutorSettings(heartbeat=True), EXECUTOR)
    kubernetes: KubernetesAccess = part(KubernetesAccess())
    health: HealthConfig = part(HealthConfig())
    metrics: MetricsConfig = part(MetricsConfig())
    log: LogConfig = part(LogConfig())
