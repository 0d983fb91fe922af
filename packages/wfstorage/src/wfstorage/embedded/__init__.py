"""A PostgreSQL of our own: the programs of a wheel, a data folder, a Unix socket that only its owner reaches."""

from __future__ import annotations
