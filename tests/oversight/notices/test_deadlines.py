"""Deadlines on the topic `oversight` and at the agency: each once, whatever is read again."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select
from sqlmodel import SQLModel

from bus.errors import Retry
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from desk.changes import CaseChange
from messages import codec
from messages.shapes import MERGED, SPLIT, Correction, OversightEvent, Relation
from oversight.notices.publisher import DeadlinePublisher
from oversight.notices.tables import OversightClock, OversightNotice
from tests.conftest import NOW
from tests.desk.harness import make_sink as make_desk_sink
from tests.oversight.harness import READ_MODEL, OversightHarness, make_sink
from tests.router.test_linked import complaint_of, id_of
from tests.support.case_stages import delete_facts
from tests.support.records import at

HEALTH = "kementerian-kemenkes"


@dataclass
class Watch:
    """Oversight with the publisher. `published` are the messages on the topic; the bus may be away."""

    engine: Engine
    published: list[Outgoing] = field(default_factory=list)
    bus_is_away: bool = False

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.oversight = OversightHarness(self.engine, NOW)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages. Raises `Retry` while the bus is away."""
        if self.bus_is_away:
            raise Retry
        self.published += messages

    def tell(self, days: float) -> list[tuple[str, str, str]]:
        """Search for deadlines some days after the beginning; return case, event and clock of each new message."""
        before = len(self.published)
        DeadlinePublisher(self.engine, self.publish, threading.Event()).publish_due(day(days))
        return [(event.tracking, event.event, event.reason) for event in map(decoded, self.published[before:])]

    def topic(self) -> list[Record]:
        """Return the records of the topic."""
        return [at(message, offset) for offset, message in enumerate(self.published)]

    def changes(self) -> list[CaseChange]:
        """Return what the desk tells agencies of deadlines."""
        changes: list[CaseChange] = []
        sink = make_desk_sink(self.engine, changes)
        sink.handle(self.oversight.records)
        changes.clear()
        sink.handle(self.topic())
        return changes

    def clocks(self) -> list[tuple[object, ...]]:
        """Return the running clocks in a fixed order."""
        with read_transaction(self.engine) as connection:
            query = select(*OversightClock.__table__.columns)  # type: ignore[attr-defined]
            return sorted((tuple(row) for row in connection.execute(query)), key=repr)

    def empty(self, *tables: type[SQLModel]) -> None:
        """Delete all rows of tables."""
        with write_transaction(self.engine) as connection:
            if set(READ_MODEL) <= set(tables):
                delete_facts(connection)
            for table in tables:
                connection.execute(delete(table))


@pytest.fixture
def watch(engine: Engine) -> Watch:
    """Oversight on each kind of database."""
    return Watch(engine)


def day(number: float) -> datetime:
    """Return the moment so many days after the beginning, a Tuesday."""
    return NOW + timedelta(days=number)


def decoded(message: Outgoing) -> OversightEvent:
    """Return the event of a message."""
    return codec.decode(OversightEvent, message.value, message.headers)


def correction(number: int, relation: Relation, sequence: int, apart_from: int | None = None) -> Correction:
    """Return a person's decision about a complaint."""
    return Correction(
        id=id_of(1000 + sequence),
        message_id=id_of(1000 + sequence),
        at=day(sequence),
        complaint_id=id_of(number),
        tracking=f"NOMOR{number}",
        relation=relation,
        apart_from=id_of(apart_from) if apart_from else None,
        actor="Sari",
        reason="lokasinya sama",
    )


