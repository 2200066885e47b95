"""Replies to a forgotten person: none is sent any more, and of those that were sent only ids and times stay."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import changed_rows
from privacy.forgotten import forgotten_complaints
from sinks.replies.tables import OutboxRow, RecipientRow

_NO_CONTENT = {"text": "", "mail_text": "", "address": "", "provider_id": ""}
_WITHHELD = {"state": "withheld", "error": "forgotten"}
_UNSENT_STATES = ("waiting", "held")


def without_forgotten(connection: Connection, recipients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the recipients who are not forgotten."""
    forgotten = forgotten_complaints(connection, (row["complaint_id"] for row in recipients))
    return [row for row in recipients if row["complaint_id"] not in forgotten]


def withhold_forgotten(connection: Connection, replies: Sequence[dict[str, Any]]) -> None:
    """Empty the new replies to forgotten persons, and let none of them be sent."""
    forgotten = forgotten_complaints(connection, (row["complaint_id"] for row in replies))
    for row in replies:
        if row["complaint_id"] in forgotten:
            row.update(_NO_CONTENT | _WITHHELD)


def delete_recipients(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Delete the stored recipients of these complaints. Return their number."""
    is_recipient = is_one_of(col(RecipientRow.complaint_id), complaint_ids)
    return changed_rows(connection.execute(delete(RecipientRow).where(is_recipient)))


def empty_replies(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Empty the stored replies about these complaints, and withhold those that were not sent. Return their number."""
    is_reply = is_one_of(col(OutboxRow.complaint_id), complaint_ids)
    is_unsent = col(OutboxRow.state).in_(_UNSENT_STATES)
    connection.execute(update(OutboxRow).where(is_reply, is_unsent).values(_WITHHELD))
    return changed_rows(connection.execute(update(OutboxRow).where(is_reply).values(_NO_CONTENT)))
