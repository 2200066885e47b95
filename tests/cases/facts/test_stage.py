"""Stage of cases: facts are stored once in any order, and a status is read from them."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select, text

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.words.tables import CaseWords
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from messages import codec, ids
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, agency_topic
from sinks.ledger.status import StatusReader
from tests.conftest import NOW
from tests.support import records
from tests.support.agency_answers import signed
from tests.support.case_stages import make_case_stage
from tests.support.log_capture import captured_log
from tests.support.records import at, value_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

MakeRecords = Callable[..., list[Record]]


@pytest.fixture
def make_records(parts: Parts, engine: Engine) -> MakeRecords:
    """Return a maker of one complaint's records: complaint, dispatch and the agency's answers."""

    def make(text: str, *verdicts: str, **fields: object) -> list[Record]:
        (complaint,) = make_normalizer(engine, parts.sealer).handle([at(records.web(parts, text, **fields))])  # type: ignore[arg-type]
        routed = make_router(engine, fixed_rules_source(), lambda: NOW).handle([at(complaint)])
        sent = [message for message in routed if message.topic.startswith(agency_topic(""))]
        messages = [complaint, *sent]
        for dispatch in sent:
            dispatch_message = codec.decode(Dispatch, dispatch.value, dispatch.headers)
            for verdict in verdicts:
                answer = AgencyAnswer.model_validate(
                    {
                        "id": ids.answer_id(dispatch_message.id, verdict, ""),
                        "message_id": dispatch_message.message_id,
                        "at": NOW,
                        "complaint_id": dispatch_message.complaint_id,
                        "dispatch_id": dispatch_message.id,
                        "agency": dispatch_message.agency,
                        "verdict": verdict,
                    }
                )
                messages.append(
                    Outgoing(
                        AGENCY_ANSWERS, *codec.encode(signed(answer), str(dispatch_message.complaint_id), "/agency")
                    )
                )
        return [at(message, offset) for offset, message in enumerate(messages)]

    return make


def rows(engine: Engine) -> list[int]:
    """Return the number of rows of each table."""
    with write_transaction(engine) as connection:
        tables = (ComplaintFact, DispatchFact, AnswerFact)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_any_order_and_twice_is_the_same(engine: Engine, make_records: MakeRecords) -> None:
    """Records in any order, and repeated ones, give the same rows."""
    records = make_records("Kemenkes tolong", "accepted")
    for order in permutations(records):
        make_case_stage(engine).handle(order)
    assert rows(engine) == [1, 1, 1]


def test_follow_up_danger_and_reopenings_are_written(engine: Engine, make_records: MakeRecords) -> None:
    """The rows of complaint and dispatch have what the sender did and the rating; the dispatch has the danger too."""
    complaint, dispatch, *_ = make_records("Kemenkes tolong")
    follow_up = {"follow_up": {"act": "rates", "rating": 4}, "danger": "fire", "reopened": 2}
    changed = [
        replace(record, value=json.dumps(json.loads(record.value) | follow_up).encode())
        for record in (complaint, dispatch)
    ]
    make_case_stage(engine).handle(changed)
    with write_transaction(engine) as connection:
        (complaint_row,) = connection.execute(select(ComplaintFact.act, ComplaintFact.rating))  # type: ignore[call-overload]
        columns = (DispatchFact.act, DispatchFact.rating, DispatchFact.danger, DispatchFact.reopened)
        (dispatch_row,) = connection.execute(select(*columns))  # type: ignore[call-overload]
    assert (tuple(complaint_row), tuple(dispatch_row)) == (("rates", 4), ("rates", 4, "fire", 2))


def test_a_status_shows_its_steps(engine: Engine, make_records: MakeRecords) -> None:
    """The status shows each step with its time and the institution's name."""
    records = make_records("Kemenkes tolong", "accepted", "closed")
    tracking = str(value_of(Outgoing("", b"", records[0].value))["tracking"])
    ledger = StatusReader(engine, {"kementerian-kemenkes": "Kementerian Kesehatan"})
    assert ledger.status(tracking) is None
    states = []
    for record in records:
        make_case_stage(engine).handle([record])
        status = ledger.status(tracking)
        assert status
        states.append(status.state)
    assert states == ["diterima", "diteruskan", "ditangani", "selesai"]
    steps = status.steps if status else ()
    assert [(step.kind, step.agency) for step in steps] == [
        ("received", ""),
        ("dispatched", "Kementerian Kesehatan"),
        ("accepted", "Kementerian Kesehatan"),
        ("closed", "Kementerian Kesehatan"),
    ]
    assert steps[0].at == NOW.replace(microsecond=678000)


