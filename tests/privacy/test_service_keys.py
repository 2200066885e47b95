"""A database knows the key of its service: the first process registers it, and another key is refused by name."""

import pytest
from sqlalchemy import Engine

from bus.errors import Stop
from privacy.service_keys import adopt, known_keys, must_be_known, register
from tests.conftest import NOW

OWN, OTHER = "aaaa1111", "bbbb2222"


def test_the_first_key_is_registered_once(engine: Engine) -> None:
    """A second start with the same key changes nothing."""
    assert known_keys(engine) == []
    for instance in ("host-1", "host-2"):
        register(engine, OWN, instance, NOW)
    assert [(key.key_id, key.instance, key.registered_at) for key in known_keys(engine)] == [(OWN, "host-1", NOW)]


def test_another_key_is_refused(engine: Engine) -> None:
    """The refusal names both keys, the process that registered, the setting and the file."""
    register(engine, OWN, "host-1", NOW)
    with pytest.raises(Stop, match=f"{OTHER}.*{OWN}.*host-1.*SATUPINTU_SECRET_KEY.*secrets.json"):
        register(engine, OTHER, "host-2", NOW)
    assert [key.key_id for key in known_keys(engine)] == [OWN]


def test_a_person_may_change_the_key(engine: Engine) -> None:
    """After that the former key is the one that is refused."""
    register(engine, OWN, "host-1", NOW)
    assert adopt(engine, OTHER, "host-2", NOW) == [OWN]
    register(engine, OTHER, "host-2", NOW)
    with pytest.raises(Stop, match=OWN):
        must_be_known(known_keys(engine), OWN)
