"""Audit records as JSON: nothing is lost on the way, and what is no record is malformed."""

from __future__ import annotations

import json

import attrs

from wfcore.audit_codec import decode_record, encode_record
from wfcore.codec import Malformed
from wfcore.testing.contracts import sample_record

RECORD = sample_record("u1")


def test_a_record_survives_its_way_through_json() -> None:
    """Also one of a workflow that never began, with a step that never did."""
    steps = tuple(attrs.evolve(step, duration=None) for step in RECORD.steps)
    unstarted = attrs.evolve(RECORD, started_at=None, steps=steps)
    carried = [json.dumps(encode_record(record)) for record in (RECORD, unstarted)]

    assert [RECORD, unstarted] == [decode_record(json.loads(text)) for text in carried]
    assert "startedAt" not in encode_record(unstarted)


def test_json_that_is_no_record_is_malformed() -> None:
    assert all(isinstance(decode_record(value), Malformed) for value in (None, [], "x", {}, {"id": 5}))
