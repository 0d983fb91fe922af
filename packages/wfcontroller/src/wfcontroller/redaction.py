"""Takes secrets out of text that is shown: by the shape of what is said, and by the values that are known."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"
LONGEST = 2_000
# More is not even looked at: what is shown is cut shorter anyway.
_LOOKED_AT = 16_000
_SHORTEST_SECRET = 4

_WORDS = "password|passwd|passphrase|pwd|token|secret|authorization|credentials?|cookie|api[_-]?key|private[_-]?key|dsn"
_ASSIGNED = re.compile(
    rf"\b([\w-]*(?:{_WORDS}))([\"']?\s*[=:]\s*)((?:bearer|basic)\s+\S+|\"[^\"]*\"|'[^']*'|[^\s,;&}})\]]+)",
    re.ASCII | re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.ASCII | re.IGNORECASE)
_JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]{4,}\.[\w-]+(\.[\w-]*)?", re.ASCII)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_RUN = re.compile(r"\S+")
# What moves a terminal's cursor or starts a line where none should start.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SECRET_KEYS = frozenset({"data", "stringdata", "binarydata", "dataupdates", "updates", "databaseurl"})
_SECRET_KEY = re.compile(_WORDS.replace("[_-]?", ""))


def is_secret_key(key: str) -> bool:
    """Whether what stands under this key is hidden, whatever it is."""
    folded = re.sub(r"[^a-z0-9]", "", key.lower())
    return folded in _SECRET_KEYS or _SECRET_KEY.search(folded) is not None


class Redaction:
    """Scrubs text; `known` are secret values of this process, hidden in every usual encoding."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        spelt = {form for secret in known if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        # The longest first: one may be part of another.
        ordered = sorted(spelt, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def scrub(self, text: str, longest: int = LONGEST) -> str:
        """The text without secrets and control characters, clipped.  O(length), at most 16,000 characters of it."""
        looked_at = text[:_LOOKED_AT]
        if len(text) > _LOOKED_AT:
            # Half a secret has no shape by which it could be known.
            looked_at = looked_at.rstrip() if text[_LOOKED_AT].isspace() else re.sub(r"\S+\Z", "", looked_at)
        if self._known is not None:
            looked_at = self._known.sub(HIDDEN, looked_at)
        looked_at = _PRIVATE_KEY.sub(HIDDEN, looked_at)
        looked_at = _RUN.sub(_without_user, looked_at)
        looked_at = _ASSIGNED.sub(rf"\1\2{HIDDEN}", looked_at)
        looked_at = _BEARER.sub(rf"\1 {HIDDEN}", looked_at)
        looked_at = _JSON_WEB_TOKEN.sub(HIDDEN, looked_at)
        looked_at = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", looked_at)
        return looked_at if len(text) <= _LOOKED_AT and len(looked_at) <= longest else f"{looked_at[:longest]}..."


def scrubbed(text: str) -> str:
    """As `Redaction.scrub` of one that knows no values."""
    return _SHAPES.scrub(text)


def _without_user(run: re.Match[str]) -> str:
    """`scheme://user:password@host` -> `scheme://***@host`, up to the last @: a password may hold one."""
    text = run[0]
    begin, end = text.find("://"), text.rfind("@")
    return f"{text[:begin + 3]}{HIDDEN}{text[end:]}" if 0 <= begin < end else text


def _forms(secret: str) -> Iterable[str]:
    data = secret.encode("utf-8", "surrogatepass")
    coded = base64.b64encode(data).decode()
    return (secret, quote(data, safe=""), quote_plus(data), coded, coded.rstrip("="),
            base64.urlsafe_b64encode(data).decode(), data.hex(), json.dumps(secret)[1:-1], repr(secret)[1:-1])


_SHAPES = Redaction()
