"""How far the bus and its stages were when the audit began, and since when retention has taken nothing.

What is appended meanwhile can only prove what was there before: an outcome, a dispatch. Nothing is expected of it yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bus.port import Partition, Reader, Record


class Look:
    """`groups` are the topics that each stage reads, `names` all that are to be read.

    What is younger than `horizon` retention has not taken from any of them.

    How far each stage worked is read before all else: whatever counts as worked has its outcome among the records
    that are read later, and the rest is underway.
    """

    def __init__(
        self, reader: Reader, groups: Mapping[str, Sequence[str]], names: Sequence[str], horizon: datetime
    ) -> None:
        self._reader = reader
        self._worked = {group: reader.committed(group, read) for group, read in groups.items()}
        self._spans = reader.offset_ranges(names)
        self._horizon = int(horizon.timestamp() * 1000)
        # When the bus took the first record that is left, where retention has taken some before it.
        self._first = {place: 0 for place, span in self._spans.items() if span.start > 0}

    def read(self, names: Iterable[str]) -> Iterator[Record]:
        """All records of these topics."""
        for record in self._reader.read(names):
            place = Partition(record.topic, record.partition)
            if self._first and self._first.get(place) == 0:
                self._first[place] = record.timestamp
            yield record

    def late(self, record: Record) -> bool:
        """Whether it came after the audit began."""
        span = self._spans.get(Partition(record.topic, record.partition))
        return span is None or record.offset >= span.end

    def waits(self, group: str, record: Record) -> bool:
        """Whether a stage has yet to work it."""
        return record.offset >= self._worked[group].get(Partition(record.topic, record.partition), 0)

    def complete_since(self, names: Iterable[str]) -> int:
        """Milliseconds since 1970 UTC: nothing that came to these topics since is missing. Ask when they were read."""
        wanted = set(names)
        trimmed = [first for place, first in self._first.items() if place.topic in wanted]
        # Where topics are kept for less than we asked for, what is left shows it.
        left = [first for first in trimmed if first]
        return max(self._horizon, min(left, default=0)) if trimmed else 0
