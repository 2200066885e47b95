"""The question if the Ombudsman may have a case, and the answer of its sender: each once, whatever is read again."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, select
from sqlmodel import SQLModel

from app.assembly.channels import DIRECTORY
from bus.errors import Retry
from bus.port import Outgoing
from config.database import read_transaction, write_transaction
from messages import codec
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import Complaint, FollowUp, OversightEvent, Reply, SenderAct
from messages.topics import OVERSIGHT
from oversight.notices.consent_publisher import Asking, ConsentPublisher
from oversight.notices.rating_publisher import RatingPublisher
from oversight.notices.tables import OversightConsent, OversightNotice
from tests.conftest import NOW
from tests.oversight.harness import READ_MODEL, OversightHarness, make_sink
from tests.oversight.notices.test_deadlines import day
from tests.router.test_linked import complaint_of, id_of
from tests.support.case_stages import delete_facts
from tests.support.records import at

LINK = "https://lapor.example/l/rahasia"


@dataclass
class Questions:
    """Oversight with the publisher of questions. `published` are the messages on the topics; the bus may be away."""

    engine: Engine
    published: list[Outgoing] = field(default_factory=list)
    bus_is_away: bool = False
    forgotten: Collection[UUID] = ()

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.oversight = OversightHarness(self.engine, NOW)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages. Raises `Retry` while the bus is away."""
        if self.bus_is_away:
            raise Retry
        self.published += messages

    def tell(self, days: float) -> list[tuple[str, str]]:
        """Search some days after the beginning; return number and event or reply of each new message."""
        before = len(self.published)
        self.publisher().publish_due(day(days))
        self.oversight.read(self.published[before:])
        return [_told(message) for message in self.published[before:]]

    def publisher(self) -> ConsentPublisher | RatingPublisher:
        """Return the publisher."""
        asking = Asking(DIRECTORY.answer_forms, lambda _: LINK, lambda _connection, _ids: self.forgotten)
        return ConsentPublisher(self.engine, self.publish, threading.Event(), asking)

    def act(self, number: int, act: SenderAct, of: int, days: float) -> None:
        """Let the sender of a case do something."""
        self.oversight.time = day(days)
        message = complaint_of(number, "Pelapor menjawab.", of=of)
        self.oversight.send(message.model_copy(update={"follow_up": FollowUp(act=act)}))

    def states(self) -> dict[UUID, str]:
        """Return the state of each case that was or will be asked."""
        columns = (OversightConsent.complaint_id, OversightConsent.state)
        with read_transaction(self.engine) as connection:
            return {row[0]: row[1] for row in connection.execute(select(*columns))}  # type: ignore[call-overload]

    def empty(self, *tables: type[SQLModel]) -> None:
        """Delete all rows of tables."""
        with write_transaction(self.engine) as connection:
            if set(READ_MODEL) <= set(tables):
                delete_facts(connection)
            for table in tables:
                connection.execute(delete(table))

    def read_again(self, *emptied: type[SQLModel], with_topic: bool = True) -> None:
        """Empty the tables, and read everything again, the events first."""
        self.empty(*emptied)
        events = [at(message, offset) for offset, message in enumerate(self.published) if message.topic == OVERSIGHT]
        others = [record for record in self.oversight.records if record.topic != OVERSIGHT]
        make_sink(self.engine).handle([*(events if with_topic else ()), *others])


def _told(message: Outgoing) -> tuple[str, str]:
    if message.topic == OVERSIGHT:
        event = codec.decode(OversightEvent, message.value, message.headers)
        return event.tracking, event.event
    return _reply(message).tracking, _reply(message).kind


def _reply(message: Outgoing) -> Reply:
    return codec.decode(Reply, message.value, message.headers)


def on_channel(complaint: Complaint, channel: str) -> Complaint:
    """Return the complaint on another channel."""
    return complaint.model_copy(update={"channel": channel})


@pytest.fixture
def questions(engine: Engine) -> Questions:
    """Oversight on each kind of database."""
    return Questions(engine)


