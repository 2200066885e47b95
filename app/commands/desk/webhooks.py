"""Commands of an agency's webhooks. Each act is recorded in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_line, print_rows, print_table, stop
from desk.changes import CHANGE_KINDS, ChangeKind

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from desk.webhooks.address_guard import RefusalReason
    from desk.webhooks.webhooks import Webhook, Webhooks

commands = typer.Typer(no_args_is_help=True)

Agency = Annotated[str, typer.Argument(metavar="AGENCY", help="The institution, by code (bumn-pln) or name.")]
WebhookId = Annotated[UUID, typer.Argument(metavar="ID", help="Id of the webhook, as `list` shows it.")]
Reason = Annotated[str, typer.Option("--why", help="Recorded with the action. Name no citizen.")]

_REFUSALS: dict[RefusalReason, str] = {
    "not_an_address": "The address is not usable. Write https://host/path, without a user and without #.",
    "not_https": "The address must begin with https://. SATUPINTU_WEBHOOK_ALLOW_HTTP accepts http, too.",
    "port_not_allowed": "The port must be 443, or 1024 or higher.",
    "name_not_resolved": "The host of the address has no IP address. Check its name.",
    "private_network": "The host is in a private network. SATUPINTU_WEBHOOK_ALLOWED_NETWORKS must name that network.",
}


@commands.command()
def add(
    agency: Agency,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="As in https://lapor.example/masuk.")],
    actor: Actor,
    why: Reason,
    kinds: Annotated[
        str, typer.Option("--kinds", help=f"Kinds of changes, separated by commas: {', '.join(CHANGE_KINDS)}.")
    ] = "",
    unit: Annotated[
        str, typer.Option("--unit", metavar="CODE", help="Only the cases of this unit and of those below it.")
    ] = "",
) -> None:
    """Add a webhook. Prints its id and its secret; the secret is shown only now."""
    from desk.units.tree import UnknownUnit
    from desk.webhooks.address_guard import AddressRefused
    from desk.webhooks.webhooks import MAX_WEBHOOKS, TooManyWebhooks

    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        try:
            added = webhooks.add(code, address, _parse_kinds(kinds), actor, why, unit.strip().upper())
        except UnknownUnit:
            stop(f"{code} has no unit {unit}. `satupintu desk units {code}` lists them.", EX_USAGE)
        except AddressRefused as refused:
            stop(_REFUSALS[refused.reason], EX_USAGE)
        except TooManyWebhooks:
            stop(f"{code} has {MAX_WEBHOOKS} webhooks. Remove one first.", 1)
    print_line(f"{added.id} {added.secret}")


@commands.command("list")
def list_(agency: Agency, as_json: Json = False) -> None:
    """List the webhooks of an agency, with their state and the number of waiting deliveries."""
    with open_parts_with_tables() as parts:
        listed = _webhooks(parts).list_webhooks(agency_code(parts, agency, with_former=True))
    if as_json:
        print_json([_json(webhook) for webhook in listed])
        return
    rows = (
        (webhook.id, webhook.address, ", ".join(webhook.kinds), _state(webhook), webhook.waiting) for webhook in listed
    )
    print_table(("id", "address", "kinds", "state", "waiting"), rows, uncut=("id",))


@commands.command()
def test(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Send a test event now. Exit 1 if the address did not take it."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        result = webhooks.send_test(code, webhook_id, actor, why)
    if result.error:
        stop(f"The address did not take the event: {result.error}{f' ({result.status})' if result.status else ''}.", 1)
    print_line(f"The address took the event ({result.status}).")


@commands.command()
def remove(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Remove a webhook with its secret. What waits for it is never sent."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        webhooks.remove(code, webhook_id, actor, why)
    print_line(f"{webhook_id}: removed")


@commands.command()
def rotate(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Print a new secret. The present secret signs beside it for 24 hours."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        secret = webhooks.rotate_secret(code, webhook_id, actor, why)
    print_line(secret)


@commands.command()
def on(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Switch a webhook on. What waits for it is sent at once."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        webhooks.switch_on(code, webhook_id, actor, why)
    print_line(f"{webhook_id}: on")


@commands.command()
def off(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Switch a webhook off. Changes wait for it for 30 days."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        webhooks.switch_off(code, webhook_id, actor, why)
    print_line(f"{webhook_id}: off")


@commands.command()
def deliveries(
    agency: Agency,
    webhook_id: WebhookId,
    before: Annotated[int | None, typer.Option("--before", help="Only deliveries before this position.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Number of deliveries.")] = 50,
    as_json: Json = False,
) -> None:
    """List the deliveries of a webhook, the newest first."""
    from messages.shapes import iso

    with open_parts_with_tables() as parts, _explained():
        code = agency_code(parts, agency, with_former=True)
        listed = _webhooks(parts).deliveries(code, webhook_id, before, limit)
    rows = [
        {
            "position": delivery.position, "change": str(delivery.change_id), "kind": delivery.kind,
            "number": delivery.number, "at": iso(delivery.changed_at), "status": delivery.status,
            "attempts": delivery.attempts, "http": delivery.http_status, "error": delivery.error,
            "next": iso(delivery.next_at) if delivery.status == "waiting" else "",
        }
        for delivery in listed
    ]  # fmt: skip
    columns = ("position", "change", "kind", "number", "at", "status", "attempts", "http", "error", "next")
    print_rows(columns, rows, ("change", "number"), as_json=as_json)


@commands.command()
def redeliver(
    agency: Agency,
    webhook_id: WebhookId,
    change_id: Annotated[UUID, typer.Argument(metavar="CHANGE", help="Id of the change, as `deliveries` shows it.")],
    actor: Actor,
    why: Reason,
) -> None:
    """Send a delivery again, with the same id."""
    with _webhooks_for_action(agency, actor, why) as (webhooks, code):
        webhooks.redeliver(code, webhook_id, change_id, actor, why)
    print_line(f"{change_id}: is sent again")


@contextmanager
def _webhooks_for_action(agency: str, actor: str, why: str) -> Iterator[tuple[Webhooks, str]]:
    """Open the webhooks for an act of a person, with the code of the agency."""
    with open_parts_for_action(actor, why) as parts, _explained():
        code = agency_code(parts, agency, with_former=True)
        # The topic of the audit log's heads may be missing before the first start.
        parts.ensure_topics()
        yield _webhooks(parts), code


@contextmanager
def _explained() -> Iterator[None]:
    from desk.webhooks.webhooks import UnknownWebhook

    try:
        yield
    except UnknownWebhook:
        stop("The agency has no such webhook or delivery. `satupintu desk webhook list` shows them.", 1)


def _webhooks(parts: Parts) -> Webhooks:
    from app.assembly.desk.webhooks import agency_webhooks

    return agency_webhooks(parts.doors, parts.audit_log.append)


def _parse_kinds(typed: str) -> list[ChangeKind]:
    names = [name.strip() for name in typed.split(",") if name.strip()]
    if unknown := [name for name in names if name not in CHANGE_KINDS]:
        stop(f"{unknown[0]} is not a kind of change. The kinds are {', '.join(CHANGE_KINDS)}.", EX_USAGE)
    return [kind for kind in CHANGE_KINDS if kind in names]


def _state(webhook: Webhook) -> str:
    if not webhook.active:
        return f"off ({webhook.off_reason})"
    return f"on, {webhook.failures} failures" if webhook.failures else "on"


def _json(webhook: Webhook) -> dict[str, object]:
    from messages.shapes import iso

    def written(time: datetime | None) -> str | None:
        return iso(time) if time else None

    return {
        "id": str(webhook.id), "address": webhook.address, "kinds": list(webhook.kinds), "unit": webhook.unit,
        "active": webhook.active,
        "off_reason": webhook.off_reason, "off_at": written(webhook.off_at), "failures": webhook.failures,
        "last_success_at": written(webhook.last_success_at), "waiting": webhook.waiting,
        "created_by": webhook.created_by, "created_at": iso(webhook.created_at),
    }  # fmt: skip
