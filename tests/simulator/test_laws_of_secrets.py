"""A secret is known in every spelling, and where it may stand."""

from __future__ import annotations

from wfcore.program import Emit, Happening, Ref
from wfcore.testing.simulator.agenda import instant
from wfcore.testing.simulator.canaries import Canaries
from wfcore.testing.simulator.laws.of_secrets import (
    children_keep_secrets,
    requests_keep_secrets,
    statuses_keep_secrets,
)


def test_a_secret_is_found_in_every_spelling() -> None:
    canaries = Canaries(7)
    assert not canaries
    assert "" == canaries.found_in("anything")

    secret = canaries.draw()
    spelt = (secret, secret.encode().hex(), secret.encode().hex().upper(), "cz8+Ny4wPj4+Pz8/fn5+c2VjcmV0",
             "cz8-Ny4wPj4-Pz8_fn5-c2VjcmV0", "s%3F%3E7.0%3E%3E%3E%3F%3F%3F~~~secret")
    assert canaries
    assert [True] * 6 == [bool(canaries.found_in(f"the value {text}, which is bad")) for text in spelt]
    assert "" == canaries.found_in("cz8+OC4wPj4+Pz8/fn5+c2VjcmV0")
    assert secret != canaries.draw()


def test_a_secret_stands_in_the_parameters_of_its_steps_children_alone() -> None:
    canaries = Canaries(7)
    secret = canaries.draw()
    own = {"updateSecret": {"name": "s", "dataUpdates": {"k": secret}}}
    assert [] == list(children_keep_secrets(canaries, "c", {"spec": {"kind": "forward", "parameters": own}}))
    assert [] == list(statuses_keep_secrets(canaries, {"phase": "failed"}))
    assert [] == list(requests_keep_secrets(canaries, _event("all is well")))

    for leaking in ({"spec": {"kind": "rollback", "parameters": own}}, {"spec": secret},
                    {"metadata": {"labels": {"a": secret}}, "spec": {"kind": "dryrun", "parameters": own}},
                    {"spec": {"kind": "forward", "parameters": {"custom": {"config": {"a": secret}}}}}):
        assert list(children_keep_secrets(canaries, "c", leaking)), leaking
    assert list(statuses_keep_secrets(canaries, {"failureMessage": f"{secret} is not base64"}))
    assert list(requests_keep_secrets(canaries, _event(secret)))


def _event(message: str) -> Emit:
    return Emit(Ref("default", "w"), "u", instant(0), (Happening("Warning", "Odd", message),))
