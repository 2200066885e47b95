"""A person who is forgotten: no table has a word of the person, the case stays, and nothing brings the words back."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from app.assembly.parts import Parts
from app.operations.forgetting.forgetting import GRACE
from app.operations.forgetting.leftovers import read_leftovers
from app.tables import METADATA
from cases.facts.tables import ComplaintFact, DispatchFact
from cases.words.conditions import is_of_complaint
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from desk.read_model.tables import DeskCase
from messages import codec
from messages.forgotten import FORGOTTEN_TEXT, Forgotten
from messages.sealing import ForgottenKeyError, Sealed
from messages.shapes import OversightEvent, RawMessage
from messages.topics import COMPLAINTS, FORGOTTEN, OVERSIGHT
from privacy.person_keys import PersonSealer
from privacy.tables import ForgottenSender, PersonReport, WaitingRequest
from sinks.replies.tables import OutboxRow, RecipientRow
from tests.app.forgetting.town import CANARY, NAME, PHONE, PICTURE, WORDS, Town, complaint_of, rows_with_canary
from tests.privacy.key_harness import KeyProcess
from tests.support import records
from tests.support.attachments import find_attachment
from tests.support.former_values import file_of, has_former_values, leave_former_values
from tests.support.records import value_of


@pytest.fixture
def town(parts: Parts, engine: Engine) -> Town:
    """Return a town on each kind of database."""
    return Town(parts, engine)


def nobody_waits(_moment: object) -> str:
    """Return that no message waits."""
    return ""


def test_a_report_from_before_the_request_was_processed_keeps_its_contact(town: Town) -> None:
    """The person writes anew while the request waits. The key is destroyed, and replies to the new report are sent."""
    first = town.report()
    request = records.followed(town.parts, first.id, "asks-to-be-forgotten", "", town.now)
    town.now += timedelta(seconds=30)
    second = town.report("Jalan berlubang di Kota Semarang")
    town.publish(request)
    town.now += GRACE + timedelta(hours=1)
    assert town.forgetting.finish(nobody_waits).keys
    sealer = PersonSealer(town.parts.secrets.seal_keys, KeyProcess(town.key_engine).keys)
    with pytest.raises(ForgottenKeyError):
        sealer.open(second.body, second.id)
    with read_transaction(town.engine) as connection:
        contacts = [
            connection.execute(select(contact).where(column == complaint_of(second))).scalar_one()
            for contact, column in (
                (col(CaseWords.contact), col(CaseWords.fact_id)),
                (col(RecipientRow.contact), col(RecipientRow.complaint_id)),
            )
        ]
    assert all(PHONE.encode() in sealer.open(Sealed(contact), second.message_id) for contact in contacts)
    assert all(contact.startswith("p") for contact in contacts)


def test_after_the_request_no_table_has_a_word_and_the_case_stays(town: Town) -> None:
    """The sender asks by the own link. Words, file, contact and replies go; ids, agency, times and kind stay."""
    town.store_picture()
    raw = town.report(picture=True)
    town.answer(town.dispatches()[0], f"Kepada {NAME}: petugas datang besok.")
    town.recommend(town.dispatches()[0], f"Percepat untuk {NAME}.")
    other = town.report("Jalan berlubang di Kota Palu", phone="+6281234500001")
    columns = {"case_words.text", "case_words.document", "router_dispatch.dispatch", "desk_case.text"}
    assert columns <= set(rows_with_canary(town.engine))
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", f"Saya {NAME}", town.now))
    assert rows_with_canary(town.engine) == {}
    assert find_attachment(town.engine, PICTURE) is None
    with read_transaction(town.engine) as connection:
        query = select(ComplaintFact.tracking, ComplaintFact.kind, CaseWords.text)  # type: ignore[call-overload]
        rows = connection.execute(query.join(CaseWords, is_of_complaint())).all()
        agencies = connection.execute(select(DispatchFact.agency, DispatchFact.rules)).all()  # type: ignore[call-overload]
        states = set(connection.execute(select(OutboxRow.text, OutboxRow.state)))  # type: ignore[call-overload]
        shown = connection.execute(select(DeskCase.text).where(DeskCase.tracking == raw.tracking)).scalars().all()  # type: ignore[call-overload]
    assert {row.tracking: bool(row.text) for row in rows}[raw.tracking] is False
    assert {row.tracking: bool(row.text) for row in rows}[other.tracking] is True
    assert all(row.kind == "pengaduan" for row in rows)
    assert all(row.agency and row.rules for row in agencies)
    assert shown == [FORGOTTEN_TEXT]
    assert ("", "withheld") in states


def test_words_do_not_come_back(town: Town) -> None:
    """Replayed and rebuilt from the topics, in any order of tombstone and words, no sink writes them."""
    raw = town.report()
    town.answer(town.dispatches()[0], f"Kepada {NAME}")
    town.recommend(town.dispatches()[0], f"Percepat untuk {NAME}.")
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    town.now += GRACE
    assert town.forgetting.finish(nobody_waits).keys == 2
    outputs = town.replay()
    assert rows_with_canary(town.engine) == {}
    set_aside = [output for output in outputs if output.topic == OVERSIGHT]
    assert {value_of(output)["reason"] for output in set_aside} == {"forgotten"}
    assert not [output for output in outputs if output.topic == COMPLAINTS]
    assert not any(word.encode() in output.value.lower() for output in outputs for word in CANARY)


def test_a_restored_system_honours_the_tombstones(parts: Parts, engine: Engine, town: Town) -> None:
    """In an empty database the tombstone names the complaints, whether it is read before the words or after them."""
    raw = town.report()
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    topics = [record.topic for record in town.log]
    assert topics.index(FORGOTTEN) > topics.index(COMPLAINTS)
    log = [record for record in town.log if not record.topic.startswith("raw-")]
    for order in (log, sorted(log, key=lambda record: record.topic != FORGOTTEN)):
        _empty(engine)
        restored = Town(parts, engine, now=town.now)
        for record in order:
            for stage in restored.stages_of(record.topic):
                stage.handle([record])
        with read_transaction(engine) as connection:
            assert connection.execute(select(ComplaintFact.id)).scalars().all()  # type: ignore[call-overload]
        assert rows_with_canary(engine) == {}


@pytest.mark.only_on("sqlite", "PostgreSQL's files are the operator's")
def test_when_the_keys_are_destroyed_no_file_keeps_former_values(town: Town) -> None:
    """A page of SQLite may keep words, and a key, that were overwritten elsewhere."""
    files = [file_of(engine) for engine in (town.engine, town.key_engine)]
    raw = town.report()
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    for file in files:
        leave_former_values(file)
    town.now += GRACE
    assert town.forgetting.finish(nobody_waits).keys
    assert not any(map(has_former_values, files))


def test_keys_are_destroyed_after_the_grace_and_not_while_messages_wait(town: Town) -> None:
    """Until then a stage may need them. Afterwards nobody opens what they sealed."""
    raw = town.report()
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    assert town.forgetting.finish(nobody_waits).keys == 0
    assert town.parts.sealer.open(raw.body, raw.id)
    town.now += GRACE
    assert town.forgetting.finish(lambda _moment: "a spool holds messages").waits_for == "a spool holds messages"
    assert town.forgetting.finish(nobody_waits).persons == 1
    assert town.forgetting.finish(nobody_waits).persons == 0
    town.keys.clock += 3600
    with pytest.raises(ForgottenKeyError):
        town.parts.sealer.open(raw.body, raw.id)


def test_whoever_writes_anew_is_heard(town: Town) -> None:
    """A message after the request is a new report, also when the old request is read again.

    Its door still had the retired key in its cache. The contact has the new one, so the sender gets replies.
    """
    raw = town.report()
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    town.now += timedelta(minutes=1)
    anew = town.report("Saluran air tersumbat di Kota Semarang")
    town.replay([COMPLAINTS, FORGOTTEN])
    town.now += GRACE
    town.forgetting.finish(nobody_waits)
    town.keys.clock += 3600
    with read_transaction(town.engine) as connection:
        query = select(ComplaintFact.tracking, CaseWords.text)  # type: ignore[call-overload]
        rows = connection.execute(query.join(CaseWords, is_of_complaint())).all()
    texts = {row.tracking: row.text for row in rows}
    assert texts[anew.tracking] == "Saluran air tersumbat di Kota Semarang"
    assert texts[raw.tracking] == ""
    contacts = {item.message_id: item.contact for item in town.complaints()}
    assert town.parts.sealer.open(contacts[anew.id], anew.id)
    with pytest.raises(ForgottenKeyError):
        town.parts.sealer.open(contacts[raw.id], raw.id)


def test_a_message_in_progress_is_forgotten_too(town: Town) -> None:
    """One that was accepted before the request and is processed after it is set aside, without a dead letter."""
    raw = town.report()
    waiting = records.sms(town.parts, WORDS, "+6281234500099", when=town.now, proof="twilio-signature")
    town.now += timedelta(minutes=1)
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    town.publish(waiting)
    events = [codec.decode(OversightEvent, r.value, r.headers) for r in town.log if r.topic == OVERSIGHT]
    assert [event.reason for event in events] == ["forgotten"]
    assert rows_with_canary(town.engine) == {}


def test_a_request_may_come_before_its_report(town: Town) -> None:
    """The report is in the spool of another door. The request waits for it, and the tombstone ends the wait."""
    report = records.sms(town.parts, WORDS, PHONE, when=town.now, proof="twilio-signature")
    raw = codec.decode(RawMessage, report.value, report.headers)
    town.now += timedelta(minutes=1)
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    assert waiting_requests(town) == [complaint_of(raw)]
    town.publish(report)
    # Whatever the stage reads next.
    town.publish(records.sms(town.parts, "Jalan berlubang di Kota Semarang", "+6281234500011", when=town.now))
    assert rows_with_canary(town.engine) == {}
    assert waiting_requests(town) == []
    tombstones = {record.value for record in town.log if record.topic == FORGOTTEN}
    # Again from the first record: nothing is written, and the same tombstones are published.
    again = town.replay()
    assert {output.value for output in again if output.topic == FORGOTTEN} <= tombstones
    assert (rows_with_canary(town.engine), waiting_requests(town)) == ({}, [])


def waiting_requests(town: Town) -> Sequence[UUID]:
    """Return the reports for which requests wait."""
    with read_transaction(town.engine) as connection:
        return connection.execute(select(col(WaitingRequest.complaint_id))).scalars().all()


def test_a_picture_that_somebody_else_sent_too_stays(town: Town) -> None:
    """The same bytes are one file. It goes with the last report that names it."""
    town.store_picture()
    raw = town.report(picture=True)
    other = town.report("Pohon tumbang di Kota Palu", picture=True, phone="+6281234500002")
    for report, stays in ((raw, True), (other, False)):
        town.publish(records.followed(town.parts, report.id, "asks-to-be-forgotten", when=town.now))
        assert (find_attachment(town.engine, PICTURE) is not None) is stays


def test_what_cannot_be_taken_back_is_named(town: Town) -> None:
    """The agencies that had the case, and the day until which topics keep the words."""
    raw = town.report()
    person = town.forgetting.find(raw.sender, town.now)
    with read_transaction(town.engine) as connection:
        leftovers = read_leftovers(connection, person)
    assert [(copy.number, copy.agency) for copy in leftovers.agencies] in (
        [(raw.tracking, dispatch.agency) for dispatch in town.dispatches()],
        [],
    )
    assert leftovers.on_topics_until == raw.at + timedelta(days=366)
    assert leftovers.shared_seal_numbers == ()


def test_the_tombstone_names_every_sender_of_the_person(town: Town) -> None:
    """A follow-up by the own link has a sender of its own; each sender has a tombstone with its complaints."""
    raw = town.report()
    town.publish(records.followed(town.parts, raw.id, "adds", f"Tambahan dari {NAME}", town.now))
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    tombstones = [codec.decode(Forgotten, r.value, r.headers) for r in town.log if r.topic == FORGOTTEN]
    complaints = town.complaints()
    assert {id_ for tombstone in tombstones for id_ in tombstone.complaint_ids} == {item.id for item in complaints}
    assert {item.sender for item in complaints} <= {tombstone.sender for tombstone in tombstones}
    with read_transaction(town.engine) as connection:
        marked = connection.execute(select(PersonReport.forgotten_at)).scalars().all()  # type: ignore[call-overload]
        asked_for = set(connection.execute(select(ForgottenSender.asked_for)).scalars())  # type: ignore[call-overload]
    assert all(marked)
    assert asked_for == {raw.sender}
    again = town.replay([FORGOTTEN])
    assert again == []


def _empty(engine: Engine) -> None:
    """Delete all rows, as in a new database. Keys go with them: what they sealed is lost."""
    with write_transaction(engine) as connection:
        for table in METADATA.tables.values():
            connection.execute(table.delete())
        connection.exec_driver_sql("DELETE FROM desk_search")
