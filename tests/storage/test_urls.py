"""Every way to write a database URL, and none that shows the password."""

from __future__ import annotations

import logging
import traceback

import pytest

from wfcore.ports import PermanentError, TransientError
from wfstorage import open_storage
from wfstorage.urls import parse_url, public_url

SECRET = "hunter2"
AWAY = "127.0.0.1:1"  # Port 1 is reserved, nothing listens there.


@pytest.mark.parametrize(("given", "shown"), [
    ("postgresql://db/audit", "postgresql://db/audit"),
    ("postgres://wf@db:6432/audit", "postgresql://wf@db:6432/audit"),
    ("postgresql+psycopg://wf:hunter2@db/audit", "postgresql://wf@db/audit"),
    ("postgresql://:hunter2@db/audit", "postgresql://db/audit"),
    ("postgresql://wf:hunter%402%2F@[::1]:5432/audit", "postgresql://wf@[::1]:5432/audit"),
    ("postgresql://wf:a/hunter2?#@db/audit", "postgresql://wf@db/audit"),
    ("postgresql:///audit?host=/run/postgresql&sslmode=disable",
     "postgresql:///audit?host=%2Frun%2Fpostgresql&sslmode=disable"),
    ("postgresql://wf@db/audit?password=hunter2&sslpassword=hunter2", "postgresql://wf@db/audit"),
    ("postgresql://wf@db/audit?pasword=hunter2&PASSWORD=hunter2&password=x&password=hunter2",
     "postgresql://wf@db/audit"),
    ("postgresql://", "postgresql://"),
])
def test_people_see_where_the_data_is_and_no_secret(given, shown):
    assert shown == public_url(parse_url(given))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_all_three_schemes_mean_the_same_driver_and_keep_the_password(scheme):
    url = parse_url(f"{scheme}://wf:{SECRET}@db/audit?connect_timeout=3")

    assert ("postgresql+psycopg", SECRET, {"connect_timeout": "3"}) == (url.drivername, url.password, url.query)


@pytest.mark.parametrize(("text", "message"), [
    ("", "has no scheme; write postgresql://user@host:5432/database"),
    ("wf:hunter2@db/audit", "has no scheme"),
    ("mysql://wf:hunter2@db/audit", "scheme 'mysql': only PostgreSQL is supported; write one of postgresql://"),
    ("sqlite:///hunter2.db", "scheme 'sqlite'"),
    ("postgresql+asyncpg://wf:hunter2@db/audit", r"scheme 'postgresql\+asyncpg'"),
    ("postgresql://wf:hunter2", r"cannot be read.*percent-encode special characters of the password"),
    ("postgresql://wf:x@db:hunter2/audit", "cannot be read"),
    ("postgresql://wf:p@hunter2@db/audit", "cannot be read"),
    ("postgresql://wf@hunter2@db/audit", "cannot be read"),
    ("postgresql://wf/a:hunter2@db/audit", "cannot be read"),
])
def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(text, message):
    with pytest.raises(PermanentError, match=message) as refusal, open_storage(text):
        pass
    assert SECRET not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize("url", [
    f"postgresql://wf:{SECRET}@{AWAY}/audit",
    f"postgresql://wf@{AWAY}/audit?password={SECRET}",
    f"postgresql://wf:{SECRET}@/audit?host=/nowhere&sslpassword={SECRET}",
])
def test_a_connection_that_fails_is_named_without_its_password(url, caplog):
    with caplog.at_level(logging.DEBUG), open_storage(url) as storage:
        with pytest.raises(TransientError, match="connection to server") as failure:
            storage.audit_log.find("x")
        told = [*traceback.format_exception(failure.value), repr(storage), str(storage), storage.url, caplog.text]
    assert public_url(parse_url(url)) in caplog.text
    assert SECRET not in "".join(told)


@pytest.mark.parametrize(("query", "message"), [
    (f"pasword={SECRET}", "invalid connection option \"pasword\""),
    (f"host=a&host=b&port=1&password={SECRET}", "Can't mix 'multihost' formats"),
])
def test_an_option_that_the_driver_refuses_is_an_error_for_good_and_without_values(query, message):
    with pytest.raises(PermanentError, match=message) as refusal, open_storage(f"postgresql://wf@{AWAY}/audit?{query}"):
        pass
    assert SECRET not in "".join(traceback.format_exception(refusal.value))