def test_each_event_of_a_case_is_told_once_and_the_agency_hears_of_it(watch: Watch) -> None:
    """The last day, the deadline, twice and three times its period; also of the time until the closing."""
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    assert watch.tell(5.9) == []
    told = [event for days in range(6, 70) for event in watch.tell(days)]
    assert told == [
        ("NOMOR1", "due", "first_answer"),
        ("NOMOR1", "overdue", "first_answer"),
        ("NOMOR1", "twice-overdue", "first_answer"),
        ("NOMOR1", "due", "resolve"),
        ("NOMOR1", "overdue", "resolve"),
        ("NOMOR1", "three-times-overdue", "first_answer"),
        ("NOMOR1", "twice-overdue", "resolve"),
        ("NOMOR1", "three-times-overdue", "resolve"),
    ]
    event = decoded(watch.published[1])
    assert (event.agency, event.dispatch_id, event.due_at) == (HEALTH, dispatch.id, dispatch.due_at)
    assert event.at == dispatch.due_at
    changes = watch.changes()
    assert [(change.kind, change.agency, change.number, change.state) for change in changes][:2] == [
        ("due", HEALTH, "NOMOR1", "terdisposisi"),
        ("overdue", HEALTH, "NOMOR1", "terdisposisi"),
    ]
    assert [change.id for change in changes] == [decoded(message).id for message in watch.published]


def test_nothing_is_told_of_an_answered_a_waiting_or_a_joined_case(watch: Watch) -> None:
    """A question stops the clock until its sender writes; the words of another citizen do not answer it."""
    oversight = watch.oversight
    first, second = (oversight.send(complaint_of(number, "Kemenkes, puskesmas tutup"))[0] for number in (1, 2))
    oversight.send(complaint_of(3, "saya juga", of=1, kind="joins"))
    oversight.time = day(1)
    oversight.answer(first, "closed")
    oversight.answer(second, "asked")
    oversight.send(complaint_of(4, "saya juga", of=2, kind="joins"))
    oversight.send(complaint_of(5, "puskesmas Mawar", of=4))
    assert watch.tell(60) == []
    oversight.time = day(2)
    oversight.send(complaint_of(6, "Puskesmas Mawar", of=2))
    # A working day was lost by waiting.
    assert watch.tell(7.9) == [("NOMOR2", "due", "first_answer")]
    assert watch.tell(8.1) == [("NOMOR2", "overdue", "first_answer")]


def test_an_outage_of_the_bus_or_a_kill_doubles_nothing(watch: Watch) -> None:
    """What was not published is told later, a passed deadline without its announcement; a copy has the same id."""
    watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    watch.bus_is_away = True
    with pytest.raises(Retry):
        watch.tell(6.5)
    watch.bus_is_away = False
    assert watch.tell(8) == [("NOMOR1", "overdue", "first_answer")]
    # The process ended between bus and database.
    watch.empty(OversightNotice, *READ_MODEL)
    make_sink(watch.engine).handle(watch.oversight.records)
    assert watch.tell(8) == [("NOMOR1", "overdue", "first_answer")]
    assert len({decoded(message).id for message in watch.published}) == 1
    assert len({message.value for message in watch.published}) == 1


def test_the_topics_in_any_order_give_the_same_clocks_and_tell_nothing_again(watch: Watch) -> None:
    """Refused, moved, merged, split, and read from the beginning into empty tables."""
    oversight = watch.oversight
    oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (second,) = oversight.send(complaint_of(2, "Kemenkes, obat habis"))
    oversight.send(complaint_of(3, "PLN, listrik padam"))
    oversight.time = day(1)
    oversight.answer(second, "refused")
    oversight.correct(correction(3, Relation(kind="joins", of=id_of(1), evidence=(MERGED,)), 1))
    oversight.time = day(2)
    oversight.correct(correction(3, Relation(evidence=(SPLIT,)), 2, apart_from=1))
    watch.tell(9)
    assert len(watch.published) > 2
    oversight.sink.handle(watch.topic())
    before = watch.clocks()
    chance = random.Random(1)  # noqa: S311 - reproducible examples
    for _ in range(3):
        watch.empty(OversightNotice, *READ_MODEL)
        records = [*oversight.records, *watch.topic(), *oversight.records[:4]]
        chance.shuffle(records)
        for record in records:
            make_sink(watch.engine).handle([record])
        assert watch.clocks() == before
        assert watch.tell(9) == []
