"""Values of a case's page: the report's files, its history, and the acts that are possible. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.permissions import Actor, may
from cases.course.verdicts import state_after
from cases.pictures.store import NO_FILES, AnswerFile
from desk.acts.answers import CaseProgressView, PendingAct
from desk.pages.case.act_slugs import RIGHTS, VERDICTS_BY_NAME
from desk.read_model.case_view import SENDER_KINDS, AccompanyingReport, CaseEvent
from messages.shapes import AnswerContent, Attachment, Report, SenderAct, Verdict
from pages.translation.message import Message
from pages.wording.events import event_sentence

_KILOBYTE = 1_000
_FILE_KINDS: Mapping[str, str] = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "application/pdf": "PDF",
}


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A picture of a report or of an answer, or a document of an answer."""

    id: str
    kind: str
    kilobytes: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event in words. `text` is what was written, `actor` the person of the own agency.

    `is_pending`: the act is stored and not yet in the read model. `answer` is the content of an answer, `pictures` and
    `document` are its files.
    """

    at: datetime
    sentence: Message
    text: str
    actor: str
    is_own: bool
    counts: bool = True
    is_pending: bool = False
    answer: AnswerContent | None = None
    pictures: Sequence[ShownFile] = ()
    document: ShownFile | None = None


def possible_acts(view: CaseProgressView, actor: Actor) -> Sequence[Verdict]:
    """Return the acts that the person may do and that the state of the case accepts."""
    case = view.case.case
    if not case.is_current:
        return ()
    return [
        verdict
        for verdict in VERDICTS_BY_NAME.values()
        if may(actor, RIGHTS[verdict], case.agency)
        and state_after(view.state, verdict, case.agency) is not None
        and (verdict != "extended" or view.extension.longest)
    ]


def history(view: CaseProgressView, agency_name: Callable[[str], str]) -> Sequence[HistoryEntry]:
    """Return all events of a case, oldest first, and then the acts that are on their way."""
    own_agency = view.case.case.agency
    is_open = view.case.are_files_open
    entries = [_entry(event, own_agency, agency_name, are_files_open=is_open) for event in view.case.events]
    return [*entries, *(_pending_entry(act, agency_name) for act in view.pending)]


def events_since(view: CaseProgressView, version: int, agency_name: Callable[[str], str]) -> Sequence[HistoryEntry]:
    """Return the events by which a case has changed since a version: answers here, and messages of the sender.

    Without a usable version these are all of them.
    """
    dispatch = view.case.dispatch
    counted_kinds = {*VERDICTS_BY_NAME.values(), *SENDER_KINDS}
    entries = [
        _entry(event, dispatch.agency, agency_name, are_files_open=False)
        for event in view.case.events
        if event.kind in counted_kinds and event.agency in {"", dispatch.agency} and event.at >= dispatch.at
    ]
    pending = [_pending_entry(act, agency_name) for act in view.pending]
    changes = view.version - version if 0 <= version <= view.version else view.version
    return [*entries, *pending][-changes:] if changes else ()


def last_message(view: CaseProgressView, act: SenderAct) -> AccompanyingReport | None:
    """Return the sender's last message with this act, with its words and files; `None` without one."""
    own_messages = (report for report in view.case.reports if report.relation == "repeat")
    return next((report for report in own_messages if report.follow_up.act == act), None)


def shown_files(report: Report) -> Sequence[ShownFile]:
    """Return the files of a report."""
    return [shown_file(attachment) for attachment in report.attachments]


def work_pictures(view: CaseProgressView) -> Sequence[Attachment]:
    """Return the pictures of all answers that count, each once and in their order."""
    pictures = {file.id: file for event in view.case.events if event.counts for file in event.files.pictures}
    return list(pictures.values())


def sent_pictures(view: CaseProgressView) -> Sequence[Attachment]:
    """Return the pictures of the report, and of the messages of its sender."""
    own_messages = [report.report for report in view.case.reports if report.relation == "repeat"]
    pictures = {file.id: file for report in (view.case.dispatch.report, *own_messages) for file in report.attachments}
    return list(pictures.values())


def place_lines(report: Report) -> Iterator[str]:
    """Yield the place of a report, as the sender gave it, in lines."""
    place = report.place
    yield from filter(None, (place.address, ", ".join(filter(None, (place.district, place.region)))))
    if place.latitude is not None and place.longitude is not None:
        yield f"{place.latitude:.6f}, {place.longitude:.6f}"


def shown_file(attachment: AnswerFile) -> ShownFile:
    """Return a file as the page shows it."""
    kilobytes = max(1, round(attachment.size / _KILOBYTE))
    return ShownFile(str(attachment.id), _FILE_KINDS[attachment.media_type], kilobytes)


def _entry(
    event: CaseEvent, own_agency: str, agency_name: Callable[[str], str], *, are_files_open: bool
) -> HistoryEntry:
    is_own = event.agency == own_agency
    files = event.files if are_files_open else NO_FILES
    is_own_dispatch = is_own and event.kind == "dispatched"
    return HistoryEntry(
        event.at,
        event_sentence(event.kind, event.agency, event.answer, agency_name),
        # The page shows the reasons of the own dispatch in a section of their own.
        "" if is_own_dispatch else event.text,
        event.actor if is_own and not is_own_dispatch else "",
        is_own=is_own,
        counts=event.counts,
        answer=event.answer,
        pictures=[shown_file(file) for file in files.pictures],
        document=shown_file(files.document) if files.document else None,
    )


def _pending_entry(act: PendingAct, agency_name: Callable[[str], str]) -> HistoryEntry:
    sentence = event_sentence(act.content.verdict, act.agency, act.content, agency_name)
    text, actor = act.content.text, act.actor
    return HistoryEntry(act.at, sentence, text, actor, is_own=True, is_pending=True, answer=act.content)
