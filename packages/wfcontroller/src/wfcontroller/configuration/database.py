"""Which database: its URL holds a password, so it comes by a variable or a mounted file, and nothing shows it."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from wfcontroller.configuration.flaws import ConfigurationError, Flaw
from wfcontroller.configuration.keys import setting
from wfcontroller.configuration.kinds import Hidden
from wfcontroller.configuration.secret import Secret
from wfcontroller.configuration.shared import FILE

_LONGEST = 16_384


@frozen(kw_only=True)
class DatabaseConfig:
    """The URL, or the file that holds it; at most one of them.  Neither: nothing is recorded until there is one."""

    url: Secret | None = setting(
        "database.url", Hidden("a URL such as postgresql://wf@db.example/wf, in the variable or in the file that "
                               "database.urlFile names"),
        "URL of the database; only ever by its variable.", "Audit records and history are kept there.", default=None)
    url_file: str = setting(
        "database.urlFile", FILE, "File with that URL, such as a mounted Secret.",
        "Read when the process starts.", default="")


def database_url(config: DatabaseConfig) -> Secret | None:
    """The URL wherever it stands, None where none is configured.

    Raises `ConfigurationError` when the file cannot be read or holds no text;
    the error never shows what is in it.
    """
    if not config.url_file:
        return config.url
    try:
        with Path(config.url_file).open("rb") as stream:
            text = stream.read(_LONGEST + 1).decode("utf-8").strip()
    except OSError as error:
        raise _unusable(config, "Unreadable", error.strerror or type(error).__name__) from None
    except UnicodeDecodeError:
        raise _unusable(config, "NotUTF8", "it is not UTF-8 text") from None
    if not text or len(text) > _LONGEST or "\n" in text:
        raise _unusable(config, "BadFormat", "it has to hold one line, the URL")
    return Secret(text)


def _unusable(config: DatabaseConfig, reason: str, why: str) -> ConfigurationError:
    return ConfigurationError([Flaw(config.url_file, "database.urlFile", reason, why)])
