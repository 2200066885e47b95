"""Triage: cases for which the router found no agency, the facts about each, and a person's decision.

Nothing is changed here. A decision is published on `agency-answers` like any agency's answer, and the router processes
it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from accounts.permissions import person_name
from app.operations.masking import mask_reason
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from app.operations.triage_decisions import describe_latest_dispatch, first_decision, recorded_offsets
from bus.port import Outgoing, Partition, Producer, Reader
from config.database import read_transaction
from language.masking import mask_text
from messages import codec, ids
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS, TRIAGE
from router.registry.registry import Registry
from sinks.ledger.cases import AgencyRefusal, CaseDetails, CaseEvent, read_case, read_case_history, read_refusals
from sinks.ledger.relations.current_relation import relations_by_number
from sinks.ledger.triage_cases import (
    DecidedAgency,
    TriageCase,
    TriagePage,
    TriagePlace,
    TriageTotals,
    UndecidedSubject,
    count_undecided,
    count_undecided_subjects,
    read_place,
    triage_decision,
    undecided_triage_cases,
)

_SOURCE = "/satu-pintu/triage"


@dataclass(frozen=True, slots=True)
class CandidateAgency:
    """Agency that may be competent. `why` says in Indonesian, for an officer, why it does not have the case."""

    agency: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class UndecidedCase:
    """Case at triage with its candidates. Its title and text are masked."""

    triage_case: TriageCase
    candidates: tuple[CandidateAgency, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """Case in any queue. A report that belongs to another report's case shows that case.

    Its texts are masked. Streets, regions, institutions and amounts stay: an officer needs them to decide.
    `decision` is the agency that a person chose, while the router has not processed it. `history` has agencies' names.
    """

    case: CaseDetails
    decision: str | None
    candidates: tuple[CandidateAgency, ...]
    history: tuple[CaseEvent, ...]


@dataclass(frozen=True, slots=True)
class TriageDecision:
    """Published decision. `refused_before`: the chosen agency refused the case earlier.

    `earlier_decision` is the decision of another person that was published first. Then this one has no effect.
    """

    answer: AgencyAnswer
    refused_before: bool
    earlier_decision: AgencyAnswer | None = None


class TriageDesk:
    """Shows and decides triage cases. `registry` knows the agencies with a queue and their representatives.

    A decision is signed with the key of triage, and recorded in the `log` first. Numbers are in their canonical form.
    Every method may raise `DatabaseUnavailable`, and those with a number `NotPossible`.
    """

    def __init__(
        self, engine: Engine, registry: Registry, log: Recorder, keys: AnswerKeys, answer_check: AnswerCheck
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._log = log
        self._keys = keys
        self._answer_check = answer_check
        # An answer of triage that names one of these is a decision: the router dispatches to its representative.
        self._agencies = [
            code for code in registry.institutions if code != TRIAGE and registry.find_receiving_agency(code)
        ]

    def undecided(
        self, topic: str = "", region: str = "", *, page: TriagePage | None = None
    ) -> Sequence[UndecidedCase]:
        """Return the undecided cases at triage, those with danger to life first; only of a topic, or in a region."""
        with read_transaction(self._engine) as connection:
            cases = undecided_triage_cases(connection, self._agencies, topic, region, page)
            refusals = read_refusals(connection, [case.case_id for case in cases])
        return [
            UndecidedCase(
                replace(case, title=mask_text(case.title), text=mask_text(case.text)),
                self._candidates(case.alternatives, refusals.get(case.case_id, ())),
            )
            for case in cases
        ]

    def place(self, number: str) -> TriagePlace | None:
        """Return the place of an undecided or decided case in the list; `None` for a case that is not at triage."""
        with read_transaction(self._engine) as connection:
            relation = relations_by_number(connection, [number]).get(number)
            case = read_case(connection, relation.case_id) if relation and relation.is_dispatched else None
            return read_place(connection, case.dispatch_id) if case and case.agency == TRIAGE else None

    def numbers(self, topic: str, region: str, page: TriagePage) -> Sequence[str]:
        """Return the numbers of the undecided cases on a page, without those whose sender was asked."""
        with read_transaction(self._engine) as connection:
            cases = undecided_triage_cases(connection, self._agencies, topic, region, page)
        return [case.tracking for case in cases if not case.is_asked]

    def totals(self, topic: str = "", region: str = "") -> TriageTotals:
        """Return the number of the undecided cases, and the time since when the oldest waits."""
        with read_transaction(self._engine) as connection:
            return count_undecided(connection, self._agencies, topic, region)

    def subjects(self) -> Sequence[UndecidedSubject]:
        """Return the topics and regions of the undecided cases, each pair with its number of cases."""
        with read_transaction(self._engine) as connection:
            return count_undecided_subjects(connection, self._agencies)

    def show(self, number: str) -> CaseView:
        """Return the facts that an officer needs for a decision."""
        with read_transaction(self._engine) as connection:
            case_id, case = _dispatched_case(connection, number)
            refusals = read_refusals(connection, [case_id]).get(case_id, ())
            decision = triage_decision(connection, case.dispatch_id, self._agencies)
            history = read_case_history(connection, case_id)
        candidates = self._candidates(case.alternatives, refusals)
        given_to = decision.agency if decision else None
        return CaseView(_masked(case), given_to, candidates, tuple(self._masked_event(event) for event in history))

    def decide(
        self,
        number: str,
        agency: str,
        actor: str,
        why: str,
        at: datetime,
        producer: Producer,
        reader: Reader,
        shown_dispatch: str = "",
    ) -> TriageDecision:
        """Give the case to an agency, unless another person decided first. Also raises the errors of the bus.

        The audit log gets `actor` as it is, the agency the name alone: see `accounts.permissions.actor_label`.
        `shown_dispatch` is the id of the dispatch that the person saw; empty if that is not known.
        """
        # The offsets first: the ledger, which is read next, has every decision before them.
        start_offsets = recorded_offsets(reader)
        self._check_agency(agency)
        case_id, case, refusals = self._read_open_case(number, shown_dispatch)
        unsigned_answer = AgencyAnswer(
            id=ids.answer_id(case.dispatch_id, "refused", why, agency),
            message_id=case.message_id,
            at=at,
            complaint_id=case_id,
            dispatch_id=case.dispatch_id,
            agency=TRIAGE,
            verdict="refused",
            text=why,
            suggested_agency=agency,
            actor=person_name(actor),
        )
        answer = self._keys.sign(unsigned_answer)
        self._log.append("triage.decide", f"{case_id} {agency}", actor, why, at)
        producer.publish([Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(case_id), _SOURCE))])
        first = self.first_decision(case.dispatch_id, reader, start_offsets)
        is_first = first is None or (first.actor, first.suggested_agency) == (answer.actor, agency)
        refused_before = any(refusal.agency == agency for refusal in refusals)
        return TriageDecision(answer, refused_before, None if is_first else first)

    def open_dispatch(self, number: str, shown_dispatch: str = "") -> UUID:
        """Return the id of the dispatch to triage of a case that nobody has decided. See `decide`."""
        return self._read_open_case(number, shown_dispatch)[1].dispatch_id

    def _read_open_case(self, number: str, shown_dispatch: str) -> tuple[UUID, CaseDetails, Sequence[AgencyRefusal]]:
        with read_transaction(self._engine) as connection:
            case_id, case = _dispatched_case(connection, number)
            decision = triage_decision(connection, case.dispatch_id, self._agencies)
            refusals = read_refusals(connection, [case_id]).get(case_id, ())
            latest = describe_latest_dispatch(read_case_history(connection, case_id))
        self._check_case(number, case, decision, latest, shown_dispatch)
        return case_id, case, refusals

    def first_decision(
        self, dispatch_id: UUID, reader: Reader, start_offsets: Mapping[Partition, int]
    ) -> AgencyAnswer | None:
        """Return the first decision about a dispatch to triage from these offsets on: only that one has an effect."""
        return first_decision(reader, start_offsets, dispatch_id, self._agencies, self._is_authentic)

    def _is_authentic(self, answer: AgencyAnswer) -> bool:
        return self._answer_check.fault(answer, self._registry.institutions) is None

    def _check_agency(self, agency: str) -> None:
        if agency not in self._agencies:
            raise NotPossible(f"There is no agency {agency}.", "unknown-agency", agency=agency)
        if (representative := self._registry.find_receiving_agency(agency)) != agency:
            raise NotPossible(
                f"{agency} has no queue of its own. Give the case to {representative}.",
                "no-queue",
                agency=agency,
                representative=representative or TRIAGE,
            )

    def _check_case(
        self, number: str, case: CaseDetails, decision: DecidedAgency | None, latest: str, shown_dispatch: str
    ) -> None:
        by_person = f" {latest}." if latest else ""
        if case.agency != TRIAGE:
            raise NotPossible(
                f"{number} is at {case.agency}, not at triage.{by_person} Only {case.agency} can answer it.",
                "not-at-triage",
                number=number,
                agency=case.agency,
            )
        if decision:
            raise NotPossible(
                f"{number} was given to {decision.agency} already, by {decision.actor or 'an unknown person'}. "
                "`satupintu status` shows it when the router has processed the decision.",
                "decided",
                number=number,
                agency=decision.agency,
                actor=decision.actor,
            )
        if shown_dispatch and shown_dispatch != str(case.dispatch_id):
            raise NotPossible(
                f"{number} was decided after you saw it, and has returned to triage. `satupintu triage show {number}` "
                "shows what happened.",
                "returned",
                number=number,
            )

    def _candidates(
        self, alternatives: Sequence[str], refusals: Sequence[AgencyRefusal]
    ) -> tuple[CandidateAgency, ...]:
        """Return each candidate once: suggested agencies first, then the alternatives, then those that refused."""
        reasons = dict(self._open_candidates(alternatives, refusals))
        refused = {
            refusal.agency: f"Sudah menolak: {mask_text(refusal.text) or '(tanpa alasan)'}" for refusal in refusals
        }
        not_refused = {code: why for code, why in reasons.items() if code not in refused}
        return tuple(
            CandidateAgency(code, self._registry.name_of(code), why) for code, why in (not_refused | refused).items()
        )

    def _open_candidates(
        self, alternatives: Sequence[str], refusals: Sequence[AgencyRefusal]
    ) -> Iterator[tuple[str, str]]:
        suggested_by = {
            agency: refusal.agency
            for refusal in refusals
            if refusal.suggested_agency and (agency := self._queue_of(refusal.suggested_agency))
        }
        for agency, refusing_agency in suggested_by.items():
            yield agency, f"Ditunjuk oleh {self._registry.name_of(refusing_agency)}; belum diputuskan."
        for agency in filter(None, map(self._queue_of, alternatives)):
            if agency not in suggested_by:
                yield agency, "Mungkin berwenang; buktinya tidak cukup untuk memilihnya."

    def _masked_event(self, event: CaseEvent) -> CaseEvent:
        suggestion = f" → {self._registry.name_of(event.suggested_agency)}" if event.suggested_agency else ""
        masked = mask_text(event.text) if event.rule is None else mask_reason(event.rule, event.text, mask_text)
        text = f"{masked}{suggestion}"
        return replace(event, agency=self._registry.name_of(event.agency), text=text)

    def _queue_of(self, agency: str) -> str | None:
        """Return the agency whose queue gets the cases of `agency`; `None` for triage, which has the case already."""
        return self._registry.find_receiving_agency(agency) if agency != TRIAGE else None


def _dispatched_case(connection: Connection, number: str) -> tuple[UUID, CaseDetails]:
    relation = relations_by_number(connection, [number]).get(number)
    if relation is None:
        raise NotPossible(f"{number} is not in the ledger (yet).", "not-in-ledger", number=number)
    case = read_case(connection, relation.case_id) if relation.is_dispatched else None
    if case is None:
        raise NotPossible(f"{number} is not in an agency's queue (yet).", "not-in-queue", number=number)
    return relation.case_id, case


def _masked(case: CaseDetails) -> CaseDetails:
    reasons = tuple(
        reason.model_copy(update={"text": mask_reason(reason.rule, reason.text, mask_text)}) for reason in case.reasons
    )
    return replace(case, title=mask_text(case.title), text=mask_text(case.text), reasons=reasons)
