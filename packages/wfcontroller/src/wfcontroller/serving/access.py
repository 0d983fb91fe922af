"""Who may read the metrics: the answers of two reviews, remembered for a short while."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus

import structlog
from attrs import field, frozen
from attrs.validators import ge, gt

from wfcontroller.api import Api, ApiError
from wfcontroller.cluster.reviews import verdict
from wfcontroller.kinds import TOKEN_REVIEWS
from wfcontroller.serving.remembering import Pace, Remembered
from wfcontroller.serving.reviews import bearer_token, metrics_review, reviewed_user, token_review
from wfcore.resources import SUBJECT_ACCESS_REVIEWS

_log = structlog.get_logger("wfcontroller")


class Verdict(StrEnum):
    """What a request for metrics gets."""

    ALLOWED = "allowed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    LIMITED = "limited"  # its source asks too often
    UNAVAILABLE = "unavailable"  # the API server does not say
    BROKEN = "broken"  # the API server refuses to be asked, or this is a defect


STATUS: Mapping[Verdict, HTTPStatus] = {
    Verdict.ALLOWED: HTTPStatus.OK, Verdict.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Verdict.FORBIDDEN: HTTPStatus.FORBIDDEN, Verdict.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Verdict.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE, Verdict.BROKEN: HTTPStatus.INTERNAL_SERVER_ERROR,
}


@frozen(kw_only=True)
class AccessSettings:
    """How access is judged.

    Attributes:
        audience: For whom a token has to be made out, so that the token of a scraper opens nothing else; empty: the
            API server.
        seconds: How long each verdict is remembered.  A refusal lasts shorter: a right that was just given is soon
            seen; a failure lasts just long enough to keep a flood from the API server.
        remembered: How many tokens are remembered.
        timeout: Seconds the two reviews may take together.
        at_once: How many tokens are reviewed at the same time.
        burst: How many tokens one source may have reviewed at once, and
        every: after that one in so many seconds.
    """

    audience: str = ""
    seconds: Mapping[Verdict, float] = field(factory=lambda: {
        Verdict.ALLOWED: 60.0, Verdict.UNAUTHENTICATED: 10.0, Verdict.FORBIDDEN: 10.0, Verdict.UNAVAILABLE: 1.0,
        Verdict.BROKEN: 5.0})
    remembered: int = field(default=256, validator=ge(1))
    timeout: float = field(default=10.0, validator=gt(0))
    at_once: int = field(default=16, validator=ge(1))
    burst: int = field(default=10, validator=ge(1))
    every: float = field(default=1.0, validator=gt(0))


class Access:
    """Judges requests for one path.  A token costs two reviews, however many requests carry it at once."""

    def __init__(self, api: Api, path: str, settings: AccessSettings | None = None, *,
                 clock: Callable[[], float] = lambda: asyncio.get_running_loop().time()) -> None:
        self._api, self._path, self._settings = api, path, settings or AccessSettings()
        self._known: Remembered[Verdict] = Remembered(self._settings.remembered, clock)
        self._pace = Pace(self._settings.burst, self._settings.every, clock)
        self._reviews: dict[bytes, asyncio.Task[Verdict]] = {}
        # What is remembered of a token is of no use elsewhere, nor in another process.
        self._salt = secrets.token_bytes(32)

    async def judge(self, authorization: Sequence[str], source: str) -> Verdict:
        """The verdict on a request with these `Authorization` headers from a source."""
        token = bearer_token(authorization)
        if token is None:
            return Verdict.UNAUTHENTICATED
        key = hashlib.blake2b(token.encode(), digest_size=32, key=self._salt).digest()
        known = self._known.get(key)
        if known is not None:
            return known
        review = self._reviews.get(key)
        if review is None:
            if not self._pace.allows(source) or len(self._reviews) >= self._settings.at_once:
                return Verdict.LIMITED
            review = self._reviews[key] = asyncio.create_task(self._remembering(key, token), name="metrics-review")
        # Whoever leaves must not take the others' answer along.
        return await asyncio.shield(review)

    async def close(self) -> None:
        """Cancel what is under way."""
        pending = tuple(self._reviews.values())
        for review in pending:
            review.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _remembering(self, key: bytes, token: str) -> Verdict:
        try:
            found = await self._judged(token)
        finally:
            del self._reviews[key]
        self._known.put(key, found, self._settings.seconds.get(found, 0.0))
        return found

    async def _judged(self, token: str) -> Verdict:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._reviewed(token)
        except TimeoutError:
            _log.warning("metrics_review_failed", error="TimeoutError")
            return Verdict.UNAVAILABLE
        except ApiError as error:
            # Its message may quote what was sent: the token.
            _log.warning("metrics_review_failed", status=error.status, reason=error.reason)
            away = error.status in (0, HTTPStatus.TOO_MANY_REQUESTS) or error.status >= 500
            return Verdict.UNAVAILABLE if away else Verdict.BROKEN
        except Exception as error:  # noqa: BLE001
            # As for a reconcile: a defect costs nothing but this answer, and says nothing to whoever asked.
            _log.error("metrics_review_failed", error=type(error).__name__)
            return Verdict.BROKEN

    async def _reviewed(self, token: str) -> Verdict:
        audience = self._settings.audience
        user = reviewed_user(await self._api.create(TOKEN_REVIEWS, token_review(token, audience)), audience)
        if user is None:
            return Verdict.UNAUTHENTICATED
        allowed = verdict(await self._api.create(SUBJECT_ACCESS_REVIEWS, metrics_review(user, self._path)))
        return Verdict.ALLOWED if allowed else Verdict.FORBIDDEN
