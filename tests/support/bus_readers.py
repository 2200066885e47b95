"""Base class for readers in tests that are only asked for all records."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from bus.port import Partition, Record


class ReadAllReader:
    """A `bus.port.Reader` whose other methods fail the test."""

    def first_records(self, places: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port."""
        raise AssertionError(places)

    def records_at(self, offsets: Mapping[Partition, Collection[int]]) -> Sequence[Record]:
        """See the port."""
        raise AssertionError(offsets)

    def retention_seconds(self, topics: Iterable[str]) -> Mapping[str, float]:
        """See the port."""
        raise AssertionError(topics)

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        raise AssertionError(topics, moment)

    def members(self, group: str) -> Sequence[str]:
        """See the port."""
        raise AssertionError(group)
