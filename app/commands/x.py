"""What was read of X, and what X says was withdrawn."""

from pathlib import Path
from typing import Annotated

import typer

from app.assembly.doors import twitter
from app.assembly.migrate import migrate
from app.commands.common import OUT, Json, opened
from ingest.twitter.deleted_posts import compliance_events


def reads(as_json: Json = False) -> None:
    """How many posts X gave today (UTC), and how many it may be asked for."""
    with opened() as parts:
        migrate(parts.engine)
        found = twitter.reads_today(parts)
        if as_json:
            OUT.print_json(data=found)
            return
        OUT.print(f"{found['day']}: {found['used']} of {found['limit'] or 'any number'}", highlight=False)


def withdrawn(
    file: Annotated[Path, typer.Argument(help="The result of a compliance job of X: one JSON object a line.")],
) -> None:
    """Believe X's compliance events: what was deleted or made protected is not to be shown any more."""
    with opened() as parts:
        migrate(parts.engine)
        parts.ensure_topics()
        producer = parts.bus.producer()
        try:
            gone = twitter.withdrawals(parts, producer).take(compliance_events(file.read_text()))
        finally:
            producer.close()
        OUT.print(f"{gone} of our posts are gone", highlight=False)
