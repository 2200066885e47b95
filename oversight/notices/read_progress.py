"""Moment until which the read model has everything that the topics have."""

from collections.abc import Iterable
from datetime import datetime

from bus.port import Reader


def read_until(reader: Reader, group: str, topics: Iterable[str], now: datetime) -> datetime:
    """Return the time of the oldest record that a group has not processed yet; `now` without any. Raises `Retry`.

    A deadline before it is told with all that happened before it. A later one might have been met by a record that
    waits.
    """
    names = tuple(topics)
    # The ends are read first: what the group processes meanwhile is no lag.
    ranges = reader.offset_ranges(names)
    committed = reader.committed(group, names)
    next_offsets = {partition: max(span.start, committed.get(partition, 0)) for partition, span in ranges.items()}
    waiting = reader.first_records(
        {partition: offset for partition, offset in next_offsets.items() if offset < ranges[partition].end}
    )
    return min((record.taken_at for record in waiting.values()), default=now)
