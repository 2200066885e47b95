"""Plays the conversation after the intake, one on each channel: an answer, an objection, and what each side reads."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

import requests
from sqlmodel import col, select

from app.assembly.parts import Parts
from app.operations.agency_answers import AgencyAnswers
from app.simulator.sender import Sender, SimulatedReport
from bus.errors import Retry
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from messages import codec
from messages.shapes import Reply
from messages.topics import REPLIES

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 60.0
_ANSWER = "Petugas sudah datang dan memperbaikinya."
_OBJECTION = "Belum selesai, masih sama seperti kemarin."
# The service writes to senders of the form only after they have proven a contact.
_WITH_REPLIES = frozenset({"sms", "mobile", "twitter"})
# A post never has a link.
_WITHOUT_LINK = frozenset({"twitter"})


@dataclass(frozen=True, slots=True)
class PlayedReport:
    """A report that was sent: its channel, the citizen's number and text, and the tracking number."""

    channel: str
    sender: int
    text: str
    number: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation: who reads it, where, and the words."""

    channel: str
    reader: str
    words: str


def play(parts: Parts, sender: Sender, reports: Sequence[PlayedReport]) -> Sequence[Line]:
    """Let the agency of each report close it, and its citizen object. Return what each side reads.

    Raises `Retry` if a case is not open again in time.
    """
    answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
    for report in reports:
        if _state(parts, report.number) != "selesai":
            answers.publish(report.number, "closed", _ANSWER, None, parts.now(), "demo")
        _wait(parts, report.number, "selesai")
        _object(parts, sender, report)
    for report in reports:
        _wait(parts, report.number, "dibuka-lagi")
    replies = _replies(parts)
    return [line for report in reports for line in _lines(parts, report, replies)]


def _object(parts: Parts, sender: Sender, report: PlayedReport) -> None:
    """Send the objection as a citizen of the channel does: an SMS, a post, or the form of the own page."""
    if report.channel == "sms":
        text = f"BELUM {report.number} {_OBJECTION}"
        sender.sms(SimulatedReport(f"belum:{report.number}", text, sender=report.sender)).raise_for_status()
    elif report.channel == "twitter":
        sender.twitter(SimulatedReport(f"belum:{report.number}", _OBJECTION, sender=report.sender)).raise_for_status()
    else:
        address = f"http://127.0.0.1:{parts.settings.port}/web/follow-ups"
        follow_up = {"token": _token(parts, report.number), "act": "objects", "text": _OBJECTION}
        requests.post(address, json=follow_up, timeout=_TIMEOUT_SECONDS).raise_for_status()


def _lines(parts: Parts, report: PlayedReport, replies: Mapping[str, Sequence[str]]) -> Iterable[Line]:
    yield Line(report.channel, "agency", report.text)
    if report.channel in _WITH_REPLIES:
        yield from (Line(report.channel, "citizen, reply", text) for text in replies.get(report.number, ()))
    yield Line(report.channel, "agency", _OBJECTION)
    if report.channel in _WITHOUT_LINK:
        yield Line(report.channel, "citizen, status", _state(parts, report.number))
        return
    address = f"http://127.0.0.1:{parts.settings.port}/l/{_token(parts, report.number)}"
    page = requests.get(address, headers={"Accept": "application/json"}, timeout=_TIMEOUT_SECONDS).json()
    yield Line(report.channel, "citizen, own page", page["answer"])
    yield Line(report.channel, "citizen, own page", f"{page['state']}: {page['sentence']}")


def _state(parts: Parts, number: str) -> str:
    status = parts.ledger.status(number)
    return status.state if status else ""


def _wait(parts: Parts, number: str, state: str) -> None:
    deadline = parts.clock.monotonic() + _PATIENCE_SECONDS
    while _state(parts, number) != state:
        if parts.clock.monotonic() > deadline:
            raise Retry(f"{number} is {_state(parts, number)}, and not {state} after {_PATIENCE_SECONDS:.0f} s")
        parts.clock.sleep(0.1)


def _token(parts: Parts, number: str) -> str:
    """Return the last part of the sender's own link."""
    with read_transaction(parts.engine) as connection:
        query = select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
        message_id: UUID = connection.execute(query).scalar_one()
    return parts.keys.link_of(message_id).rpartition("/")[2]


def _replies(parts: Parts) -> Mapping[str, Sequence[str]]:
    """Return what the service writes to each sender, by tracking number, in order."""
    texts: dict[str, list[str]] = {}
    with closing(parts.bus.reader()) as reader:
        for record in reader.read([REPLIES]):
            reply = codec.decode(Reply, record.value, record.headers)
            texts.setdefault(reply.tracking, []).append(reply.text)
    return texts