def test_the_sender_is_asked_once_after_60_days_and_the_answers_are_told(questions: Questions) -> None:
    """Cases of 14 and of 60 days; not one that is closed, waits for its sender, is forgotten, or is on X."""
    oversight = questions.oversight
    first = complaint_of(1, "Kemenkes, puskesmas tutup")
    oversight.send(on_channel(first, "sms"))
    oversight.send(on_channel(complaint_of(2, "Kemenkes, obat habis"), "mobile"))
    oversight.send(on_channel(complaint_of(3, "Kemenkes, perawat kasar"), "twitter"))
    (closed,) = oversight.send(on_channel(complaint_of(4, "Kemenkes, antrean lama"), "sms"))
    (waiting,) = oversight.send(on_channel(complaint_of(5, "Kemenkes, ambulans rusak"), "sms"))
    oversight.send(on_channel(complaint_of(6, "Kemenkes, dokter absen"), "sms"))
    questions.forgotten = [id_of(6)]
    oversight.time = day(1)
    oversight.answer(closed, "closed")
    oversight.answer(waiting, "asked")
    # An answer before the question changes nothing.
    questions.act(10, "agrees-to-ombudsman", 1, 2)
    assert questions.tell(59.9) == []
    expected = [("NOMOR1", "ombudsman-asked"), ("NOMOR1", "asked-ombudsman")]
    expected += [("NOMOR2", "ombudsman-asked"), ("NOMOR2", "asked-ombudsman")]
    assert sorted(questions.tell(60.1)) == sorted(expected)
    assert questions.tell(61) == []
    replies = {_reply(message).channel: _reply(message).text for message in questions.published if _is_reply(message)}
    assert LINK in replies["sms"]
    assert LINK in replies["mobile"]
    assert questions.states()[id_of(1)] == "asked"

    questions.act(11, "agrees-to-ombudsman", 1, 62)
    assert questions.tell(63) == [("NOMOR1", "ombudsman-agreed")]
    questions.act(12, "declines-ombudsman", 1, 64)
    # A withdrawal of the report withdraws the consent too.
    questions.act(13, "withdraws", 2, 64)
    assert sorted(questions.tell(65)) == [("NOMOR1", "ombudsman-declined"), ("NOMOR2", "ombudsman-declined")]
    assert questions.tell(66) == []
    states = questions.states()
    assert (states[id_of(1)], states[id_of(2)]) == ("declined", "declined")


def test_an_outage_a_kill_or_a_rebuild_asks_nobody_twice(questions: Questions) -> None:
    """A copy has the same id, so the outbox and the readers drop it; the rows are the same in any order."""
    questions.oversight.send(on_channel(complaint_of(1, "Kemenkes, puskesmas tutup"), "sms"))
    questions.bus_is_away = True
    with pytest.raises(Retry):
        questions.tell(61)
    questions.bus_is_away = False
    assert len(questions.tell(62)) == 2
    # The process ended between bus and database.
    questions.read_again(OversightNotice, *READ_MODEL, with_topic=False)
    assert len(questions.tell(62)) == 2
    assert len({message.value for message in questions.published}) == 2
    questions.act(11, "agrees-to-ombudsman", 1, 63)
    assert len(questions.tell(64)) == 1
    # During a rebuild the events may come last: what was told stays known.
    questions.read_again(*READ_MODEL, with_topic=False)
    assert questions.tell(65) == []
    questions.read_again(OversightNotice, *READ_MODEL)
    assert questions.states() == {id_of(1): "agreed"}
    assert questions.tell(65) == []


def test_the_question_is_one_sms() -> None:
    """It leads to the sender's page, where the consent is given; a link that is too long is left out."""
    from cases.course.ombudsman_consent import ASK_DAYS  # noqa: PLC0415
    from messages.replies.ombudsman_texts import ombudsman_question  # noqa: PLC0415
    from messages.sender_link import sample_link  # noqa: PLC0415

    for host, has_link in (("lapor.go.id", True), ("layanan-pengaduan.semarangkota.go.id", True), ("a" * 99, False)):
        link = sample_link(f"https://{host}")
        question = ombudsman_question("0A1B-2C3D-4E5F", ASK_DAYS, link)
        assert (fits_one_sms(question), link in question, "YA" in question) == (True, has_link, False)


def _is_reply(message: Outgoing) -> bool:
    return message.topic != OVERSIGHT
