"""Builds the mobile app's door, and translates the ledger's status of a number for the app's feed."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from app.assembly.doors.documented_responses import PROBLEM_RESPONSES
from app.assembly.doors.parts import DoorParts
from app.assembly.installed_channel import HttpDoor, HttpParts
from ingest.mobile.app.door import AppDoor
from ingest.mobile.app.files import read_files, with_version
from ingest.mobile.door import MobileDoor
from ingest.mobile.sequences import Sequences
from ingest.mobile.shapes import ShownPart, ShownReport
from ingest.mobile.uploads import Uploads
from language.masking import mask_with_labels
from sinks.ledger.own.own_report import LastWords, OwnReports
from sinks.ledger.status import ReportStatus, StatusReader


def mobile_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    """Return the app's door, and the app for browsers."""
    door = MobileDoor(
        http.gate,
        parts.wrapper,
        http.store,
        parts.devices,
        Sequences(parts.engine),
        Uploads(parts.engine, parts.sealer, parts.attachments),
        parts.regions,
        partial(report_states, parts.ledger, OwnReports(parts.engine, parts.ledger, mask_with_labels)),
        parts.settings.reached_at,
        parts.link_of,
    )
    app = AppDoor(with_version(read_files()))
    return HttpDoor(door.routes(), PROBLEM_RESPONSES, is_busy=True), HttpDoor(app.routes())


def report_states(ledger: StatusReader, own_reports: OwnReports, numbers: Sequence[str]) -> Mapping[str, ShownReport]:
    """Return the states of a device's reports with the agencies' words, without those that the ledger lacks (yet)."""
    statuses = ledger.statuses(numbers)
    words = own_reports.last_words(statuses.values())
    return {number: _shown_report(status, words[number]) for number, status in statuses.items()}


def _shown_report(status: ReportStatus, words: LastWords) -> ShownReport:
    return ShownReport(
        state=status.whole_state,
        sentence=status.sentence_to_sender,
        changed_at=status.changed_at,
        agency=status.agency,
        belongs_to=status.repeated_number,
        answer=words.answer,
        question=words.question,
        pictures=tuple(file.id for file in words.pictures),
        document=words.document.id if words.document else None,
        asks_rating=words.asks_rating,
        parts=tuple(map(_shown_part, status.parts)),
    )


def _shown_part(part: ReportStatus) -> ShownPart:
    return ShownPart(
        tracking=part.tracking,
        number=part.part_number,
        state=part.state,
        sentence=part.sentence_to_sender,
        agency=part.agency,
    )
