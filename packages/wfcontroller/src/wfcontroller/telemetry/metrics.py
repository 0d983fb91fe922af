"""The metrics of one process: a registry of their own, filled by observations, read on request."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, version
from typing import TypeAlias

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from wfcontroller.telemetry.families import FAMILIES, PREFIX, Family, Kind, Own
from wfcontroller.telemetry.room import Room
from wfcore.measures.vocabulary import Observation

_OPENMETRICS = "application/openmetrics-text"
_as_openmetrics: Callable[[Collector], bytes] = openmetrics.generate_latest


@frozen
class Reading:
    """A value of the moment; `labels` in the order of the family."""

    name: str
    labels: tuple[str, ...] = ()
    value: float = 1.0


Source: TypeAlias = Callable[[], Iterable[Reading]]


class Metrics:
    """Keeps what is counted, and asks its sources when somebody reads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._room = Room()
        self._kept = {family.name: _made(family, self._registry) for family in FAMILIES.values() if not family.read}
        self._readings = _Readings()
        self._registry.register(self._readings)
        ProcessCollector(namespace=PREFIX.rstrip("_"), registry=self._registry)
        self.read(_build)
        self.read(lambda: (Reading(Own.OVERFLOWS, (), self._room.overflows),))

    def read(self, source: Source) -> None:
        """Ask `source` whenever somebody reads; each family of its readings belongs to it alone."""
        self._readings.sources.append(source)

    def observe(self, observation: Observation) -> None:
        """Count or keep what was decided to be worth it."""
        self.record(observation.measure, observation.labels, observation.value)

    def record(self, name: str, labels: tuple[str, ...] = (), value: float = 1.0) -> None:
        """Count, observe or keep a value, as is the family's way."""
        family = FAMILIES[name]
        child = _child(self._kept[name], self._room.labels(family, labels))
        if isinstance(child, Counter):
            child.inc(value)
        elif isinstance(child, Histogram):
            child.observe(value)
        else:
            child.set(value)

    def timed(self, name: str) -> AbstractContextManager[object]:
        """A context whose duration is observed, in seconds that really passed."""
        metric = self._kept[name]
        assert isinstance(metric, Histogram)
        return metric.time()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The page and its content type: OpenMetrics for who takes it, else the text format of Prometheus."""
        page = _Uncreated(self._registry)
        wanted = {part.partition(";")[0].strip() for part in accept.split(",")}
        if _OPENMETRICS in wanted:
            return _as_openmetrics(page), openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(page), CONTENT_TYPE_PLAIN_0_0_4


def _made(family: Family, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    names, doc = tuple(family.labels), family.doc
    metric: Counter | Gauge | Histogram
    match family.kind:
        case Kind.COUNTER:
            metric = Counter(family.full_name, doc, names, registry=registry)
        case Kind.GAUGE:
            metric = Gauge(family.full_name, doc, names, registry=registry)
        case Kind.HISTOGRAM:
            metric = Histogram(family.full_name, doc, names, registry=registry, buckets=family.buckets)
    if names and family.pool is None:
        # From the start, so that the first count is an increase from 0 that a rate can see.
        for labels in itertools.product(*family.labels.values()):
            metric.labels(*labels)
    return metric


def _child(metric: Counter | Gauge | Histogram, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
    return metric.labels(*labels) if labels else metric


def _build() -> Iterator[Reading]:
    try:
        own = version("wfcontroller")
    except PackageNotFoundError:
        own = "unknown"
    yield Reading(Own.BUILD, (own, platform.python_version()))


class _Readings(Collector):
    """What the sources say at this moment, by family."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def describe(self) -> Iterable[Metric]:
        """Nothing: the table has no name twice."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Each family that any source has a reading of."""
        found: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for reading in (reading for source in self.sources for reading in source()):
            if reading.name not in found:
                found[reading.name] = _empty(FAMILIES[reading.name])
            found[reading.name].add_metric(reading.labels, reading.value)
        return found.values()


def _empty(family: Family) -> CounterMetricFamily | GaugeMetricFamily:
    kinds: Mapping[Kind, type[CounterMetricFamily | GaugeMetricFamily]] = {
        Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}
    return kinds[family.kind](family.full_name, family.doc, labels=tuple(family.labels))


class _Uncreated(Collector):
    """A registry without the instants at which its series began: they would double the number of series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if sample.name != f"{metric.name}_created"]
            yield metric
