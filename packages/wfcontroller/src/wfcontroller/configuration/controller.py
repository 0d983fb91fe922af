"""What `wfcontroller` can be told."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from wfcontroller.configuration.database import DatabaseConfig
from wfcontroller.configuration.engine import ENGINE
from wfcontroller.configuration.keys import Key, part, setting
from wfcontroller.configuration.kinds import Seconds, Whole
from wfcontroller.configuration.lists import Namespaces
from wfcontroller.configuration.process import HealthConfig, KubernetesAccess, LogConfig, MetricsConfig
from wfcontroller.configuration.selector import Selector
from wfcontroller.configuration.shared import OBJECT_NAME, SECOND, WORD, lasting
from wfcontroller.runtime.pacing import Pacing
from wfcore.settings import Settings

_MILLISECOND, _HOUR = timedelta(milliseconds=1), timedelta(hours=1)

PACING = {
    "watch_timeout": Key(
        path="watch.timeout", kind=Seconds(timedelta(seconds=10), _HOUR),
        about="How long one watch request lasts.", effect="It is opened again then."),
    "retry_first": Key(
        path="watch.retryFirst", kind=Seconds(_MILLISECOND, _HOUR),
        about="Delay before a list or watch that failed is tried again.", effect="It doubles with each failure."),
    "retry_longest": Key(
        path="watch.retryLongest", kind=Seconds(_MILLISECOND, _HOUR),
        about="Upper bound of that delay.", effect="It grows no further."),
}


@frozen(kw_only=True)
class RuntimeConfig:
    """Which workflows this process takes, and how many reconciles run at the same time."""

    workers: int = setting(
        "workers", Whole(1, 256), "Reconciles that run at the same time, each of another workflow.",
        "More of them hide the API server's latency.", default=4)
    watch_namespaces: tuple[str, ...] = setting(
        "watchNamespaces", Namespaces(), "Namespaces whose workflows this process takes.",
        "Empty: those of all namespaces.", default=(), flag="--namespace")
    selector: str = setting(
        "selector", Selector(), "Label selector of the workflows that this process takes.", "Empty: all of them.",
        default="", flag="--selector")
    outbox_drain_interval: timedelta = setting(
        "outbox.drainInterval", lasting(), "How often audit records that wait are offered to the database.",
        "They are stored sooner once it is back.", default=timedelta(minutes=1))


@frozen(kw_only=True)
class LeaderElection:
    """The Lease that spares replicas the same work; nothing is safe or unsafe because of it."""

    lease_name: str = setting(
        "leaderElection.leaseName", OBJECT_NAME, "The Lease that replicas share, in the controller's namespace.",
        "Replicas that share none work side by side.", default="wf-controller")
    lease_duration: timedelta = setting(
        "leaderElection.leaseDuration", lasting(most=_HOUR), "How long others wait for a leader that is silent.",
        "Bounds the failover after a crash.", default=timedelta(seconds=15))
    renew_deadline: timedelta = setting(
        "leaderElection.renewDeadline", lasting(most=_HOUR),
        "How long a leader tries to renew before it gives up.", "A leader that could not renew ends.",
        default=timedelta(seconds=10))
    retry_period: timedelta = setting(
        "leaderElection.retryPeriod", lasting(SECOND / 10, _HOUR), "Pause between two tries.",
        "Shorter ones take over sooner and cost more requests.", default=timedelta(seconds=2))
    identity: str = setting(
        "leaderElection.identity", WORD, "This replica's name in the Lease; it has to be its own.",
        "Empty: the host's name and a random suffix.", default="")


@frozen(kw_only=True)
class ControllerConfig:
    """Everything the controller is told, in parts that each have their reader."""

    engine: Settings = part(Settings(), ENGINE)
    runtime: RuntimeConfig = part(RuntimeConfig())
    pacing: Pacing = part(Pacing(), PACING)
    leader_election: LeaderElection = part(LeaderElection())
    kubernetes: KubernetesAccess = part(KubernetesAccess())
    database: DatabaseConfig = part(DatabaseConfig())
    health: HealthConfig = part(HealthConfig())
    metrics: MetricsConfig = part(MetricsConfig())
    log: LogConfig = part(LogConfig())
