"""A report as its sender reads it by the own link: the state, the conversation with its words, and what one can do."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Row
from sqlmodel import col, select

from cases.clocks.deadlines import Deadlines
from cases.facts.answer_content import CONTENT_COLUMNS, stored_content
from cases.facts.conditions import IS_SET_ASIDE, is_to_dispatch
from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact, EventFact
from cases.pictures.store import NO_FILES, AnswerFile, AnswerFiles, answer_files
from cases.words.conditions import is_of_answer, is_of_complaint, is_of_dispatch
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from config.database import read_transaction
from messages.codec import decode_stored
from messages.ids import complaint_id
from messages.payloads.follow_up import FollowUpSubmission
from messages.replies.answer_replies import told_words
from messages.replies.report_states import ENDED_STATES, ReportState
from messages.shapes import AnswerDocument, Attachment, Dispatch, Place, Report, SenderAct
from messages.tracking import without_written_numbers
from privacy.forgotten import forgotten_complaints
from sinks.ledger.former_report import read_former_report
from sinks.ledger.own.own_consent import NO_CONSENT, OwnConsent, read_own_consent
from sinks.ledger.own.own_rating import open_rating_questions
from sinks.ledger.status import ReportStatus, StatusReader, StatusStep

# Verdicts whose words are to the sender. The reason of a refusal is for the next agency.
_TO_SENDER = frozenset({"asked", "extended", "responded", "closed"})
_ANSWERS = frozenset({"responded", "closed"})
_RESPONSES: frozenset[SenderAct] = frozenset({"objects", "confirms"})
_ANSWER_COLUMNS = ("id", "dispatch_id", *CONTENT_COLUMNS)
# A chain of repeats is at most so long; the newest messages of a longer one are not shown.
_LONGEST_CHAIN = 20


NO_PLACE = Place()


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One entry of the conversation: a step of the report with the agency's words and pictures, or a message.

    `act` is empty for a step. `text` is empty where nothing was written, or where the words are another citizen's.
    `number` is that of the message of this sender that became a case of its own, for a step of that case. `files` are
    those that came with a message, known once it was dispatched, or the pictures of an answer, which may have a
    `document` beside them. `is_shared`: the words are to another citizen, and the officer shared them with all who
    reported the same.
    """

    step: StatusStep
    act: SenderAct | None = None
    text: str = ""
    rating: int = 0
    number: str = ""
    files: tuple[Attachment, ...] = ()
    document: AnswerDocument | None = None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report for its sender.

    `question` is the last one, while it waits for an answer; `asked_message_id` is the raw message that it is about: of
    the report, or of a later message that became a case of its own. `answered_at` is the time of the last answer.
    `is_forgotten`: its sender asked to be forgotten, so it has no words any more.
    `consent` is that to the hand-over to the Ombudsman. `asks_rating`: the sender was asked for a rating and gave none.
    `place` is the place as it was sent, known once the report was dispatched.
    `former_number` is that of the sender's own closed report that this one is like; empty without one.
    `whole_message_id` is the raw message of the report of which it is a part; `None` for a report.
    """

    status: ReportStatus
    entries: tuple[OwnEntry, ...]
    question: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    asked_message_id: UUID | None = None
    former_number: str = ""
    is_forgotten: bool = False
    consent: OwnConsent = NO_CONSENT
    asks_rating: bool = False
    place: Place = NO_PLACE
    whole_message_id: UUID | None = None

    def file(self, file_id: str) -> AnswerFile | None:
        """Return the file with this id that the sender sent about the report, or reads in an answer to it."""
        files: list[AnswerFile] = [file for entry in self.entries for file in entry.files]
        files += [entry.document for entry in self.entries if entry.document]
        return next((file for file in files if str(file.id) == file_id), None)

    def sent_before(self, entry: OwnEntry) -> tuple[Attachment, ...]:
        """Return the pictures that the sender had sent before an answer, each once."""
        earlier = (item for item in self.entries if item.act and item.step.at <= entry.step.at)
        return tuple({file.id: file for item in earlier for file in item.files}.values())

    @property
    def reads_masked(self) -> bool:
        """Return True if the sender reads an answer that was given to another citizen; see `reads_shared`."""
        return any(entry.step.is_to_other_sender and entry.text for entry in self.entries)

    @property
    def reads_shared(self) -> bool:
        """Return True if all answers to another citizen that the sender reads are shared whole."""
        return all(entry.is_shared for entry in self.entries if entry.step.is_to_other_sender and entry.text)

    @property
    def is_objected(self) -> bool:
        """Return True if the sender's last word about the last answer is that the matter is not solved."""
        return self._response == "objects"

    @property
    def is_confirmed(self) -> bool:
        """Return True if the sender's last word about the last answer is that the matter is solved."""
        return self._response == "confirms"

    @property
    def rating(self) -> int:
        """The sender's last rating since the last answer; 0 without one."""
        return next((entry.rating for entry in reversed(self._later_entries) if entry.act == "rates"), 0)

    @property
    def _response(self) -> SenderAct | None:
        return next((entry.act for entry in reversed(self._later_entries) if entry.act in _RESPONSES), None)

    @property
    def _later_entries(self) -> Sequence[OwnEntry]:
        answered_at = self.answered_at
        return [entry for entry in self.entries if answered_at is not None and entry.step.at > answered_at]

    @property
    def agencies(self) -> tuple[str, ...]:
        """Names of all agencies that had the report, in order."""
        names = (entry.step.agency for entry in self.entries if not entry.step.at_triage)
        return tuple(dict.fromkeys(name for name in names if name))


