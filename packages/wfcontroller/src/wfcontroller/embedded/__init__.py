"""A Kubernetes API server in memory: wfcore's store kernel behind the `Api` protocol, with admission and watches."""

from __future__ import annotations

from wfcontroller.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer"]
