"""What can be read off the parts of a controller at any moment: sources for `Metrics.read`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from wfcontroller.cluster.events import Publisher
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.serving.readiness import Readiness
from wfcontroller.telemetry.families import Own
from wfcontroller.telemetry.metrics import Reading, Source
from wfcore.measures.standing import standing


def of_cache(cache: Cache) -> Source:
    """How the workflows stand, and how old the copies are."""
    def read() -> Iterator[Reading]:
        for figure in standing(cache.every_workflow()):
            yield Reading(figure.measure, figure.labels, figure.value)
        now = asyncio.get_running_loop().time()
        for informer in cache.informers:
            kind = (informer.resource.plural,)
            yield Reading(Own.CACHE_OBJECTS, kind, len(informer))
            yield Reading(Own.CACHE_LISTS, kind, informer.lists)
            if informer.heard_at is not None:
                yield Reading(Own.CACHE_AGE, kind, now - informer.heard_at)

    return read


def of_controller(controller: Controller) -> Source:
    """Its queue and its panics."""
    def read() -> Iterator[Reading]:
        waiting, held = controller.load()
        yield Reading(Own.QUEUE, ("waiting",), waiting)
        yield Reading(Own.QUEUE, ("held",), held)
        yield Reading(Own.PANICS, (), controller.panics.total)

    return read


def of_publisher(publisher: Publisher) -> Source:
    """The Events it could not publish."""
    def read() -> Iterator[Reading]:
        yield Reading(Own.EVENTS_DROPPED, (), publisher.dropped)

    return read


def of_readiness(readiness: Readiness) -> Source:
    """Each check that somebody makes."""
    def read() -> Iterator[Reading]:
        for check, holds in readiness.checks.items():
            yield Reading(Own.READY, (check.label,), float(holds))

    return read