def test_a_message_that_was_set_aside_has_a_status(parts: Parts, engine: Engine) -> None:
    """Whatever the normalizer sets aside is known under its number, and written once."""
    message = records.sms(parts, "LAPOR", "+628000000031")
    (event,) = make_normalizer(engine, parts.sealer).handle([at(message)])
    for _ in range(2):
        make_case_stage(engine).handle([at(event)])
    status = StatusReader(engine, {}).status(str(value_of(event)["tracking"]))
    assert status
    assert (status.state, status.set_aside) == ("bukan-laporan", "empty")


def test_a_repeat_shows_the_steps_of_the_first(engine: Engine, make_records: MakeRecords) -> None:
    """Both numbers of a repeated report show the same steps."""
    phone = "+628000000021"
    first, again = make_records("Kemenkes tolong", phone=phone), make_records("kemenkes TOLONG", phone=phone)
    make_case_stage(engine).handle([*first, *again])
    numbers = [str(value_of(Outgoing("", b"", records[0].value))["tracking"]) for records in (first, again)]
    ledger = StatusReader(engine, {})
    status = ledger.status(numbers[1])
    assert status
    assert (status.relation, status.repeated_number) == ("repeat", numbers[0])
    assert status.state == "diteruskan"
    assert [step.kind for step in status.steps] == ["received", "dispatched"]


def test_strange_texts_are_stored_unchanged(engine: Engine, make_records: MakeRecords) -> None:
    """Emoji, other scripts and quotes are stored unchanged on both databases."""
    words = "bau 😷 ยา'; DROP TABLE case_complaint; --"
    make_case_stage(engine).handle(make_records(words))
    with write_transaction(engine) as connection:
        assert connection.execute(select(CaseWords.text).where(CaseWords.kind == "complaint")).scalar_one() == words  # type: ignore[call-overload]


def test_a_broken_record_is_rejected(engine: Engine, make_records: MakeRecords) -> None:
    """An unreadable record becomes a dead letter."""
    (record, *_) = make_records("x")
    with pytest.raises(Reject):
        make_case_stage(engine).handle([Record(record.topic, 0, 0, 0, b"", b"{", record.headers)])


def test_an_unstorable_record_is_rejected(engine: Engine, make_records: MakeRecords) -> None:
    """A date before the calendar is the fault of one record and does not stop the ledger."""
    record = make_records("Kemenkes tolong")[0]
    spoiled = record.value.replace(b'"2026-11-24T08:04:05.678Z"', b'"0001-01-01T00:00:00+14:00"')
    with pytest.raises(Reject, match="unstorable"):
        make_case_stage(engine).handle([Record(record.topic, 0, 9, 0, b"", spoiled, record.headers)])


@pytest.mark.only_on("postgresql", "a server with a standby")
def test_a_standby_counts_as_unavailable(engine: Engine) -> None:
    """A read-only database after a failover counts as unavailable; no message is at fault."""
    standby = engine.execution_options(postgresql_readonly=True)
    with pytest.raises(DatabaseUnavailable), write_transaction(standby) as connection:
        connection.execute(text("CREATE TABLE nothing (id int)"))


def test_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    """On SQLite a status is read while a stage writes."""
    engine = open_database(f"sqlite:///{tmp_path / 'both.db'}")
    migrate(engine)
    with write_transaction(engine), read_transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM case_complaint")).scalar_one() == 0
    engine.dispose()


def test_a_process_whose_connections_are_all_taken_waits(engine: Engine) -> None:
    """No message is at fault if all connections of the process are in use."""
    single_connection = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with single_connection.connect(), pytest.raises(DatabaseUnavailable), write_transaction(single_connection):
        pass
    single_connection.dispose()


