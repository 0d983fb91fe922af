"""Every family of series that a controller exposes: name, type, labels with their closed sets, meaning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from wfcontroller import kinds
from wfcontroller.serving.access import Verdict
from wfcontroller.serving.readiness import Check
from wfcore import resources
from wfcore.measures.vocabulary import LABELS, OTHER, WORKFLOW_NAME, Measure
from wfcore.resources import Resource

PREFIX = "kubernaut_workflowexecution_"
MOST_SERIES = 500


class Own(StrEnum):
    """What is measured of the controller itself, by the name of its family."""

    API_REQUESTS = "api_requests_total"
    API_DURATION = "api_request_duration_seconds"
    RECONCILES = "reconcile_duration_seconds"
    PANICS = "reconcile_panics_total"
    EVENTS_DROPPED = "events_dropped_total"
    QUEUE = "queue_depth"
    CACHE_AGE = "cache_age_seconds"
    CACHE_OBJECTS = "cache_objects"
    CACHE_LISTS = "cache_lists_total"
    READY = "ready"
    SCRAPES = "metrics_requests_total"
    OVERFLOWS = "label_overflows_total"
    BUILD = "build_info"
    CPU = "process_cpu_seconds_total"
    STARTED = "process_start_time_seconds"
    RESIDENT = "process_resident_memory_bytes"
    VIRTUAL = "process_virtual_memory_bytes"
    FILES = "process_open_fds"
    MOST_FILES = "process_max_fds"


class Kind(StrEnum):
    """The types of Prometheus that are used."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Pool(StrEnum):
    """Series that families share: what does not fit any more is counted under `other`."""

    NAMES = "names"
    API = "api"
    ERRORS = "errors"
    REASONS = "reasons"


# How many series beyond those with `other`.  Whoever creates workflows chooses names: they can use up their own pool.
POOLS: Mapping[Pool, int] = {Pool.NAMES: 130, Pool.API: 64, Pool.ERRORS: 16, Pool.REASONS: 11}


@frozen(kw_only=True)
class Family:
    """One family.

    Attributes:
        name: Without the common prefix.
        labels: Each label with the values it may have, in order; only `workflow_name` has more than are listed.
        pool: What its series beyond those with `other` are taken from; None when it has room for all.
        spilled: The labels that become `other` when nothing is left.
        read: Whether it is read when it is asked for; else it is kept as things happen.
    """

    name: str
    kind: Kind
    doc: str
    labels: Mapping[str, tuple[str, ...]]
    buckets: tuple[float, ...] = ()
    pool: Pool | None = None
    spilled: tuple[str, ...] = ()
    read: bool = False

    @property
    def full_name(self) -> str:
        """The name as Prometheus sees it."""
        return PREFIX + self.name

    @property
    def width(self) -> int:
        """How many series one combination of labels makes: a histogram has one a bucket, +Inf, a sum and a count."""
        return len(self.buckets) + 3 if self.kind is Kind.HISTOGRAM else 1

    @property
    def reserved(self) -> int:
        """How many series it has room for whatever the pools hold."""
        sizes = [1 if name in self.spilled else len(values) for name, values in self.labels.items()]
        return self.width * math.prod(sizes)


def _plurals(*modules: object) -> tuple[str, ...]:
    found = {value.plural for module in modules for value in vars(module).values() if isinstance(value, Resource)}
    return tuple(sorted(found))


VERBS = ("get", "list", "watch", "create", "update", "update_status", "delete", "evict")
RESOURCES = _plurals(resources, kinds)
# What the API server answers; `2xx` for what it did, `none` when no answer came.
CODES = ("2xx", "400", "401", "403", "404", "405", "409", "410", "413", "422", "429", "500", "502", "503", "504",
         "none")

_PHASES = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_LIVES = (5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
_STEPS = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 50.0, 100.0, 200.0)
_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
_CALLS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


def _measured(measure: Measure, kind: Kind, doc: str, *, buckets: tuple[float, ...] = (), pool: Pool | None = None,
              spilled: tuple[str, ...] = (), read: bool = False) -> Family:
    return Family(name=measure.value, kind=kind, doc=doc, labels=LABELS[measure], buckets=buckets, pool=pool,
                  spilled=spilled, read=read)


def _named(measure: Measure, doc: str) -> Family:
    return _measured(measure, Kind.COUNTER, doc, pool=Pool.NAMES, spilled=(WORKFLOW_NAME,))


def _own(name: Own, kind: Kind, doc: str, labels: Mapping[str, Iterable[str]] | None = None, *,
         buckets: tuple[float, ...] = (), pool: Pool | None = None, spilled: tuple[str, ...] = (),
         read: bool = False) -> Family:
    sets = {label: tuple(values) for label, values in (labels or {}).items()}
    return Family(name=name.value, kind=kind, doc=doc, labels=sets, buckets=buckets, pool=pool, spilled=spilled,
                  read=read)


