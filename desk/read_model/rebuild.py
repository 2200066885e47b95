"""Builds the read model again from the topics, after it was emptied."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete
from sqlmodel import SQLModel

from bus.port import Reader
from bus.reprocessing import reprocess
from config.database import DatabaseLock, lock_until_commit, write_transaction
from desk.read_model.search import clear_index
from desk.read_model.sink import DeskSink
from desk.read_model.tables import (
    DeskAnswer,
    DeskAnswerOutcome,
    DeskCase,
    DeskComplaint,
    DeskCorrection,
    DeskDispatch,
    DeskRecommendation,
)

READ_MODEL: tuple[type[SQLModel], ...] = (
    *(DeskCase, DeskDispatch, DeskAnswer, DeskAnswerOutcome, DeskComplaint, DeskCorrection, DeskRecommendation),
)


class ReadModelRebuild:
    """Empties the tables and processes all records that the topics still have. The stage may run meanwhile."""

    def __init__(self, engine: Engine, sink: DeskSink) -> None:
        self._engine = engine
        self._sink = sink

    def run(self, reader: Reader, topics: Sequence[str]) -> int:
        """Rebuild from these topics; return the number of records.

        Raises the errors of bus and database; run it again then.
        """
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.DESK)
            clear_index(connection)
            for table in READ_MODEL:
                connection.execute(delete(table))
        return reprocess(self._sink.handle, reader, topics)
