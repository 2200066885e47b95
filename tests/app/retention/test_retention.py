"""The end of the retention: words, contacts and keys go after their time, and no replay brings anything back."""

import subprocess
import threading
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlmodel import SQLModel

from accounts.tables import AccountRow, SecondFactorRow
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.assembly.safekeeping.retention import retention
from app.operations.purge import PurgeReport
from app.operations.retention.case_files import delete_case_files
from app.operations.retention.ended_cases import EndedCases
from app.operations.retention.old_rows import TIMED, delete_timed, purge_accounts, purge_devices
from app.operations.retention.person_keys import purge_person_keys
from app.operations.retention.schedule import RetentionSchedule, next_night
from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact, EventFact
from cases.words.conditions import is_of_complaint
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from config.reference.retention import load_retention
from desk.read_model.tables import DeskCase
from ingest.mobile.tables import DeviceMessage, DeviceRow, DeviceSequence
from messages import codec, ids
from messages.forgotten import FORGOTTEN_TEXT
from messages.sealing import ForgottenKeyError
from messages.shapes import MERGED, Correction, Dispatch, RawMessage, Relation
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, RETENTION_DAYS
from privacy.forgotten import SentReport, record_reports
from privacy.tables import PersonKeyRow, PersonReport
from sinks.ledger.status import StatusReader
from sinks.replies.tables import OutboxRow, RecipientRow
from tests.app.forgetting.town import CANARY, NAME, PICTURE, Town, complaint_of, rows_with_canary
from tests.conftest import NOW
from tests.privacy.key_harness import KeyProcess
from tests.support import records
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.attachments import find_attachment
from tests.support.case_stages import set_aside

TABLE = load_retention()
CASE_AGE = TABLE.row("case-words").age
DAY = timedelta(days=1)


@pytest.fixture
def town(parts: Parts, engine: Engine) -> Town:
    """Return a town on each kind of database."""
    return Town(parts, engine)


def cases(engine: Engine, *, dry: bool = False) -> EndedCases:
    """Return the purge of cases with the shipped table."""
    return EndedCases(engine, StatusReader(engine, {}).statuses, TABLE.case_tables(), dry)


def close(town: Town, dispatch: Dispatch) -> None:
    """Let the agency close a case, with words to its sender."""
    answer = signed(unsigned_answer(dispatch, "closed", text=f"Kepada {NAME}: sudah selesai.", at=town.now))
    town.publish(Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), "/tests")))


def join(town: Town, report: RawMessage, case: RawMessage) -> None:
    """Let a person of staff decide that a report is about the case of another sender."""
    complaint_id, relation = complaint_of(report), Relation(kind="joins", of=complaint_of(case), evidence=(MERGED,))
    correction = Correction(
        id=ids.correction_id(complaint_id, "joins", None), message_id=report.message_id, at=town.now,
        complaint_id=complaint_id, tracking=report.tracking, relation=relation, actor="petugas-1", reason="sama",
    )  # fmt: skip
    town.publish(Outgoing(CORRECTIONS, *codec.encode(correction, str(complaint_id), "/tests")))


def texts_of(engine: Engine) -> dict[str, str]:
    """Return the stored text of each report by its number."""
    with read_transaction(engine) as connection:
        query = select(ComplaintFact.tracking, CaseWords.text)  # type: ignore[call-overload]
        rows = connection.execute(query.join(CaseWords, is_of_complaint())).all()
    return {row.tracking: row.text for row in rows}


