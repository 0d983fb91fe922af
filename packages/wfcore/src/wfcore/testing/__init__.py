"""The public test kit: what an implementation of a port, or an extension of the engine, is tested with."""

from __future__ import annotations
