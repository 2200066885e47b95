"""Records of a year of invented reports, as the stages publish them, with all that can happen to a case."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from bus.port import Outgoing, Record
from messages import codec
from messages.sealing import Sealed
from messages.shapes import (
    MERGED,
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    Division,
    FollowUp,
    Kind,
    OversightEvent,
    Reason,
    Relation,
    Report,
    SenderAct,
    Verdict,
    WireModel,
)
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, TRIAGE, agency_topic
from tests.support.agency_answers import signed

FIRST_DAY = datetime(2025, 7, 1, tzinfo=UTC)
# No event is later. The figures are looked at some days after.
END = datetime(2026, 7, 15, tzinfo=UTC)
AGENCIES = ("kementerian-kemenkes", "kota-3374", "provinsi-51", "kabupaten-7371", "provinsi-91", "bumn-pln")
_TOPICS = ("jalan", "korupsi", "kesehatan")
_REGIONS = ("33.74", "51.71", "", "91.03.01")
_DAY_SECONDS = 86_400
_NO_DISPATCH = UUID(int=0)
_REASON = Reason(rule="topic", text="Menurut tabel.")


class YearOverError(Exception):
    """The next event would be after the end: the case stays as it is."""


@dataclass
class _Case:
    """A case with what the generator must know to go on with it."""

    id: UUID
    received_at: datetime
    topic: str
    region: str
    hop: int = -1
    agency: str = ""
    dispatch_id: UUID = _NO_DISPATCH
    reopened: int = 0
    changed_at: datetime = FIRST_DAY
    has_asked: bool = False
    is_withdrawn: bool = False
    # What accompanies it, with the relation and the act of each.
    beside: list[tuple["_Case", Relation, FollowUp]] = field(default_factory=list)


def _pictures(dispatch_id: UUID, verdict: Verdict) -> tuple[UUID, ...]:
    """Return the pictures that an answer names: some of each verdict name one."""
    return (UUID(int=dispatch_id.int // 2),) if (dispatch_id.int + len(verdict)) % 4 == 0 else ()


def _programme_words(case_id: UUID) -> tuple[str, ...]:
    """Return the codes of words of programmes: some reports have one, few both, and some one that no table has."""
    codes = (("gizi:menu-gizi", 5), ("sehat:cek-gratis", 7), ("gizi:kata-lama", 3))
    return tuple(code for code, divisor in codes if case_id.int % divisor == 0)


def _document(dispatch_id: UUID, verdict: Verdict) -> UUID | None:
    """Return the document that an answer names: some of each verdict name one."""
    return UUID(int=dispatch_id.int // 3) if (dispatch_id.int + len(verdict)) % 7 == 0 else None


@dataclass
class GeneratedYear:
    """The generator. `records` are those of all topics, in the order in which they were invented.

    `sign` signs the answers of `agencies`.
    """

    seed: int
    agencies: Sequence[str] = AGENCIES
    sign: Callable[[AgencyAnswer], AgencyAnswer] = signed
    records: list[Record] = field(default_factory=list)
    cases: list[_Case] = field(default_factory=list)

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible examples
        self._offsets: defaultdict[str, int] = defaultdict(int)
        self._at = FIRST_DAY

    def generate(self, count: int) -> Sequence[Record]:
        """Return the records of so many cases and of what accompanies them."""
        for _ in range(count):
            self._at = FIRST_DAY + timedelta(seconds=self.chance.randrange(365 * _DAY_SECONDS))
            case = self._new_case()
            with suppress(YearOverError):
                self._course(case)
            case.changed_at = min(self._at, END)
        self._join_some()
        self._merge_some()
        return self.records

    def divide_some(self) -> Sequence[Record]:
        """Let a person divide some reports; return all records. A part has a course of its own."""
        for report in self.cases:
            self._at = report.changed_at
            if report.hop < 0 or report.beside or not self._happens(0.1):
                continue
            with suppress(YearOverError):
                self._pass(10)
                part = _Case(self._id(), report.received_at, self.chance.choice(_TOPICS), report.region)
                division = Division(report_id=report.id, number=2, correction_id=self._id())
                self._publish_complaint(part.id, Relation(), FollowUp(), division, report.received_at)
                self._dispatch(part, self.chance.choice(self.agencies))
                self._work(part)
        return self.records

    def _course(self, case: _Case) -> None:
        """Let a case go its way until it is closed or nobody does anything any more."""
        if self._happens(0.02):
            return
        if self._happens(0.25):
            self._dispatch(case, TRIAGE)
            self._pass(6)
            if self._happens(0.2):
                if self._happens(0.5):
                    self._answer(case, "closed")
                return
        self._dispatch(case, self.chance.choice(self.agencies))
        while self._is_moved(case):
            pass
        self._work(case)

    def _is_moved(self, case: _Case) -> bool:
        """Give the case to another agency by a refusal, or by a person; perhaps over triage."""
        if case.hop > 5 or not self._happens(0.25):
            return False
        former_agency, former_dispatch = case.agency, case.dispatch_id
        if self._happens(0.1):
            self._extend(case)
        self._pass(14)
        if self._happens(0.8):
            self._answer(case, "refused")
        if self._happens(0.2):
            self._dispatch(case, TRIAGE)
            self._pass(5)
        self._dispatch(case, self.chance.choice([code for code in self.agencies if code != former_agency]))
        if self._happens(0.1):
            # A late answer changes nothing.
            self._pass(1)
            self._publish_answer(case, former_agency, former_dispatch, "responded")
        return True

    def _work(self, case: _Case) -> None:
        if self._happens(0.3):
            self._extend(case)
        if self._happens(0.2):
            self._stay_silent(case)
            return
        if self._happens(0.4):
            self._pass(12)
            self._answer(case, "accepted")
        if self._happens(0.25):
            self._ask(case)
        self._pass(20)
        if self._happens(0.8):
            self._answer(case, "responded")
            self._pass(70)
        if self._happens(0.8):
            self._answer(case, "closed")
            self._ask_for_rating(case)
            if self._happens(0.15):
                self._reopen(case)

    def _extend(self, case: _Case) -> None:
        """Extend the deadline: in time and too late, by days that count and by too many; it counts for questions."""
        self._pass(9)
        self._answer(case, "extended", extension_days=self.chance.choice((1, 4, 7, 9)))

    def _stay_silent(self, case: _Case) -> None:
        if self._happens(0.15):
            self._pass(30)
            self._follow_up(case, "withdraws")
            case.is_withdrawn = True

    def _ask(self, case: _Case) -> None:
        """Ask the sender: an answer comes, or never, or the agency goes on without it."""
        self._pass(10)
        self._answer(case, "asked")
        case.has_asked = True
        outcome = self.chance.choice(("wrote", "wrote", "silence", "agency"))
        if outcome == "silence":
            raise YearOverError
        if outcome == "wrote":
            self._pass(15)
            self._follow_up(case, self.chance.choice(("adds", "reports")))

    def _ask_for_rating(self, case: _Case) -> None:
        """Ask some senders; ratings come with and without the question, before and after it, some of them twice."""
        if self._happens(0.1):
            self._rate(case)
        if self._happens(0.7):
            self._pass(2)
            event = OversightEvent(
                id=self._id(), message_id=case.id, at=self._at, event="rating-asked", subject=case.id, reason="closed",
            )  # fmt: skip
            self._publish(OVERSIGHT, event)
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self._rate(case)

    def _rate(self, case: _Case) -> None:
        self._pass(3)
        # Some institutions please more than others.
        rating = min(5, self.chance.randrange(1, 5) + len(case.agency) % 2)
        self._accompany(case, "repeat", "rates", agency=case.agency, rating=rating)

    def _reopen(self, case: _Case) -> None:
        self._pass(10)
        self._follow_up(case, "objects")
        case.reopened += 1
        self._dispatch(case, case.agency)
        self._pass(40)
        if self._happens(0.6):
            self._answer(case, "closed")

    def _join_some(self) -> None:
        """Let other citizens report the same: the rules merge their reports."""
        for case in self.cases:
            if case.hop >= 0 and self._happens(0.15):
                self._at = case.received_at
                try:
                    self._pass(20)
                    self._accompany(case, "joins", "reports", agency=case.agency)
                except YearOverError:
                    continue

    def _merge_some(self) -> None:
        """Let a person merge some cases into earlier ones. The later one goes to the agency of the earlier one."""
        ordered_cases = sorted(self.cases, key=lambda case: case.received_at)
        for earlier, later in zip(ordered_cases[::25], ordered_cases[1::25], strict=False):
            self._at = max(later.changed_at, earlier.changed_at)
            if min(earlier.hop, later.hop) < 0 or self._at > END - timedelta(days=2):
                continue
            self._pass(1)
            relation = Relation(kind="joins", of=earlier.id, evidence=(MERGED,))
            correction = Correction(
                id=self._id(), message_id=later.id, at=self._at, complaint_id=later.id, tracking="NOMOR",
                relation=relation, actor="petugas-1", reason="sama",
            )  # fmt: skip
            self._publish(CORRECTIONS, correction)
            later.hop += 1
            self._publish_dispatch(later, earlier.agency, relation)
            for beside, relation_beside, follow_up in later.beside:
                beside.hop += 1
                self._publish_dispatch(beside, earlier.agency, relation_beside, follow_up)
        handed_over = [case for case in ordered_cases if self._happens(0.02)]
        for case in handed_over:
            self._at = min(case.changed_at + timedelta(days=1), END)
            event = OversightEvent(
                id=self._id(), message_id=case.id, at=self._at, event="handed-to-ombudsman", subject=case.id,
                reason="consent",
            )  # fmt: skip
            self._publish(OVERSIGHT, event)

    def _new_case(self) -> _Case:
        case = _Case(self._id(), self._at, self.chance.choice(_TOPICS), self.chance.choice(_REGIONS))
        self._publish_complaint(case.id, Relation(), FollowUp())
        self.cases.append(case)
        return case

    def _follow_up(self, case: _Case, act: SenderAct) -> None:
        self._accompany(case, "repeat", act, agency=case.agency)

    def _accompany(
        self, case: _Case, kind: Literal["repeat", "joins"], act: SenderAct, agency: str, rating: int = 0
    ) -> None:
        """Publish a report that accompanies a case, and its dispatch."""
        report_id, relation = self._id(), Relation(kind=kind, of=case.id)
        follow_up = FollowUp(act=act, rating=rating)
        self._publish_complaint(report_id, relation, follow_up)
        beside = _Case(report_id, self._at, case.topic, case.region, hop=0)
        self._publish_dispatch(beside, agency, relation, follow_up)
        case.beside.append((beside, relation, follow_up))

    def _dispatch(self, case: _Case, agency: str) -> None:
        case.hop += 1
        case.agency = agency
        case.dispatch_id = self._publish_dispatch(case, agency, Relation())

    def _publish_complaint(
        self,
        report_id: UUID,
        relation: Relation,
        follow_up: FollowUp,
        division: Division | None = None,
        at: datetime | None = None,
    ) -> None:
        complaint = Complaint(
            id=report_id, message_id=report_id, at=at or self._at,
            tracking=f"NOMOR-{len(self.records)}-X{'-2' if division else ''}",
            channel=self.chance.choice(("web", "sms", "twitter", "mobile")), sender="sender",
            report=Report(kind=self.chance.choice(tuple(Kind)), text="Jalan rusak"), contact=Sealed("sealed"),
            relation=relation, follow_up=follow_up, part_of=division,
        )  # fmt: skip
        self._publish(COMPLAINTS, complaint)

    def _publish_dispatch(
        self,
        case: _Case,
        agency: str,
        relation: Relation,
        follow_up: FollowUp = FollowUp(),  # noqa: B008 - immutable
    ) -> UUID:
        dispatch = Dispatch(
            id=self._id(), message_id=case.id, at=self._at, complaint_id=case.id, tracking="NOMOR", channel="web",
            agency=agency, reasons=(_REASON,), rules_version="1", hop=case.hop, due_at=self._at,
            report=Report(text="Jalan rusak"), relation=relation, own_case=relation.of is None, topic=case.topic,
            region=case.region, follow_up=follow_up, reopened=case.reopened,
            programme_words=_programme_words(case.id),
        )  # fmt: skip
        self._publish(agency_topic(agency), dispatch)
        return dispatch.id

    def _answer(self, case: _Case, verdict: Verdict, extension_days: int = 0) -> None:
        self._publish_answer(case, case.agency, case.dispatch_id, verdict, extension_days)

    def _publish_answer(
        self, case: _Case, agency: str, dispatch_id: UUID, verdict: Verdict, extension_days: int = 0
    ) -> None:
        answer = AgencyAnswer(
            id=self._id(), message_id=case.id, at=self._at, complaint_id=case.id, dispatch_id=dispatch_id,
            agency=agency, verdict=verdict, text=f"Jawaban {len(self.records)}",
            pictures=_pictures(dispatch_id, verdict),
            document=_document(dispatch_id, verdict), extension_days=extension_days,
        )  # fmt: skip
        self._publish(AGENCY_ANSWERS, self.sign(answer))

    def _publish(self, topic: str, message: WireModel) -> None:
        outgoing = Outgoing(topic, *codec.encode(message, str(message.id), "/test"))
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        timestamp = int(self._at.timestamp() * 1000)
        self.records.append(Record(topic, 0, offset, timestamp, outgoing.key, outgoing.value, outgoing.headers))
        # The next event is later, so that the order of events is that of their times.
        self._at += timedelta(seconds=1)

    def _pass(self, most_days: float) -> None:
        self._at += timedelta(seconds=self.chance.randrange(1, int(most_days * _DAY_SECONDS)))
        if self._at > END:
            raise YearOverError

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)
