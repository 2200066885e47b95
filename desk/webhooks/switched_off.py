"""Count of webhooks that were switched off because their address failed, for the monitor."""

from sqlalchemy import Connection, and_, func, select
from sqlmodel import col

from desk.webhooks.tables import WebhookRow


def count_switched_off(connection: Connection) -> int:
    """Return the number of such webhooks of all agencies. One that a person switched off does not count."""
    off = and_(~col(WebhookRow.active), col(WebhookRow.off_reason) != "by_person")
    return connection.execute(select(func.count()).select_from(WebhookRow).where(off)).scalar_one()
