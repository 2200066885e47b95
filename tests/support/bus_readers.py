"""What a test's own `bus.port.Reader` need not make: that by which nothing is read from end to end."""

from collections.abc import Iterable, Mapping, Sequence

from bus.port import Partition, Record


class Whole:
    """A base for readers of which only all records are asked for."""

    def first_records(self, places: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port."""
        raise AssertionError(places)

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        raise AssertionError(topics, moment)

    def members(self, group: str) -> Sequence[str]:
        """See the port."""
        raise AssertionError(group)
