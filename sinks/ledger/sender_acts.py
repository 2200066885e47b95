"""Acts of senders on their reports, as the ledger has them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from sinks.ledger.tables import ComplaintRow


def withdrawals(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID | None, datetime]:
    """Return when the sender withdrew each of these complaints. An objection after it takes the withdrawal back."""
    query = select(col(ComplaintRow.of), col(ComplaintRow.act), col(ComplaintRow.received_at)).where(
        col(ComplaintRow.of).in_(complaint_ids), col(ComplaintRow.act).in_(["withdraws", "objects"])
    )
    latest = {row.of: row for row in connection.execute(query.order_by(col(ComplaintRow.received_at)))}
    return {complaint_id: row.received_at for complaint_id, row in latest.items() if row.act == "withdraws"}
