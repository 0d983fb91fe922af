"""PostgreSQL for remediation workflows; `open_storage` is the entry point `postgresql` of `wfcore.storage`."""

from __future__ import annotations

from wfstorage.opening import PostgresStorage, open_storage

__all__ = ["PostgresStorage", "open_storage"]