def possible_acts(
    state: ReportState,
    answered_at: datetime | None,
    now: datetime,
    deadlines: Deadlines,
    *,
    is_rated: bool = False,
) -> tuple[SenderAct, ...]:
    """Return what the sender can do. Pure. `answered_at` is the time of the last answer, `None` without one.

    An objection or a confirmation is about an answer, within the period of `deadlines`. `is_rated`: the sender has
    rated the last answer.
    """
    is_answered = state in {"dijawab", "selesai", "bukan-laporan"} and answered_at is not None
    is_in_time = is_answered and answered_at is not None and deadlines.may_object(answered_at, now)
    conditions: Mapping[SenderAct, bool] = {
        "adds": state != "ditarik",
        "objects": is_in_time,
        "confirms": is_in_time and state != "bukan-laporan",
        "rates": answered_at is not None and state != "bukan-laporan" and not is_rated,
        "withdraws": state not in ENDED_STATES,
        "asks-to-be-forgotten": True,
    }
    return tuple(act for act, is_possible in conditions.items() if is_possible)


class ReadAnswer(NamedTuple):
    """What a sender reads and sees of an answer; see `OwnEntry.is_shared`."""

    words: str
    pictures: tuple[Attachment, ...] = ()
    document: AnswerDocument | None = None
    is_shared: bool = False


_NO_CONTENT = ReadAnswer("")


class LastWords(NamedTuple):
    """The last answer to the sender of a report with its files, and the open question; empty without one.

    `asks_rating`: see `OwnReport`.
    """

    answer: str
    question: str
    pictures: tuple[Attachment, ...]
    document: AnswerDocument | None
    asks_rating: bool