WORKFLOWS = (
    _measured(Measure.CREATED, Kind.COUNTER, "Workflows accepted."),
    _measured(Measure.DELETED, Kind.COUNTER, "Workflows let go after their deletion was asked for."),
    _named(Measure.EXECUTIONS, "Workflows that ended, by outcome; none: completed without executing anything."),
    _measured(Measure.LIFECYCLE, Kind.HISTOGRAM, "From a workflow's creation to its end.", buckets=_LIVES),
    _measured(Measure.PHASE_DURATION, Kind.HISTOGRAM, "How long a workflow was in a phase that it left.",
              buckets=_PHASES),
    _measured(Measure.WORKFLOW_STEPS, Kind.HISTOGRAM, "Steps of the workflows that were planned.", buckets=_STEPS),
    _named(Measure.STEPS_CREATED, "Attempts at steps, each a KubernetesExecution."),
    _named(Measure.STEPS_COMPLETED, "Steps that ended after at least one attempt."),
    _named(Measure.ROLLBACKS, "Rollbacks begun: because a step failed, because the result did not hold, by a person."),
    _measured(Measure.EFFECTIVENESS, Kind.HISTOGRAM, "Scores of the workflows that executed something, 0 to 1.",
              buckets=_SCORES),
    _measured(Measure.SAFETY, Kind.COUNTER, "Safety checks made; unknown: their facts could not be read."),
    _measured(Measure.ADJUSTMENTS, Kind.COUNTER, "Adaptations made or recommended."),
    _measured(Measure.VALIDATION_FAILURES, Kind.COUNTER, "Workflows that failed before they executed anything.",
              pool=Pool.REASONS, spilled=("reason",)),
    _measured(Measure.ACTIVE, Kind.GAUGE, "Workflows that have not ended.", read=True),
    _measured(Measure.EXECUTING, Kind.GAUGE, "Workflows that execute, are monitored or roll back.", read=True),
    _measured(Measure.PHASE_START, Kind.GAUGE, "Since when the workflow that is longest in a phase is in it, of those "
              "that nothing keeps waiting; seconds since 1970, absent without any.", read=True),
    _measured(Measure.WAITING, Kind.GAUGE, "Workflows that a person, a freeze or another workflow keeps waiting.",
              read=True),
    _measured(Measure.VALIDATION_STATUS, Kind.GAUGE, "Workflows by what validating has found so far.", read=True),
    _measured(Measure.ERRORS, Kind.COUNTER, "Requests that were refused or not answered, by the phase of their "
              "workflow; conflicts apart.", pool=Pool.ERRORS, spilled=("phase",)),
    _measured(Measure.CONFLICTS, Kind.COUNTER, "Writes decided on a version that was not the newest; decided again."),
    _measured(Measure.EVENTS, Kind.COUNTER, "Kubernetes Events published, once for each time they are due."),
    _measured(Measure.AUDIT, Kind.COUNTER, "Deliveries of audit records; outboxed: kept in the API server meanwhile."),
    _measured(Measure.OUTBOX, Kind.GAUGE, "Audit records that wait in the API server, when last looked at."),
    _measured(Measure.OUTBOX_OLDEST, Kind.GAUGE, "Since when the oldest of them waits; 0 without any."),
)
CONTROLLER = (
    _own(Own.API_REQUESTS, Kind.COUNTER, "Requests to the API server; 2xx: done, none: no answer came.",
         {"verb": VERBS, "resource": (*RESOURCES, OTHER), "code": (*CODES, OTHER)}, pool=Pool.API,
         spilled=("resource", "code")),
    _own(Own.API_DURATION, Kind.HISTOGRAM, "How long a request to the API server took, watches apart.",
         buckets=_CALLS),
    _own(Own.RECONCILES, Kind.HISTOGRAM, "How long a pass over one workflow took.", buckets=_CALLS),
    _own(Own.PANICS, Kind.COUNTER, "Passes that raised: defects of this engine.", read=True),
    _own(Own.EVENTS_DROPPED, Kind.COUNTER, "Kubernetes Events that could not be published.", read=True),
    _own(Own.QUEUE, Kind.GAUGE, "Workflows to be looked at: that wait for a worker, or that one holds.",
         {"state": ("waiting", "held")}, read=True),
    _own(Own.CACHE_AGE, Kind.GAUGE, "Since when nothing was heard of a kind: no change, no bookmark.",
         {"kind": ("workflowexecutions", "kubernetesexecutions", "configmaps")}, read=True),
    _own(Own.CACHE_OBJECTS, Kind.GAUGE, "Objects of a kind of which there is a copy.",
         {"kind": ("workflowexecutions", "kubernetesexecutions", "configmaps")}, read=True),
    _own(Own.CACHE_LISTS, Kind.COUNTER, "How often a kind was listed anew: once, and after each break.",
         {"kind": ("workflowexecutions", "kubernetesexecutions", "configmaps")}, read=True),
    _own(Own.READY, Kind.GAUGE, "Whether a check holds, 1 or 0; absent for what nobody checks.",
         {"check": [check.label for check in Check]}, read=True),
    _own(Own.SCRAPES, Kind.COUNTER, "Requests for these metrics, by what they got.", {"result": list(Verdict)}),
    _own(Own.OVERFLOWS, Kind.COUNTER, "How often something was counted under `other` for lack of room.", read=True),
    _own(Own.BUILD, Kind.GAUGE, "Always 1; which version runs on which Python.", {"version": ("",), "python": ("",)},
         read=True),
    _own(Own.CPU, Kind.COUNTER, "CPU time of the process in seconds.", read=True),
    _own(Own.STARTED, Kind.GAUGE, "When the process started, seconds since 1970.", read=True),
    _own(Own.RESIDENT, Kind.GAUGE, "Resident memory in bytes.", read=True),
    _own(Own.VIRTUAL, Kind.GAUGE, "Virtual memory in bytes.", read=True),
    _own(Own.FILES, Kind.GAUGE, "Open file descriptors.", read=True),
    _own(Own.MOST_FILES, Kind.GAUGE, "File descriptors that may be open.", read=True),
)
FAMILIES: Mapping[str, Family] = {family.name: family for family in (*WORKFLOWS, *CONTROLLER)}


def most_series() -> int:
    """How many series there can be at most, whatever happens."""
    return sum(family.reserved for family in FAMILIES.values()) + sum(POOLS.values())
