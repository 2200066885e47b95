"""Commands to try the service: `replay` texts through its doors, `demo`, and `sign` for the SMS door."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.commands.common.process import open_parts
from app.commands.common.terminal import ERR, EX_USAGE, OUT, json_line, print_line, print_note, print_table, stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.simulator.row_outcomes import SentRow
    from monitor.audit.audit import Audit

# Seconds to wait until the stages have processed the replayed texts.
_SETTLE_SECONDS = 300.0
# Seconds to wait then until the ledger has the agencies.
_DISPATCH_SECONDS = 60.0


def replay(
    file: Annotated[Path, typer.Argument(help="CSV with a column `text`, and optionally `title` and `id`.")],
    channels: Annotated[
        str, typer.Option("--channels", help="Channels to use, in turn, separated by commas. Default: all.")
    ] = "",
    outcomes: Annotated[
        Path | None,
        typer.Option(
            "--outcomes",
            metavar="FILE",
            help="File for the outcomes. Default: the CSV's name with .outcomes.jsonl.",
        ),
    ] = None,
) -> None:
    """Send a CSV of texts through the real doors. Starts the service for this time if it is not running.

    Writes what became of each row as JSON lines: row, id, channel, number, state (complaint, set_aside, dead_letter,
    pending, refused), relation, related_number, agency, and the reason of a row that is no complaint.
    """
    from app.simulator.replay import CHANNELS, Replay, load_reports
    from app.simulator.row_outcomes import settled_outcomes
    from app.simulator.wait import running_service, settled_audit

    chosen = [channel.strip() for channel in channels.split(",") if channel.strip()] or list(CHANNELS)
    if unknown := set(chosen) - set(CHANNELS):
        stop(f"There is no channel {', '.join(sorted(unknown))}. Use {', '.join(CHANNELS)}.", EX_USAGE)
    with open_parts() as parts, running_service(parts.settings, print_note, parts.clock):
        rows = load_reports(file)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=ERR) as progress:
            task = progress.add_task("accepted", total=len(rows))
            sent = Replay(parts, chosen, lambda: progress.advance(task)).run(rows)
        print_note("Waiting until every stage has processed them.")
        audit = settled_audit(parts, patience=_SETTLE_SECONDS)
        path = outcomes or Path(f"{file.stem}.outcomes.jsonl")
        with path.open("w", encoding="utf-8") as lines:
            settled = settled_outcomes(parts, sent, _DISPATCH_SECONDS)
            lines.writelines(f"{json_line(outcome.as_json())}\n" for outcome in settled)
    _print_result(sent, audit)
    print_note(f"Outcome of each row: {path}")
    sys.exit(0 if audit.clean and not any(row.refusal for row in sent) else 1)


def _print_result(sent: Sequence[SentRow], audit: Audit) -> None:
    """Print the counts of the rows, the audit, and the rows that no door accepted."""
    from app.commands.topics import print_audit

    refused = [row for row in sent if row.refusal]
    OUT.print(f"rows {len(sent)}, accepted {len(sent) - len(refused)}", highlight=False)
    print_audit(audit)
    for row in refused:
        print_note(f"refused row {row.row} ({row.id}) by {row.channel}: {row.refusal}")


def demo() -> None:
    """Send invented messages through all five channels of a temporary service, and show the outcome of each."""
    from app.simulator import demo as simulator_demo
    from app.surroundings import system_surroundings

    def show_table(title: str, table: simulator_demo.ShownTable) -> None:
        print_line(title)
        print_table(table.columns, table.rows, table.uncut)

    sys.exit(simulator_demo.run(show_table, ERR, system_surroundings()))


def sign(url: str, fields: Annotated[list[str], typer.Argument(help="name=value, as Twilio would send them")]) -> None:
    """Print the X-Twilio-Signature of a request with this service's token, to test the SMS door by hand."""
    from twilio.request_validator import RequestValidator

    with open_parts() as parts:
        pairs = dict(field.split("=", 1) for field in fields)
        print(RequestValidator(parts.secrets.twilio_tokens[0]).compute_signature(url, pairs))
