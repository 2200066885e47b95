"""Status of tracking numbers: the steps of each report so far, without its sender and its text."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col, select

from cases.clocks.public_day import begin_of_day, public_day
from cases.facts.conditions import IS_SET_ASIDE
from cases.facts.tables import EventFact
from config.conditions import is_one_of
from config.database import read_transaction
from messages.replies.reply_texts import TRIAGE_NAME
from messages.replies.report_states import (
    ENDED_STATES,
    SENDER_SENTENCES,
    STATE_SENTENCES,
    ReportState,
    StateSentence,
    divided_sentence,
    set_aside_sentence,
    state_sentence,
)
from messages.shapes import Moment, Shape
from messages.topics import TRIAGE
from messages.tracking import number_of_report
from sinks.ledger.case_course import (
    ARRIVALS,
    CaseCourse,
    joined_course,
    withdrawn_course,
)
from sinks.ledger.case_reading import dispatches_by_complaint, read_courses
from sinks.ledger.relations.current_relation import CurrentRelation, numbers_of_parts, relations_by_number
from sinks.ledger.relations.relation_links import RelationLinks, SenderCase
from sinks.ledger.relations.sender_acts import read_sender_facts


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a report. `kind` is `received`, `dispatched`, `reopened`, `withdrawn` or a verdict.

    `agency` is the institution's name, and empty for a code that is not in the registry; at triage it is that of the
    service's own staff. `answer_id` is that of a verdict. `is_to_other_sender`: the answer was given
    to another citizen's report about the same matter, and its words are to that citizen. `is_readable_masked`: the
    sender of this report reads them masked, because the report joined that one, and that one is not private.
    `is_shareable`: the sender reads them whole if the officer shared them with all who reported the same; the other
    report may be anonymous, but not confidential.
    """

    at: datetime
    kind: str
    agency: str = ""
    at_triage: bool = False
    answer_id: UUID | None = None
    is_to_other_sender: bool = False
    is_readable_masked: bool = False
    is_shareable: bool = False


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Status of one tracking number.

    `repeated_number` is the same citizen's number that this report repeats. The number of a joined report is another
    citizen's and is never shown. `belongs_to_case`: the report belongs to the case of another one, and has its steps;
    if that case is another citizen's (`is_joined`), only those since its own arrival. If that case is private, both are
    False until the agency answers: the report looks like one that belongs to no other. `is_private`: this report, or
    another one of the sender about the matter, is anonymous or confidential. `shares_words`: the agency's words about
    the case are to this sender; False for a report that joined another citizen's case, and for one that a person merged
    or that repeats such a one. `asks_first_sender`: the agency waits for the answer of that citizen to a question that
    came after this report. `set_aside` is the reason why the message is no report; empty for a report.
    `state_before_withdrawal` is that of a report that its sender withdrew. `is_by_day`: the times are only days.
    `parts` are the parts into which it was divided, in their order: the report itself is part 1, and `state` and
    `steps` are those of that part.
    """

    tracking: str
    state: ReportState
    steps: tuple[StatusStep, ...]
    relation: str
    repeated_number: str | None
    belongs_to_case: bool = False
    is_joined: bool = False
    is_private: bool = False
    shares_words: bool = True
    asks_first_sender: bool = False
    set_aside: str = ""
    state_before_withdrawal: ReportState | None = None
    is_by_day: bool = False
    parts: tuple["ReportStatus", ...] = ()

    @property
    def whole_state(self) -> ReportState:
        """The state of the report with its parts: it is over when the last one is."""
        states = [self.state, *(part.state for part in self.parts)]
        return next((state for state in states if state not in ENDED_STATES), self.state)

    @property
    def part_number(self) -> int:
        """The number of the part; 1 for a report."""
        return int(self.tracking.rpartition("-")[2]) if self.tracking != self.whole_number else 1

    @property
    def whole_number(self) -> str:
        """The tracking number of the report, also for a part of it."""
        return number_of_report(self.tracking)

    @property
    def agency(self) -> str:
        """Name of the agency that has the report; empty before the first dispatch."""
        return next((step.agency for step in reversed(self.steps) if step.kind in ARRIVALS), "")

    @property
    def is_closed(self) -> bool:
        """Whether the agency that has the case closed it, also if its sender withdrew it."""
        kinds = [step.kind for step in self.steps if step.kind == "closed" or step.kind in ARRIVALS]
        return kinds[-1:] == ["closed"]

    @property
    def is_answered(self) -> bool:
        """Whether the agency that has the case responded: the deadline of the first answer is met."""
        kinds = [step.kind for step in self.steps if step.kind in ("responded", *ARRIVALS)]
        return kinds[-1:] == ["responded"]

    def for_everybody(self, now: datetime) -> "ReportStatus":
        """Return the status for anybody who has the number, of a private report without agencies and other numbers.

        The times of a private report are those of the beginning of their days, and a withdrawal is told from the next
        day on. Its words leave the public view at once: who looks at both would else find out which ones they were.
        """
        if not self.is_private:
            return self
        today = public_day(now)
        steps = tuple(step for step in self.steps if step.kind != "withdrawn" or public_day(step.at) < today)
        state_before = self.state_before_withdrawal if len(steps) < len(self.steps) else None
        return replace(
            self,
            parts=tuple(part.for_everybody(now) for part in self.parts),
            state=state_before or self.state,
            repeated_number=None,
            steps=tuple(replace(step, agency="", at=begin_of_day(public_day(step.at))) for step in steps),
            is_by_day=True,
        )

    @property
    def changed_at(self) -> datetime:
        """Time of the last step, also of the parts."""
        return max(step.at for status in (self, *self.parts) for step in status.steps)

    @property
    def sentence(self) -> str:
        """The state in a sentence, as everybody may read it who has the number: one SMS."""
        return self._sentence(STATE_SENTENCES)

    @property
    def sentence_to_sender(self) -> str:
        """The state in a sentence for the sender alone: one SMS."""
        return self._sentence(self.sender_sentences)

    @property
    def asks_sender(self) -> bool:
        """Whether the case waits for an answer of this sender, and not of another citizen whose case it is."""
        questions = [step for step in self.steps if step.kind == "asked"]
        is_to_other = bool(questions) and questions[-1].is_to_other_sender
        return self.state == "menunggu-anda" and self.shares_words and not is_to_other

    @property
    def sender_sentences(self) -> Mapping[ReportState, StateSentence]:
        """Sentences of states for the sender. Another citizen whose case the report belongs to is no "Anda"."""
        is_meant = {"menunggu-anda": self.asks_sender, "ditarik": True}.get(self.state, self.shares_words)
        return SENDER_SENTENCES if is_meant else STATE_SENTENCES

    def _sentence(self, sentences: Mapping[ReportState, StateSentence]) -> str:
        if self.set_aside:
            return set_aside_sentence(self.set_aside, self.tracking)
        if self.parts:
            return divided_sentence(self.tracking, [self.state, *(part.state for part in self.parts)])
        return state_sentence(self.state, self.tracking, "" if self.is_private else self.agency, sentences)


ReadStatuses = Callable[[Connection, Sequence[str]], Iterable[ReportStatus]]


class StatusReader:
    """Reads statuses from the ledger. `agency_names` are the institutions' names by code."""

    def __init__(self, engine: Engine, agency_names: Mapping[str, str]) -> None:
        self._engine = engine
        self._agency_names = agency_names

    @property
    def agency_names(self) -> Mapping[str, str]:
        """Names of the institutions by code."""
        return self._agency_names

    def status(self, tracking: str) -> ReportStatus | None:
        """Return the status of a tracking number in its canonical form; `None` if it is not in the ledger (yet)."""
        return self.statuses([tracking]).get(tracking)

    def statuses(self, numbers: Collection[str]) -> Mapping[str, ReportStatus]:
        """Return the statuses of several numbers, without unknown ones. Needs a few statements for thousands."""
        with read_transaction(self._engine) as connection:
            statuses = _by_number(connection, numbers, self._read_statuses)
            # A message that was set aside may have become a report later, by the decision of a person.
            return statuses | _by_number(connection, set(numbers) - statuses.keys(), _set_aside_statuses)

    def _read_statuses(self, connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
        relations = relations_by_number(connection, numbers).values()
        links = RelationLinks(connection, relations)
        own_ids, case_ids = {relation.id for relation in relations}, {relation.case_id for relation in relations}
        report_ids = {relation.part_of for relation in relations if relation.part_of}
        related_ids = {id_ for relation in relations for id_ in (relation.repeated_id, relation.related_id) if id_}
        links.read(case_ids | related_ids | report_ids)
        joined = links.joined(own_ids)
        dispatches = dispatches_by_complaint(connection, case_ids | joined)
        courses = read_courses(connection, case_ids, dispatches)
        senders = links.sender_cases(own_ids | case_ids | report_ids | _answered_ids(courses.values()))
        facts = read_sender_facts(connection, links, own_ids | report_ids, case_ids)
        parts = self._read_parts(connection, own_ids)
        for relation in relations:
            course, is_joined = courses[relation.case_id], relation.id in joined
            is_asking = is_joined and course.is_asking_since(relation.received_at)
            is_silent = relation.relation == "joins" and _is_private(links.find(relation.related_id))
            if is_joined:
                is_silent = is_silent or facts[senders[relation.case_id]].is_private
                own_dispatches = dispatches[relation.id]
                course = joined_course(course, own_dispatches, relation.received_at, is_silent=is_silent)
            # Nobody who copies an anonymous report learns that it was written before, until an agency has answered.
            is_hidden = is_silent and not _is_answered(course)
            hides_relation = is_hidden and relation.relation == "joins"
            state_before_withdrawal = None
            if withdrawn_at := facts[senders[relation.id]].withdrawn_at:
                state_before_withdrawal = course.state
                course = withdrawn_course(course, withdrawn_at)
            repeated = links.find(relation.repeated_id)
            case_sender = senders[relation.case_id]
            is_case_open = is_joined and not is_silent and not facts[case_sender].is_private
            may_share = relation.case_id != relation.id and not facts[case_sender].is_confidential
            yield ReportStatus(
                tracking=relation.tracking,
                state=course.state,
                steps=self._steps(
                    relation,
                    course,
                    senders,
                    case_sender if is_case_open else None,
                    case_sender if may_share else None,
                ),
                relation="new" if hides_relation else relation.relation,
                # A joined complaint is another citizen's: its number is not shown.
                repeated_number=repeated.tracking if repeated else None,
                belongs_to_case=relation.case_id != relation.id and not hides_relation,
                is_joined=is_joined and not is_hidden,
                is_private=any(
                    facts[senders[id_]].is_private for id_ in (relation.id, relation.part_of) if id_ is not None
                ),
                asks_first_sender=is_asking and not is_silent,
                shares_words=is_hidden or senders[relation.id] == senders[relation.case_id],
                state_before_withdrawal=state_before_withdrawal,
                parts=parts.get(relation.id, ()),
            )

    def _read_parts(
        self, connection: Connection, report_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[ReportStatus, ...]]:
        """Return the statuses of the parts of each of these reports that has some. A part has none."""
        numbers = numbers_of_parts(connection, report_ids)
        statuses = _by_number(
            connection, [number for listed in numbers.values() for number in listed], self._read_statuses
        )
        return {id_: tuple(statuses[number] for number in listed) for id_, listed in numbers.items()}

    def _steps(
        self,
        relation: CurrentRelation,
        course: CaseCourse,
        senders: Mapping[UUID, SenderCase],
        open_sender: SenderCase | None,
        sharing_sender: SenderCase | None,
    ) -> tuple[StatusStep, ...]:
        """Return the steps in order. A repeat of the same citizen shows the steps before it, too.

        `open_sender` is the sender of the case whose answers this sender may read masked; an officer may share the
        answers to `sharing_sender`. Each is `None` without one.
        """
        steps = [StatusStep(relation.received_at, "received")]
        for step in course.steps:
            at_triage = step.agency == TRIAGE
            agency = TRIAGE_NAME if at_triage else self._agency_names.get(step.agency, "")
            answered = senders[step.answered_id] if step.answered_id is not None else None
            is_to_other = answered is not None and answered != senders[relation.id]
            is_masked = is_to_other and answered == open_sender
            is_shareable = is_to_other and answered == sharing_sender
            verdict = (step.answer_id, is_to_other, is_masked, is_shareable)
            steps.append(StatusStep(step.at, step.kind, agency, at_triage, *verdict))
        return tuple(sorted(steps, key=lambda step: step.at))


def _by_number(connection: Connection, numbers: Collection[str], read: ReadStatuses) -> dict[str, ReportStatus]:
    return {status.tracking: status for status in read(connection, sorted(set(numbers)))} if numbers else {}


def _is_private(relation: CurrentRelation | None) -> bool:
    return relation is not None and relation.is_private


def _is_answered(course: CaseCourse) -> bool:
    return any(step.kind in {"responded", "closed"} for step in course.steps)


def _set_aside_statuses(connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
    """Yield the statuses of the messages with these numbers that are no reports."""
    columns = (col(EventFact.tracking), col(EventFact.reason), col(EventFact.at))
    query = select(*columns).where(is_one_of(col(EventFact.tracking), numbers), IS_SET_ASIDE)
    for row in connection.execute(query):
        received = StatusStep(row.at, "received")
        yield ReportStatus(row.tracking, "bukan-laporan", (received,), "new", None, set_aside=row.reason or "empty")


def _answered_ids(courses: Iterable[CaseCourse]) -> set[UUID]:
    return {step.answered_id for course in courses for step in course.steps if step.answered_id}


class StepShown(Shape):
    """One step of a report."""

    at: Moment
    kind: str
    agency: str


class PartShown(Shape):
    """A part of a report. `number` is that of the part, `tracking` leads to its own status."""

    tracking: str
    number: int
    state: ReportState
    sentence: str


class StatusShown(Shape):
    """Public status of a report. `sentence` is its state for a person.

    `of` is the number of the same citizen's report that it repeats. `parts` are the parts into which a report was
    divided, without itself: it is part 1, has the steps of that part, and the state of all parts together.
    """

    tracking: str
    state: ReportState
    sentence: str
    relation: str
    of: str | None
    steps: tuple[StepShown, ...]
    parts: tuple[PartShown, ...] = ()


def status_as_json(status: ReportStatus) -> dict[str, object]:
    """Return the content of the status page as JSON values."""
    steps = tuple(StepShown(at=step.at, kind=step.kind, agency=step.agency) for step in status.steps)
    shown = StatusShown(
        tracking=status.tracking,
        state=status.whole_state,
        sentence=status.sentence,
        relation=status.relation,
        of=status.repeated_number,
        steps=steps,
        parts=parts_shown(status),
    )
    return shown.model_dump(mode="json")


def parts_shown(status: ReportStatus) -> tuple[PartShown, ...]:
    """Return the parts of a report as programs read them."""
    return tuple(
        PartShown(tracking=part.tracking, number=part.part_number, state=part.state, sentence=part.sentence)
        for part in status.parts
    )
