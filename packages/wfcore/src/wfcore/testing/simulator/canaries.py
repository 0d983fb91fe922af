"""Values of Secrets that can be told from everything else, and whether a text gives one away in any spelling."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote


class Canaries:
    """The secret values of one schedule.  Finding is one search of a text, however many there are."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._spellings: list[str] = []
        self._pattern: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self._spellings)

    def draw(self) -> str:
        """A new secret, unique in all schedules."""
        # Its base64 has both characters that the URL-safe alphabet spells otherwise.
        secret = f"s?>{self._seed}.{len(self._spellings)}>>>???~~~secret"
        data = secret.encode()
        self._spellings += (secret, base64.b64encode(data).decode().rstrip("="),
                            base64.urlsafe_b64encode(data).decode().rstrip("="), data.hex(), quote(secret, safe=""))
        self._pattern = re.compile("|".join(map(re.escape, self._spellings)), re.IGNORECASE)
        return secret

    def found_in(self, text: str) -> str:
        """The first spelling of a secret in a text, or an empty string."""
        found = self._pattern.search(text) if self._pattern is not None else None
        return found.group() if found is not None else ""