def count(engine: Engine, table: type[SQLModel]) -> int:
    """Return the number of rows of a table."""
    with read_transaction(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_an_ended_case_is_emptied_and_an_open_one_stays(town: Town) -> None:
    """Two years after the end no table has a word, the person's own cases are apart, and numbers stay."""
    town.store_picture()
    raw = town.report(picture=True)
    close(town, town.dispatches()[0])
    waiting = town.report("Lampu mati di Kota Palu, tolong diperbaiki", phone="+6281234500001")
    ended_at = town.now
    assert cases(town.engine).purge(ended_at - DAY, ended_at) == 0

    late = ended_at + CASE_AGE + DAY
    assert cases(town.engine, dry=True).purge(late - CASE_AGE, late) == 1
    assert rows_with_canary(town.engine)
    assert cases(town.engine).purge(late - CASE_AGE, late) == 1
    assert delete_case_files(town.engine, late - CASE_AGE, dry=False) == 1
    assert find_attachment(town.engine, PICTURE) is None
    assert rows_with_canary(town.engine) == {}
    with read_transaction(town.engine) as connection:
        query = select(ComplaintFact.tracking, CaseWords.text)  # type: ignore[call-overload]
        rows = connection.execute(query.join(CaseWords, is_of_complaint())).all()
        shown = connection.execute(select(DeskCase.text).where(DeskCase.tracking == raw.tracking)).scalars().all()  # type: ignore[call-overload]
        senders = set(connection.execute(select(PersonReport.sender)).scalars())  # type: ignore[call-overload]
    texts = {row.tracking: row.text for row in rows}
    assert texts[raw.tracking] == ""
    assert texts[waiting.tracking]
    assert shown == [FORGOTTEN_TEXT]
    assert raw.sender not in senders
    assert waiting.sender in senders
    status = StatusReader(town.engine, {}).status(raw.tracking)
    assert status is not None
    assert status.state == "selesai"
    assert cases(town.engine).purge(late - CASE_AGE, late) == 0


def test_a_case_stays_with_its_first_report_while_another_sender_waits(town: Town) -> None:
    """A withdrawn report is still the case of those who reported the same. When it is closed, all of them end."""
    first = town.report("Lampu jalan padam di Jalan Pemuda, Kota Semarang")
    second = town.report("Lampu Jalan Pemuda padam, Kota Semarang", phone="+6281234500001")
    join(town, second, first)
    town.publish(records.followed(town.parts, first.id, "withdraws", "Sudah tidak perlu", town.now))
    statuses = StatusReader(town.engine, {}).statuses([first.tracking, second.tracking])
    assert [statuses[raw.tracking].state for raw in (first, second)] == ["ditarik", "diteruskan"]
    late = town.now + CASE_AGE + DAY
    assert cases(town.engine).purge(late - CASE_AGE, late) == 0
    assert all(texts_of(town.engine).values())

    town.now = late
    close(town, town.dispatches()[0])
    assert cases(town.engine).purge(late - CASE_AGE, late) == 0
    later = late + CASE_AGE + DAY
    assert cases(town.engine).purge(later - CASE_AGE, later) == 3
    assert not any(texts_of(town.engine).values())
    assert all(sender.startswith("expired:") for sender in _senders(town.engine).values())


def test_a_replay_after_a_purge_brings_no_word_back_and_sends_nothing(town: Town) -> None:
    """The topics may have the words still. The same records lead to the same ids, and each reply stays as it was."""
    raw = town.report()
    close(town, town.dispatches()[0])
    late = town.now + CASE_AGE + DAY
    cases(town.engine).purge(late - CASE_AGE, late)
    rows = {table: count(town.engine, table) for table in (ComplaintFact, OutboxRow, PersonReport, DeskCase)}
    with read_transaction(town.engine) as connection:
        states = sorted(connection.execute(select(OutboxRow.id, OutboxRow.state)).all())  # type: ignore[call-overload]
    published = {(output.topic, dict(output.headers)["ce_id"]) for output in town.outputs}

    outputs = town.replay()
    assert rows_with_canary(town.engine) == {}
    assert {table: count(town.engine, table) for table in rows} == rows
    assert count(town.engine, RecipientRow) == 0
    with read_transaction(town.engine) as connection:
        assert sorted(connection.execute(select(OutboxRow.id, OutboxRow.state)).all()) == states  # type: ignore[call-overload]
    assert {state for _, state in states} == {"withheld"}
    # The arrival is set aside: its words are read from no topic any more.
    again = {(output.topic, dict(output.headers)["ce_id"]) for output in outputs if output.topic != OVERSIGHT}
    assert again <= published
    assert not [output for output in outputs if _has_canary(output.value)]
    assert _senders(town.engine) == {complaint_of(raw): f"expired:{complaint_of(raw)}"}


def _has_canary(value: bytes) -> bool:
    return any(word.encode() in value.lower() for word in CANARY)


def _senders(engine: Engine) -> dict[UUID, str]:
    """Return what stands for the sender of each complaint."""
    with read_transaction(engine) as connection:
        rows = connection.execute(select(PersonReport.complaint_id, PersonReport.sender)).all()  # type: ignore[call-overload]
    return {row.complaint_id: row.sender for row in rows}


def test_a_purge_that_is_interrupted_is_continued(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is one transaction: what was done stays, and the next purge does the rest."""
    monkeypatch.setattr("app.operations.retention.ended_cases._CASES_PER_TRANSACTION", 1)
    for number in range(3):
        town.report(f"Lampu jalan {NAME} padam di Kota Semarang nomor {number}", phone=f"+62812345001{number}0")
    for dispatch in town.dispatches():
        close(town, dispatch)
    late = town.now + CASE_AGE + DAY
    steps: list[UUID] = []

    def interrupt(_connection: object, complaint_ids: set[UUID]) -> None:
        steps.extend(complaint_ids)
        if len(steps) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("app.operations.retention.ended_cases._delete_holders", interrupt)
        with pytest.raises(KeyboardInterrupt):
            cases(town.engine).purge(late - CASE_AGE, late)
    assert rows_with_canary(town.engine)
    assert cases(town.engine).purge(late - CASE_AGE, late) == 2
    assert rows_with_canary(town.engine) == {}


def test_the_key_of_a_person_is_destroyed_when_no_topic_needs_it(town: Town) -> None:
    """A key is retired when no report of its sender is left, and destroyed after the retention of the topics."""
    raw = town.report()
    close(town, town.dispatches()[0])
    age = TABLE.row("person-keys").age
    first_night = town.now + CASE_AGE + DAY
    assert purge_person_keys(town.engine, town.key_engine, first_night - age, first_night, dry=False) == 0
    cases(town.engine).purge(first_night - CASE_AGE, first_night)
    assert purge_person_keys(town.engine, town.key_engine, first_night - age, first_night, dry=False) == 0
    assert town.keys.sealer.open(raw.body, raw.message_id)
    second_night = first_night + age + DAY
    assert purge_person_keys(town.engine, town.key_engine, second_night - age, second_night, dry=False) >= 1
    with pytest.raises(ForgottenKeyError):
        KeyProcess(town.key_engine).sealer.open(raw.body, raw.message_id)
    with read_transaction(town.key_engine) as connection:
        assert set(connection.execute(select(PersonKeyRow.sender, PersonKeyRow.wrapped)).all()) == {("", "")}  # type: ignore[call-overload]


def test_rows_are_deleted_by_their_own_time(engine: Engine) -> None:
    """A message that was no report, an unused device and a revoked account go after their time, and not before."""
    with write_transaction(engine) as connection:
        _insert(connection, EventFact, **set_aside(uuid4(), "A", "spam", NOW))
        _insert(connection, EventFact, **set_aside(uuid4(), "B", "spam", NOW + 3 * DAY))
        for device in ("idle", "with-report"):
            _insert(connection, DeviceRow, device=device, epoch=0, push="sealed", registered_at=NOW)
            _insert(connection, DeviceSequence, device=device, sequence=1, message_id=uuid4())
        message = {"client_id": None, "thread": None, "tracking": "C", "at": NOW}
        _insert(connection, DeviceMessage, message_id=uuid4(), device="with-report", **message)
        left: tuple[dict[str, datetime], ...] = {"revoked_at": NOW}, {}, {"ends_at": NOW}, {"ends_at": NOW + 3 * DAY}
        for name, values in zip(("Ani Contoh", "Budi Contoh", "Cici Contoh", "Dedi Contoh"), left, strict=True):
            account = uuid4()
            _insert(
                connection, AccountRow, id=account, email=f"{name[0]}@kota.example", name=name, role="officer",
                agency="kota-3374", password_hash="x", wants_digest=True, created_at=NOW, decree="SK 1", **values,
            )  # fmt: skip
            _insert(connection, SecondFactorRow, account_id=account, secret="sealed", last_step=0)
    cutoff = NOW + DAY
    assert delete_timed(engine, TIMED["set-aside"], cutoff, dry=True) == 1
    assert delete_timed(engine, TIMED["set-aside"], cutoff, dry=False) == 1
    assert [purge(engine, cutoff, cutoff, False) for purge in (purge_devices, purge_accounts)] == [1, 2]
    assert [purge(engine, cutoff, cutoff, False) for purge in (purge_devices, purge_accounts)] == [0, 0]
    assert [count(engine, table) for table in (EventFact, DeviceRow, DeviceSequence, SecondFactorRow)] == [1, 1, 1, 2]
    with read_transaction(engine) as connection:
        columns = (AccountRow.id, AccountRow.name, AccountRow.email, AccountRow.decree, AccountRow.revoked_at)
        rows = connection.execute(select(*columns)).all()  # type: ignore[call-overload]
    assert {row.name for row in rows} == {"", "Budi Contoh", "Dedi Contoh"}
    # Without a name nobody is listed any more.
    assert {(row.decree, row.revoked_at) for row in rows if not row.name} == {("", NOW)}
    assert {row.email for row in rows if not row.name}.isdisjoint({"A@kota.example"})


def test_a_message_that_became_no_report_leads_to_nobody(engine: Engine) -> None:
    """Its row stays without the sender, so that its key can be destroyed."""
    complaint_id = uuid4()
    with write_transaction(engine) as connection:
        record_reports(connection, [SentReport(complaint_id, uuid4(), "sender", NOW, has_shared_seal=False)])
    assert cases(engine).purge_set_aside(NOW, NOW + DAY) == 0
    assert cases(engine).purge_set_aside(NOW + DAY, NOW + DAY) == 1
    assert _senders(engine) == {complaint_id: f"expired:{complaint_id}"}


def _insert(connection: object, table: type[SQLModel], **values: object) -> None:
    connection.execute(insert(table).values(values))  # type: ignore[attr-defined]


@pytest.mark.parametrize("behind", ["router", "cases"])
def test_no_case_is_purged_while_a_stage_lacks_records(parts: Parts, behind: str) -> None:
    """After a restore stages read the topics from the beginning. Until then nobody knows which cases are open."""
    complaint_id, now = uuid4(), parts.now()
    with write_transaction(parts.engine) as connection:
        sent = SentReport(complaint_id, uuid4(), "sender", now - 2 * CASE_AGE, has_shared_seal=False)
        record_reports(connection, [sent])
    with closing(parts.bus.producer()) as producer:
        producer.publish([Outgoing(COMPLAINTS, b"{}", b"", ())])
    if behind == "cases":
        with closing(parts.bus.consumer(membership(parts.bus, parts.consumer_groups["router"], "one", ()))) as router:
            assert router.poll(0.0, 1)
            router.commit([])
    report = retention(parts, dry=False).apply(now + 2 * DAY)
    assert report.skipped == dict.fromkeys(("cases", "no-reports"), f"{behind} has not processed all of complaints")
    assert report.counts.keys().isdisjoint(report.skipped)
    assert _senders(parts.engine) == {complaint_id: "sender"}
    assert retention(parts, dry=False).apply(now).counts["no-reports"] == 1
    assert _senders(parts.engine) == {complaint_id: f"expired:{complaint_id}"}


@pytest.mark.only_on("sqlite", "its journal is a file")
def test_the_night_deletes_the_records_of_the_embedded_bus(parts: Parts) -> None:
    """A process may run for months. Neither file nor journal has the words of a record whose retention has ended."""
    path, now = parts.settings.home / "bus.db", parts.now()
    parts.ensure_topics()
    long_ago = LocalBus(path, (now - timedelta(days=RETENTION_DAYS + 1)).timestamp)
    with closing(long_ago.producer()) as producer, closing(parts.bus.producer()) as recent:
        producer.publish([Outgoing(OVERSIGHT, b"", NAME.encode(), ())])
        recent.publish([Outgoing(OVERSIGHT, b"", b"recent", ())])

    def read() -> list[bytes]:
        with closing(parts.bus.reader()) as reader:
            return [record.value for record in reader.read([OVERSIGHT])]

    retention(parts, dry=True).apply(now)
    assert read() == [NAME.encode(), b"recent"]
    retention(parts, dry=False).apply(now)
    assert read() == [b"recent"]
    grep = subprocess.run(
        ["grep", "-rlaF", NAME, str(parts.settings.home)], capture_output=True, text=True, check=False
    )
    assert grep.stdout.split() == []
    assert (parts.settings.home / "satupintu.db-wal").stat().st_size == 0


def test_the_table_is_applied_each_night() -> None:
    """A process waits for two o'clock in Jakarta. A failed purge is tried again in the same night."""
    moment = datetime.fromisoformat("2026-03-01T22:00:00+07:00")
    clock = [moment]
    outcomes: list[Exception | None] = [Retry("bus"), None, None]
    runs: list[datetime] = []

    def apply() -> PurgeReport:
        runs.append(clock[0])
        if error := outcomes.pop(0):
            raise error
        return PurgeReport({"cases": 1}, {})

    schedule = RetentionSchedule(apply, lambda: clock[0], threading.Event())
    schedule.step()
    assert runs == []
    assert next_night(moment) == datetime.fromisoformat("2026-03-02T02:00:00+07:00")
    for hours in (5, 6, 7, 29):
        clock[0] = moment + timedelta(hours=hours)
        schedule.step()
    assert [(at - moment) / timedelta(hours=1) for at in runs] == [5, 6, 29]
