"""Comparing what a provider has for us with what the bus has."""

import json
import sys
from typing import Annotated

import typer

from app.assembly.migrate import migrate
from app.clock import utc_now
from app.commands.common import ERR, EX_UNAVAILABLE, Json, moment, opened, stop
from app.operations.sms_reconciliation import PICTURE_SECONDS, Reconciler, TwilioAway, TwilioList
from ingest.sms.media import MediaFetcher
from messages.shapes import iso

commands = typer.Typer(no_args_is_help=True, help="Compare what a provider has for us with what the bus has.")


@commands.callback()
def _reconcile() -> None:
    """Compare what a provider has for us with what the bus has."""


@commands.command()
def sms(
    since: Annotated[str, typer.Option(help="2026-11-24, 2026-11-24T08:00+07:00, or so long ago: 24h, 7d.")],
    to: Annotated[list[str] | None, typer.Option(help="Our number; may be repeated. Else all of the account.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    as_json: Json = False,
) -> None:
    """Find the messages that Twilio received and the bus has not, and fill the gap; exit 1 if one is left."""
    begin = moment(since)
    with opened() as parts:
        settings = parts.settings
        migrate(parts.engine)
        twilio = TwilioList(settings.twilio_url, settings.twilio_account_sid, parts.secrets.twilio_tokens)
        media = MediaFetcher(settings.twilio_url, parts.attachments, patience=PICTURE_SECONDS)
        mine = Reconciler(parts.bus, parts.wrapper, media, twilio)
        try:
            gap = mine.gap(begin, to or (), utc_now())
        except TwilioAway as error:
            stop(f"Twilio gave no list: {error}", EX_UNAVAILABLE)
        filled = [] if dry_run else [raw.provider_id for raw in mine.fill(gap)]
    missing = [found.sid for found in gap.missing]
    if as_json:
        print(json.dumps({"listed": gap.listed, "missing": missing, "filled": filled}))
    else:
        for found in gap.missing:
            print(found.sid, iso(found.at), "filled" if found.sid in filled else "missing")
        ERR.print(f"listed {gap.listed}, missing {len(missing)}, filled {len(filled)}", highlight=False)
    sys.exit(0 if len(filled) == len(missing) else 1)
