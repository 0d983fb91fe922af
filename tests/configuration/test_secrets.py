"""The database's URL is in no text that anybody may see."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.database import DatabaseConfig, database_url
from wfcontroller.configuration.described import as_file
from wfcontroller.configuration.flaws import ConfigurationError
from wfcontroller.configuration.loading import load, read
from wfcontroller.configuration.secret import Secret

CANARY = "hunter2-canary"
URL = f"postgresql://wf:{CANARY}@db.example/wf"


def refusal(text: str, environment: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(ControllerConfig, text, "f", environment)
    return str(caught.value)


def test_a_configuration_shows_its_secret_nowhere() -> None:
    config = load(ControllerConfig, None, "", {"WF_DATABASE_URL": URL})

    assert URL == config.database.url.reveal()
    for shown in (repr(config), str(config), f"{config.database.url}", f"{config.database.url!s:>9}",
                  as_file(config), str(vars(type(config.database.url)))):
        assert CANARY not in shown


def test_a_secret_is_equal_only_to_a_secret_of_the_same_text_and_is_not_pickled() -> None:
    secret = Secret(CANARY)

    assert (True, False, False) == (Secret(CANARY) == secret, Secret("other") == secret, secret == CANARY)
    assert hash(Secret(CANARY)) == hash(secret)
    assert CANARY.encode() not in pickle.dumps(secret)
    assert "***" == copy.copy(secret).reveal()
    assert (True, False) == (bool(secret), bool(Secret("")))


@pytest.mark.parametrize(("text", "environment"), [
    (f"database: {{url: '{URL}'}}", {}), (f"database: '{URL}'", {}), (f"database: {{urlFiles: '{URL}'}}", {}),
    (f"workers: '{URL}'", {}), (f"selector: '{URL}'", {}), (f"'{URL}': 3", {}), (f"[{URL}]", {}),
    (f"database: {{urlFile: '{URL}'}}", {}), ("", {"WF_DATABASE_URL_FILE": URL}),
    ("", {"WF_DATABASE_URLS": URL}), ("", {"WF_WORKERS": URL}), ("workers: 0", {"WF_DATABASE_URL": URL}),
    (f"kubernetes: {{context: 5, x: '{URL}'}}", {}),
])
def test_no_refusal_repeats_a_url_with_its_password(text: str, environment: Any) -> None:
    assert CANARY not in refusal(text, environment)


def test_a_url_given_for_the_file_itself_is_not_repeated_either() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(ControllerConfig, URL, {})

    assert "Unreadable" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_url_in_a_mounted_file_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"{URL}\n")

    assert Secret(URL) == database_url(DatabaseConfig(url_file=str(file)))
    assert Secret(URL) == database_url(DatabaseConfig(url=Secret(URL)))
    assert database_url(DatabaseConfig()) is None


@pytest.mark.parametrize(("data", "said"), [
    (None, "No such file or directory (Unreadable)"), (b" \n", "one line, the URL (BadFormat)"),
    (f"{URL}\n{URL}".encode(), "one line, the URL (BadFormat)"), (f"{URL}".encode() + b"\xff", "(NotUTF8)"),
    (URL.encode() * 1000, "one line, the URL (BadFormat)")])
def test_a_file_without_a_url_is_a_problem_that_does_not_show_it(
        data: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        database_url(DatabaseConfig(url_file=str(file)))

    assert str(caught.value).startswith(f"{file}: database.urlFile: ")
    assert str(caught.value).endswith(said)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
