"""Derives the public view from the facts of cases.

What becomes public on a day is shown from the next day on (`sinks.public.versions`). What the sender takes back, and a
report of which a danger becomes known, is gone at once.

The words are masked when they are written, not when they are read: the process of the pages then needs neither the
tables of places that the mask needs nor the words themselves. A report that the mask fails on is not shown.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, delete, func, insert, or_, update
from sqlmodel import col, select

from cases.clocks.public_day import public_day
from cases.course.case_course import CaseDispatch
from cases.derivations.new_facts import NewFacts
from cases.derivations.shared_facts import SharedFacts
from cases.facts.conditions import is_latest_dispatch, is_to_dispatch
from cases.facts.log import FORGOTTEN
from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.pictures.store import NO_FILES, answer_files
from cases.words.conditions import is_of_answer, is_of_complaint
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from config.database import (
    DatabaseLock,
    lock_until_commit,
    read_transaction,
    statement_chunks,
    write_transaction,
)
from messages.shapes import VERDICTS_WITH_PICTURES
from messages.topics import TRIAGE
from privacy.forgotten import forgotten_complaints
from sinks.ledger.case_course import CaseCourse
from sinks.ledger.case_reading import read_courses
from sinks.public.answers import AnswerIds, PublicAnswers, answers_to_show, without_traces
from sinks.public.case_senders import read_case_senders
from sinks.public.public_id import public_id
from sinks.public.queries import CITY_PARTS, CLOSED_STATES, PROVINCE_PARTS, region_part
from sinks.public.release import (
    ReleaseDecision,
    Sensitivity,
    is_of_latest_stay,
    public_since,
    steps_of_latest_stay,
)
from sinks.public.tables import PublicRelease, PublicReport
from sinks.public.versions import PublicContent, PublicFacts, Version, versions_after
from sinks.public.word_search import Stems, search_words

# Complaints of one transaction of a rebuild.
_REBUILT_AT_ONCE = 500
_FIRST_ID = UUID(int=0)
_DAYS = ("shown_from", "shown_until", "published_on", "changed_on")

_log = structlog.get_logger()


class PublicReadModel:
    """Keeps the public view.

    `mask` masks a text, `key` is that of the public ids, `sensitivity` tells which reports an officer must release, and
    `stems` returns the stems of a word for the search.
    """

    def __init__(
        self,
        mask: Callable[[str], str],
        key: bytes,
        sensitivity: Sensitivity,
        now: Callable[[], datetime],
        stems: Stems,
    ) -> None:
        self._mask = mask
        self._key = key
        self._sensitivity = sensitivity
        self._now = now
        self._stems = stems

    def derive_new(self, connection: Connection, new: NewFacts, _facts: SharedFacts) -> None:
        """Derive the reports that new facts change.

        The dispatch that follows from a correction names the new relation, and a message that was set aside is no
        report.
        """
        complaint_ids = new.complaint_ids("complaint", "dispatch", "answer", "outcome", FORGOTTEN)
        if complaint_ids:
            # A rebuild, and the loop that follows officers' decisions, change the same rows.
            lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
            self.derive(connection, complaint_ids)

    def follow_decisions(self, engine: Engine) -> int:
        """Derive the reports about which officers have decided, and delete what nobody reads any more.

        Returns the number of decisions.
        """
        is_new = ~col(PublicRelease.is_derived)
        with read_transaction(engine) as connection:
            ids = list(connection.execute(select(col(PublicRelease.complaint_id)).where(is_new)).scalars())
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
            connection.execute(delete(PublicReport).where(col(PublicReport.shown_until) <= self._today()))
            is_derived = is_one_of(col(PublicRelease.complaint_id), ids)
            connection.execute(update(PublicRelease).where(is_derived).values(is_derived=True))
            self.derive(connection, ids)
        return len(ids)

    def rebuild(self, engine: Engine) -> int:
        """Derive every complaint of the ledger; return their number. The service may run meanwhile."""
        count, last_id = 0, _FIRST_ID
        while True:
            query = select(col(ComplaintFact.id)).where(col(ComplaintFact.id) > last_id).order_by(col(ComplaintFact.id))
            with read_transaction(engine) as connection:
                ids = list(connection.execute(query.limit(_REBUILT_AT_ONCE)).scalars())
            if not ids:
                return count
            with write_transaction(engine) as connection:
                lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
                self.derive(connection, ids, rebuilds=True)
            count, last_id = count + len(ids), ids[-1]

    def derive(self, connection: Connection, complaint_ids: Collection[UUID], *, rebuilds: bool = False) -> None:
        """Write the rows of these complaints, and of the cases that they belong to; delete those not to be shown.

        The words of a report that is shown already do not change: they are masked again only if `rebuilds`.
        """
        case_ids = sorted({*complaint_ids, *_cases_of(connection, complaint_ids)}) if complaint_ids else []
        # Each case has words in memory, and a row that is inserted.
        for chunk in statement_chunks(case_ids):
            self._derive_cases(connection, chunk, rebuilds=rebuilds)

    def _derive_cases(self, connection: Connection, case_ids: Collection[UUID], *, rebuilds: bool) -> None:
        versions = _versions(connection, case_ids)
        words = {} if rebuilds else _words(versions)
        visible, facts = self._facts(connection, case_ids, words)
        today = self._today()
        rows = []
        for case_id in case_ids:
            kept = versions.get(case_id, ()) if case_id in visible else ()
            kept = [self._remasked(version) for version in kept] if rebuilds else kept
            after = versions_after(kept, facts.get(case_id), today, rebuilds=rebuilds)
            rows += [self._row(case_id, version) for version in after]
        if changed := [case_id for case_id in case_ids if case_id in versions]:
            connection.execute(delete(PublicReport).where(is_one_of(col(PublicReport.complaint_id), changed)))
        if rows:
            connection.execute(insert(PublicReport), rows)

    def _facts(
        self, connection: Connection, case_ids: Collection[UUID], shown_words: Mapping[UUID, tuple[str, str]]
    ) -> tuple[Collection[UUID], Mapping[UUID, PublicFacts]]:
        """Return the complaints that need not be hidden at once, and the facts of those that may be public.

        Public are those that are not rahasia, a case of their own, at an agency, and taken or released there.
        """
        is_open = (is_one_of(col(ComplaintFact.id), case_ids), ~col(ComplaintFact.rahasia))
        columns = (col(ComplaintFact.id), col(CaseWords.title), col(CaseWords.text))
        query = select(*columns).join(CaseWords, is_of_complaint())
        complaints = connection.execute(query.where(*is_open)).all()
        dispatches = _dispatches(connection, [complaint.id for complaint in complaints])
        courses = _courses(connection, dispatches)
        joined = _joined(connection, dispatches)
        decisions = _decisions(connection, dispatches)
        dangers = _dangers(connection, dispatches)
        pictures = _public_pictures(connection, courses)
        senders = read_case_senders(connection, courses)
        forgotten = forgotten_complaints(connection, dispatches.keys())
        answer_ids = {
            case_id: answers_to_show(
                steps_of_latest_stay(_case_dispatches(dispatches[case_id]), course.steps),
                partial(senders.is_theirs, case_id),
            )
            for case_id, course in courses.items()
        }
        answer_texts = _answer_texts(connection, answer_ids.values())
        visible, facts = set(), {}
        for complaint in complaints:
            rows: Sequence[Any] = dispatches.get(complaint.id, ())
            decision = decisions.get(complaint.id)
            is_released = decision is not None and decision.is_released
            is_withdrawn = decision is not None and not decision.is_released
            has_danger = complaint.id in dangers
            # Words that retention has removed are no words to show, and tell nothing of what they were.
            has_words = bool(complaint.title or complaint.text)
            is_hidden = complaint.id in forgotten or (complaint.id in courses and senders.hides(complaint.id))
            if is_hidden or is_withdrawn or (has_danger and not is_released) or not has_words:
                continue
            visible.add(complaint.id)
            if not _is_at_agency(rows):
                continue
            course = courses[complaint.id]
            is_sensitive = has_danger or self._is_sensitive(complaint, rows)
            case_dispatches = _case_dispatches(rows)
            since = public_since(case_dispatches, course.steps, decision, is_sensitive=is_sensitive)
            if since is None:
                continue
            is_released_here = decision is not None and is_of_latest_stay(decision, case_dispatches)
            answers = PublicAnswers(
                *(
                    self._shown_answer(
                        answer_texts.get(answer_id, ""),
                        is_private=senders.is_private(complaint.id),
                        is_released=is_released_here,
                    )
                    for answer_id in answer_ids[complaint.id]
                )
            )
            if words := shown_words.get(complaint.id) or self._masked(complaint):
                changed_at = max([since, *(step.at for step in course.steps)])
                content = _content(
                    words,
                    answers,
                    rows[-1],
                    course.state,
                    joined.get(complaint.id, 0),
                    pictures.get(complaint.id, ""),
                )
                facts[complaint.id] = PublicFacts(since, changed_at, content)
            else:
                visible.discard(complaint.id)
        return visible, facts

    def _is_sensitive(self, complaint: Any, dispatches: Sequence[Any]) -> bool:
        topics = {row.topic for row in dispatches if row.agency != TRIAGE}
        rules = {rule for row in dispatches for rule in row.rules.split("|")}
        return self._sensitivity.is_sensitive(topics, rules, f"{complaint.title}\n{complaint.text}")

    def _shown_answer(self, text: str, *, is_private: bool, is_released: bool) -> str:
        """Return the text of an answer as everybody reads it; empty if it is not shown."""
        if not text or (self._sensitivity.has_sensitive_words(text) and not is_released):
            return ""
        return without_traces(self._masked_answer(text), is_private=is_private)

    def _masked_answer(self, text: str) -> str:
        try:
            return self._mask(text) if text else ""
        except Exception as error:  # noqa: BLE001 - every fault has the same effect: the answer is not shown
            _log.warning("answer.not_masked", error=type(error).__name__)
            return ""

    def _masked(self, complaint: Any) -> tuple[str, str] | None:
        """Return the masked title and text; `None` after a fault of the mask, which must not stop the ledger."""
        try:
            return self._mask(complaint.title), self._mask(complaint.text)
        except Exception as error:  # noqa: BLE001 - every fault has the same effect: the report is not shown
            _log.warning("report.not_masked", complaint_id=str(complaint.id), error=type(error).__name__)
            return None

    def _remasked(self, version: Version) -> Version:
        """Return a version whose answers are masked once more: the mask may have become better."""
        answer, closing = (self._masked_answer(text) for text in (version.content.answer, version.content.closing))
        return replace(version, content=replace(version.content, answer=answer, closing=closing))

    def _row(self, complaint_id: UUID, version: Version) -> dict[str, Any]:
        content = version.content
        return {
            "complaint_id": complaint_id,
            "public_id": public_id(complaint_id, self._key),
            **asdict(content),
            "words": search_words((content.title, content.text, content.answer, content.closing), self._stems),
            "province": region_part(content.region, PROVINCE_PARTS),
            "city": region_part(content.region, CITY_PARTS),
            "is_closed": content.state in CLOSED_STATES,
            **{name: getattr(version, name) for name in _DAYS},
        }

    def _today(self) -> date:
        return public_day(self._now())


def _cases_of(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    query = select(col(DispatchFact.of)).where(
        is_one_of(col(DispatchFact.complaint_id), complaint_ids), col(DispatchFact.of).is_not(None)
    )
    return {case_id for case_id in connection.execute(query).scalars() if case_id}


def _versions(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Version]]:
    """Return the versions that are stored of each complaint, the oldest first."""
    query = (
        select(PublicReport.__table__)  # type: ignore[attr-defined]
        .where(is_one_of(col(PublicReport.complaint_id), complaint_ids))
        .order_by(col(PublicReport.shown_from))
    )
    versions: dict[UUID, list[Version]] = defaultdict(list)
    for row in connection.execute(query):
        content = PublicContent(**{name: getattr(row, name) for name in PublicContent.__dataclass_fields__})
        version = Version(**{name: getattr(row, name) for name in _DAYS}, content=content)
        versions[row.complaint_id].append(version)
    return versions


def _words(versions: Mapping[UUID, Sequence[Version]]) -> Mapping[UUID, tuple[str, str]]:
    """Return the masked title and text of the complaints that are shown already."""
    contents = {complaint_id: of_one[-1].content for complaint_id, of_one in versions.items()}
    return {complaint_id: (content.title, content.text) for complaint_id, content in contents.items()}


def _public_pictures(connection: Connection, courses: Mapping[UUID, CaseCourse]) -> Mapping[UUID, str]:
    """Return the pictures of the counted answers to each case that everybody may see. No document is public."""
    steps = {
        case_id: [step.answer_id for step in course.steps if step.kind in VERDICTS_WITH_PICTURES]
        for case_id, course in courses.items()
    }
    answer_ids = [answer_id for ids in steps.values() for answer_id in ids if answer_id]
    names = ("id", "dispatch_id", "pictures", "document")
    query = (
        select(*(col(getattr(AnswerFact, name)) for name in names))
        .join(DispatchFact, is_to_dispatch())
        .where(
            is_one_of(col(AnswerFact.id), answer_ids),
            col(AnswerFact.pictures_public),
            col(AnswerFact.readers) != "sender",
        )
    )
    files = answer_files(connection, connection.execute(query)) if answer_ids else {}
    of_cases = {
        case_id: dict.fromkeys(str(file.id) for id_ in ids if id_ for file in files.get(id_, NO_FILES).pictures)
        for case_id, ids in steps.items()
    }
    return {case_id: "|".join(ids) for case_id, ids in of_cases.items() if ids}


def _content(
    words: tuple[str, str], answers: PublicAnswers, dispatch: Any, state: str, joined: int, pictures: str
) -> PublicContent:
    texts = (*words, answers.answer, answers.closing)
    return PublicContent(*texts, dispatch.agency, dispatch.topic, dispatch.region, state, joined, pictures)


def _answer_texts(connection: Connection, answer_ids: Iterable[AnswerIds]) -> Mapping[UUID | None, str]:
    """Return the texts of answers by their ids, as the agencies wrote them, without those for the sender alone."""
    ids = {id_ for of_case in answer_ids for id_ in of_case if id_}
    query = (
        select(col(AnswerFact.id), col(CaseWords.text))
        .join(DispatchFact, is_to_dispatch())
        .join(CaseWords, is_of_answer())
        .where(is_one_of(col(AnswerFact.id), ids), col(AnswerFact.readers) != "sender")
    )
    return {row.id: row.text for row in connection.execute(query)} if ids else {}


def _decisions(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, ReleaseDecision]:
    """Return the last decision of an officer about each case."""
    columns = [col(getattr(PublicRelease, name)) for name in ("complaint_id", *ReleaseDecision._fields)]
    query = select(*columns).where(is_one_of(col(PublicRelease.complaint_id), case_ids))
    return {complaint_id: ReleaseDecision(*decision) for complaint_id, *decision in connection.execute(query)}


def _dangers(connection: Connection, case_ids: Collection[UUID]) -> Collection[UUID]:
    """Return the cases in which a danger was ever told, by their own report or by one that came to the case."""
    complaint_id, of = col(DispatchFact.complaint_id), col(DispatchFact.of)
    query = select(complaint_id, of).where(
        col(DispatchFact.danger) != "", or_(is_one_of(complaint_id, case_ids), is_one_of(of, case_ids))
    )
    return {case_id for row in connection.execute(query) for case_id in row if case_id is not None}


def _dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Return the dispatches of each complaint by their hop."""
    names = ("complaint_id", "hop", "agency", "own_case", "topic", "region", "rules", "reopened", "at")
    query = (
        select(*(col(getattr(DispatchFact, name)) for name in names))
        .where(is_one_of(col(DispatchFact.complaint_id), complaint_ids))
        .order_by(col(DispatchFact.hop))
    )
    dispatches: dict[UUID, list[Any]] = {}
    for row in connection.execute(query):
        dispatches.setdefault(row.complaint_id, []).append(row)
    return dispatches


def _case_dispatches(rows: Sequence[Any]) -> Sequence[CaseDispatch]:
    return [CaseDispatch(row.at, row.hop, row.agency, row.reopened) for row in rows]


def _courses(connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]) -> Mapping[UUID, CaseCourse]:
    cases = {case_id: _case_dispatches(rows) for case_id, rows in dispatches.items()}
    return read_courses(connection, cases.keys(), cases)


def _is_at_agency(dispatches: Sequence[Any]) -> bool:
    return bool(dispatches) and dispatches[-1].own_case and dispatches[-1].agency != TRIAGE


def _joined(connection: Connection, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many complaints join each of these now: a person may have split some from it."""
    of = col(DispatchFact.of)
    query = (
        select(of, func.count(col(DispatchFact.complaint_id).distinct()))
        .where(is_one_of(of, case_ids), col(DispatchFact.relation) == "joins", is_latest_dispatch())
        .group_by(of)
    )
    return {case_id: count for case_id, count in connection.execute(query) if case_id}
