"""A rebuild of the rows of oversight, and the moment until which they have everything that the topics have."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, TopicSpec
from config.database import write_transaction
from oversight.notices.read_progress import read_until
from oversight.read_model.rebuild import rebuild
from oversight.read_model.tables import OversightCase, OversightDay
from tests.oversight.harness import stored_rows
from tests.oversight.notices.test_consents import Questions
from tests.oversight.notices.test_deadlines import Watch, day
from tests.router.test_linked import complaint_of
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES


def test_a_rebuild_gives_the_same_rows_and_tells_nobody(engine: Engine) -> None:
    """A closed case looks open at no moment of it: rows and counts are derived in place, and counted by months."""
    watch, questions = Watch(engine), Questions(engine)
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    watch.oversight.time = day(1)
    watch.oversight.answer(dispatch, "closed")
    watch.oversight.time = day(40)
    watch.oversight.send(complaint_of(2, "Kemenkes, puskesmas lain"))
    expected = stored_rows(engine)
    assert rebuild(engine, DEADLINES, PROGRAMMES) == 2
    assert stored_rows(engine) == expected
    with write_transaction(engine) as connection:
        connection.execute(update(OversightDay).values(number=OversightDay.number + 3))
        connection.execute(update(OversightCase).values(refusals=9))
    rebuild(engine, DEADLINES, PROGRAMMES)
    assert stored_rows(engine) == expected
    assert (watch.tell(1), questions.tell(1)) == ([], [])


def test_what_waits_on_a_topic_limits_the_moment(tmp_path: Path) -> None:
    """The oldest record that the group has not committed, also of a topic that it has never read."""
    start = datetime(2026, 7, 20, 2, tzinfo=UTC)
    time = [start]
    bus = LocalBus(tmp_path / "bus.db", lambda: time[0].timestamp())  # noqa: PLW0108 - the time changes
    bus.ensure([TopicSpec(name, partitions=2, retention=10) for name in ("complaints", "corrections", "empty")])
    producer, reader = bus.producer(), bus.reader()
    consumer = bus.consumer(Membership("oversight", "member", ("complaints",)))
    topics = ("complaints", "corrections", "empty", "missing")

    def moment() -> datetime:
        return read_until(reader, "oversight", topics, time[0])

    assert moment() == start
    for hour, topic in ((1, "complaints"), (2, "complaints"), (3, "corrections")):
        time[0] = start + timedelta(hours=hour)
        producer.publish([Outgoing(topic, topic.encode(), b"value")])
    time[0] = start + timedelta(days=1)
    assert moment() == start + timedelta(hours=1)
    assert len(consumer.poll(0, 1)) == 1
    assert moment() == start + timedelta(hours=1)
    consumer.commit(())
    assert moment() == start + timedelta(hours=2)
    assert len(consumer.poll(0, 10)) == 1
    consumer.commit(())
    assert moment() == start + timedelta(hours=3)
    assert read_until(reader, "oversight", ("complaints",), time[0]) == time[0]
    for part in (consumer, producer, reader):
        part.close()
