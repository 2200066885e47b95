"""Builds the read model of oversight again from the topics, after it was emptied."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete
from sqlmodel import SQLModel

from bus.port import Reader
from bus.reprocessing import reprocess
from config.database import DatabaseLock, lock_until_commit, write_transaction
from oversight.notices.tables import OversightClock, OversightConsent
from oversight.read_model import tables
from oversight.read_model.rebuild_marker import begin_rebuild, end_rebuild
from oversight.read_model.sink import OversightSink

READ_MODEL: tuple[type[SQLModel], ...] = (
    OversightClock,
    OversightConsent,
    tables.OversightDay,
    tables.OversightPairDay,
    tables.OversightCase,
    tables.OversightDispatch,
    tables.OversightAnswer,
    tables.OversightAnswerOutcome,
    tables.OversightCorrection,
    tables.OversightHandOver,
    tables.OversightRecommendation,
    tables.OversightReport,
)


class ReadModelRebuild:
    """Empties the tables and processes all records that the topics still have. The stage may run meanwhile.

    Until it ends, nobody is told of deadlines or asked about the Ombudsman, and no further month is published.
    """

    def __init__(self, engine: Engine, sink: OversightSink) -> None:
        self._engine = engine
        self._sink = sink

    def run(self, reader: Reader, topics: Sequence[str]) -> int:
        """Rebuild from these topics; return the number of records.

        Raises the errors of bus and database; run it again then.
        """
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.OVERSIGHT)
            number = begin_rebuild(connection)
            for table in READ_MODEL:
                connection.execute(delete(table))
        count = reprocess(self._sink.handle, reader, topics)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.OVERSIGHT)
            end_rebuild(connection, number)
        return count
