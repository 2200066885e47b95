"""Nothing is told, asked or published of a read model that lacks facts which the topics have."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, Record, TopicSpec
from oversight.notices.notice_transaction import RebuildRunning
from oversight.notices.read_progress import read_until
from oversight.pages.months import Month
from oversight.public.published_months import MonthNotReady, PublishedMonths
from oversight.read_model.rebuild import ReadModelRebuild
from tests.oversight.harness import make_sink
from tests.oversight.notices.test_consents import Questions
from tests.oversight.notices.test_deadlines import Watch, day
from tests.router.test_linked import complaint_of

# Records that `reprocess` handles at once: so many copies of the first record are a batch of their own.
BATCH = 500


class PausingReader:
    """Reads records; after the first one was handled, it calls a function."""

    def __init__(self, records: Sequence[Record], pause: Callable[[], None]) -> None:
        self._records = records
        self._pause = pause

    def read(self, _topics: Sequence[str]) -> Iterator[Record]:
        """Yield the records, the first one as a whole batch."""
        yield from [self._records[0]] * BATCH
        self._pause()
        yield from self._records[1:]


def test_during_a_rebuild_nobody_is_told_or_asked_and_no_month_is_published(engine: Engine) -> None:
    """Between the complaint and its closing, the case looks open for months. An interrupted rebuild tells nothing."""
    watch, questions = Watch(engine), Questions(engine)
    (dispatch,) = watch.oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    watch.oversight.time = day(1)
    watch.oversight.answer(dispatch, "closed")
    months = PublishedMonths(engine, lambda: day(90), b"key")
    month = Month.of(day(0).date())
    pauses = 0

    def search() -> None:
        nonlocal pauses
        pauses += 1
        with pytest.raises(RebuildRunning):
            watch.tell(90)
        with pytest.raises(RebuildRunning):
            questions.tell(90)
        with pytest.raises(MonthNotReady):
            months.get(month)

    def stop() -> None:
        raise Retry

    def rebuild(pause: Callable[[], None]) -> None:
        reader = PausingReader(watch.oversight.records, pause)
        ReadModelRebuild(engine, make_sink(engine)).run(reader, ())  # type: ignore[arg-type]

    rebuild(search)
    with pytest.raises(Retry):
        rebuild(stop)
    search()
    rebuild(lambda: rebuild(search))
    assert pauses == 3
    assert (watch.tell(90), questions.tell(90)) == ([], [])
    assert months.get(month).tables


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
