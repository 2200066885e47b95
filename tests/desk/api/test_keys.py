"""Keys of agencies: shown once, stored as a hash, at most two at a time."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from config.database import read_transaction
from desk.api.keys.agency_keys import AgencyKeys, KeyRefused, TooManyKeys, UnknownKey
from desk.api.tables import DeskKey
from tests.conftest import NOW
from tests.desk.api.harness import HEALTH, PLN, Clock, new_token


class Keys:
    """Keys on a database, with a clock and the acts that were recorded."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        self.acts: list[tuple[str, str]] = []
        self.keys = AgencyKeys(engine, self.record, self.clock, uuid4, new_token)

    def record(self, action: str, subject: str, _actor: str, _why: str, _at: datetime) -> None:
        """Append to the audit log."""
        self.acts.append((action, subject))

    def issue(self, agency: str = PLN, expires_at: datetime | None = None) -> str:
        """Return the text of a new key."""
        return self.keys.issue(agency, ["read"], "Admin", "uji", expires_at)[1]

    def last_use(self) -> datetime | None:
        """Return the last use of the newest key."""
        return self.keys.keys(PLN)[0].last_used_at


@pytest.fixture
def keys(engine: Engine) -> Keys:
    """Keys on each kind of database."""
    return Keys(engine)


def test_a_key_is_stored_as_a_hash(keys: Keys) -> None:
    """The table does not have the secret; the act is recorded with agency and id."""
    key, text = keys.keys.issue(PLN, ["read", "answer"], "Sri", "sistem baru")
    assert re.fullmatch(r"sp_[0-9a-f]{32}_[A-Za-z0-9_-]{43}", text)
    with read_transaction(keys.engine) as connection:
        row = connection.execute(DeskKey.__table__.select()).one()  # type: ignore[attr-defined]
    assert text[36:] not in str(row)
    assert keys.acts == [("desk.issue_key", f"{PLN} {key.id}")]
    authenticated = keys.keys.authenticate(text)
    assert (authenticated.id, authenticated.agency) == (key.id, PLN)
    assert sorted(authenticated.scopes) == ["answer", "read"]


def test_a_third_key_is_refused(keys: Keys) -> None:
    """Two are enough to change a key. A revoked or expired one does not count, nor another agency's."""
    keys.issue(expires_at=NOW + timedelta(hours=1))
    second, _ = keys.keys.issue(PLN, ["read"], "Admin", "uji")
    keys.issue(HEALTH)
    with pytest.raises(TooManyKeys):
        keys.issue()
    keys.keys.revoke(PLN, second.id, "Admin", "bocor")
    keys.issue()
    keys.clock.time = NOW + timedelta(hours=1)
    keys.issue()
    with pytest.raises(TooManyKeys):
        keys.issue()
    assert len(keys.keys.keys(PLN)) == 4


def test_two_at_one_moment_do_not_pass_the_limit(keys: Keys) -> None:
    """The number is checked again when the key is stored."""
    keys.issue()

    def issue(_number: int) -> bool:
        try:
            keys.issue()
        except TooManyKeys:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(issue, range(4))) == 1
    assert len(keys.keys.keys(PLN)) == 2


def test_only_the_agencys_own_keys_are_revoked(keys: Keys) -> None:
    """An id of another agency is unknown, and nothing is recorded."""
    key, text = keys.keys.issue(PLN, ["read"], "Admin", "uji")
    for agency, key_id in ((HEALTH, key.id), (PLN, uuid4())):
        with pytest.raises(UnknownKey):
            keys.keys.revoke(agency, key_id, "Admin", "uji")
    assert [action for action, _ in keys.acts] == ["desk.issue_key"]
    assert keys.keys.authenticate(text).id == key.id
    keys.keys.revoke(PLN, key.id, "Admin", "uji")
    with pytest.raises(KeyRefused, match="key_revoked"):
        keys.keys.authenticate(text)
    with pytest.raises(UnknownKey):
        keys.keys.revoke(PLN, key.id, "Admin", "uji")


def test_the_last_use_is_written_once_a_minute(keys: Keys) -> None:
    """A program that asks all the time does not write all the time."""
    text = keys.issue()
    assert keys.last_use() is None
    keys.keys.authenticate(text)
    assert keys.last_use() == NOW
    keys.clock.time = NOW + timedelta(seconds=59)
    keys.keys.authenticate(text)
    assert keys.last_use() == NOW
    keys.clock.time = NOW + timedelta(seconds=60)
    keys.keys.authenticate(text)
    assert keys.last_use() == keys.clock.time
