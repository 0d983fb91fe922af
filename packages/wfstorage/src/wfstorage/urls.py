"""Database URLs: which are ours, how the driver wants them, and how people may see them."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wfcore.ports import PermanentError

DRIVER = "postgresql+psycopg"
SCHEMES = ("postgresql", "postgres", DRIVER)
# libpq takes secrets as options too, and an option wins over the URL's own password.
SECRET_OPTIONS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


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
    try:
        return make_url(text).set(drivername=DRIVER)
    except (ArgumentError, ValueError):
        # Without the cause: its message may quote a part of the password.
        raise PermanentError(f"the {scheme}:// database URL cannot be read; write postgresql://user:password@host:5432/database"
                             " and percent-encode special characters of the password") from None


def public_url(url: URL) -> str:
    """The URL for people: no driver, no password, no option that is a secret."""
    shown = url.set(drivername="postgresql").difference_update_query(SECRET_OPTIONS)
    if shown.password is not None:
        shown = URL.create(shown.drivername, shown.username, None, shown.host, shown.port, shown.database, shown.query)
    return shown.render_as_string(hide_password=True)
