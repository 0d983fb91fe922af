"""The syntax of names, label keys and label values, in the sentences of the API server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wfcontroller.embedded.admission.paths import Cause, Path, invalid_value

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_DATA_KEY = r"[-._a-zA-Z0-9]+"
_ENDS = "and must start and end with an alphanumeric character"
_OF_PARTS = f"consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"


def label_name(path: Path, text: str) -> Iterator[Cause]:
    """A DNS label, as namespaces, services and containers are named."""
    if "." in text:
        yield invalid_value(path, text, "must not contain dots")
    elif not _is(_LABEL, text):
        rule = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
        yield invalid_value(path, text, _with_pattern(rule, _LABEL, "my-name", "123-abc"))
    yield from _no_longer(path, text, 63)


def subdomain_name(path: Path, text: str, of: str = "", whole: str = "") -> Iterator[Cause]:
    """A DNS name, as most objects are named; `of` begins the sentence, `whole` is what it is a part of."""
    if not _is(_SUBDOMAIN, text):
        rule = ("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
                f" {_ENDS}")
        yield invalid_value(path, whole or text, of + _with_pattern(rule, _SUBDOMAIN, "example.com"))
    yield from _no_longer(path, text, 253, of, whole)


def qualified_name(path: Path, key: str) -> Iterator[Cause]:
    """A key of labels or annotations, or a finalizer: a name, perhaps with a DNS name and `/` before it."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        rule = _with_pattern(f"a valid label key must {_OF_PARTS}", _PART, "MyName", "my.name", "123-abc")
        yield invalid_value(path, key, f"{rule} with an optional DNS subdomain prefix and '/' (e.g."
                                       " 'example.com/MyName')")
        return
    if slash:
        yield from subdomain_name(path, prefix, "prefix part ", key)
    if not name:
        yield invalid_value(path, key, "name part must be non-empty")
    yield from _no_longer(path, name, 63, "name part ", key)
    if not _is(_PART, name):
        rule = f"name part must {_OF_PARTS}"
        yield invalid_value(path, key, _with_pattern(rule, _PART, "MyName", "my.name", "123-abc"))


def label_value(path: Path, text: str) -> Iterator[Cause]:
    """What a label may say."""
    yield from _no_longer(path, text, 63)
    if text and not _is(_PART, text):
        rule = f"a valid label must be an empty string or {_OF_PARTS}"
        yield invalid_value(path, text, _with_pattern(rule, f"({_PART})?", "MyValue", "my_value", "12345"))


def data_key(path: Path, key: str) -> Iterator[Cause]:
    """A key of a ConfigMap or a Secret."""
    yield from _no_longer(path, key, 253)
    if not _is(_DATA_KEY, key):
        rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        yield invalid_value(path, key, _with_pattern(rule, _DATA_KEY, "key.name", "KEY_NAME", "key-name"))
    if key.startswith(".."):
        yield invalid_value(path, key, "must not be '..'" if key == ".." else "must not start with '..'")
    elif key == ".":
        yield invalid_value(path, key, "must not be '.'")


def _is(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _no_longer(path: Path, text: str, limit: int, of: str = "", whole: str = "") -> Iterator[Cause]:
    if len(text.encode()) > limit:
        yield invalid_value(path, whole or text, f"{of}must be no more than {limit} bytes")


def _with_pattern(rule: str, pattern: str, *examples: str) -> str:
    listed = " or ".join(f"'{example}', " for example in examples)
    return f"{rule} (e.g. {listed}regex used for validation is '{pattern}')"
