"""Service requests that Open311 clients made: the service of each, and the client's key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Field, SQLModel, col, select

from config.conditions import is_one_of
from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from config.table_declaration import declared, kept


class Open311Request(SQLModel, table=True):
    """A service request. `client` is the keyed digest of the api_key, empty if no key was required."""

    __tablename__ = "ingest_open311_request"
    __table_args__ = declared(kept("number, service and keyed digest of the app's key"), retention="exactly-once")

    tracking: str = Field(primary_key=True)
    client: str = Field(index=True)
    service_code: str
    requested_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that was made here, in any state."""

    tracking: str
    service_code: str


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Query for a client's requests: made between `since` and `until`, of these services (none means all)."""

    client: str
    since: datetime
    until: datetime
    services: Sequence[str] = ()


class RequestStore:
    """Reads and writes service requests. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, tracking: str, client: str, service_code: str, at: datetime) -> None:
        """Store a request. A repeated call changes nothing. It is durable when this returns."""
        row = {"tracking": tracking, "client": client, "service_code": service_code, "requested_at": at}
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, Open311Request).values(row).on_conflict_do_nothing())

    def find_requests(self, numbers: Sequence[str]) -> dict[str, RecordedRequest]:
        """Return the requests with these tracking numbers, by number."""
        has_number = is_one_of(col(Open311Request.tracking), numbers)
        query = select(Open311Request.tracking, Open311Request.service_code).where(has_number)
        with read_transaction(self._engine) as connection:
            return {tracking: RecordedRequest(tracking, code) for tracking, code in connection.execute(query)}

    def newest_requests(self, query: RequestQuery, limit: int) -> list[RecordedRequest]:
        """Return the requests that match the query, newest first, at most `limit`."""
        at = col(Open311Request.requested_at)
        statement = select(Open311Request.tracking, Open311Request.service_code).where(
            col(Open311Request.client) == query.client, at >= query.since, at <= query.until
        )
        if query.services:
            statement = statement.where(is_one_of(col(Open311Request.service_code), query.services))
        with read_transaction(self._engine) as connection:
            return [RecordedRequest(*row) for row in connection.execute(statement.order_by(at.desc()).limit(limit))]
