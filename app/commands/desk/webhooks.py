"""Commands of an agency's webhooks. Each act is recorded in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from app.assembly.desk.webhooks import agency_webhooks
from app.assembly.parts import Parts
from app.commands.common.arguments import Actor, Json
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_line, print_table, stop
from desk.changes import ChangeKind
from desk.webhooks.address_guard import AddressRefused, RefusalReason
from desk.webhooks.webhooks import CHANGE_KINDS, MAX_WEBHOOKS, TooManyWebhooks, UnknownWebhook, Webhook, Webhooks
from messages.shapes import iso

commands = typer.Typer(no_args_is_help=True)

Agency = Annotated[str, typer.Argument(metavar="CODE", help="Code of the institution, as in bumn-pln.")]
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
) -> None:
    """Add a webhook. Prints its id and its secret; the secret is shown only now."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        try:
            added = webhooks.add(agency, address, _parse_kinds(kinds), actor, why)
        except AddressRefused as refused:
            stop(_REFUSALS[refused.reason], EX_USAGE)
        except TooManyWebhooks:
            stop(f"{agency} has {MAX_WEBHOOKS} webhooks. Remove one first.", 1)
    print_line(f"{added.id} {added.secret}")


@commands.command("list")
def list_(agency: Agency, as_json: Json = False) -> None:
    """List the webhooks of an agency, with their state and the number of waiting deliveries."""
    with open_parts_with_tables() as parts:
        listed = _webhooks(parts, agency).list_webhooks(agency)
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
    with _webhooks_for_action(agency, actor, why) as webhooks:
        result = webhooks.send_test(agency, webhook_id, actor, why)
    if result.error:
        stop(f"The address did not take the event: {result.error}{f' ({result.status})' if result.status else ''}.", 1)
    print_line(f"The address took the event ({result.status}).")


@commands.command()
def remove(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Remove a webhook with its secret. What waits for it is never sent."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        webhooks.remove(agency, webhook_id, actor, why)
    print_line(f"{webhook_id}: removed")


@commands.command()
def rotate(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Print a new secret. The present secret signs beside it for 24 hours."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        secret = webhooks.rotate_secret(agency, webhook_id, actor, why)
    print_line(secret)


@commands.command()
def on(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Switch a webhook on. What waits for it is sent at once."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        webhooks.switch_on(agency, webhook_id, actor, why)
    print_line(f"{webhook_id}: on")


@commands.command()
def off(agency: Agency, webhook_id: WebhookId, actor: Actor, why: Reason) -> None:
    """Switch a webhook off. Changes wait for it for 30 days."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        webhooks.switch_off(agency, webhook_id, actor, why)
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
    with open_parts_with_tables() as parts, _explained(agency):
        listed = _webhooks(parts, agency).deliveries(agency, webhook_id, before, limit)
    rows = [
        {
            "position": delivery.position, "change": str(delivery.change_id), "kind": delivery.kind,
            "number": delivery.number, "at": iso(delivery.changed_at), "status": delivery.status,
            "attempts": delivery.attempts, "http": delivery.http_status, "error": delivery.error,
            "next": iso(delivery.next_at) if delivery.status == "waiting" else "",
        }
        for delivery in listed
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    columns = ("position", "change", "kind", "number", "at", "status", "attempts", "http", "error", "next")
    print_table(columns, ([row[column] for column in columns] for row in rows), uncut=("change", "number"))


@commands.command()
def redeliver(
    agency: Agency,
    webhook_id: WebhookId,
    change_id: Annotated[UUID, typer.Argument(metavar="CHANGE", help="Id of the change, as `deliveries` shows it.")],
    actor: Actor,
    why: Reason,
) -> None:
    """Send a delivery again, with the same id."""
    with _webhooks_for_action(agency, actor, why) as webhooks:
        webhooks.redeliver(agency, webhook_id, change_id, actor, why)
    print_line(f"{change_id}: is sent again")


@contextmanager
def _webhooks_for_action(agency: str, actor: str, why: str) -> Iterator[Webhooks]:
    with open_parts_for_action(actor, why) as parts, _explained(agency):
        # The topic of the audit log's heads may be missing before the first start.
        parts.ensure_topics()
        yield _webhooks(parts, agency)


@contextmanager
def _explained(agency: str) -> Iterator[None]:
    try:
        yield
    except UnknownWebhook:
        stop(f"{agency} has no such webhook or delivery. See `satupintu desk webhook list {agency}`.", 1)


def _webhooks(parts: Parts, agency: str) -> Webhooks:
    if agency not in parts.registry.institutions:
        stop(f"{agency} is not the code of an institution.", EX_USAGE)
    return agency_webhooks(parts.engine, parts.sealer, parts.settings, parts.now, parts.audit_log.append)


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
    def written(time: datetime | None) -> str | None:
        return iso(time) if time else None

    return {
        "id": str(webhook.id), "address": webhook.address, "kinds": list(webhook.kinds), "active": webhook.active,
        "off_reason": webhook.off_reason, "off_at": written(webhook.off_at), "failures": webhook.failures,
        "last_success_at": written(webhook.last_success_at), "waiting": webhook.waiting,
        "created_by": webhook.created_by, "created_at": iso(webhook.created_at),
    }  # fmt: skip
