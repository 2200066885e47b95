"""What the door must remember of the requests made at it: of which service each was, and through whose key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction


class Open311Request(SQLModel, table=True):
    """`client` is the keyed digest of the api_key; empty: none was needed."""

    __tablename__ = "ingest_open311_request"

    tracking: str = Field(primary_key=True)
    client: str = Field(index=True)
    service_code: str
    requested_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request made here, whatever became of it."""

    tracking: str
    service_code: str


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which of a client's requests: made in this time; of these services, or of any where none is named."""

    client: str
    since: datetime
    until: datetime
    services: Sequence[str] = ()


class RequestStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, tracking: str, client: str, service_code: str, at: datetime) -> None:
        """Keep a request; the same again changes nothing. Durable when this returns."""
        row = {"tracking": tracking, "client": client, "service_code": service_code, "requested_at": at}
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, Open311Request).values(row).on_conflict_do_nothing())

    def find(self, numbers: Sequence[str]) -> dict[str, RecordedRequest]:
        """Those of the tracking numbers that were given out here."""
        wanted = col(Open311Request.tracking).in_(numbers)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(select(Open311Request.tracking, Open311Request.service_code).where(wanted))
            return {tracking: RecordedRequest(tracking, code) for tracking, code in rows}

    def newest(self, query: RequestQuery, most: int) -> list[RecordedRequest]:
        """What the query asks for, the newest first, at most so many."""
        at = col(Open311Request.requested_at)
        wanted = select(Open311Request.tracking, Open311Request.service_code).where(
            col(Open311Request.client) == query.client, at >= query.since, at <= query.until
        )
        if query.services:
            wanted = wanted.where(col(Open311Request.service_code).in_(query.services))
        with read_transaction(self._engine) as connection:
            return [RecordedRequest(*row) for row in connection.execute(wanted.order_by(at.desc()).limit(most))]
