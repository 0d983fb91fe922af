"""Raw objects: equal by what they say, whoever holds them, and decoded once."""

from __future__ import annotations

import pickle

from wfcore.rawobject import RawObject

BODY = {"metadata": {"name": "w", "uid": "u"}, "spec": {}}


def test_objects_that_say_the_same_are_equal_and_one_key_of_a_set() -> None:
    other = RawObject({"spec": {}, "metadata": {"uid": "u", "name": "w"}})

    assert RawObject(BODY) == other
    assert 1 == len({RawObject(BODY), other})
    assert RawObject(BODY) != RawObject({**BODY, "spec": {"suspend": True}})
    assert RawObject(BODY) != BODY


def test_an_object_is_shown_as_canonical_json() -> None:
    assert 'RawObject({"metadata":{"name":"w","uid":"u"},"spec":{}})' == repr(RawObject(BODY))


def test_an_object_goes_to_another_process_without_what_was_decoded_of_it() -> None:
    raw = RawObject(BODY)
    decoded = raw.metadata()
    found = pickle.loads(pickle.dumps(raw))

    assert raw == found
    assert decoded is raw.metadata()
    assert decoded == found.metadata()
    assert decoded is not found.metadata()
