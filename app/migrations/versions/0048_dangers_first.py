"""Dangers to life at the desk: cases with one stand first, who opened them, and the mails of an institution."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_HAS_DANGER = sa.text("danger <> ''")
_WAITS = sa.text("danger_since IS NOT NULL")
_IS_PENDING = sa.text("notified_at IS NULL")
_INDEXES = {
    "ix_desk_case_danger_since": ["agency", "danger_since", "dispatch_id"],
    "ix_desk_case_danger_due": ["agency", "tab", "due_at", "dispatch_id"],
    "ix_desk_case_danger_open": ["agency", "is_open", "due_at", "dispatch_id"],
}
# The word is a value of a closed list: no text of a citizen can look like this in JSON.
_DANGERS = """
UPDATE desk_dispatch SET danger = {danger}
WHERE dispatch LIKE '%"danger":"%' AND dispatch NOT LIKE '%"danger":""%'
"""
_JSON_DANGER = {
    "sqlite": "coalesce(json_extract(dispatch, '$.danger'), '')",
    "postgresql": "coalesce(CAST(dispatch AS json) ->> 'danger', '')",
}
_DANGERS_OF_FOLLOWERS = """
UPDATE desk_case SET danger = (
    SELECT max(follower.danger) FROM desk_dispatch AS follower
    WHERE follower.of = desk_case.complaint_id AND follower.agency = desk_case.agency
    AND follower.danger <> '' AND follower.is_latest
)
WHERE danger = '' AND is_current AND EXISTS (
    SELECT 1 FROM desk_dispatch AS follower
    WHERE follower.of = desk_case.complaint_id AND follower.agency = desk_case.agency
    AND follower.danger <> '' AND follower.is_latest
)
"""
_WAITING_DANGERS = "UPDATE desk_case SET danger_since = dispatched_at WHERE danger <> '' AND is_current AND tab = 'new'"
# Who wants to hear of new cases hears of dangers too.
_WEBHOOKS = (
    "UPDATE desk_webhook SET kinds = replace(kinds, 'received', 'received,danger') WHERE kinds LIKE '%received%'"
)


def upgrade() -> None:
    """Apply. A danger in a case that was answered before is found by `satupintu desk rebuild`."""
    op.add_column("desk_dispatch", sa.Column("danger", sa.String(), nullable=False, server_default=""))
    op.add_column("desk_case", sa.Column("danger_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(_DANGERS.format(danger=_JSON_DANGER[op.get_bind().dialect.name]))
    op.create_index(
        "ix_desk_dispatch_danger",
        "desk_dispatch",
        ["of", "agency", "at"],
        sqlite_where=_HAS_DANGER,
        postgresql_where=_HAS_DANGER,
    )
    op.execute(_DANGERS_OF_FOLLOWERS)
    op.execute(_WAITING_DANGERS)
    for name, columns in _INDEXES.items():
        op.create_index(name, "desk_case", columns, sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.execute(_WEBHOOKS)
    op.create_index("ix_desk_mail_kind", "desk_mail", ["kind", "status", "next_at"])
    op.create_index(
        "ix_desk_mail_notice_pending",
        "desk_mail_notice",
        ["agency", "kind"],
        sqlite_where=_IS_PENDING,
        postgresql_where=_IS_PENDING,
    )
    op.create_table(
        "desk_opening",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "desk_agency_setting",
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("mails_new_cases", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("desk_agency_setting")
    op.drop_table("desk_opening")
    op.drop_index("ix_desk_mail_notice_pending", "desk_mail_notice")
    op.drop_index("ix_desk_mail_kind", "desk_mail")
    op.execute("UPDATE desk_webhook SET kinds = replace(kinds, 'received,danger', 'received')")
    for name in _INDEXES:
        op.drop_index(name, "desk_case")
    op.drop_index("ix_desk_dispatch_danger", "desk_dispatch")
    op.drop_column("desk_case", "danger_since")
    op.drop_column("desk_dispatch", "danger")
