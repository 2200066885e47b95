"""Processes all records of topics again with the handler of a stage, to build what was emptied."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bus.errors import Reject
from bus.port import Outgoing, Reader, Record

_RECORDS_AT_ONCE = 500


def reprocess(handle: Callable[[Sequence[Record]], Sequence[Outgoing]], reader: Reader, topics: Sequence[str]) -> int:
    """Give all records that the topics still have to a handler, in batches; return their number.

    A record that the handler rejects is left out: it is a dead letter of the stage already. Raises all other errors.
    """
    count = 0
    for batch in _batches(iter(reader.read(topics))):
        _process(handle, batch)
        count += len(batch)
    return count


def _process(handle: Callable[[Sequence[Record]], Sequence[Outgoing]], batch: Sequence[Record]) -> None:
    try:
        handle(batch)
    except Reject:
        for record in batch if len(batch) > 1 else ():
            _process(handle, [record])


def _batches(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while batch := list(islice(records, _RECORDS_AT_ONCE)):
        yield batch
