"""Queries of the deliveries that the limits count. Each reads an index and not the whole outbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union
from sqlmodel import col

from messages.shapes import Channel
from sinks.replies.tables import OutboxRow, RecipientRow


def count_recent(channel: Channel, reply_id: UUID, sender: str, address: str, since: datetime) -> Select[int]:
    """Return the query of the number of other replies that went to a sender or an address since a time."""
    is_counted = (
        col(OutboxRow.channel) == channel,
        col(OutboxRow.started_at) > since,
        col(OutboxRow.id) != reply_id,
    )
    to_sender = (
        select(col(OutboxRow.id))
        .join(RecipientRow, col(RecipientRow.complaint_id) == col(OutboxRow.complaint_id))
        .where(col(RecipientRow.sender) == sender, *is_counted)
    )
    to_address = select(col(OutboxRow.id)).where(col(OutboxRow.address) == address, *is_counted)
    return select(func.count()).select_from(union(to_sender, to_address).subquery())


def started_newest_first(channel: Channel) -> Select[Any]:
    """Return the query of the times at which deliveries of a channel began, the latest first."""
    started_at = col(OutboxRow.started_at)
    of_channel = select(started_at).where(col(OutboxRow.channel) == channel)
    return of_channel.where(started_at.is_not(None)).order_by(started_at.desc())
