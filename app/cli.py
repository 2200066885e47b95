"""The `satupintu` command line."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from twilio.request_validator import RequestValidator

from app import answers, checks, tailing
from app.assembly import EX_CONFIG, Parts
from app.migrate import migrate
from app.practice import demo
from app.practice.replay import CHANNELS, Replay, ReplayError, letters
from app.service import STAGES, Service
from app.underway import running_service, settled_audit
from app.welcome import welcome
from bus.errors import Retry, Stop
from config import logs
from config.database import DatabaseAway
from config.settings import SettingsError, load
from messages.tracking import read_tracking_number
from monitor.audit import Audit
from router.registry import RegistryError
from sinks.ledger.page import as_json

# sysexits.h.
EX_UNAVAILABLE = 69

app = typer.Typer(
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="One door for public complaints."
)
_out = Console()
_err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def main() -> None:
    """Run a command; what a person can mend is said in a sentence, not in a traceback."""
    try:
        app()
    except (SettingsError, RegistryError, ReplayError) as error:
        _stop(str(error), EX_CONFIG)
    except Stop as error:
        _stop(str(error), EX_CONFIG)
    except (OSError, sqlite3.Error) as error:
        _stop(f"{type(error).__name__}: {error}; look at the data folder (SATUPINTU_HOME)", EX_UNAVAILABLE)
    except (Retry, DatabaseAway) as error:
        _stop(f"{error}: the bus or the database can't be reached; is it running?", EX_UNAVAILABLE)


def _stop(says: str, code: int) -> NoReturn:
    _err.print(says, style="bold red", markup=False, highlight=False)
    sys.exit(code)


@contextmanager
def _parts() -> Iterator[Parts]:
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    yield Parts(settings)


@app.command()
def run(
    stages: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STAGES)}; all by default.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print addresses and examples first.")] = False,
) -> None:
    """Run the service: all stages in one process, or the ones named."""
    if unknown := set(stages or ()) - set(STAGES):
        _stop(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}", 2)
    with _parts() as parts:
        checks.must_pass(parts)
        if not stages or "ingest" in stages:
            checks.ports_must_be_free(parts)
        if not stages and not quiet:
            print(welcome(parts), file=sys.stderr)  # as it is: a wrapped command can not be pasted
        sys.exit(Service(parts, stages or STAGES).run())


@app.command()
def check(as_json_: Json = False) -> None:
    """Say whether the service could start, and what is wrong if not."""
    with _parts() as parts:
        findings = checks.findings(parts)
        if as_json_:
            _out.print_json(data=[{"what": f.what, "ok": f.ok, "says": f.says} for f in findings])
        else:
            for found in findings:
                _out.print(
                    f"{'ok  ' if found.ok else 'FAIL'} {found.what}: {found.says}", markup=False, highlight=False
                )
        sys.exit(0 if all(found.ok for found in findings) else EX_CONFIG)


@app.command()
def topics(as_json_: Json = False) -> None:
    """List the topics: what each carries, and how many records it holds."""
    with _parts() as parts:
        rows = tailing.topic_rows(parts)
        if as_json_:
            _out.print_json(data=rows)
            return
        table = Table("topic", "shape", "partitions", "records", "key", "writer", "readers")
        for row in rows:
            table.add_row(*(str(row[column.header]) for column in table.columns))  # type: ignore[index]
        _out.print(table)


@app.command()
def tail(
    topic: str, follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False
) -> None:
    """Print a topic's records as JSON lines; identities and numbers that could be one are masked."""
    with _parts() as parts:
        if topic not in {known.name for known in parts.topics}:
            _stop(f"no such topic: {topic}; `satupintu topics` lists them", 2)
        for line in tailing.lines(parts, topic, follow=follow):
            print(line, flush=True)


