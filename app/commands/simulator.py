"""Trying the service: texts through its doors, the demo, and a signature to try the SMS door by hand."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from twilio.request_validator import RequestValidator

from app.commands.common import ERR, EX_USAGE, OUT, opened, stop
from app.commands.reports import print_audit
from app.simulator import demo as practice_demo
from app.simulator.replay import CHANNELS, Replay, load_reports
from app.simulator.wait import running_service, settled_audit
from monitor.audit.audit import Audit


def replay(
    file: Annotated[Path, typer.Argument(help="CSV with a column `text`, and `title` and `id` if there are.")],
    channels: Annotated[str, typer.Option(help="Doors to use, in turn.")] = ",".join(CHANNELS),
) -> None:
    """Feed a CSV of texts through the real doors; starts the service for the while if it is not running."""
    chosen = [channel.strip() for channel in channels.split(",") if channel.strip()]
    if unknown := set(chosen) - set(CHANNELS):
        stop(f"no such channel: {', '.join(sorted(unknown))}; there are {', '.join(CHANNELS)}", EX_USAGE)
    with opened() as parts, running_service(parts.settings, lambda says: ERR.print(says, markup=False)):
        rows = load_reports(file)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=ERR) as progress:
            task = progress.add_task("accepted", total=len(rows))
            outcome = Replay(parts, chosen, lambda: progress.advance(task)).run(rows)
        ERR.print("waiting until every stage has worked them")
        found = settled_audit(parts, patience=300.0)
        _summary(len(rows), len(outcome.accepted), found)
        for ref, why in outcome.refused.items():
            ERR.print(f"refused {ref}: {why}", markup=False)
    sys.exit(0 if not outcome.refused and found.clean else 1)


def _summary(rows: int, accepted: int, found: Audit) -> None:
    OUT.print(f"rows {rows}, accepted {accepted}", highlight=False)
    print_audit(found)


def demo() -> None:
    """Send invented messages through all four doors of a throwaway service, and show what became of each."""
    sys.exit(practice_demo.run(OUT, ERR))


def sign(url: str, fields: Annotated[list[str], typer.Argument(help="name=value, as Twilio would send them")]) -> None:
    """Print the X-Twilio-Signature of a request, with this service's own token: to try the SMS door by hand."""
    with opened() as parts:
        pairs = dict(field.split("=", 1) for field in fields)
        print(RequestValidator(parts.secrets.twilio_tokens[0]).compute_signature(url, pairs))
