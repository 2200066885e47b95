"""Command of the keys by which agencies' programs use the interface `/agency/v1`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_line, print_rows, stop
from desk.api.keys.scopes import SCOPES

if TYPE_CHECKING:
    from datetime import datetime

    from app.assembly.parts import Parts
    from desk.api.keys.agency_keys import AgencyKey, AgencyKeys
    from desk.api.keys.scopes import Scope

_COLUMNS = ("id", "state", "scopes", "unit", "created by", "created", "expires", "last use")


def key(
    agency: Annotated[str, typer.Argument(metavar="AGENCY", help="The institution, by code (bumn-pln) or name.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the action. Name no citizen.")] = "",
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"Right of the key: {', '.join(SCOPES)}. May be repeated. Without it: all."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help="The key expires after so many days.")
    ] = None,
    unit: Annotated[
        str, typer.Option("--unit", metavar="CODE", help="Only the cases of this unit and of those below it.")
    ] = "",
    revoke: Annotated[UUID | None, typer.Option("--revoke", metavar="ID", help="Revoke this key.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the keys of the agency.")] = False,
    as_json: Json = False,
) -> None:
    """Print a new key of an agency's program, which is shown only now. Or list or revoke its keys."""
    from desk.api.keys.agency_keys import MAX_VALID_KEYS, TooManyKeys
    from desk.units.tree import UnknownUnit

    if listing:
        with open_parts_with_tables() as parts:
            agency = agency_code(parts, agency)
            _print_keys(_keys(parts, agency).keys(agency), parts.now(), as_json=as_json)
        return
    with open_parts_for_action(actor, why) as parts:
        agency = agency_code(parts, agency)
        keys = _keys(parts, agency)
        if revoke:
            _revoke(keys, agency, revoke, actor, why)
            return
        expires_at = parts.now() + timedelta(days=days) if days else None
        try:
            _, text = keys.issue(agency, _scopes(scopes), actor, why, expires_at, unit.strip().upper())
        except TooManyKeys:
            owner = f"{agency} {unit}" if unit else agency
            stop(f"{owner} has {MAX_VALID_KEYS} valid keys. Revoke one first: --list shows them, --revoke ID.", 1)
        except UnknownUnit:
            stop(f"{agency} has no unit {unit}. `satupintu desk units {agency}` lists them.", EX_USAGE)
    print_line(text)


def _keys(parts: Parts, agency: str) -> AgencyKeys:
    from app.assembly.desk.api import build_agency_keys
    from messages.topics import TRIAGE

    if agency == TRIAGE:
        stop(f"There is no institution {agency} with a queue.", EX_USAGE)
    return build_agency_keys(parts, parts.audit_log.append)


def _scopes(typed: Sequence[str] | None) -> Sequence[Scope]:
    if unknown := sorted(set(typed or ()) - set(SCOPES)):
        stop(f"There is no scope {unknown[0]}. Use {', '.join(SCOPES)}.", EX_USAGE)
    return [scope for scope in SCOPES if not typed or scope in typed]


def _revoke(keys: AgencyKeys, agency: str, key_id: UUID, actor: str, why: str) -> None:
    from desk.api.keys.agency_keys import UnknownKey

    try:
        keys.revoke(agency, key_id, actor, why)
    except UnknownKey:
        stop(f"{agency} has no valid key with this id. --list shows them.", 1)
    print_line(f"{key_id}: revoked")


def _print_keys(keys: Sequence[AgencyKey], now: datetime, *, as_json: bool) -> None:
    from messages.shapes import iso

    rows = [
        {
            "id": str(item.id),
            "state": "valid" if item.is_valid(now) else "revoked" if item.revoked_at else "expired",
            "scopes": " ".join(sorted(item.scopes)),
            "unit": item.unit,
            "created by": item.created_by,
            "created": iso(item.created_at),
            "expires": iso(item.expires_at) if item.expires_at else "",
            "last use": iso(item.last_used_at) if item.last_used_at else "",
        }
        for item in keys
    ]
    print_rows(_COLUMNS, rows, ("id",), as_json=as_json)
