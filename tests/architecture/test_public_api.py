"""The public API of wfcore: what `__all__` names exists, loads lazily, and nothing else is promised."""

import pytest

import wfcore


@pytest.mark.parametrize("name", wfcore.__all__)
def test_every_public_name_exists_and_has_a_docstring(name):
    value = getattr(wfcore, name)

    assert value is getattr(wfcore, name)
    assert name == "TRANSITIONS" or value.__doc__


def test_every_public_name_has_one_home_and_every_home_a_public_name():
    assert sorted(wfcore.__all__) == sorted(wfcore._MODULE_OF)
    assert set(wfcore.__all__) <= set(dir(wfcore))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = wfcore.nothing
