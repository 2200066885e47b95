"""Sink that writes replies into the outbox and stores their recipients, each once, in any order of arrival."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, col

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.conditions import is_one_of
from config.database import insertion_of_missing, write_transaction
from messages import codec
from messages.channels import ChannelDirectory
from messages.shapes import Complaint, Reply, WireModel
from messages.topics import COMPLAINTS
from sinks.replies.forgotten import withhold_forgotten, without_forgotten
from sinks.replies.tables import OutboxRow, RecipientRow

Row = dict[str, Any]
T = TypeVar("T", bound=WireModel)


class ReplySink:
    """Stage of the replies; see `bus.worker.Stage`. It sends nothing: `sinks.replies.sender` does.

    `new_state` is the state of the replies that it writes. In a restore it is `unknown`: they may have been sent.
    """

    def __init__(self, engine: Engine, channels: ChannelDirectory, new_state: str = "waiting") -> None:
        self._engine = engine
        self._channels = channels
        self._new_state = new_state

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Write the rows and return no messages. An existing row stays as it is."""
        complaints = [self._decode(Complaint, record) for record in records if record.topic == COMPLAINTS]
        replies = [self._outbox_row(self._decode(Reply, record)) for record in records if record.topic != COMPLAINTS]
        recipients = [_recipient_row(complaint) for complaint in complaints if self._can_have_replies(complaint)]
        try:
            with write_transaction(self._engine) as connection:
                recipients = without_forgotten(connection, recipients)
                withhold_forgotten(connection, replies)
                _insert_rows(connection, RecipientRow, sorted(recipients, key=lambda row: row["complaint_id"]))
                _extend_secrecy(connection, complaints)
                _insert_rows(connection, OutboxRow, sorted(replies, key=lambda row: row["id"]))
        except StatementError as error:
            # `write_transaction` lets through only errors of the values: a NUL, a date before the calendar.
            raise Reject("unstorable", type(error).__name__) from None
        return ()

    def _decode(self, shape: type[T], record: Record) -> T:
        try:
            return codec.decode(shape, record.value, record.headers, self._channels.names)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error

    def _outbox_row(self, reply: Reply) -> Row:
        no_delivery = {"attempts": 0, "address": "", "provider_id": "", "status": "", "error": ""}
        return {
            **reply.model_dump(include={"id", "complaint_id", "tracking", "kind", "text"}),
            # What is never sent needs no text for an e-mail.
            "mail_text": reply.mail_text if self._new_state == "waiting" else "",
            "channel": reply.channel,
            "made_at": reply.at,
            "next_at": reply.at,
            "state": self._new_state,
            **no_delivery,
        }

    def _can_have_replies(self, complaint: Complaint) -> bool:
        """Return True for a channel with replies. A repeat has replies if a person splits it later.

        Replies about a part are to the sender of its report.
        """
        return complaint.channel in self._channels.with_replies and complaint.part_of is None


def _insert_rows(connection: Connection, table: type[SQLModel], rows: list[Row]) -> None:
    """Insert sorted rows: two sinks with the same rows wait for each other and do not deadlock."""
    if rows:
        connection.execute(insertion_of_missing(connection.dialect.name, table), rows)


def _extend_secrecy(connection: Connection, complaints: Sequence[Complaint]) -> None:
    """Make the first complaint secret if its sender asks for secrecy in a repeat. A repeat comes after its first."""
    repeated_ids = sorted(
        complaint.relation.of
        for complaint in complaints
        if complaint.relation.kind == "repeat" and complaint.relation.of and complaint.report.is_private
    )
    if repeated_ids:
        statement = update(RecipientRow).where(is_one_of(col(RecipientRow.complaint_id), repeated_ids))
        connection.execute(statement.values(secret=True))


def _recipient_row(complaint: Complaint) -> Row:
    return {
        "complaint_id": complaint.id,
        "secret": complaint.report.is_private,
        **complaint.model_dump(include={"message_id", "sender", "contact"}),
    }
