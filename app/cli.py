"""The `satupintu` command line."""

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from twilio.request_validator import RequestValidator

from app import answers, checks, quarantine, tailing, twitter
from app.assembly import EX_CONFIG, Parts, utc_now
from app.migrate import migrate
from app.moments import read_moment
from app.practice import demo
from app.practice.replay import CHANNELS, Replay, ReplayError, letters
from app.quarantine import Choice, Decided, Quarantine
from app.reconcile import PICTURE_SECONDS, Reconciler, TwilioAway, TwilioList
from app.service import STAGES, Service
from app.underway import running_service, settled_audit
from app.welcome import welcome
from bus.errors import Retry, Stop
from config import logs
from config.database import DatabaseAway
from config.settings import SettingsError, load
from ingest.sms.media import MediaFetcher
from ingest.twitter.withdrawn import compliance_events
from messages.shapes import iso
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
        # The doors keep what they accept until there is a bus; the stages alone have nothing to do without one.
        checks.must_pass(parts, without_bus=not stages or "ingest" in stages)
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


@app.command("x-reads")
def x_reads(as_json_: Json = False) -> None:
    """How many posts X gave today (UTC), and how many it may be asked for."""
    with _parts() as parts:
        migrate(parts.engine)
        reads = twitter.budget(parts).today()
        if as_json_:
            _out.print_json(data={"day": str(reads.day), "used": reads.used, "limit": reads.limit or None})
            return
        _out.print(f"{reads.day}: {reads.used} of {reads.limit or 'any number'}", highlight=False)


@app.command("x-withdrawn")
def x_withdrawn(
    file: Annotated[Path, typer.Argument(help="The result of a compliance job of X: one JSON object a line.")],
) -> None:
    """Believe X's compliance events: what was deleted or made protected is not to be shown any more."""
    with _parts() as parts:
        migrate(parts.engine)
        parts.ensure_topics()
        producer = parts.bus.producer()
        try:
            gone = twitter.withdrawals(parts, producer).take(compliance_events(file.read_text()))
        finally:
            producer.close()
        _out.print(f"{gone} of our posts are gone", highlight=False)


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
    for kind, named in found.differences.items():
        for subject, what in named.items():
            _out.print(f"{kind} {subject}: {what}", markup=False, highlight=False)


@app.command("demo")
def demo_() -> None:
    """Send invented messages through all four doors of a throwaway service, and show what became of each."""
    sys.exit(demo.run(_out, _err))


quarantine_app = typer.Typer(no_args_is_help=True, help="What the doors kept aside, for a person to decide.")
app.add_typer(quarantine_app, name="quarantine")

