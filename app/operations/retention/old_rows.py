"""Purge of rows by their own time, and of devices and accounts that are not used any more."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, String, and_, cast, delete, func, true, update
from sqlmodel import SQLModel, col, select

from accounts.account_store import NO_LEAVE
from accounts.tables import AccountRow, InvitationRow, RecoveryCodeRow, SecondFactorRow
from app.operations.retention.batches import purge_in_batches
from cases.facts.conditions import IS_SET_ASIDE
from cases.facts.tables import EventFact
from config.conditions import is_one_of
from ingest.door_store import DetailsRequest, PublicNotice
from ingest.mobile.tables import DeviceMessage, DeviceRow, DeviceSequence
from ingest.web.draft_tables import FormDraft
from privacy.tables import ForgottenSender
from sinks.replies.tables import UnreachableRow


class TimedRows(NamedTuple):
    """A table whose rows are deleted at an age, by its key and the column with the time. `condition` limits them."""

    table: type[SQLModel]
    key: Any
    time: Any
    condition: ColumnElement[bool] = true()


# By the class of the retention table.
TIMED: Mapping[str, TimedRows] = MappingProxyType(
    {
        "set-aside": TimedRows(EventFact, col(EventFact.id), col(EventFact.at), IS_SET_ASIDE),
        "unreachable": TimedRows(UnreachableRow, col(UnreachableRow.address), col(UnreachableRow.at)),
        "details-requests": TimedRows(DetailsRequest, col(DetailsRequest.sender), col(DetailsRequest.at)),
        "form-drafts": TimedRows(FormDraft, col(FormDraft.id), col(FormDraft.stored_at)),
        "public-notices": TimedRows(PublicNotice, col(PublicNotice.sender), col(PublicNotice.at)),
        "forgotten": TimedRows(ForgottenSender, col(ForgottenSender.sender), col(ForgottenSender.finished_at)),
        "invitations": TimedRows(InvitationRow, col(InvitationRow.token_hash), col(InvitationRow.expires_at)),
    }
)
# Purges what was last needed before a moment, at the time `now`. `dry`: only counts. Returns the number of rows.
UnusedPurge = Callable[[Engine, datetime, datetime, bool], int]


def delete_timed(engine: Engine, rows: TimedRows, cutoff: datetime, *, dry: bool) -> int:
    """Delete the rows whose time is before `cutoff`."""
    is_due = and_(rows.time < cutoff, rows.condition)

    def delete_rows(connection: Connection, keys: list[Any]) -> None:
        connection.execute(delete(rows.table).where(is_one_of(rows.key, keys), is_due))

    return purge_in_batches(engine, rows.table, rows.key, is_due, delete_rows, dry=dry)


def purge_devices(engine: Engine, cutoff: datetime, _now: datetime, dry: bool) -> int:  # noqa: FBT001 - a step
    """Delete devices that registered before `cutoff` and have no report any more: not of an open case either.

    Nothing is lost or doubled if such an app is used again: it registers, and a report that it sends again has the id
    of the first one.
    """
    has_report = select(col(DeviceMessage.device)).where(col(DeviceMessage.device) == col(DeviceRow.device)).exists()
    is_unused = (col(DeviceRow.registered_at) < cutoff) & ~has_report

    def delete_devices(connection: Connection, devices: list[str]) -> None:
        connection.execute(delete(DeviceSequence).where(is_one_of(col(DeviceSequence.device), devices)))
        connection.execute(delete(DeviceRow).where(is_one_of(col(DeviceRow.device), devices)))

    return purge_in_batches(engine, DeviceRow, col(DeviceRow.device), is_unused, delete_devices, dry=dry)


def purge_accounts(engine: Engine, cutoff: datetime, _now: datetime, dry: bool) -> int:  # noqa: FBT001 - a step
    """Empty the accounts that were revoked, or whose last day was over, before `cutoff`.

    The row stays: the audit log names it by its id.
    """
    left_at = func.coalesce(col(AccountRow.revoked_at), col(AccountRow.ends_at))
    is_due = (left_at < cutoff) & (col(AccountRow.name) != "")

    def empty_accounts(connection: Connection, ids: list[UUID]) -> None:
        connection.execute(delete(SecondFactorRow).where(is_one_of(col(SecondFactorRow.account_id), ids)))
        connection.execute(delete(RecoveryCodeRow).where(is_one_of(col(RecoveryCodeRow.account_id), ids)))
        # The address is unique. The id stands for it.
        values = {
            "name": "",
            "email": cast(col(AccountRow.id), String),
            "password_hash": "",
            "decree": "",
            "decree_date": None,
            "revoked_at": left_at,
            **NO_LEAVE,
        }
        connection.execute(update(AccountRow).where(is_one_of(col(AccountRow.id), ids)).values(values))

    return purge_in_batches(engine, AccountRow, col(AccountRow.id), is_due, empty_accounts, dry=dry)


# By the class of the retention table.
UNUSED: Mapping[str, UnusedPurge] = MappingProxyType({"devices": purge_devices, "staff-accounts": purge_accounts})
