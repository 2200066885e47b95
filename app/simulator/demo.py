"""Demo: a temporary service, about forty invented messages through its five channels, and answers and objections."""

import json
import socket
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import requests
from rich.console import Console
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.operations.agency_answers import AgencyAnswers
from app.operations.duplicates.suggested_pairs import SuggestedPairs
from app.simulator.conversation import Line, PlayedReport, play
from app.simulator.officer import Counter, OfficerStep, OfficerVisit
from app.simulator.sender import Sender, SimulatedReport, reference_for, tracking_in
from app.simulator.wait import settled_audit, started, wait_until_polled, wait_until_ready
from app.surroundings import Surroundings
from bus.errors import Retry
from cases.facts.tables import DispatchFact
from config.database import read_transaction
from config.settings import Settings
from messages import codec
from messages.shapes import Reply
from messages.topics import REPLIES
from sinks.ledger.status import ReportStatus

_PATIENCE_SECONDS = 60.0
_HUGE_BYTES = 1_000_000
# The institution that has the counter. Its officers enter reports for any institution.
_COUNTER_OF = "kota-3374"


@dataclass(frozen=True, slots=True)
class Sent:
    """Message with the door's answer, and with its tracking number if it was accepted."""

    case: Mapping[str, Any]
    answer: str
    tracking: str | None
    # Id of the post on X; 0 for other channels.
    post: int = 0


