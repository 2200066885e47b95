"""Compares existing topics with those that the service asks for."""

from collections.abc import Iterable, Mapping

from bus.errors import TopicFault
from bus.port import TopicSpec


def partition_faults(specs: Iterable[TopicSpec], counts: Mapping[str, int]) -> list[TopicFault]:
    """Return the existing topics with fewer partitions than asked for, given the partitions of each topic.

    More partitions would change the partition of their keys, so nobody but an operator may add them.
    """
    return [
        TopicFault(spec.name, f"it has {counts[spec.name]} partitions, {spec.partitions} are asked for", exists=True)
        for spec in specs
        if counts.get(spec.name, spec.partitions) < spec.partitions
    ]
