"""Names derived from content: the same template always gets the same ReplicaSet, on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# The alphabet of apimachinery's rand.SafeEncodeString: no vowels, no 0, 1 or 3, so that no word appears by chance.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
GENERATED_NAME_LENGTH = 63


def content_hash(content: Any, length: int = 10) -> str:
    """`length` letters that depend only on the JSON value, whatever the order of its keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(canonical.encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:length])


def generated_name(base: str, *identity: Any) -> str:
    """`<base>-<5 letters>`, the letters depending on `identity`, cut as `generateName` cuts it."""
    return f"{base}-"[: GENERATED_NAME_LENGTH - 5] + content_hash([base, *identity], 5)
