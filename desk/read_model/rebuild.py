"""Builds the read model again from the topics, after it was emptied."""

from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Engine, delete
from sqlmodel import SQLModel

from bus.errors import Reject
from bus.port import Reader, Record
from config.database import DatabaseLock, lock_until_commit, write_transaction
from desk.read_model.search import clear_index
from desk.read_model.sink import DeskSink
from desk.read_model.tables import DeskAnswer, DeskCase, DeskComplaint, DeskCorrection, DeskDispatch

_RECORDS_AT_ONCE = 500
READ_MODEL: tuple[type[SQLModel], ...] = (DeskCase, DeskDispatch, DeskAnswer, DeskComplaint, DeskCorrection)


class ReadModelRebuild:
    """Empties the tables and processes all records that the topics still have. The stage may run meanwhile."""

    def __init__(self, engine: Engine, sink: DeskSink) -> None:
        self._engine = engine
        self._sink = sink

    def run(self, reader: Reader, topics: Sequence[str]) -> int:
        """Rebuild from these topics; return the number of records.

        A record that the stage rejected is left out again: it is a dead letter already. Raises the errors of bus and
        database; run it again then.
        """
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.DESK)
            clear_index(connection)
            for table in READ_MODEL:
                connection.execute(delete(table))
        count = 0
        for batch in _batches(iter(reader.read(topics))):
            self._process(batch)
            count += len(batch)
        return count

    def _process(self, batch: Sequence[Record]) -> None:
        try:
            self._sink.handle(batch)
        except Reject:
            for record in batch:
                self._process_alone(record)

    def _process_alone(self, record: Record) -> None:
        try:
            self._sink.handle([record])
        except Reject:
            return


def _batches(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while batch := list(islice(records, _RECORDS_AT_ONCE)):
        yield batch
