"""Two reports that are perhaps the same, side by side, with sentences about place, time and pictures. Pure.

The sentences say what is equal and what is not. They decide nothing.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from desk.acts.answers import CaseProgressView
from desk.pages.case.case_model import ShownFile, place_lines, shown_files
from messages.shapes import Place, Report
from pages.translation.message import Message, counted
from pages.translation.message import message as _

_EARTH_METRES = 6_371_000.0
_KILOMETRE, _SHOWN_METRES = 1_000, 10
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ComparedReport:
    """One of the two reports. `case_number` is that of its case, `received_at` the time at which it was sent or came.

    `files` are empty where the person may not open them.
    """

    number: str
    case_number: str
    report: Report
    received_at: datetime
    place: Sequence[str]
    files: Sequence[ShownFile]


def compared_report(view: CaseProgressView, complaint_id: UUID) -> ComparedReport:
    """Return the report of a complaint that is the case or accompanies it; the case's own if it is not shown there."""
    case = view.case
    accompanying = next((report for report in case.reports if report.complaint_id == complaint_id), None)
    report = accompanying.report if accompanying else case.dispatch.report
    return ComparedReport(
        number=accompanying.tracking if accompanying else case.case.tracking,
        case_number=case.case.tracking,
        report=report,
        received_at=accompanying.at if accompanying else case.received_at or case.dispatch.at,
        place=list(place_lines(report)),
        files=shown_files(report) if case.are_files_open else (),
    )


def differences(left: ComparedReport, right: ComparedReport) -> Sequence[Message]:
    """Return the sentences: first place, then time, then pictures."""
    return [
        *_about_places(left.report.place, right.report.place),
        *_about_times(left, right),
        _about_pictures(left, right),
    ]


def _about_places(left: Place, right: Place) -> Iterator[Message]:
    words = [_place_words(place) for place in (left, right)]
    if all(words):
        yield _("Tempat yang ditulis sama.") if words[0] == words[1] else _("Tempat yang ditulis berbeda.")
    elif any(words):
        yield _("Hanya satu laporan menulis tempat.")
    else:
        yield _("Kedua laporan tidak mengisi tempat: baca isinya.")
    metres = _metres_between(left, right)
    if metres is None:
        return
    if metres < _KILOMETRE:
        rounded = round(metres / _SHOWN_METRES) * _SHOWN_METRES
        yield _("Jarak kedua titik di peta: {metres} m.").filled(metres=rounded)
    else:
        yield _("Jarak kedua titik di peta: {kilometres} km.").filled(kilometres=round(metres / _KILOMETRE))


def _about_times(left: ComparedReport, right: ComparedReport) -> Iterator[Message]:
    hours = round(abs(left.received_at - right.received_at) / _HOUR)
    days = abs((left.received_at - right.received_at).days)
    if hours == 0:
        yield _("Dilaporkan dengan selisih kurang dari satu jam.")
    elif hours < 48:  # noqa: PLR2004 - two days
        yield counted("Dilaporkan dengan selisih {count} jam.", hours)
    else:
        yield counted("Dilaporkan dengan selisih {count} hari.", days)
    times = [" ".join(item.report.incident_time.casefold().split()) for item in (left, right)]
    if all(times):
        yield _("Waktu kejadian sama.") if times[0] == times[1] else _("Waktu kejadian berbeda.")


def _about_pictures(left: ComparedReport, right: ComparedReport) -> Message:
    with_pictures = [item for item in (left, right) if item.report.attachments]
    if len(with_pictures) == 1:
        return _("Hanya laporan {number} punya gambar.").filled(number=with_pictures[0].number)
    return _("Keduanya punya gambar: bandingkan.") if with_pictures else _("Keduanya tanpa gambar.")


def _place_words(place: Place) -> str:
    return " ".join(f"{place.address} {place.district} {place.region}".casefold().split())


def _metres_between(left: Place, right: Place) -> float | None:
    """Return the distance of two points on the ground; `None` unless both have one."""
    if left.latitude is None or left.longitude is None or right.latitude is None or right.longitude is None:
        return None
    first, second = math.radians(left.latitude), math.radians(right.latitude)
    across = math.sin(math.radians(right.longitude - left.longitude) / 2) ** 2
    half_chord = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * across
    return 2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, half_chord)))
