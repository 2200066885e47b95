"""Puts every reply into the outbox and keeps whom it is for, each once, in whatever order they come."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, col

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import insert_statement, write_transaction
from messages import codec
from messages.channels import ChannelDirectory
from messages.shapes import Complaint, Reply, WireModel
from messages.topics import COMPLAINTS
from sinks.replies.tables import OutboxRow, RecipientRow

Row = dict[str, Any]
T = TypeVar("T", bound=WireModel)


class ReplySink:
    """See `bus.worker.Stage`. Sends nothing: `sinks.replies.sender` does."""

    def __init__(self, engine: Engine, channels: ChannelDirectory) -> None:
        self._engine = engine
        self._channels = channels

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Nothing follows: the rows are the effect, and a row that is there stays as it is."""
        complaints = [self._decode(Complaint, record) for record in records if record.topic == COMPLAINTS]
        replies = [_outbox(self._decode(Reply, record)) for record in records if record.topic != COMPLAINTS]
        recipients = [_recipient(complaint) for complaint in complaints if self._may_get_replies(complaint)]
        try:
            with write_transaction(self._engine) as connection:
                _write(connection, RecipientRow, sorted(recipients, key=lambda row: row["complaint_id"]))
                _keep_secret(connection, complaints)
                _write(connection, OutboxRow, sorted(replies, key=lambda row: row["id"]))
        except StatementError as error:
            # What comes through `write_transaction` is the values' fault: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()

    def _decode(self, shape: type[T], record: Record) -> T:
        try:
            return codec.decode(shape, record.value, record.headers, self._channels.names)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error

    def _may_get_replies(self, complaint: Complaint) -> bool:
        """Return whether there can be a reply. A repeat may yet be taken apart by a person, so it counts too."""
        return complaint.channel in self._channels.with_replies


def _write(connection: Connection, table: type[SQLModel], rows: list[Row]) -> None:
    """In one order everywhere: two sinks with the same rows wait for each other, and don't deadlock."""
    if rows:
        connection.execute(insert_statement(connection, table).on_conflict_do_nothing(), rows)


def _keep_secret(connection: Connection, complaints: Sequence[Complaint]) -> None:
    """Who asks for secrecy only when repeating asks for it for the whole matter; a repeat comes after its first."""
    heads = sorted(
        complaint.relation.of
        for complaint in complaints
        if complaint.relation.kind == "repeat" and complaint.relation.of and _is_secret(complaint)
    )
    if heads:
        connection.execute(update(RecipientRow).where(col(RecipientRow.complaint_id).in_(heads)).values(secret=True))


def _is_secret(complaint: Complaint) -> bool:
    return complaint.report.anonim or complaint.report.rahasia


def _recipient(complaint: Complaint) -> Row:
    return {
        "complaint_id": complaint.id,
        "secret": _is_secret(complaint),
        **complaint.model_dump(include={"message_id", "sender", "contact"}),
    }


def _outbox(reply: Reply) -> Row:
    unsent = {"state": "waiting", "attempts": 0, "address": "", "provider_id": "", "status": "", "error": ""}
    return {
        **reply.model_dump(include={"id", "complaint_id", "tracking", "says", "text"}),
        "channel": reply.channel,
        "made_at": reply.at,
        "next_at": reply.at,
        **unsent,
    }
