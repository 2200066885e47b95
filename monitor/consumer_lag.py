"""Measures the lag of the consumer groups and the arrivals of the channels from offsets.

Only the records at the ends are read, and those of a short backlog: never a long topic.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bus.port import OffsetRange, Partition, Reader, Record
from messages import topics
from messages.shapes import Channel
from monitor.snapshot import Backlog, ChannelState, StageState

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
# The usual rate is the mean of a week, so that nights and Sundays count.
_USUAL_PERIOD = timedelta(days=7)
# The usual rate divides by at least a day: the arrivals of a few hours give no reliable hourly mean.
_MIN_HOURS = 24.0
_MS_PER_SECOND = 1_000
# A backlog of so many offsets is read, so that its number is that of its records. A transaction of one record takes two
# offsets on Kafka. Behind a longer backlog there are full batches, and few of its offsets are markers.
_READ_OFFSETS = 400


def measure_stage(
    reader: Reader, group: str, topic_names: tuple[str, ...], spans: Mapping[Partition, OffsetRange] | None = None
) -> StageState:
    """Return the members and the backlog of a consumer group.

    `spans` are the offset ranges of these topics, and maybe of others, if they have just been read.
    A partition in which only Kafka's transaction markers follow the committed offset has no backlog. A long backlog may
    include some of them.
    """
    committed = reader.committed(group, topic_names)
    spans = reader.offset_ranges(topic_names) if spans is None else _spans_of(topic_names, spans)
    next_offsets = {partition: max(span.start, committed.get(partition, 0)) for partition, span in spans.items()}
    waiting = {
        partition: span.end - next_offsets[partition]
        for partition, span in spans.items()
        if next_offsets[partition] < span.end
    }
    backlogs: defaultdict[str, Backlog] = defaultdict(Backlog)
    if sum(waiting.values()) <= _READ_OFFSETS:
        read_topics = {partition.topic for partition in waiting}
        for record in reader.read(read_topics, start_offsets=next_offsets) if waiting else ():
            # A record that came since the ends were read waits in the next snapshot.
            if record.offset < spans[Partition(record.topic, record.partition)].end:
                backlogs[record.topic] += Backlog(many=1, oldest=appended_at(record))
    else:
        offsets = {partition: next_offsets[partition] for partition in waiting}
        for partition, record in reader.first_records(offsets).items():
            backlogs[partition.topic] += Backlog(many=waiting[partition], oldest=appended_at(record))
    return StageState(stage=group, members=tuple(reader.members(group)), topics=backlogs)


def unprocessed_topic(reader: Reader, group: str, topic_names: tuple[str, ...], moment: datetime) -> str:
    """Return a topic with a record from before a moment that the group has not processed; empty if there is none."""
    backlogs = measure_stage(reader, group, topic_names).topics
    late = (topic for topic, backlog in sorted(backlogs.items()) if backlog.oldest and backlog.oldest < moment)
    return next(late, "")


class ArrivalMeter:
    """Measures the arrivals of the channels. Not for two threads.

    It remembers the times of the oldest and newest records, so that it reads no record twice.
    """

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._topics = {channel: topics.raw_topic(channel) for channel in channels}
        # When the record at an offset was appended.
        self._times: Mapping[tuple[Partition, int], datetime] = {}

    def measure(self, reader: Reader, now: datetime) -> tuple[ChannelState, ...]:
        """Return the arrivals of every channel.

        The usual rate covers the week before the channel's newest message. A door that has been silent for days
        therefore keeps its usual rate.
        """
        spans = reader.offset_ranges(self._topics.values())
        filled = {partition: span for partition, span in spans.items() if span.end > span.start}
        oldest = self._append_times(reader, {partition: span.start for partition, span in filled.items()})
        newest = self._append_times(reader, {partition: span.end - 1 for partition, span in filled.items()})
        self._times = {**oldest, **newest}

        def measure_channel(channel: Channel, topic: str) -> ChannelState:
            first, last = min(_times_in(topic, oldest), default=None), max(_times_in(topic, newest), default=None)
            arrivals = _Arrivals(reader, _spans_of((topic,), filled), first, last)
            period_end = last or now
            period_begin = max(first or now, period_end - _USUAL_PERIOD)
            hours = max((period_end - period_begin) / _HOUR, _MIN_HOURS)
            return ChannelState(
                channel=channel,
                minute=arrivals.since(now - _MINUTE),
                hour=arrivals.since(now - _HOUR),
                usual=arrivals.since(period_end - _USUAL_PERIOD) / hours,
                newest=last,
                total=sum(span.end for span in _spans_of((topic,), spans).values()),
            )

        return tuple(measure_channel(channel, topic) for channel, topic in self._topics.items())

    def _append_times(
        self, reader: Reader, offsets: Mapping[Partition, int]
    ) -> Mapping[tuple[Partition, int], datetime]:
        """Return when the records at these offsets were appended, where there are any."""
        times = {key: self._times[key] for key in offsets.items() if key in self._times}
        unknown = dict(offsets.items() - times.keys())
        for partition, record in reader.first_records(unknown).items():
            times[partition, offsets[partition]] = appended_at(record)
        return times


class _Arrivals(NamedTuple):
    """The messages of a channel: its partitions that are not empty, and when the first and the last one came.

    `None` where no record is at the end of a partition: it was deleted meanwhile, or a transaction's marker is there.
    """

    reader: Reader
    spans: Mapping[Partition, OffsetRange]
    first: datetime | None
    last: datetime | None

    def since(self, moment: datetime) -> int:
        """Return the number of records that were appended at `moment` or later. Ask the bus only if it must."""
        if self.last and self.last < moment:
            return 0
        starts: Mapping[Partition, int] = {partition: span.start for partition, span in self.spans.items()}
        if self.first is None or self.first < moment:
            names = {partition.topic for partition in starts}
            starts = self.reader.offsets_since(names, int(moment.timestamp() * _MS_PER_SECOND))
        return sum(max(0, span.end - starts.get(partition, span.end)) for partition, span in self.spans.items())


def appended_at(record: Record) -> datetime:
    """Return the time at which the bus appended the record."""
    return datetime.fromtimestamp(record.timestamp / _MS_PER_SECOND, UTC)


def _spans_of(topic_names: Iterable[str], spans: Mapping[Partition, OffsetRange]) -> Mapping[Partition, OffsetRange]:
    names = set(topic_names)
    return {partition: span for partition, span in spans.items() if partition.topic in names}


def _times_in(topic: str, times: Mapping[tuple[Partition, int], datetime]) -> list[datetime]:
    return [moment for (partition, _), moment in times.items() if partition.topic == topic]
