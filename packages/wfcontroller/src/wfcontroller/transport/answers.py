"""What the API server refuses, as `ApiError`: from its `Status` object, and from what has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from wfcontroller.api import ApiError, Object

_LONGEST = 2000
# For answers that carry no Status: of a proxy in between, say.
_REASONS: Mapping[int, str] = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    409: "Conflict", 410: "Expired", 413: "RequestEntityTooLarge", 422: "Invalid", 429: "TooManyRequests",
    500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
}


def parsed(content: bytes) -> Object:
    """The JSON object of an answer.  Raises `ApiError` with status 0: what was meant is unknown."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ApiError(0, "InvalidAnswer", f"the answer is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ApiError(0, "InvalidAnswer", f"the answer is not a JSON object but {type(found).__name__}")
    return found


def refusal(status: int, content: bytes, headers: Mapping[str, str]) -> ApiError:
    """The error of an answer with this HTTP status."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict) and body.get("kind") == "Status":
        return of_status(body, status, headers)
    text = content[:_LONGEST].decode("utf-8", "replace").strip() or "no reason given"
    return ApiError(status, _REASONS.get(status, "Unknown"), text, retry_after=_seconds(headers.get("Retry-After")))


def of_status(body: Mapping[str, Any], status: int = 0, headers: Mapping[str, str] | None = None) -> ApiError:
    """The error that a `Status` object tells of; `status` where it says none itself."""
    details = body.get("details") or {}
    told = _seconds((headers or {}).get("Retry-After")) or _seconds(details.get("retryAfterSeconds"))
    code = int(body.get("code") or status or 500)
    causes = tuple((str(cause.get("field") or ""), str(cause.get("message") or ""))
                   for cause in details.get("causes") or ())
    return ApiError(code, str(body.get("reason") or _REASONS.get(code, "Unknown")), str(body.get("message") or ""),
                    retry_after=told, causes=causes)


def _seconds(value: Any) -> float | None:
    """A number of seconds, if it is one; Retry-After may be a date, which nobody sends here."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if seconds > 0 else None