class OwnReports:
    """Reads reports for their senders. The caller has checked that it is the sender who asks.

    `mask` hides what leads to a person in the agency's words to another citizen.
    """

    def __init__(self, engine: Engine, statuses: StatusReader, mask: Callable[[str], str]) -> None:
        self._engine = engine
        self._mask = mask
        self._statuses = statuses

    def message_of(self, number: str) -> UUID | None:
        """Return the raw message of a report by its number; `None` if the ledger does not have it (yet)."""
        reports = select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
        set_aside = select(col(EventFact.message_id)).where(col(EventFact.tracking) == number, IS_SET_ASIDE)
        with read_transaction(self._engine) as connection:
            for query, column in ((reports, ComplaintFact.message_id), (set_aside, EventFact.message_id)):
                if message_id := connection.execute(query.order_by(col(column)).limit(1)).scalars().first():
                    return UUID(str(message_id))
        return None

    def read(self, message_id: UUID) -> OwnReport | None:
        """Return the report that a raw message became; `None` if the ledger does not have it (yet)."""
        report_id = complaint_id(message_id)
        with read_transaction(self._engine) as connection:
            messages = _own_messages(connection, report_id)
            sent_reports = _sent_reports(connection, [row.id for row in messages])
            number = messages[0].tracking if messages else _set_aside_number(connection, message_id)
            is_forgotten = bool(forgotten_complaints(connection, [report_id]))
            consent = read_own_consent(connection, report_id, messages)
            whole_message_id = _whole_message_id(connection, report_id)
            further_cases = _further_cases(connection, messages[1:])
            former = read_former_report(connection, number) if number else None
            asks_rating = bool(open_rating_questions(connection, [number])) if number else False
        former_number = former.tracking if former and former.is_own else ""
        statuses = self._statuses.statuses([number, former_number, *further_cases]) if number else {}
        former_status = statuses.get(former_number)
        status = statuses.get(number) if number else None
        if status is None:
            return None
        further = [statuses[case] for case in further_cases if case in statuses and not statuses[case].belongs_to_case]
        contents = self.answers([status, *further])
        entries = [*_steps(status, contents), *(_message_entry(row, sent_reports) for row in messages)]
        entries += [replace(entry, number=case.tracking) for case in further for entry in _steps(case, contents)]
        # Of one moment, a message comes before what follows from it.
        entries.sort(key=lambda entry: (entry.step.at, entry.act is None))
        answers = [step for step in status.steps if step.kind in _ANSWERS]
        asking = next((case for case in (status, *further) if case.state == "menunggu-anda"), status)
        return OwnReport(
            status=status,
            entries=tuple(entries),
            asked_message_id=further_cases.get(asking.tracking, message_id),
            question=_open_question(asking, contents),
            answer=_last_words(status, contents, _ANSWERS),
            answered_at=answers[-1].at if answers else None,
            former_number=former_number if former_status and former_status.state == "selesai" else "",
            is_forgotten=is_forgotten,
            consent=consent,
            asks_rating=asks_rating,
            place=sent_reports[report_id].place if report_id in sent_reports else NO_PLACE,
            whole_message_id=whole_message_id,
        )

    def answers(self, statuses: Iterable[ReportStatus]) -> Mapping[UUID, ReadAnswer]:
        """Return the agencies' words and files to the senders of these reports, by the id of the answer.

        The words to another citizen about the same case may be about that citizen. They are whole, with all files,
        if the officer shared them; masked, with the pictures that everybody may see, if that report is not private and
        the officer did not keep them for that citizen; and else left out. The number in them is that citizen's.
        """
        steps = {step.answer_id: step for status in statuses for step in _steps_with_words(status) if step.answer_id}
        if not steps:
            return {}
        columns: Sequence[Any] = [*(col(getattr(AnswerFact, name)) for name in _ANSWER_COLUMNS), col(CaseWords.text)]
        query = (
            select(*columns)
            .join(DispatchFact, is_to_dispatch())
            .join(CaseWords, is_of_answer())
            .where(is_one_of(col(AnswerFact.id), steps.keys()))
        )
        with read_transaction(self._engine) as connection:
            rows = [row for row in connection.execute(query) if _is_readable(steps[row.id], row.readers)]
            shared_ids = {row.id for row in rows if _is_shared(steps[row.id], row.readers)}
            seen = [
                row
                for row in rows
                if row.pictures_public or row.id in shared_ids or not steps[row.id].is_to_other_sender
            ]
            files = answer_files(connection, seen)
        return {
            row.id: self._read_answer(
                steps[row.id],
                told_words(stored_content(row)),
                files.get(row.id, NO_FILES),
                is_shared=row.id in shared_ids,
            )
            for row in rows
        }

    def _read_answer(self, step: StatusStep, text: str, files: AnswerFiles, *, is_shared: bool) -> ReadAnswer:
        # A letter names whom it is to, and nothing masks it: whoever does not read the whole words does not get it.
        document = files.document if is_shared or not step.is_to_other_sender else None
        return ReadAnswer(self._words(step, text, is_shared=is_shared), files.pictures, document, is_shared)

    def _words(self, step: StatusStep, text: str, *, is_shared: bool) -> str:
        if not step.is_to_other_sender:
            return text
        return without_written_numbers(text if is_shared else self._mask(text))

    def last_words(self, statuses: Collection[ReportStatus]) -> Mapping[str, LastWords]:
        """Return the last answer and the open question to the sender of each report, by tracking number."""
        answers = self.answers(statuses)
        last = [(status, _last_content(status, answers, _ANSWERS)) for status in statuses]
        with read_transaction(self._engine) as connection:
            asked = open_rating_questions(connection, [status.tracking for status in statuses])
        return {
            status.tracking: LastWords(
                content.words,
                _open_question(status, answers),
                content.pictures,
                content.document,
                status.tracking in asked,
            )
            for status, content in last
        }


def _steps_with_words(status: ReportStatus) -> Sequence[StatusStep]:
    return [step for step in status.steps if _may_read(step)]


def _may_read(step: StatusStep) -> bool:
    """Return True if the sender may read the words. A question to another citizen is for that citizen to answer."""
    if step.is_to_other_sender:
        return (step.is_readable_masked or step.is_shareable) and step.kind in _ANSWERS
    return step.kind in _TO_SENDER


def _is_shared(step: StatusStep, readers: str) -> bool:
    """Return True if the words are to another citizen, and the officer shared them with this sender."""
    return step.is_to_other_sender and step.is_shareable and readers == "all-senders"


def _is_readable(step: StatusStep, readers: str) -> bool:
    """Return True if the sender may read these words in the form that their readers allow."""
    is_masked = step.is_readable_masked and readers != "sender"
    return not step.is_to_other_sender or is_masked or _is_shared(step, readers)


def _last_content(status: ReportStatus, contents: Mapping[UUID, ReadAnswer], kinds: Collection[str]) -> ReadAnswer:
    steps = [step for step in _steps_with_words(status) if step.kind in kinds and step.answer_id]
    return contents.get(steps[-1].answer_id, _NO_CONTENT) if steps and steps[-1].answer_id else _NO_CONTENT


