"""How far each consumer group is, and how much the doors take: from offsets, without reading what is between."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bus.port import OffsetRange, Partition, Reader, Record
from messages import topics
from messages.shapes import Channel
from monitor.snapshot import ChannelState, StageState, Waiting

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
# A week, so that nights and Sundays are in it.
_USUAL = timedelta(days=7)
# What came in less than a day says little of an hour.
_LEAST_HOURS = 24.0


def stage(reader: Reader, group: str, names: tuple[str, ...]) -> StageState:
    """What waits for a group: the records behind its offsets, but not Kafka's marks of transactions alone."""
    committed = reader.committed(group, names)
    spans = reader.offset_ranges(names)
    following = {place: max(span.start, committed.get(place, 0)) for place, span in spans.items()}
    oldest = reader.first_records({place: at for place, at in following.items() if at < spans[place].end})
    waiting: dict[str, Waiting] = {}
    for place, record in oldest.items():
        here = Waiting(many=spans[place].end - following[place], oldest=taken_at(record))
        waiting[place.topic] = waiting.get(place.topic, Waiting()) + here
    return StageState(stage=group, members=tuple(reader.members(group)), topics=waiting)


def channels(reader: Reader, now: datetime, channel_names: Sequence[Channel]) -> tuple[ChannelState, ...]:
    """What the doors of each channel took. What is usual is what came in the week before the newest of it.

    So a door that is silent does not make silence usual.
    """
    names = list(map(topics.raw_topic, channel_names))
    spans = reader.offset_ranges(names)
    held = {place: span for place, span in spans.items() if span.end > span.start}
    oldest = _taken(reader, {place: span.start for place, span in held.items()})
    newest = _taken(reader, {place: span.end - 1 for place, span in held.items()})
    minute, hour = (_came(reader, names, spans, now - ago) for ago in (_MINUTE, _HOUR))

    def state(one: Channel) -> ChannelState:
        mine = topics.raw_topic(one)
        began, ended = min(oldest.get(mine, [now])), max(newest.get(mine, [now]))
        week = _came(reader, [mine], spans, ended - _USUAL)
        hours = max((ended - max(began, ended - _USUAL)) / _HOUR, _LEAST_HOURS)
        return ChannelState(
            channel=one,
            minute=minute[mine],
            hour=hour[mine],
            usual=week[mine] / hours,
            newest=max(newest.get(mine, ()), default=None),
            total=sum(span.end for place, span in spans.items() if place.topic == mine),
        )

    return tuple(map(state, channel_names))


def taken_at(record: Record) -> datetime:
    """When the bus took it."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _taken(reader: Reader, places: Mapping[Partition, int]) -> Mapping[str, list[datetime]]:
    """When the records at these places were taken, by topic."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for place, record in reader.first_records(places).items():
        found[place.topic].append(taken_at(record))
    return found


def _came(
    reader: Reader, names: list[str], spans: Mapping[Partition, OffsetRange], moment: datetime
) -> Mapping[str, int]:
    """How many records of each topic were taken since."""
    since = reader.offsets_since(names, int(moment.timestamp() * 1000))
    came = dict.fromkeys(names, 0)
    for place, offset in since.items():
        came[place.topic] += max(0, spans[place].end - offset)
    return came
