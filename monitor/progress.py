"""How far each consumer group is, and how much the doors take: from offsets, without reading what is between."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bus.port import Partition, Reader, Record, Span
from messages import topics
from messages.shapes import Channel
from monitor.snapshot import ChannelState, StageState, Waiting

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
# What is usual: a week, so that nights and Sundays are in it.
_USUAL = timedelta(days=7)


def stage(reader: Reader, group: str, names: tuple[str, ...]) -> StageState:
    """What waits for a group: the records behind its offsets, but not Kafka's marks of transactions alone."""
    committed = reader.committed(group, names)
    spans = reader.spans(names)
    following = {place: max(span.start, committed.get(place, 0)) for place, span in spans.items()}
    oldest = reader.first({place: at for place, at in following.items() if at < spans[place].end})
    waiting: dict[str, Waiting] = {}
    for place, record in oldest.items():
        here = Waiting(many=spans[place].end - following[place], oldest=taken_at(record))
        waiting[place.topic] = waiting.get(place.topic, Waiting()) + here
    return StageState(stage=group, members=tuple(reader.members(group)), topics=waiting)


def channels(reader: Reader, now: datetime) -> tuple[ChannelState, ...]:
    """What the doors of each channel took. What is usual is what came in the week, or since there is anything."""
    names = [topics.raw(one) for one in Channel]
    spans = reader.spans(names)
    held = {place: span for place, span in spans.items() if span.end > span.start}
    oldest = reader.first({place: span.start for place, span in held.items()})
    newest = reader.first({place: span.end - 1 for place, span in held.items()})
    minute, hour, week = (_came(reader, names, spans, now - ago) for ago in (_MINUTE, _HOUR, _USUAL))

    def state(one: Channel) -> ChannelState:
        mine = topics.raw(one)
        began = min((taken_at(record) for place, record in oldest.items() if place.topic == mine), default=now)
        hours = max((now - max(began, now - _USUAL)) / _HOUR, 1.0)
        return ChannelState(
            channel=one,
            minute=minute[mine],
            hour=hour[mine],
            usual=week[mine] / hours,
            newest=max((taken_at(record) for place, record in newest.items() if place.topic == mine), default=None),
            total=sum(span.end for place, span in spans.items() if place.topic == mine),
        )

    return tuple(state(one) for one in Channel)


def taken_at(record: Record) -> datetime:
    """When the bus took it."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _came(reader: Reader, names: list[str], spans: Mapping[Partition, Span], moment: datetime) -> Mapping[str, int]:
    """How many records of each topic were taken since."""
    since = reader.since(names, int(moment.timestamp() * 1000))
    came = dict.fromkeys(names, 0)
    for place, span in spans.items():
        came[place.topic] += max(0, span.end - since.get(place, span.end))
    return came
