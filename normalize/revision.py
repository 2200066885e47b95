"""The revision of what normalizers decide by: a batch is decided without the lock, and written if nothing has changed.

Every transaction that changes a row by which normalizers decide holds the lock of the decisions, and counts itself. So
a batch whose revision is still the last one has read what it would read now. The row of the count is the lock: a
transaction that has changed it holds it until its commit, and the next one waits to change it.
"""

from functools import cache

from sqlalchemy import BigInteger, Connection, Executable
from sqlmodel import Field, SQLModel, col, select

from config.database import insert_of_dialect
from config.table_declaration import declared, kept

_ONLY_ROW = 1


class DecisionRevision(SQLModel, table=True):
    """One row: the number of transactions that have held the lock of the decisions."""

    __tablename__ = "normalize_revision"
    __table_args__ = declared(kept("one number"), retention="operation")

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)


_REVISION = select(DecisionRevision.number)


def read_revision(connection: Connection) -> int:
    """Return the revision of what a transaction of `config.database.snapshot_transaction` reads."""
    return connection.execute(_REVISION).scalar_one_or_none() or 0


def lock_decisions(connection: Connection) -> int:
    """Hold the lock of the decisions until the commit. Return the revision before this transaction.

    A second transaction waits for it, then sees the first one's rows. The wait has a limit (`PostgresqlLimits.lock`),
    after which the transaction raises `DatabaseUnavailable`. SQLite has only one writer at a time without it.
    """
    revision: int = connection.execute(_counting(connection.dialect.name)).scalar_one()
    return revision - 1


@cache
def _counting(dialect: str) -> Executable:
    """Return the statement that counts a transaction, built once."""
    statement = insert_of_dialect(dialect, DecisionRevision).values(id=_ONLY_ROW, number=1)
    number = col(DecisionRevision.number)
    return statement.on_conflict_do_update(index_elements=["id"], set_={"number": number + 1}).returning(number)