@app.command()
def status(number: str, as_json_: Json = False) -> None:
    """What became of a tracking number."""
    with _parts() as parts:
        tracking = read_tracking_number(number)
        if tracking is None:
            _stop(f"{number} is not a tracking number: its check symbol does not fit", 2)
        found = parts.ledger.status(tracking)
        if found is None:
            _stop(f"{tracking} is not in the ledger (yet)", 1)
        if as_json_:
            _out.print_json(data=as_json(found))
            return
        _out.print(f"{found.tracking}  {found.state}  {found.relation}{f' of {found.of}' if found.of else ''}")
        for step in found.steps:
            _out.print(f"  {step.at:%Y-%m-%d %H:%M:%S}Z  {step.what:10}  {step.agency}", highlight=False, markup=False)


@app.command()
def answer(
    number: str,
    verdict: Annotated[str, typer.Argument(help="accepted, refused, responded or closed")],
    text: Annotated[str, typer.Option(help="What the agency says.")] = "",
    theirs: Annotated[str | None, typer.Option(help="With refused: the code of the agency thought competent.")] = None,
) -> None:
    """Answer as the agency at whose door a complaint is now."""
    with _parts() as parts:
        said = answers.answer(parts, number, verdict, text, theirs)
        _out.print(f"{said.agency}: {said.verdict}", markup=False)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="CSV with a column `text`, and `title` and `id` if there are.")],
    channels: Annotated[str, typer.Option(help="Doors to use, in turn.")] = ",".join(CHANNELS),
) -> None:
    """Feed a CSV of texts through the real doors; starts the service for the while if it is not running."""
    chosen = [channel.strip() for channel in channels.split(",") if channel.strip()]
    if unknown := set(chosen) - set(CHANNELS):
        _stop(f"no such channel: {', '.join(sorted(unknown))}; there are {', '.join(CHANNELS)}", 2)
    with _parts() as parts, running_service(parts.settings, lambda says: _err.print(says, markup=False)):
        rows = letters(file)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=_err) as progress:
            task = progress.add_task("accepted", total=len(rows))
            outcome = Replay(parts, chosen, lambda: progress.advance(task)).run(rows)
        _err.print("waiting until every stage has worked them")
        found = settled_audit(parts, patience=300.0)
        _summary(len(rows), len(outcome.accepted), found)
        for ref, why in outcome.refused.items():
            _err.print(f"refused {ref}: {why}", markup=False)
    sys.exit(0 if not outcome.refused and found.clean else 1)


def _summary(rows: int, accepted: int, found: Audit) -> None:
    _out.print(f"rows {rows}, accepted {accepted}", highlight=False)
    _print_audit(found)


@app.command()
def audit(
    as_json_: Json = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for messages that are still underway.")] = 30.0,
) -> None:
    """Count what became of every accepted message; exit 1 if any is lost or there twice."""
    with _parts() as parts:
        migrate(parts.engine)
        found = settled_audit(parts, patience=wait)
        if as_json_:
            print(json.dumps(found.as_json()))
        else:
            _print_audit(found)
        sys.exit(0 if found.clean else 1)


def _print_audit(found: Audit) -> None:
    table = Table("what became of them", "messages")
    for name, value in found.as_json().items():
        if name != "differences":
            table.add_row(name, str(value))
    _out.print(table)
    for subject, what in (found.lost | found.doubled).items():
        _out.print(f"{subject}: {what}", markup=False, highlight=False)


@app.command("demo")
def demo_() -> None:
    """Send invented messages through all four doors of a throwaway service, and show what became of each."""
    sys.exit(demo.run(_out, _err))


@app.command()
def sign(url: str, fields: Annotated[list[str], typer.Argument(help="name=value, as Twilio would send them")]) -> None:
    """Print the X-Twilio-Signature of a request, with this service's own token: to try the SMS door by hand."""
    with _parts() as parts:
        pairs = dict(field.split("=", 1) for field in fields)
        print(RequestValidator(parts.secrets.twilio_tokens[0]).compute_signature(url, pairs))


if __name__ == "__main__":
    main()
