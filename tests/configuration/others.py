"""For every key of the table another value than its default, as a file has it and as a variable says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wfcontroller.configuration import kinds, lists, policy
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.keys import Entry, entries_of
from wfcontroller.configuration.selector import Selector
from wfcore.codec.durations import format_duration

CONFIGS = (ControllerConfig, ExecutorConfig)
# Keys that only go together.
COMPANIONS = {"metrics.tlsCertFile": "metrics.tlsKeyFile", "metrics.tlsKeyFile": "metrics.tlsCertFile"}
# A change that contradicts a default has to be this one.
CHOSEN = {"leaderElection.leaseDuration": "20s", "leaderElection.renewDeadline": "11s",
          "leaderElection.retryPeriod": "3s", "monitoring.stabilityWindow": "90s", "timeouts.monitoring": "11m",
          "retries.backoffBase": "6s", "retries.backoffCap": "6m", "metrics.port": 9091, "health.port": 8081,
          "watch.retryFirst": "0.1s", "watch.retryLongest": "31s", "controllerNamespace": "ops",
          "executorNamespace": "ops", "retries.outcomeHold": "2s", "reportMargin": "6s",
          "kubernetes.kubeconfig": "/etc/kube/config", "database.urlFile": "/etc/wf/url"}


def other(config: type, entry: Entry) -> Any:
    """A file's value for the key that is not its default."""
    kind, default = entry.key.kind, entry.value_in(config())
    match kind:
        case _ if entry.key.path in CHOSEN:
            return CHOSEN[entry.key.path]
        case kinds.Duration():
            spare = timedelta(seconds=default) if isinstance(kind, kinds.Seconds) else default
            return format_duration(spare + timedelta(seconds=1) if spare < kind.most else kind.least)
        case kinds.Whole():
            return default + 1 if default < kind.most else default - 1
        case kinds.Share():
            return 0.25
        case kinds.Switch():
            return not default
        case kinds.OneOf():
            return next(word for word, meaning in kind.words.items() if meaning != default)
        case policy.Policy():
            return "OverSteps(3)"
        case lists.CustomActions():
            return [{"actionType": "flush-cache", "idempotent": True}]
        case lists.Namespaces():
            return ["shop", "team-a"]
        case Selector():
            return "app=web,tier in (a,b)"
        case _:
            return "something-else"


def as_text(value: Any) -> str:
    """A file's value as a variable says it."""
    if value == [{"actionType": "flush-cache", "idempotent": True}]:
        return "[{actionType: flush-cache, idempotent: true}]"
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


KEYS = [(config, entry) for config in CONFIGS for entry in entries_of(config)]