class ShownTable(NamedTuple):
    """Names of columns, and rows. The cells of the `uncut` columns stand in one line."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    uncut: tuple[str, ...] = ()


def run(show_table: Callable[[str, ShownTable], None], err: Console, surroundings: Surroundings) -> int:
    """Run the demo and print the audit's JSON as the last line. Return 0 if the audit has no difference.

    `show_table` prints a table with its title.
    """
    cases = json.loads((Path(__file__).parent / "demo.json").read_text())
    with tempfile.TemporaryDirectory(prefix="satupintu-demo-") as folder:
        # The demo ignores the user's own settings.
        demo_settings = {"home": folder, "port": str(_free_port()), "bus": "local", "public_view": "true"}
        demo_settings |= dict.fromkeys(("database_url", "public_url", "x_base_url", "x_bearer_token"), "")
        parts = Parts(Settings.model_validate(demo_settings), CHANNELS, surroundings)
        err.print(f"starting a service on port {parts.settings.port}")
        with started({f"SATUPINTU_{name.upper()}": value for name, value in demo_settings.items()}) as process:
            wait_until_ready(parts.settings.port, process, parts.clock)
            counter = Counter(parts, _COUNTER_OF)
            sent = [_send(parts, counter, case) for case in cases]
            err.print("waiting until every stage has processed them")
            _settle(parts, sent)
            for entry in sent:
                if entry.case.get("refuse") and entry.tracking:
                    answers = AgencyAnswers(
                        parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys
                    )
                    answers.publish(entry.tracking, "refused", "bukan kewenangan kami", None, parts.now(), "demo")
                    _wait_for(parts, entry.tracking, lambda status: _dispatch_count(status) > 1)
            err.print("an officer reads, asks, answers and closes one of them")
            number, steps = _visit_desk(parts, sent)
            err.print("a citizen on each channel objects to the answer")
            lines = play(parts, _sender(parts), _played_reports(sent))
            audit = settled_audit(parts, _PATIENCE_SECONDS)
            show_table("What became of each message", _message_table(parts, sent))
            show_table(
                "The desk: what an officer did, and what the citizen reads",
                _desk_table(steps, _replies_to(parts, number)),
            )
            show_table("An answer, an objection, and what each side reads", _conversation_table(lines))
            print(json.dumps(audit.as_json()), flush=True)
    return 0 if audit.clean and not audit.pending else 1


def _send(parts: Parts, counter: Counter, case: Mapping[str, Any]) -> Sent:
    sender = _sender(parts, "not Twilio's" if case.get("forged") else "")
    address = f"http://127.0.0.1:{parts.settings.port}"
    text = "a" * _HUGE_BYTES if case.get("huge") else case.get("text", "")
    ref = reference_for(case["channel"], case.get("ref", ""), text, str(case["sender"]))
    optional_fields = {name: case[name] for name in ("title", "region", "agency", "kind") if name in case}
    report = SimulatedReport(ref, text, sender=case["sender"], retweet=case.get("retweet", False), **optional_fields)
    if "body" in case:
        path = {"web": "/web/reports", "mobile": "/mobile/v1/reports"}[case["channel"]]
        headers = {"content-type": "application/json", "Idempotency-Key": ref}
        response = requests.post(address + path, data=case["body"], headers=headers, timeout=30)
    elif case["channel"] == "counter":
        response = counter.enter(report)
    else:
        response = sender.send(case["channel"], report)
    post = int(response.json()["data"]["id"]) if case["channel"] == "twitter" else 0
    return Sent(case, _answered(response), _tracking(parts, post, response), post)


def _sender(parts: Parts, token: str = "") -> Sender:
    settings, secrets = parts.settings, parts.secrets
    address = f"http://127.0.0.1:{settings.port}"
    return Sender(address, settings.reached_at, token or secrets.twilio_tokens[0], settings.x_url, secrets.x_token)


def _played_reports(sent: Iterable[Sent]) -> Sequence[PlayedReport]:
    """Return the first report of each channel."""
    plain = (entry for entry in sent if entry.case["case"] == "plain" and entry.tracking)
    return [
        PlayedReport(entry.case["channel"], entry.case["sender"], entry.case["text"], entry.tracking or "")
        for entry in plain
    ]


def _answered(response: requests.Response) -> str:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        fields = ", ".join(error["field"] for error in response.json()["errors"])
        return f"{response.status_code} {response.json()['reason']} {fields}".strip()
    return str(response.status_code)


def _tracking(parts: Parts, post: int, response: requests.Response) -> str | None:
    if post:
        return parts.wrapper.tracking("twitter", str(post))
    return tracking_in(response)


def _settle(parts: Parts, sent: Sequence[Sent]) -> None:
    """Wait until the ledger has a dispatch for every accepted complaint."""
    wait_until_polled(parts.settings.x_url, max(entry.post for entry in sent), _PATIENCE_SECONDS, parts.clock)
    for entry in sent:
        if entry.tracking and entry.case["case"] not in {"retweet", "nothing said"}:
            _wait_for(parts, entry.tracking, lambda status: _dispatch_count(status) > 0)


def _wait_for(parts: Parts, tracking: str, is_done: Callable[[ReportStatus], bool]) -> None:
    deadline = parts.clock.monotonic() + _PATIENCE_SECONDS
    while parts.clock.monotonic() < deadline:
        status = parts.ledger.status(tracking)
        if status and is_done(status):
            return
        parts.clock.sleep(0.1)
    raise Retry(f"{tracking} did not arrive within {_PATIENCE_SECONDS:.0f} s")


def _visit_desk(parts: Parts, sent: Sequence[Sent]) -> tuple[str, Sequence[OfficerStep]]:
    """Let an officer work on the first plain SMS; return its number and the steps."""
    number = next(entry.tracking for entry in sent if entry.tracking and entry.case["channel"] == "sms")
    with read_transaction(parts.engine) as connection:
        query = select(col(DispatchFact.agency)).where(col(DispatchFact.tracking) == number)
        agency = connection.execute(query.order_by(col(DispatchFact.hop).desc())).scalars().first() or ""
    steps = OfficerVisit(parts, agency, number).run()
    _wait_for(parts, number, lambda status: status.state == "selesai")
    return number, steps


def _replies_to(parts: Parts, number: str) -> Sequence[str]:
    """Return what the sender of a report is told, in order."""
    with closing(parts.bus.reader()) as reader:
        replies = [codec.decode(Reply, record.value, record.headers) for record in reader.read([REPLIES])]
    return [reply.text for reply in replies if reply.tracking == number]


def _desk_table(steps: Iterable[OfficerStep], replies: Iterable[str]) -> ShownTable:
    rows = [("officer", step.by, step.act, step.text) for step in steps]
    return ShownTable(("who", "by", "act", "text"), [*rows, *(("citizen", "SMS", "reads", text) for text in replies)])


def _conversation_table(lines: Iterable[Line]) -> ShownTable:
    return ShownTable(("channel", "who reads", "words"), [(line.channel, line.reader, line.words) for line in lines])


def _dispatch_count(status: ReportStatus) -> int:
    return sum(step.kind == "dispatched" for step in status.steps)


def _message_table(parts: Parts, sent: Iterable[Sent]) -> ShownTable:
    columns = ("case", "channel", "door's answer", "number", "outcome", "agencies")
    return ShownTable(columns, [_message_row(parts, entry) for entry in sent], uncut=("number",))


def _message_row(parts: Parts, entry: Sent) -> tuple[str, ...]:
    status = parts.ledger.status(entry.tracking) if entry.tracking else None
    outcome, agencies = _outcome(entry, status)
    if suggestion := SuggestedPairs(parts.engine).find(entry.tracking) if entry.tracking else None:
        outcome = f"{outcome}, perhaps {suggestion.suggested_number}"
    return entry.case["case"], entry.case["channel"], entry.answer, entry.tracking or "", outcome, agencies


def _outcome(entry: Sent, status: ReportStatus | None) -> tuple[str, str]:
    if status is None or status.set_aside:
        return ("not a complaint" if entry.tracking or entry.answer == "200" else "refused at the door"), ""
    agencies = [step.agency for step in status.steps if step.kind == "dispatched"]
    # The number of another citizen's complaint is not shown.
    outcome = (
        "new complaint" if status.relation == "new" else f"{status.relation} of {status.repeated_number or 'another'}"
    )
    return outcome, " → ".join(agencies)


def _free_port() -> int:
    """Return a free port whose next two are free too: practice X and the operations' pages use them."""
    while True:
        with socket.socket() as doors, socket.socket() as practice_x, socket.socket() as operations:
            doors.bind(("127.0.0.1", 0))
            port = int(doors.getsockname()[1])
            try:
                practice_x.bind(("127.0.0.1", port + 1))
                operations.bind(("127.0.0.1", port + 2))
            except OSError:
                continue
            return port
