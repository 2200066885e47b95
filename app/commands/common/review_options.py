"""Options by which a person chooses entries of a review list: quarantined messages, dead letters, actions of staff."""

from typing import Annotated

import typer

Why = Annotated[str, typer.Option("--why", help="Recorded with the decision. Name no citizen.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only those with this reason.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only those since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")
]
Until = Annotated[str | None, typer.Option("--until", help="Only those before this time.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this id, or ids that begin so. May be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="Choose all that are pending.")]
