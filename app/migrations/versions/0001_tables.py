"""All tables, with their indexes.

Of two indexes that serve a query alike, SQLite takes the one that was created later: their order is a choice.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _create_accounts()
    _create_operations()
    _create_desk_work()
    _create_desk_read_model()
    _create_desk_interface()
    _create_mails()
    _create_webhooks()
    _create_doors()
    _create_cases()
    _create_ledger()
    _create_normalizer()
    _create_oversight()
    _create_keys()
    _create_public_view()
    _create_replies()
    _create_router()
    _create_index_of_words()


def _create_partial_index(
    name: str, table: str, columns: Sequence[str], condition: str, *, unique: bool = False
) -> None:
    """Create an index of the rows for which a condition holds."""
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email", sa.String(), nullable=False, unique=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_sign_in_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.Column("decree", sa.String(), nullable=False),
        sa.Column("decree_date", sa.Date(), nullable=True),
        sa.Column("ends_at", _TIME, nullable=True),
        sa.Column("released_at", _TIME, nullable=True),
        sa.Column("stand_in", sa.Uuid(), nullable=True),
        sa.Column("away_from", _TIME, nullable=True),
        sa.Column("away_until", _TIME, nullable=True),
    )
    op.create_index("ix_account_agency", "account", ["agency"])
    op.create_index("ix_account_ends_at", "account", ["ends_at"])
    op.create_index("ix_account_stand_in", "account", ["stand_in"])
    op.create_table(
        "account_invitation",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("decree", sa.String(), nullable=False),
        sa.Column("decree_date", sa.Date(), nullable=True),
        sa.Column("ends_at", _TIME, nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.Column("withdrawn_at", _TIME, nullable=True),
    )
    op.create_index("ix_account_invitation_account_id", "account_invitation", ["account_id"])
    op.create_index("ix_account_invitation_email", "account_invitation", ["email"])
    op.create_index("ix_account_invitation_agency", "account_invitation", ["agency"])
    op.create_table(
        "account_pending_sign_in",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("continue_at", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("code_verifier", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_index("ix_account_pending_sign_in_account_id", "account_pending_sign_in", ["account_id"])
    op.create_index("ix_account_pending_sign_in_created_at", "account_pending_sign_in", ["created_at"])
    op.create_table(
        "account_recovery_code",
        sa.Column("code_hash", sa.String(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_account_recovery_code_account_id", "account_recovery_code", ["account_id"])
    op.create_table(
        "account_second_factor",
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
    )
    op.create_table(
        "account_session",
        sa.Column("token_hash", sa.String(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=False),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table(
        "account_sign_in_attempt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_account_sign_in_attempt_at", "account_sign_in_attempt", ["at"])
    op.create_index("ix_account_sign_in_attempt_subject_at", "account_sign_in_attempt", ["subject", "at"])


def _create_operations() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
    )
    op.create_index("ix_audit_log_action", "audit_log", ["action", "actor", "seq"])
    op.create_table(
        "duplicate_decision",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("suggested_id", sa.Uuid(), primary_key=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("correction", sa.String(), nullable=False),
    )
    op.create_index("ix_duplicate_decision_decided_at", "duplicate_decision", ["decided_at", "complaint_id"])
    _create_partial_index("ix_duplicate_decision_waiting", "duplicate_decision", ["decided_at"], "correction <> ''")
    op.create_table(
        "forgotten_sender",
        sa.Column("sender", sa.String(), primary_key=True),
        sa.Column("asked_for", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("forgotten_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
    )
    op.create_index("ix_forgotten_sender_asked_for", "forgotten_sender", ["asked_for"])
    op.create_table(
        "forgotten_waiting",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "ombudsman_export",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("exported_at", _TIME, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
    )


def _create_desk_work() -> None:
    op.create_table(
        "desk_act",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("published_at", _TIME, nullable=True),
        sa.UniqueConstraint("dispatch_id", "version"),
    )
    op.create_index("ix_desk_act_published_at", "desk_act", ["published_at", "at"])
    op.create_table(
        "desk_agency_setting",
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("mails_new_cases", sa.Boolean(), nullable=False),
        sa.Column("passes_on_by_itself", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "desk_assignment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("unit_due_at", _TIME, nullable=True),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.Column("is_release", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stand_in", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_assignment_case", "desk_assignment", ["dispatch_id", "at"])
    op.create_table(
        "desk_note",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_note_case", "desk_note", ["complaint_id", "agency", "at"])
    op.create_table(
        "desk_opening",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
    )
    op.create_table(
        "desk_saved_filter",
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("parameters", sa.String(), nullable=False),
    )
    op.create_table(
        "desk_template",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_template_agency", "desk_template", ["agency"])


def _create_desk_read_model() -> None:
    op.create_table(
        "desk_accompanying",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("danger", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("is_from_sender", sa.Boolean(), nullable=False),
        sa.Column("is_message", sa.Boolean(), nullable=False),
    )
    op.create_index(
        "ix_desk_accompanying_case", "desk_accompanying", ["case_id", "agency", "relation", "is_latest", "at"]
    )
    op.create_index("ix_desk_accompanying_complaint", "desk_accompanying", ["complaint_id"])
    _create_partial_index(
        "ix_desk_accompanying_danger", "desk_accompanying", ["case_id", "agency", "at"], "danger <> ''"
    )
    op.create_table(
        "desk_case",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("tab", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dispatched_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("clock_stopped", sa.Boolean(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("unopposed_since", _TIME, nullable=True),
        sa.Column("sender_wrote_at", _TIME, nullable=True),
        sa.Column("unanswered_since", _TIME, nullable=True),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("danger", sa.String(), nullable=False),
        sa.Column("danger_since", _TIME, nullable=True),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("rahasia", sa.Boolean(), nullable=False),
        sa.Column("has_second_matter", sa.Boolean(), nullable=False),
        sa.Column("unit_kinds", sa.String(), nullable=False),
        sa.Column("suggested_id", sa.Uuid(), nullable=True),
    )
    op.create_index("ix_desk_case_complaint", "desk_case", ["complaint_id", "agency", "hop"])
    op.create_index("ix_desk_case_due", "desk_case", ["agency", "tab", "due_at", "dispatch_id"])
    op.create_index("ix_desk_case_changed", "desk_case", ["agency", "tab", "changed_at", "dispatch_id"])
    op.create_index("ix_desk_case_topic", "desk_case", ["agency", "tab", "topic", "due_at", "dispatch_id"])
    op.create_index("ix_desk_case_region", "desk_case", ["agency", "tab", "region", "due_at", "dispatch_id"])
    op.create_index("ix_desk_case_joined", "desk_case", ["agency", "tab", "joined", "dispatch_id"])
    op.create_index("ix_desk_case_refusals", "desk_case", ["agency", "tab", "refusals", "dispatch_id"])
    op.create_index("ix_desk_case_unopposed", "desk_case", ["unopposed_since", "dispatch_id"])
    op.create_index("ix_desk_case_channel", "desk_case", ["agency", "tab", "channel", "due_at", "dispatch_id"])
    op.create_index("ix_desk_case_arrival", "desk_case", ["agency", "tab", "dispatched_at", "dispatch_id"])
    op.create_index("ix_desk_case_open_arrival", "desk_case", ["agency", "is_open", "dispatched_at", "dispatch_id"])
    for name, condition in (
        ("wrote", "sender_wrote_at IS NOT NULL"),
        ("unanswered", "unanswered_since IS NOT NULL"),
        ("reopened", "reopened > 0"),
    ):
        columns = ["agency", "tab", "due_at", "dispatch_id"]
        _create_partial_index(f"ix_desk_case_{name}", "desk_case", columns, condition)
    op.create_index("ix_desk_case_open", "desk_case", ["agency", "is_open", "due_at", "dispatch_id"])
    op.create_index("ix_desk_case_dispatched", "desk_case", ["agency", "dispatched_at", "dispatch_id"])
    _create_partial_index(
        "ix_desk_case_suggestion", "desk_case", ["agency", "tab", "due_at", "dispatch_id"], "suggested_id IS NOT NULL"
    )
    _create_partial_index("ix_desk_case_suggested", "desk_case", ["suggested_id", "agency"], "suggested_id IS NOT NULL")
    _create_partial_index(
        "ix_desk_case_danger_since", "desk_case", ["agency", "danger_since", "dispatch_id"], "danger_since IS NOT NULL"
    )
    _create_partial_index(
        "ix_desk_case_danger_due", "desk_case", ["agency", "tab", "due_at", "dispatch_id"], "danger_since IS NOT NULL"
    )
    _create_partial_index(
        "ix_desk_case_danger_open",
        "desk_case",
        ["agency", "is_open", "due_at", "dispatch_id"],
        "danger_since IS NOT NULL",
    )
    op.create_table(
        "desk_holder",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("unit_due_at", _TIME, nullable=True),
        sa.Column("unit_told", sa.String(), nullable=True),
        sa.Column("unit_from", sa.String(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("released_at", _TIME, nullable=True),
    )
    op.create_index(
        "ix_desk_holder_released",
        "desk_holder",
        ["agency", "dispatch_id"],
        sqlite_where=sa.text("released_at IS NOT NULL"),
        postgresql_where=sa.text("released_at IS NOT NULL"),
    )
    op.create_index("ix_desk_holder_account", "desk_holder", ["agency", "account_id", "dispatch_id"])
    op.create_index("ix_desk_holder_unit", "desk_holder", ["agency", "unit", "dispatch_id"])
    op.create_index("ix_desk_holder_unit_code", "desk_holder", ["agency", "unit_code", "dispatch_id"])
    _create_partial_index("ix_desk_holder_unit_due", "desk_holder", ["unit_due_at"], "unit_due_at IS NOT NULL")
    op.create_table(
        "desk_contribution",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
    )
    op.create_index("ix_desk_contribution_case", "desk_contribution", ["complaint_id", "agency", "asked_at"])
    op.create_index("ix_desk_contribution_unit", "desk_contribution", ["agency", "unit_code", "asked_at"])
    op.create_index(
        "ix_desk_contribution_open",
        "desk_contribution",
        ["agency", "unit_code", "dispatch_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "desk_told_person",
        sa.Column("change_id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.String(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("by_desk", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("told_at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_told_person_case", "desk_told_person", ["dispatch_id", "told_at"])
    op.create_index("ix_desk_told_person_account", "desk_told_person", ["account_id", "agency", "told_at"])
    op.create_table(
        "desk_unit",
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("decree", sa.String(), nullable=False),
        sa.Column("decree_date", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("changed_at", _TIME, nullable=False),
    )
    op.create_table(
        "desk_unit_case",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("tab", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("dispatched_at", _TIME, nullable=False),
        sa.Column("danger_since", _TIME, nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
    )
    for name, columns in (
        ("due", ["tab", "due_at"]),
        ("open", ["is_open", "due_at"]),
        ("changed", ["tab", "changed_at"]),
        ("topic", ["tab", "topic", "due_at"]),
        ("arrival", ["tab", "dispatched_at"]),
        ("open_arrival", ["is_open", "dispatched_at"]),
    ):
        op.create_index(f"ix_desk_unit_case_{name}", "desk_unit_case", ["agency", "unit", *columns, "dispatch_id"])
    for name, columns in (("since", ["danger_since"]), ("due", ["tab", "due_at"]), ("open", ["is_open", "due_at"])):
        op.create_index(
            f"ix_desk_unit_case_danger_{name}",
            "desk_unit_case",
            ["agency", "unit", *columns, "dispatch_id"],
            sqlite_where=sa.text("danger_since IS NOT NULL"),
            postgresql_where=sa.text("danger_since IS NOT NULL"),
        )


def _create_desk_interface() -> None:
    op.create_table(
        "desk_case_change",
        sa.Column("dispatch_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_desk_case_change_seq", "desk_case_change", ["agency", "seq"], unique=True)
    op.create_table(
        "desk_idempotency_key",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
    )
    op.create_index("ix_desk_idempotency_key_used_at", "desk_idempotency_key", ["used_at"])
    op.create_table(
        "desk_key",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.Column("last_used_at", _TIME, nullable=True),
    )
    op.create_index("ix_desk_key_agency", "desk_key", ["agency"])


def _create_mails() -> None:
    op.create_table(
        "desk_mail",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("lease", sa.String(), nullable=False),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
    )
    op.create_index("ix_desk_mail_due", "desk_mail", ["status", "next_at"])
    op.create_index("ix_desk_mail_age", "desk_mail", ["status", "made_at"])
    op.create_index("ix_desk_mail_kind", "desk_mail", ["kind", "status", "next_at"])
    op.create_table(
        "desk_mail_notice",
        sa.Column("change_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("notified_at", _TIME, nullable=True),
    )
    op.create_index("ix_desk_mail_notice_agency", "desk_mail_notice", ["agency", "notified_at"])
    _create_partial_index("ix_desk_mail_notice_pending", "desk_mail_notice", ["agency", "kind"], "notified_at IS NULL")


def _create_webhooks() -> None:
    op.create_table(
        "desk_webhook",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=False),
        sa.Column("previous_secret_until", _TIME, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("off_reason", sa.String(), nullable=False),
        sa.Column("off_at", _TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", _TIME, nullable=True),
        sa.Column("last_success_at", _TIME, nullable=True),
    )
    op.create_index("ix_desk_webhook_agency", "desk_webhook", ["agency"])
    op.create_table(
        "desk_webhook_delivery",
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("case_state", sa.String(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", _TIME, nullable=True),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("lease", sa.String(), nullable=False),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.UniqueConstraint("change_id", "webhook_id", name="uq_desk_webhook_delivery_change"),
    )
    op.create_index("ix_desk_webhook_delivery_due", "desk_webhook_delivery", ["webhook_id", "status", "next_at"])
    op.create_index("ix_desk_webhook_delivery_case", "desk_webhook_delivery", ["webhook_id", "number", "position"])
    op.create_index("ix_desk_webhook_delivery_list", "desk_webhook_delivery", ["webhook_id", "position"])
    op.create_index("ix_desk_webhook_delivery_lease", "desk_webhook_delivery", ["agency", "leased_until"])
    op.create_index("ix_desk_webhook_delivery_age", "desk_webhook_delivery", ["status", "changed_at"])


def _create_doors() -> None:
    op.create_table(
        "ingest_asked_for_more",
        sa.Column("sender", sa.String(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "ingest_attachment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("kept_at", _TIME, nullable=False),
        sa.Column("brought_at", _TIME, nullable=False),
    )
    op.create_table(
        "ingest_cursor",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_table(
        "ingest_device",
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("push", sa.String(), nullable=False),
        sa.Column("registered_at", _TIME, nullable=False),
    )
    op.create_table(
        "ingest_device_message",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("thread", sa.Uuid(), nullable=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_ingest_device_message_device", "ingest_device_message", ["device"])
    op.create_table(
        "ingest_device_sequence",
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
    )
    op.create_table(
        "ingest_idempotency_key",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(), nullable=False),
    )
    op.create_table(
        "ingest_lease",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_table(
        "ingest_open311_request",
        sa.Column("tracking", sa.String(), primary_key=True),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("service_code", sa.String(), nullable=False),
        sa.Column("requested_at", _TIME, nullable=False),
    )
    op.create_index("ix_ingest_open311_request_client", "ingest_open311_request", ["client"])
    op.create_table(
        "ingest_public_notice",
        sa.Column("sender", sa.String(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "ingest_sms_answer",
        sa.Column("mark", sa.String(), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("due", _TIME, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
    )
    op.create_index("ix_ingest_sms_answer_due", "ingest_sms_answer", ["due"])
    op.create_table(
        "ingest_sms_part",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("opened", _TIME, primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("due", _TIME, nullable=True),
        sa.Column("content", sa.String(), nullable=False),
    )
    op.create_index("ix_ingest_sms_part_due", "ingest_sms_part", ["due"])
    op.create_table(
        "ingest_upload",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(), nullable=False),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("ix_ingest_upload_device", "ingest_upload", ["device"])
    op.create_index("ix_ingest_upload_expires_at", "ingest_upload", ["expires_at"])
    op.create_table(
        "ingest_upload_part",
        sa.Column("upload_id", sa.Uuid(), primary_key=True),
        sa.Column("start", sa.Integer(), primary_key=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
    )
    op.create_table(
        "ingest_x_post",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
    )
    op.create_index("ix_ingest_x_post_taken_at", "ingest_x_post", ["taken_at"])
    op.create_table(
        "web_contact",
        sa.Column("tracking", sa.String(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("phone_digest", sa.String(), nullable=False),
        sa.Column("phone_proven_at", _TIME, nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_digest", sa.String(), nullable=False),
        sa.Column("mailed_at", _TIME, nullable=True),
        sa.Column("email_confirmed_at", _TIME, nullable=True),
    )
    op.create_index("ix_web_contact_email_digest", "web_contact", ["email_digest", "mailed_at"])
    op.create_index("ix_web_contact_phone_digest", "web_contact", ["phone_digest"])
    op.create_index("ix_web_contact_message_id", "web_contact", ["message_id"])
    op.create_table(
        "web_contact_code",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number_digest", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("code_digest", sa.String(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
    )
    op.create_index("ix_web_contact_code_number", "web_contact_code", ["number_digest", "made_at"])
    op.create_index("ix_web_contact_code_made_at", "web_contact_code", ["made_at"])
    op.create_table(
        "web_form_draft",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("form_digest", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("stored_at", _TIME, nullable=False),
    )
    op.create_index("ix_web_form_draft_form_digest", "web_form_draft", ["form_digest"])
    op.create_index("ix_web_form_draft_stored_at", "web_form_draft", ["stored_at"])


def _create_cases() -> None:
    op.create_table(
        "case_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("suggested_agency", sa.String(), nullable=True),
        sa.Column("readers", sa.String(), nullable=False),
        sa.Column("pictures", sa.String(), nullable=False),
        sa.Column("pictures_public", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Uuid(), nullable=True),
        sa.Column("extension_days", sa.Integer(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("position", sa.String(), nullable=False),
    )
    op.create_index("ix_case_answer_complaint_id", "case_answer", ["complaint_id"])
    op.create_index("ix_case_answer_dispatch_id", "case_answer", ["dispatch_id"])
    op.create_index("ix_case_answer_position", "case_answer", ["position"])
    op.create_table(
        "case_answer_outcome",
        sa.Column("answer_id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
    )
    op.create_table(
        "case_answer_picture",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("kept_at", _TIME, nullable=False),
        sa.Column("named_at", _TIME, nullable=True),
    )
    op.create_index("ix_case_answer_picture_dispatch", "case_answer_picture", ["dispatch_id"])
    op.create_index("ix_case_answer_picture_complaint", "case_answer_picture", ["complaint_id"])
    op.create_table(
        "case_complaint",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("anonim", sa.Boolean(), nullable=False),
        sa.Column("rahasia", sa.Boolean(), nullable=False),
        sa.Column("suggested_id", sa.Uuid(), nullable=True),
        sa.Column("suggestion_score", sa.Float(), nullable=False),
        sa.Column("suggestion_evidence", sa.String(), nullable=False),
        sa.Column("closed_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("is_own_closed", sa.Boolean(), nullable=False),
        sa.Column("part_of", sa.Uuid(), nullable=True),
        sa.Column("part_number", sa.Integer(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
    )
    _create_partial_index("ix_case_complaint_part_of", "case_complaint", ["part_of"], "part_of IS NOT NULL")
    op.create_index("ix_case_complaint_of", "case_complaint", ["of"])
    op.create_index("ix_case_complaint_suggested", "case_complaint", ["suggested_id"])
    _create_partial_index(
        "ix_case_complaint_suggestion", "case_complaint", ["received_at", "id"], "suggested_id IS NOT NULL"
    )
    op.create_index("ix_case_complaint_tracking", "case_complaint", ["tracking"])
    op.create_table(
        "case_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("apart_from", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_case_correction_apart_from", "case_correction", ["apart_from"])
    op.create_index("ix_case_correction_complaint_id", "case_correction", ["complaint_id"])
    op.create_index("ix_case_correction_of", "case_correction", ["of"])
    op.create_table(
        "case_derivation",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "case_dispatch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("own_case", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("programme_words", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("danger", sa.String(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
    )
    op.create_index("ix_case_dispatch_agency_at", "case_dispatch", ["agency", "at"])
    op.create_index("ix_case_dispatch_at", "case_dispatch", ["at"])
    op.create_index("ix_case_dispatch_case", "case_dispatch", ["case_id", "own_case", "relation", "complaint_id"])
    op.create_index("ix_case_dispatch_complaint", "case_dispatch", ["complaint_id", "hop"])
    op.create_index("ix_case_dispatch_of", "case_dispatch", ["of"])
    op.create_index("ix_case_dispatch_tracking", "case_dispatch", ["tracking"])
    op.create_table(
        "case_event",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_case_event_message", "case_event", ["message_id"])
    op.create_index("ix_case_event_subject", "case_event", ["subject", "event"])
    op.create_index("ix_case_event_tracking", "case_event", ["tracking"])
    op.create_table(
        "case_log",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=True),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
    )
    _create_partial_index("ix_case_log_forgotten", "case_log", ["position"], "kind = 'forgotten'")
    op.create_table(
        "case_recommendation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_case_recommendation_act", "case_recommendation", ["act", "at", "id"])
    op.create_index("ix_case_recommendation_complaint_id", "case_recommendation", ["complaint_id"])
    op.create_index("ix_case_recommendation_recommendation_id", "case_recommendation", ["recommendation_id"])
    op.create_table(
        "case_words",
        sa.Column("fact_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("shape_version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_case_words_complaint_id", "case_words", ["complaint_id"])


def _create_ledger() -> None:
    op.create_table(
        "ledger_waiting_case",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("dispatched_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
    )
    op.create_index("ix_ledger_waiting_case_agency", "ledger_waiting_case", ["agency", "due_at", "dispatched_at"])


def _create_normalizer() -> None:
    op.create_table(
        "normalize_closed",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("reopened_at", _TIME, nullable=True),
    )
    op.create_table(
        "normalize_decision",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("language_version", sa.String(), nullable=False),
        sa.Column("follow_up", sa.String(), nullable=False),
    )
    op.create_table(
        "normalize_key",
        sa.Column("key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("slot", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "normalize_limit",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("reached_at", _TIME, nullable=False),
    )
    op.create_table(
        "normalize_matter",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("complaint_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("root", sa.Uuid(), nullable=True),
        sa.Column("own", sa.Uuid(), nullable=True),
        sa.Column("parent", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("claimed", sa.String(), nullable=False),
        sa.Column("suggested", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
    )
    op.create_index("ix_normalize_matter_at", "normalize_matter", ["at"])
    _create_partial_index("ix_normalize_matter_root", "normalize_matter", ["root"], "root IS NOT NULL")
    _create_partial_index("ix_normalize_matter_own", "normalize_matter", ["own"], "own IS NOT NULL")
    _create_partial_index("ix_normalize_matter_parent", "normalize_matter", ["parent"], "parent IS NOT NULL")
    op.create_index(
        "ix_normalize_matter_sender",
        "normalize_matter",
        ["sender"],
        sqlite_where=sa.text("joined = 1"),
        postgresql_where=sa.text("joined"),
    )
    _create_partial_index("ix_normalize_matter_suggested", "normalize_matter", ["suggested"], "suggested IS NOT NULL")
    _create_partial_index(
        "ix_normalize_matter_suggested_sender", "normalize_matter", ["sender"], "suggested IS NOT NULL"
    )
    _create_partial_index("ix_normalize_matter_claimed", "normalize_matter", ["claimed"], "claimed <> ''")
    op.create_table(
        "normalize_ombudsman_question",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("asked_at", _TIME, nullable=False),
    )
    op.create_index("ix_normalize_ombudsman_question_asked_at", "normalize_ombudsman_question", ["asked_at"])
    op.create_table(
        "normalize_rating_question",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("rated_at", _TIME, nullable=True),
    )
    op.create_index("ix_normalize_rating_question_asked_at", "normalize_rating_question", ["asked_at"])
    op.create_table(
        "normalize_revision",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "normalize_seen",
        sa.Column("fingerprint", sa.String(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_normalize_seen_complaint_id", "normalize_seen", ["complaint_id"])
    op.create_table(
        "normalize_sender_report",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("anonim", sa.Boolean(), nullable=False),
        sa.Column("rahasia", sa.Boolean(), nullable=False),
        sa.Column("lacks_place", sa.Boolean(), nullable=False),
        sa.Column("lacks_matter", sa.Boolean(), nullable=False),
        sa.Column("confirms", sa.Boolean(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=True),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("continued_at", _TIME, nullable=True),
    )
    op.create_index("ix_normalize_sender_report_sender", "normalize_sender_report", ["sender", "at"])
    op.create_index("ix_normalize_sender_report_at", "normalize_sender_report", ["at"])


def _create_oversight() -> None:
    op.create_table(
        "oversight_case",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_own_case", sa.Boolean(), nullable=False),
        sa.Column("merged", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("first_agency", sa.String(), nullable=False),
        sa.Column("answer_agency", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hops", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("closings", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("has_evidence", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("forwarded_at", _TIME, nullable=True),
        sa.Column("forward_due_at", _TIME, nullable=True),
        sa.Column("forward_outcome", sa.String(), nullable=False),
        sa.Column("first_agency_outcome", sa.String(), nullable=False),
        sa.Column("touched_at", _TIME, nullable=True),
        sa.Column("touch_due_at", _TIME, nullable=True),
        sa.Column("touch_outcome", sa.String(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("answer_due_at", _TIME, nullable=True),
        sa.Column("answer_outcome", sa.String(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("open_due_at", _TIME, nullable=True),
        sa.Column("three_times_due_at", _TIME, nullable=True),
        sa.Column("handed_over_at", _TIME, nullable=True),
        sa.Column("rating_asked_at", _TIME, nullable=True),
        sa.Column("rated_at", _TIME, nullable=True),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("ping_pong", sa.String(), nullable=False),
        sa.Column("programmes", sa.String(), nullable=False),
        sa.Column("tables_version", sa.String(), nullable=False),
    )
    op.create_index("ix_oversight_case_agency_due", "oversight_case", ["agency", "open_due_at"])
    op.create_index("ix_oversight_case_agency_received", "oversight_case", ["agency", "received_at", "complaint_id"])
    for column in ("first_agency", "answer_agency"):
        _create_partial_index(
            f"ix_oversight_case_left_{column}", "oversight_case", [column, "received_at"], f"{column} <> agency"
        )
    _create_partial_index(
        "ix_oversight_case_agency_ended", "oversight_case", ["agency", "ended_at"], "ended_at IS NOT NULL"
    )
    op.create_index("ix_oversight_case_due", "oversight_case", ["open_due_at"])
    marked = "programmes <> ''"
    for name, columns, rows in (
        ("due", ["open_due_at"], marked),
        ("received", ["received_at", "complaint_id"], marked),
        ("pairs", ["received_at"], f"{marked} AND ping_pong <> ''"),
    ):
        _create_partial_index(f"ix_oversight_case_programme_{name}", "oversight_case", columns, rows)
    op.create_index("ix_oversight_case_province_due", "oversight_case", ["province", "open_due_at"])
    op.create_index("ix_oversight_case_received", "oversight_case", ["received_at", "complaint_id"])
    op.create_index("ix_oversight_case_topic_due", "oversight_case", ["topic", "open_due_at"])
    op.create_index("ix_oversight_case_tracking", "oversight_case", ["tracking"])
    op.create_index("ix_oversight_case_version", "oversight_case", ["tables_version"])
    op.create_table(
        "oversight_clock",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("clock", sa.String(), primary_key=True),
        sa.Column("hop", sa.Integer(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("agency_hop", sa.Integer(), nullable=True),
        sa.Column("last_day_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("twice_at", _TIME, nullable=False),
        sa.Column("three_times_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
    )
    op.create_index("ix_oversight_clock_next", "oversight_clock", ["next_at"])
    op.create_table(
        "oversight_consent",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("ask_at", _TIME, nullable=True),
        sa.Column("asked_at", _TIME, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("answer_act", sa.String(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("next_at", _TIME, nullable=True),
    )
    op.create_index("ix_oversight_consent_next", "oversight_consent", ["next_at"])
    op.create_index("ix_oversight_consent_state", "oversight_consent", ["state", "answered_at"])
    op.create_table(
        "oversight_day",
        sa.Column("scope_kind", sa.String(), primary_key=True),
        sa.Column("scope", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("measure", sa.String(), primary_key=True),
        sa.Column("bucket", sa.Integer(), primary_key=True),
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    _create_partial_index("ix_oversight_day_zero", "oversight_day", ["number"], "number = 0")
    op.create_index(
        "ix_oversight_day_measure",
        "oversight_day",
        ["scope_kind", "measure", "day", "scope", "bucket", "channel", "number"],
    )
    op.create_table(
        "oversight_coaching_note",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    op.create_index("ix_oversight_coaching_note_agency", "oversight_coaching_note", ["agency", "at", "id"])
    op.create_table(
        "oversight_notice",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_oversight_notice_complaint", "oversight_notice", ["complaint_id"])
    op.create_table(
        "oversight_pair_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
        sa.Column("topic", sa.String(), primary_key=True),
        sa.Column("refused_by", sa.String(), primary_key=True),
        sa.Column("next_agency", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_index("ix_oversight_pair_day_next_agency", "oversight_pair_day", ["next_agency", "day"])
    op.create_index("ix_oversight_pair_day_province", "oversight_pair_day", ["province", "day"])
    op.create_index("ix_oversight_pair_day_refused_by", "oversight_pair_day", ["refused_by", "day"])
    op.create_index("ix_oversight_pair_day_topic", "oversight_pair_day", ["topic", "day"])
    _create_partial_index("ix_oversight_pair_day_zero", "oversight_pair_day", ["number"], "number = 0")
    op.create_table(
        "oversight_rating_question",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("asks_sender", sa.Boolean(), nullable=False),
        sa.Column("ask_at", _TIME, nullable=False),
    )
    op.create_index("ix_oversight_rating_question_ask", "oversight_rating_question", ["ask_at"])


def _create_keys() -> None:
    op.create_table(
        "person_key",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("wrapped", sa.String(), nullable=False),
        sa.Column("root_key_id", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("retired_at", _TIME, nullable=True),
    )
    _create_partial_index("uq_person_key_active", "person_key", ["sender"], "retired_at IS NULL", unique=True)
    _create_partial_index("ix_person_key_retired", "person_key", ["sender"], "retired_at IS NOT NULL")
    op.create_table(
        "person_report",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("received_at", _TIME, nullable=True),
        sa.Column("has_shared_seal", sa.Boolean(), nullable=False),
        sa.Column("forgotten_at", _TIME, nullable=True),
    )
    op.create_index("ix_person_report_sender", "person_report", ["sender"])
    op.create_table(
        "service_key",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("registered_at", _TIME, nullable=False),
    )


def _create_public_view() -> None:
    op.create_table(
        "public_release",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("is_released", sa.Boolean(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("is_derived", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_public_release_is_derived", "public_release", ["is_derived"])
    op.create_table(
        "public_report",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("shown_from", sa.Date(), primary_key=True),
        sa.Column("shown_until", sa.Date(), nullable=True),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("closing", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.String(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
    )
    op.create_index("ix_public_report_shown_until", "public_report", ["shown_until"])
    op.create_index("ix_public_report_public_id", "public_report", ["public_id"])
    op.create_index("ix_public_report_newest", "public_report", ["published_on", "public_id"])
    op.create_index("ix_public_report_agency", "public_report", ["agency", "published_on", "public_id"])
    op.create_index("ix_public_report_topic", "public_report", ["topic", "published_on", "public_id"])
    op.create_index("ix_public_report_province", "public_report", ["province", "published_on", "public_id"])
    op.create_index("ix_public_report_city", "public_report", ["city", "published_on", "public_id"])
    op.create_index("ix_public_report_is_closed", "public_report", ["is_closed", "published_on", "public_id"])
    if op.get_bind().dialect.name == "postgresql":
        # `sinks.public.word_search` looks words up here. SQLite has no such index of a column.
        words = "to_tsvector('simple', words)"
        op.execute(f"CREATE INDEX ix_public_report_words ON public_report USING gin ({words})")


def _create_replies() -> None:
    op.create_table(
        "replies_outbox",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("mail_text", sa.String(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
    )
    op.create_index("ix_replies_outbox_began", "replies_outbox", ["channel", "started_at"])
    op.create_index("ix_replies_outbox_complaint_id", "replies_outbox", ["complaint_id"])
    op.create_index("ix_replies_outbox_due", "replies_outbox", ["channel", "state", "next_at"])
    op.create_index("ix_replies_outbox_address", "replies_outbox", ["address", "started_at"])
    op.create_table(
        "replies_recipient",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_replies_recipient_sender", "replies_recipient", ["sender"])
    op.create_table(
        "replies_unreachable",
        sa.Column("address", sa.String(), primary_key=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "replies_way",
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("not_before", _TIME, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
    )


def _create_router() -> None:
    op.create_table(
        "router_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("processed_at", _TIME, nullable=False),
        sa.Column("by_system", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_router_answer_dispatch_id", "router_answer", ["dispatch_id"])
    op.create_table(
        "router_belonging",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("belongs_to", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_router_belonging_belongs_to", "router_belonging", ["belongs_to"])
    op.create_table(
        "router_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
    )
    op.create_table(
        "router_dispatch",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("hop", sa.Integer(), primary_key=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("follows", sa.Uuid(), nullable=True),
        sa.Column("dispatch", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("shape_version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_router_dispatch_follows", "router_dispatch", ["follows"])
    op.create_index("ix_router_dispatch_position", "router_dispatch", ["position"])
    op.create_table(
        "router_kept_apart",
        sa.Column("complaint_id", sa.Uuid(), primary_key=True),
        sa.Column("apart_from", sa.Uuid(), primary_key=True),
    )
    op.create_table(
        "router_part",
        sa.Column("part_id", sa.Uuid(), primary_key=True),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("position", sa.String(), nullable=False),
    )
    op.create_index("ix_router_part_report_id", "router_part", ["report_id"])
    op.create_table(
        "router_partition",
        sa.Column("topic", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
    )


def _create_index_of_words() -> None:
    """Create the index of the words of cases. It has no model: its form differs between the databases."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE desk_search (dispatch_id UUID PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_desk_search_words ON desk_search USING gin (words)")
    else:
        op.execute("CREATE VIRTUAL TABLE desk_search USING fts5(dispatch_id UNINDEXED, words)")