Why = Annotated[str, typer.Option("--why", help="Kept with the decision; name no citizen.")]
Actor = Annotated[str, typer.Option("--actor", help="Who decides; kept with the decision.")]
HeldFor = Annotated[str | None, typer.Option("--reason", help="Only what is held for this reason.")]
Since = Annotated[str | None, typer.Option("--since", help="Held since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")]
Until = Annotated[str | None, typer.Option("--until", help="Held before.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this id, or what begins so; may be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="All that waits, where nothing is chosen.")]


def _moment(typed: str) -> datetime:
    try:
        return read_moment(typed, utc_now())
    except ValueError as error:
        _stop(str(error), 2)


def _choice(reason: str | None, since: str | None, until: str | None, named: list[str] | None) -> Choice:
    moments = [_moment(typed) if typed else None for typed in (since, until)]
    return Choice(reason, moments[0], moments[1], tuple(named or ()))


def _quarantine(parts: Parts) -> Quarantine:
    return Quarantine(parts.bus, parts.wrapper, parts.sealer)


@quarantine_app.command("list")
def quarantine_list(
    reason: HeldFor = None, since: Since = None, until: Until = None, named: Ids = None, as_json_: Json = False
) -> None:
    """List what waits for a decision: when it came, by which channel, why it is held; never what it says."""
    with _parts() as parts:
        waiting = _quarantine(parts).waiting(_choice(reason, since, until, named))
        rows = [quarantine.row(held) for held in waiting]
        if as_json_:
            print(json.dumps(rows))
            return
        table = Table("id", "at", "channel", "reason")
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        _out.print(table)


@quarantine_app.command("show")
def quarantine_show(
    begin: Annotated[str, typer.Argument(metavar="ID", help="The id, or how it begins.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print what it says. That you looked is kept.")] = False,
    actor: Actor = "",
    why: Why = "",
) -> None:
    """Say of one held message what can be said without saying what it says."""
    if reveal:
        _must_say(actor, why)
    with _parts() as parts:
        mine = _quarantine(parts)
        held = mine.find(begin)
        if reveal:
            print(mine.reveal(held, actor, why, utc_now()).decode("utf-8", "replace"))
        else:
            print(json.dumps(mine.about(held)))


@quarantine_app.command("release")
def quarantine_release(
    actor: Actor,
    why: Why,
    reason: HeldFor = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
) -> None:
    """Let messages out: each goes the way of those that its door accepted, its sender unproven."""
    _must_say(actor, why)
    choice = _some(_choice(reason, since, until, named), everything=everything)
    with _parts() as parts:
        _decided("released", _quarantine(parts).release(choice, actor, why, utc_now()))


@quarantine_app.command("drop")
def quarantine_drop(
    actor: Actor,
    why: Why,
    reason: HeldFor = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
) -> None:
    """Decide that messages are none; they are listed no more. What is named by its id can still be released."""
    _must_say(actor, why)
    choice = _some(_choice(reason, since, until, named), everything=everything)
    with _parts() as parts:
        _decided("dropped", _quarantine(parts).drop(choice, actor, why, utc_now()))


def _must_say(actor: str, why: str) -> None:
    if not actor.strip() or not why.strip():
        _stop("--actor and --why are needed: they are kept with what you do", 2)


def _some(choice: Choice, *, everything: bool) -> Choice:
    if choice.everything and not everything:
        _stop("say which: --id, --reason, --since or --until; or --all", 2)
    return choice


def _decided(what: str, decisions: Iterable[Decided]) -> None:
    count = 0
    for done in decisions:
        print(done.held.raw.id, done.tracking)
        count += 1
    _err.print(f"{what}: {count}", highlight=False)


reconcile_app = typer.Typer(no_args_is_help=True, help="Compare what a provider has for us with what the bus has.")
app.add_typer(reconcile_app, name="reconcile")


@reconcile_app.callback()
def _reconcile() -> None:
    """Compare what a provider has for us with what the bus has."""


@reconcile_app.command("sms")
def reconcile_sms(
    since: Annotated[str, typer.Option(help="2026-11-24, 2026-11-24T08:00+07:00, or so long ago: 24h, 7d.")],
    to: Annotated[list[str] | None, typer.Option(help="Our number; may be repeated. Else all of the account.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    as_json_: Json = False,
) -> None:
    """Find the messages that Twilio received and the bus has not, and fill the gap; exit 1 if one is left."""
    moment = _moment(since)
    with _parts() as parts:
        settings = parts.settings
        migrate(parts.engine)
        twilio = TwilioList(settings.twilio_url, settings.twilio_account_sid, parts.secrets.twilio_tokens)
        media = MediaFetcher(settings.twilio_url, parts.attachments, patience=PICTURE_SECONDS)
        mine = Reconciler(parts.bus, parts.wrapper, media, twilio)
        try:
            gap = mine.gap(moment, to or (), utc_now())
        except TwilioAway as error:
            _stop(f"Twilio gave no list: {error}", EX_UNAVAILABLE)
        filled = [] if dry_run else [raw.provider_id for raw in mine.fill(gap)]
    missing = [found.sid for found in gap.missing]
    if as_json_:
        print(json.dumps({"listed": gap.listed, "missing": missing, "filled": filled}))
    else:
        for found in gap.missing:
            print(found.sid, iso(found.at), "filled" if found.sid in filled else "missing")
        _err.print(f"listed {gap.listed}, missing {len(missing)}, filled {len(filled)}", highlight=False)
    sys.exit(0 if len(filled) == len(missing) else 1)


@app.command()
def sign(url: str, fields: Annotated[list[str], typer.Argument(help="name=value, as Twilio would send them")]) -> None:
    """Print the X-Twilio-Signature of a request, with this service's own token: to try the SMS door by hand."""
    with _parts() as parts:
        pairs = dict(field.split("=", 1) for field in fields)
        print(RequestValidator(parts.secrets.twilio_tokens[0]).compute_signature(url, pairs))


if __name__ == "__main__":
    main()