def _last_words(status: ReportStatus, contents: Mapping[UUID, ReadAnswer], kinds: Collection[str]) -> str:
    return _last_content(status, contents, kinds).words


def _open_question(status: ReportStatus, contents: Mapping[UUID, ReadAnswer]) -> str:
    return _last_words(status, contents, {"asked"}) if status.state == "menunggu-anda" else ""


def _steps(status: ReportStatus, contents: Mapping[UUID, ReadAnswer]) -> Iterator[OwnEntry]:
    """Yield the steps of a report that are not in its messages already."""
    for step in status.steps:
        if step.kind == "withdrawn" or (step.kind == "received" and not status.set_aside):
            continue
        content = contents.get(step.answer_id, _NO_CONTENT) if step.answer_id else _NO_CONTENT
        shown = content if step.kind in _ANSWERS else _NO_CONTENT
        yield OwnEntry(
            step, text=content.words, files=shown.pictures, document=shown.document, is_shared=content.is_shared
        )


def _message_entry(row: Row[Any], sent_reports: Mapping[UUID, Report]) -> OwnEntry:
    default = FollowUpSubmission(message_id=row.message_id, act=row.act, rating=row.rating).words
    text = "" if row.act != "reports" and row.text == default else row.text
    files = sent_reports[row.id].attachments if row.id in sent_reports else ()
    title = f"{row.title}\n" if row.title and text else ""
    return OwnEntry(StatusStep(row.received_at, "wrote"), row.act, title + text, row.rating, files=files)


def _own_messages(connection: Connection, report_id: UUID) -> Sequence[Row[Any]]:
    """Return the report, and the messages of its sender that the normalizer added to it.

    A merge by a person adds none: the message may be another citizen's.
    """
    names = ("id", "message_id", "tracking", "act", "rating", "received_at")
    columns: Sequence[Any] = [
        *(col(getattr(ComplaintFact, name)) for name in names),
        *(col(CaseWords.title), col(CaseWords.text)),
    ]
    query = select(*columns).join(CaseWords, is_of_complaint())
    rows = list(connection.execute(query.where(col(ComplaintFact.id) == report_id)))
    latest, all_ids = [row.id for row in rows], {row.id for row in rows}
    for _link in range(_LONGEST_CHAIN):
        is_repeat = (is_one_of(col(ComplaintFact.of), latest), col(ComplaintFact.relation) == "repeat")
        repeats = [row for row in connection.execute(query.where(*is_repeat)) if row.id not in all_ids]
        if not repeats:
            break
        latest = [row.id for row in repeats]
        all_ids.update(latest)
        rows += repeats
    return rows


def _sent_reports(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, Report]:
    """Return what was sent with the messages of a sender, by complaint, as far as its words are there."""
    query = (
        select(col(DispatchFact.complaint_id), col(CaseWords.shape_version), col(CaseWords.document))
        .join(CaseWords, is_of_dispatch())
        .where(is_one_of(col(DispatchFact.complaint_id), complaint_ids), col(DispatchFact.hop) == 0)
    )
    rows = [row for row in connection.execute(query) if row.document] if complaint_ids else []
    return {row.complaint_id: decode_stored(Dispatch, row.shape_version, row.document).report for row in rows}


def _further_cases(connection: Connection, messages: Sequence[Row[Any]]) -> Mapping[str, UUID]:
    """Return numbers and raw messages of the sender's later messages that became cases: the report was closed before.

    One that a person split from the report later is left out: it may be another citizen's.
    """
    is_first_case = (col(DispatchFact.hop) == 0, col(DispatchFact.own_case))
    by_id = {row.id: row for row in messages}
    query = select(col(DispatchFact.complaint_id)).where(
        is_one_of(col(DispatchFact.complaint_id), by_id), *is_first_case
    )
    case_ids = set(connection.execute(query).scalars()) if by_id else set()
    return {row.tracking: row.message_id for row in messages if row.id in case_ids}


def _whole_message_id(connection: Connection, part_id: UUID) -> UUID | None:
    """Return the raw message of the report of which a complaint is a part; `None` for a report."""
    report_id = select(ComplaintFact.part_of).where(col(ComplaintFact.id) == part_id).scalar_subquery()
    query = select(ComplaintFact.message_id).where(col(ComplaintFact.id) == report_id)
    return connection.execute(query).scalar_one_or_none()


def _set_aside_number(connection: Connection, message_id: UUID) -> str | None:
    query = select(col(EventFact.tracking)).where(col(EventFact.message_id) == message_id, IS_SET_ASIDE)
    return connection.execute(query.order_by(col(EventFact.at), col(EventFact.id))).scalars().first()
