"""Database URLs: which are ours, how the driver wants them, and how people may see them."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wfcore.ports import PermanentError

DRIVER = "postgresql+psycopg"
SCHEMES = ("postgresql", "postgres", DRIVER)
# libpq takes secrets as options too, and people mistype their names: only these are shown.
SHOWN_OPTIONS = ("host", "hostaddr", "port", "dbname", "service", "sslmode", "target_session_attrs")


def parse_url(text: str) -> URL:
    """The URL for SQLAlchemy with the psycopg driver.

    Raises:
        PermanentError: not a PostgreSQL URL.  The message never quotes what follows the scheme: a password with
            an unescaped `@` or `:` would be in it.
    """
    scheme, separator, _ = text.partition("://")
    if not separator:
        raise PermanentError("the database URL has no scheme; write postgresql://user@host:5432/database")
    if scheme not in SCHEMES:
        raise PermanentError(f"database URL with scheme {scheme[:40]!r}: only PostgreSQL is supported;"
                             f" write one of {', '.join(f'{known}://' for known in SCHEMES)}")
    unreadable = PermanentError(
        f"the {scheme}:// database URL cannot be read; write postgresql://user:password@host:5432/database"
        " and percent-encode special characters of the password (@ is %40, / is %2F)")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Without the cause: its message may quote a part of the password.
        raise unreadable from None
    if any("@" in (part or "") for part in (url.username, url.host, url.database)):
        raise unreadable  # An unescaped password was cut in two; the other half would be shown as host or database.
    return url.set(drivername=DRIVER)


def public_url(url: URL) -> str:
    """The URL for people: no driver, no password, no option that may be a secret."""
    query = {name: value for name, value in url.query.items() if name in SHOWN_OPTIONS}
    shown = URL.create("postgresql", url.username or None, None, url.host, url.port, url.database, query)
    return shown.render_as_string()
