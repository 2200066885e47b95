"""On SQLite the keys of persons have a file of their own: no stage keeps a door waiting for a key."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, inspect
from sqlmodel import select

from app.assembly.parts import Parts
from app.database import open_key_database
from app.operations.forgetting.forgetting import GRACE, Forgetting
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from messages.sealing import PERSON_KEY_PREFIX, ForgottenKeyError
from privacy.forgotten import SentReport, record_reports
from privacy.key_file import key_file
from privacy.tables import PersonKeyRow
from tests.conftest import NOW
from tests.privacy.key_harness import KeyProcess
from tests.support.log_capture import captured_log

PHONE, MESSAGE = "tel:+628000000021", UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
def stage_writes(parts: Parts) -> Iterator[sqlite3.Connection]:
    """The open transaction of a stage. The file of the database has no second writer meanwhile."""
    with closing(sqlite3.connect(parts.settings.home / "satupintu.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


@pytest.mark.only_on("sqlite", "PostgreSQL has no second database")
def test_a_new_sender_has_a_key_while_a_stage_writes(parts: Parts, stage_writes: sqlite3.Connection) -> None:
    """The door does not wait for the stage. Forgetting the sender destroys the key afterwards."""
    with captured_log() as log:
        raw = parts.wrapper.wrap("web", "1", PHONE, b"{}", NOW, "x/y")
    assert stage_writes.in_transaction
    assert raw.body.startswith(PERSON_KEY_PREFIX)
    assert not [line for line in log.lines if line["event"] == "person_key.unavailable"]
    stage_writes.execute("ROLLBACK")

    with write_transaction(parts.engine) as connection:
        record_reports(connection, [SentReport(raw.id, raw.id, raw.sender, NOW, has_shared_seal=False)])
    now = parts.now()
    forgetting = Forgetting(
        parts.engine, parts.keys.key_store, parts.wrapper.sender_hash, parts.sealer, lambda: now, ()
    )
    forgetting.forget(raw.sender, now, "officer")
    assert forgetting.finish(lambda _moment: "").keys == 0
    now += GRACE
    assert forgetting.finish(lambda _moment: "").keys == 1
    with pytest.raises(ForgottenKeyError):
        KeyProcess(parts.keys.key_engine).sealer.open(raw.body, raw.id)


def test_a_request_that_was_interrupted_after_its_mark_destroys_the_key(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark and the keys are in two files. A key that stayed in use is retired later, with a grace from then on."""
    parts.core.now = lambda: NOW
    raw = parts.wrapper.wrap("web", "1", PHONE, b"{}", NOW, "x/y")
    with write_transaction(parts.engine) as connection:
        record_reports(connection, [SentReport(raw.id, raw.id, raw.sender, NOW, has_shared_seal=False)])
    now = NOW
    forgetting = Forgetting(
        parts.engine, parts.keys.key_store, parts.wrapper.sender_hash, parts.sealer, lambda: now, ()
    )

    def interrupt(*_arguments: object) -> None:
        raise DatabaseUnavailable("the process ends")

    with monkeypatch.context() as patch:
        patch.setattr(parts.keys.key_store, "retire", interrupt)
        with pytest.raises(DatabaseUnavailable):
            forgetting.forget(raw.sender, NOW, "officer")
    outcomes = []
    for _ in range(3):
        now += GRACE
        done = forgetting.finish(lambda _moment: "")
        outcomes.append((done.persons, done.keys))
    assert outcomes == [(1, 0), (1, 1), (0, 0)]
    with pytest.raises(ForgottenKeyError):
        KeyProcess(parts.keys.key_engine).sealer.open(raw.body, raw.id)


def test_the_file_has_the_table_of_the_database(engine: Engine) -> None:
    """Both kinds of database have the same columns and indexes. PostgreSQL has no second database."""
    keys = open_key_database(engine)
    assert (keys is engine) == (engine.dialect.name == "postgresql")
    columns, key_columns = (
        {
            column["name"]: (str(column["type"]), column["nullable"])
            for column in inspect(each).get_columns("person_key")
        }
        for each in (engine, keys)
    )
    assert columns == key_columns
    indexes, key_indexes = (
        {index["name"]: (index["column_names"], index["unique"]) for index in inspect(each).get_indexes("person_key")}
        for each in (engine, keys)
    )
    assert indexes == key_indexes


def test_the_file_stands_beside_the_database() -> None:
    """Whoever copies the database sees it."""
    assert key_file(Path("/data/satupintu.db")) == Path("/data/satupintu-keys.db")


def _rows(engine: Engine) -> list[Any]:
    with read_transaction(engine) as connection:
        return list(connection.execute(select(*PersonKeyRow.__table__.columns)))  # type: ignore[attr-defined]
