"""Measures the lag of the consumer groups and the arrivals of the channels from offsets.

Only the records at the ends are read, never the records between.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

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


def measure_stage(reader: Reader, group: str, topic_names: tuple[str, ...]) -> StageState:
    """Return the members and the backlog of a consumer group.

    A partition in which only Kafka's transaction markers follow the committed offset has no backlog.
    """
    committed = reader.committed(group, topic_names)
    spans = reader.offset_ranges(topic_names)
    next_offsets = {partition: max(span.start, committed.get(partition, 0)) for partition, span in spans.items()}
    oldest_records = reader.first_records(
        {partition: offset for partition, offset in next_offsets.items() if offset < spans[partition].end}
    )
    backlogs: defaultdict[str, Backlog] = defaultdict(Backlog)
    for partition, record in oldest_records.items():
        waiting = spans[partition].end - next_offsets[partition]
        backlogs[partition.topic] += Backlog(many=waiting, oldest=appended_at(record))
    return StageState(stage=group, members=tuple(reader.members(group)), topics=backlogs)


def unprocessed_topic(reader: Reader, group: str, topic_names: tuple[str, ...], moment: datetime) -> str:
    """Return a topic with a record from before a moment that the group has not processed; empty if there is none."""
    backlogs = measure_stage(reader, group, topic_names).topics
    late = (topic for topic, backlog in sorted(backlogs.items()) if backlog.oldest and backlog.oldest < moment)
    return next(late, "")


def measure_channels(reader: Reader, now: datetime, channels: Sequence[Channel]) -> tuple[ChannelState, ...]:
    """Return the arrivals of every channel.

    The usual rate covers the week before the channel's newest message. A door that has been silent for days
    therefore keeps its usual rate.
    """
    topic_names = list(map(topics.raw_topic, channels))
    spans = reader.offset_ranges(topic_names)
    filled = {partition: span for partition, span in spans.items() if span.end > span.start}
    oldest = _times_by_topic(reader, {partition: span.start for partition, span in filled.items()})
    newest = _times_by_topic(reader, {partition: span.end - 1 for partition, span in filled.items()})
    in_minute, in_hour = (_arrivals_since(reader, topic_names, spans, now - period) for period in (_MINUTE, _HOUR))

    def measure_channel(channel: Channel) -> ChannelState:
        topic = topics.raw_topic(channel)
        first, last = min(oldest.get(topic, [now])), max(newest.get(topic, [now]))
        in_week = _arrivals_since(reader, [topic], spans, last - _USUAL_PERIOD)
        hours = max((last - max(first, last - _USUAL_PERIOD)) / _HOUR, _MIN_HOURS)
        return ChannelState(
            channel=channel,
            minute=in_minute[topic],
            hour=in_hour[topic],
            usual=in_week[topic] / hours,
            newest=max(newest.get(topic, ()), default=None),
            total=sum(span.end for partition, span in spans.items() if partition.topic == topic),
        )

    return tuple(map(measure_channel, channels))


def appended_at(record: Record) -> datetime:
    """Return the time at which the bus appended the record."""
    return datetime.fromtimestamp(record.timestamp / _MS_PER_SECOND, UTC)


def _times_by_topic(reader: Reader, offsets: Mapping[Partition, int]) -> Mapping[str, list[datetime]]:
    """Return by topic the times at which the records at these offsets were appended."""
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    for partition, record in reader.first_records(offsets).items():
        times[partition.topic].append(appended_at(record))
    return times


def _arrivals_since(
    reader: Reader, topic_names: Iterable[str], spans: Mapping[Partition, OffsetRange], moment: datetime
) -> Mapping[str, int]:
    """Return by topic the number of records that were appended at `moment` or later."""
    offsets = reader.offsets_since(topic_names, int(moment.timestamp() * _MS_PER_SECOND))
    arrivals = dict.fromkeys(topic_names, 0)
    for partition, offset in offsets.items():
        arrivals[partition.topic] += max(0, spans[partition].end - offset)
    return arrivals
