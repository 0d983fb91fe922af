"""Whether this controller can do its work: named checks that its parts set."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Check(StrEnum):
    """What has to hold; the value is what `/ready` says when it does not."""

    CACHES = "caches not synced"
    STOPPING = "stopping"
    CRDS = "no definitions"
    EXECUTOR = "no executor"
    APPROVALS = "no approval policy"
    STORE = "no audit store"

    @property
    def label(self) -> str:
        """The check as the label of a metric."""
        return self.name.lower()


# Without these nothing is served; without the others what can be done is done.
_REQUIRED = (Check.CACHES, Check.STOPPING)


class Readiness:
    """The state of each check.  Only caches are expected from the start: another part that never speaks is not there.

    Nothing here asks the API server or the store: a part that learns something
    says so, and the answer of `/ready` is at hand at any time.
    """

    def __init__(self) -> None:
        self._holds: dict[Check, bool] = {Check.CACHES: False}

    def set(self, check: Check, holds: bool) -> None:
        """Say whether a check holds now."""
        self._holds[check] = holds

    @property
    def checks(self) -> Mapping[Check, bool]:
        """Each check that has been spoken of, and whether it holds."""
        return self._holds

    @property
    def ready(self) -> bool:
        """Whether everything holds that is required."""
        return all(self._holds.get(check, True) for check in _REQUIRED)

    @property
    def words(self) -> str:
        """`ok`, `degraded: CODES` or `not ready: CODES`, with the codes in the order of `Check`."""
        failing = [check for check in Check if not self._holds.get(check, True)]
        if not self.ready:
            failing = [check for check in failing if check in _REQUIRED]
        prefix = "degraded: " if self.ready else "not ready: "
        return prefix + ", ".join(failing) if failing else "ok"
