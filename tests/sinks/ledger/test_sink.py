"""The ledger: rows are written once in any order, and a number's way is read from them."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, func, select, text
from sqlmodel import SQLModel

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS
from sinks.ledger.status import StatusReader
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow
from tests.conftest import NOW
from tests.support import records
from tests.support.records import at, value_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_ledger_sink, make_normalizer, make_router

Way = Callable[..., list[Record]]


@pytest.fixture
def way(parts: Parts, engine: Engine) -> Way:
    """The records of one complaint on its way: complaint, dispatch, and the agency's answers."""

    def make(text: str, *verdicts: str, **fields: object) -> list[Record]:
        (complaint,) = make_normalizer(engine, parts.sealer).handle([at(records.web(parts, text, **fields))])  # type: ignore[arg-type]
        sent = make_router(engine, fixed_rules_source(), lambda: NOW).handle([at(complaint)])
        made = [complaint, *sent]
        for dispatch in sent:
            said = codec.decode(Dispatch, dispatch.value, dispatch.headers)
            for verdict in verdicts:
                answer = AgencyAnswer.model_validate(
                    {
                        "id": ids.answer_id(said.id, verdict, ""),
                        "message_id": said.message_id,
                        "at": NOW,
                        "complaint_id": said.complaint_id,
                        "dispatch_id": said.id,
                        "agency": said.agency,
                        "verdict": verdict,
                    }
                )
                made.append(Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(said.complaint_id), "/agency")))
        return [at(message, offset) for offset, message in enumerate(made)]

    return make


def rows(engine: Engine) -> list[int]:
    """How many rows each table has."""
    with write_transaction(engine) as connection:
        tables = (ComplaintRow, DispatchRow, AnswerRow)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    """What Alembic builds is what the code expects, and building it again changes nothing."""
    migrate(engine)
    with write_transaction(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_any_order_and_twice_is_the_same(engine: Engine, way: Way) -> None:
    """Topics keep no order among them, and records come again: the rows are the same."""
    records = way("Kemenkes tolong", "accepted")
    for order in permutations(records):
        make_ledger_sink(engine).handle(order)
    assert rows(engine) == [1, 1, 1]


def test_a_number_shows_its_way(engine: Engine, way: Way) -> None:
    """Received, dispatched, answered: each with its time and the institution's name."""
    records = way("Kemenkes tolong", "accepted", "closed")
    tracking = str(value_of(Outgoing("", b"", records[0].value))["tracking"])
    ledger = StatusReader(engine, {"kementerian-kemenkes": "Kementerian Kesehatan"})
    assert ledger.status(tracking) is None
    states = []
    for record in records:
        make_ledger_sink(engine).handle([record])
        status = ledger.status(tracking)
        assert status
        states.append(status.state)
    assert states == ["terverifikasi", "terdisposisi", "proses", "selesai"]
    steps = status.steps if status else ()
    assert [(step.kind, step.agency) for step in steps] == [
        ("received", ""),
        ("dispatched", "Kementerian Kesehatan"),
        ("accepted", "Kementerian Kesehatan"),
        ("closed", "Kementerian Kesehatan"),
    ]
    assert steps[0].at == NOW.replace(microsecond=678000)


def test_a_repeat_keeps_its_number_and_shows_the_way_of_the_first(engine: Engine, way: Way) -> None:
    """Whoever wrote twice sees on either number what happens."""
    phone = "+628000000021"
    first, again = way("Kemenkes tolong", phone=phone), way("kemenkes TOLONG", phone=phone)
    make_ledger_sink(engine).handle([*first, *again])
    numbers = [str(value_of(Outgoing("", b"", records[0].value))["tracking"]) for records in (first, again)]
    ledger = StatusReader(engine, {})
    status = ledger.status(numbers[1])
    assert status
    assert (status.relation, status.repeated_number) == ("repeat", numbers[0])
    assert status.state == "terdisposisi"
    assert [step.kind for step in status.steps] == ["received", "dispatched"]


def test_strange_words_are_kept_as_written(engine: Engine, way: Way) -> None:
    """Emoji, other scripts and quotes reach the rows on both databases."""
    words = "bau 😷 ยา'; DROP TABLE ledger_complaint; --"
    make_ledger_sink(engine).handle(way(words))
    with write_transaction(engine) as connection:
        assert connection.execute(select(ComplaintRow.text)).scalar_one() == words  # type: ignore[call-overload]


def test_a_broken_record_is_rejected(engine: Engine, way: Way) -> None:
    """What can't be read is put aside by the worker."""
    (record, *_) = way("x")
    with pytest.raises(Reject):
        make_ledger_sink(engine).handle([Record(record.topic, 0, 0, 0, b"", b"{", record.headers)])


def test_what_no_row_can_hold_is_rejected(engine: Engine, way: Way) -> None:
    """A date before the calendar, a NUL: the fault of one record, not ten reasons to stop the ledger."""
    record = way("Kemenkes tolong", "responded")[-1]
    spoiled = record.value.replace(b'"2026-11-24T08:04:05.678Z"', b'"0001-01-01T00:00:00+14:00"')
    with pytest.raises(Reject, match="unstorable"):
        make_ledger_sink(engine).handle([Record(record.topic, 0, 9, 0, b"", spoiled, record.headers)])


def test_a_standby_is_waited_out(empty_postgres: str) -> None:
    """A database that only reads for a while, after a failover, is away: no message is at fault."""
    engine = open_database(empty_postgres)
    migrate(engine)
    standby = engine.execution_options(postgresql_readonly=True)
    with pytest.raises(DatabaseUnavailable), write_transaction(standby) as connection:
        connection.execute(text("CREATE TABLE nothing (id int)"))
    engine.dispose()


def test_looks_do_not_wait_for_writers(tmp_path: Path) -> None:
    """On SQLite a status page is read while a stage writes."""
    engine = open_database(f"sqlite:///{tmp_path / 'both.db'}")
    migrate(engine)
    with write_transaction(engine), read_transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM ledger_complaint")).scalar_one() == 0
    engine.dispose()


def test_a_process_whose_connections_are_all_taken_waits(engine: Engine) -> None:
    """No message is at fault where the doors of a process hold all that it may have."""
    one = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with one.connect(), pytest.raises(DatabaseUnavailable), write_transaction(one):
        pass
    one.dispose()


def test_a_database_that_is_away_says_so() -> None:
    """The one error that stages wait out."""
    engine = open_database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailable), write_transaction(engine):
        pass
    engine.dispose()
