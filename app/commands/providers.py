"""Commands that compare our data with a provider's: Twilio's received SMS, and X's reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json, time_argument
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_UNAVAILABLE, OUT, print_json, print_line, print_note, stop

if TYPE_CHECKING:
    from app.operations.reconciliation.sms import MissingMessages

reconciliations = typer.Typer(no_args_is_help=True)


@reconciliations.callback()
def _reconcile() -> None:
    """Compare the messages of a provider with those on the bus."""


@reconciliations.command("sms")
def reconcile_sms(
    since: Annotated[str, typer.Option("--since", help="2026-11-24, 2026-11-24T08:00+07:00, or a time ago: 24h, 7d.")],
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Our number. May be repeated. Default: all of the account.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the missing messages.")] = False,
    as_json: Json = False,
) -> None:
    """Find the SMS that Twilio received and the bus does not have, and fill them in. Exit 1 if one is missing still."""
    from app.operations.reconciliation.sms import PICTURE_SECONDS, SmsReconciliation
    from app.operations.reconciliation.twilio_messages import TwilioMessages, TwilioUnavailable
    from ingest.sms.media import MediaFetcher

    begin = time_argument(since)
    with open_parts_with_tables() as parts:
        settings = parts.settings
        twilio = TwilioMessages(settings.twilio_url, settings.twilio_account_sid, parts.secrets.twilio_tokens)
        clock, pool = parts.clock.monotonic, parts.threads.pool
        media = MediaFetcher(settings.twilio_url, parts.doors.attachments, clock, pool, timeout=PICTURE_SECONDS)
        reconciliation = SmsReconciliation(parts.bus, parts.wrapper, media, twilio)
        try:
            result = reconciliation.find_missing(begin, to or (), parts.now())
        except TwilioUnavailable as error:
            stop(f"Twilio returned no list: {error}. Check the account and its token, then try again.", EX_UNAVAILABLE)
        filled = [] if dry_run else [raw.provider_id for raw in reconciliation.fill_in(result.missing)]
    _print_reconciliation(result, filled, as_json=as_json)
    sys.exit(0 if len(filled) == len(result.missing) else 1)


def _print_reconciliation(result: MissingMessages, filled: list[str], *, as_json: bool) -> None:
    from messages.shapes import iso

    if as_json:
        missing = [message.sid for message in result.missing]
        print_json({"listed": result.listed, "missing": missing, "filled": filled})
        return
    for message in result.missing:
        print_line(f"{message.sid} {iso(message.at)} {'filled' if message.sid in filled else 'missing'}")
    print_note(f"listed {result.listed}, missing {len(result.missing)}, filled {len(filled)}")


def x_reads(as_json: Json = False) -> None:
    """Show the number of posts that X delivered today (UTC), and the daily limit."""
    from app.assembly.doors import twitter

    with open_parts_with_tables() as parts:
        reads = twitter.reads_today(parts.doors)
        if as_json:
            print_json(reads)
            return
        OUT.print(f"{reads['day']}: {reads['used']} of {reads['limit'] or 'any number'}", highlight=False)