def test_a_database_that_is_away_says_so() -> None:
    """An unreachable database raises the one error that stages wait for."""
    engine = open_database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailable), write_transaction(engine):
        pass
    engine.dispose()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"authenticator": ""}, "no_authenticator"),
        ({"agency": "bumn-pln"}, "wrong_authenticator"),
        ({"verdict": "closed"}, "wrong_authenticator"),
    ],
)
def test_a_forged_answer_is_left_out(
    engine: Engine, make_records: MakeRecords, changed: dict[str, object], reason: str
) -> None:
    """It is no row and no dead letter of the ledger: the router has made one. The other answer is written."""
    *earlier, record = make_records("Kemenkes tolong", "accepted", "responded")
    forged = codec.decode(AgencyAnswer, record.value, record.headers).model_copy(update=changed)
    sink = make_case_stage(engine)
    with captured_log() as log:
        sink.handle([at(Outgoing(AGENCY_ANSWERS, *codec.encode(forged, "key", "/agency")), 9), *earlier])
    assert rows(engine) == [1, 1, 1]
    assert [(event["event"], event["reason"]) for event in log.lines] == [("answer.left_out", reason)]


def test_an_answer_of_an_unknown_agency_is_rejected(engine: Engine, make_records: MakeRecords) -> None:
    """The router may have had another registry. The ledger makes its own dead letter, so that no answer vanishes."""
    *earlier, record = make_records("Kemenkes tolong", "responded")
    answer = codec.decode(AgencyAnswer, record.value, record.headers).model_copy(update={"agency": "kota-\x1b[2J"})
    sink = make_case_stage(engine)
    sink.handle(earlier)
    with pytest.raises(Reject, match="unknown_agency"):
        sink.handle([at(Outgoing(AGENCY_ANSWERS, *codec.encode(answer, "key", "/agency")), 9)])
    assert rows(engine) == [1, 1, 0]


def test_an_answer_of_another_agency_is_no_row(engine: Engine, make_records: MakeRecords) -> None:
    """Signed with a key of its own: it does not have the dispatch. The dispatch may come in the same batch."""
    *earlier, record = make_records("Kemenkes tolong", "closed")
    answer = codec.decode(AgencyAnswer, record.value, record.headers).model_copy(update={"agency": "bumn-pln"})
    foreign = at(Outgoing(AGENCY_ANSWERS, *codec.encode(signed(answer), "key", "/agency")), 9)
    with pytest.raises(Reject, match="unknown_dispatch"):
        make_case_stage(engine).handle([foreign, *earlier])


def test_an_answer_before_its_dispatch_waits(engine: Engine, make_records: MakeRecords) -> None:
    """Topics have no common order. An answer of an agency that does not have the dispatch is never shown."""
    *earlier, record = make_records("Kemenkes tolong", "closed")
    tracking = str(value_of(Outgoing("", b"", earlier[0].value))["tracking"])
    answer = codec.decode(AgencyAnswer, record.value, record.headers).model_copy(update={"agency": "bumn-pln"})
    foreign = at(Outgoing(AGENCY_ANSWERS, *codec.encode(signed(answer), "key", "/agency")), 9)
    sink = make_case_stage(engine)
    sink.handle([foreign])
    sink.handle(earlier)
    status = StatusReader(engine, {"bumn-pln": "PLN"}).status(tracking)
    assert status
    assert (status.state, [step.kind for step in status.steps]) == ("diteruskan", ["received", "dispatched"])


def test_a_written_answer_outlives_its_key(engine: Engine, make_records: MakeRecords) -> None:
    """A replay after the key was withdrawn changes nothing. A new record with that key is rejected."""
    records = make_records("Kemenkes tolong", "responded", "closed")
    make_case_stage(engine).handle(records[:-1])
    later_check = AnswerCheck(AnswerKeys(b"key of the tests", {"kementerian-kemenkes": 2}))
    sink = make_case_stage(engine, later_check)
    sink.handle(records[:-1])
    with pytest.raises(Reject, match="withdrawn_key"):
        sink.handle(records)
    assert rows(engine) == [1, 1, 1]
