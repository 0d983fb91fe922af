"""Secrets are taken out of text by their shape and by their value; nothing harmless is lost for it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcontroller.redaction import LONGEST, Redaction, is_secret_key, scrubbed

CANARY = "hunter2-canary"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3ZiJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(("text", "shown"), [
    (f"connecting to postgresql://wf:{CANARY}@db/wf failed", "connecting to postgresql://***@db/wf failed"),
    (f"'postgresql+psycopg://wf:a@b/{CANARY}@db:5432/wf'", "'postgresql+psycopg://***@db:5432/wf'"),
    (f"host=db user=wf password={CANARY} dbname=wf", "host=db user=wf password=*** dbname=wf"),
    (f"password='{CANARY} and more', x", "password=***, x"),
    (f'{{"token": "{CANARY}", "name": "x"}}', '{"token": ***, "name": "x"}'),
    (f"Authorization: Bearer {CANARY}\nnext", "Authorization: ***\nnext"),
    (f"sent bearer {CANARY}.", "sent bearer ***"),
    (f"the token was {TOKEN}, expired", "the token was ***, expired"),
    (f"db_password={CANARY}; client-secret: {CANARY}", "db_password=***; client-secret: ***"),
    (f"a\n-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----\nb", "a\n***\nb"),
    (f"-----BEGIN PRIVATE KEY-----\n{CANARY}", "***"),
])
def test_a_secret_is_known_by_how_it_stands_there(text: str, shown: str) -> None:
    assert shown == scrubbed(text)


@pytest.mark.parametrize("text", [
    "default/web: scaled from 2 to 3", "secret default/db was not found", "https://10.0.0.1:6443/api/v1/pods",
    "pods is forbidden: user alice@example.com", "409 Conflict: the object has been modified", "", "token of step 1",
    "two\nlines\tand a tab", "Grüße, 世界"])
def test_what_is_no_secret_is_shown_as_it_is(text: str) -> None:
    assert text == scrubbed(text)


@pytest.mark.parametrize("secret", [CANARY, "p@ss/wörd \"x\"", "tab\tnew\nline", "==??>>~~"])
def test_a_known_secret_is_hidden_in_every_usual_encoding(secret: str) -> None:
    data = secret.encode()
    spelt = [secret, quote(secret, safe=""), base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode(),
             base64.b64encode(data).decode().rstrip("="), data.hex(), json.dumps(secret), repr(secret)]

    for form in spelt:
        assert form.strip("\"'") not in Redaction([secret]).scrub(f"it said {form} there")
    assert all("it said" in Redaction([secret]).scrub(f"it said {form}") for form in spelt)


def test_a_secret_that_is_part_of_another_leaves_no_rest_of_it() -> None:
    assert "a *** b" == Redaction(["hunter", "hunter2-long"]).scrub("a hunter2-long b")


def test_a_secret_too_short_to_be_one_hides_nothing() -> None:
    assert "a web b" == Redaction(["web", ""]).scrub("a web b")


def test_text_is_clipped_and_no_secret_is_cut_in_half_where_it_is() -> None:
    assert "x" * LONGEST + "..." == scrubbed("x" * 5_000)
    long = "password=" + "p" * 15_000 + f" postgresql://wf:{CANARY * 80}@db"
    assert "hunter" not in scrubbed(long)
    assert scrubbed("a " * 20_000).endswith("...")


def test_what_would_move_a_terminals_cursor_is_replaced() -> None:
    assert "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\nd" == scrubbed("a\x1b[2Jb\x00c\nd")
    assert "\N{REPLACEMENT CHARACTER}" == scrubbed("\ud800")


@pytest.mark.parametrize(("key", "hidden"), [
    ("data", True), ("stringData", True), ("dataUpdates", True), ("database_url", True), ("token", True),
    ("id-token", True), ("Authorization", True), ("db_password", True), ("apiKey", True), ("updates", True),
    ("metadata", False), ("updated", False), ("workflow_name", False), ("event", False), ("key", False)])
def test_what_stands_under_the_key_of_a_secret_is_hidden(key: str, hidden: bool) -> None:
    assert hidden is is_secret_key(key)


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_text_is_worse_than_replaced(text: str, secret: str) -> None:
    shown = Redaction([secret]).scrub(text)

    assert shown.encode().decode() == shown
    assert len(shown) <= LONGEST + 3
