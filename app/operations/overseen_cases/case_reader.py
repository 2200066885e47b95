"""Reads a case for an overseer: what the institution that has it may read, without persons, and with words masked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from cases.clocks.clock_states import ClockState, State, clock_states
from cases.clocks.clock_table import ClockName
from cases.clocks.deadlines import Deadlines
from cases.clocks.recommendation_clock import recommendation_clock
from cases.course.transfers import count_transfers
from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import DispatchFact
from cases.words.tables import CaseWords
from config.database import read_transaction
from desk.acts.answers import CaseProgressView, read_progress
from desk.institutions import Institutions
from desk.read_model.case_view import CaseView
from desk.read_model.documents import is_document_of
from desk.read_model.recommendations.case_recommendations import CaseRecommendation
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from language.masking import mask_text
from messages.codec import decode_stored
from messages.shapes import Dispatch, Report
from messages.topics import TRIAGE
from oversight.cases.overseen_case import CaseClock, CaseHead, HistoryStep, OverseenCase, ShownRecommendation
from oversight.read_model.fact_reader import read_facts
from oversight.read_model.report_facts import clock_history
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording import recommendations
from pages.wording.cases import CASE_STATES, KINDS, report_heading, topic_label
from pages.wording.events import event_sentence

# Returns words of the case without what leads to a person.
Mask = Callable[[str], str]
# Clocks of a case. That of a recommendation is none of them.
CLOCK_NAMES: Mapping[ClockName, Message] = {
    "verify": _("Verifikasi dan penerusan"),
    "first_answer": _("Tanggapan pertama"),
    "objection": _("Masa keberatan pelapor"),
    "resolve": _("Penyelesaian"),
}
_CLOCK_STATES: Mapping[State, Message] = {
    "running": _("berjalan"),
    "paused": _("berhenti, menunggu pelapor"),
    "met": _("terpenuhi"),
    "missed": _("lewat"),
    "dropped": _("tidak berlaku lagi"),
}
_SENDER = _("Pelapor")
_ARRIVED = _("Laporan diterima.")


class OverseenCaseReader:
    """See `oversight.cases.overseen_case.OverseenCases`.

    `channel_label` returns the name of a channel for persons, `topic_names` those of topics by id.
    """

    def __init__(
        self,
        engine: Engine,
        institutions: Institutions,
        channel_label: Callable[[str], str],
        deadlines: Deadlines,
        topic_names: Callable[[], Mapping[str, str]],
    ) -> None:
        self._engine = engine
        self._institutions = institutions
        self._channel_label = channel_label
        self._deadlines = deadlines
        self._topic_names = topic_names

    def find(self, number: str) -> CaseHead | None:
        """See the protocol. The number of a report that accompanies a case leads to the case."""
        case_id = (
            select(col(DispatchFact.case_id))
            .where(col(DispatchFact.tracking) == number, is_latest_dispatch())
            .scalar_subquery()
        )
        columns: Sequence[Any] = (
            *(col(getattr(DeskCase, name)) for name in ("complaint_id", "tracking", "agency")),
            *(col(CaseWords.shape_version), col(CaseWords.document)),
        )
        query = select(*columns).join(CaseWords, is_document_of(DeskCase))
        with read_transaction(self._engine) as connection:
            row = connection.execute(
                query.where(col(DeskCase.complaint_id) == case_id, col(DeskCase.is_current)).order_by(col(DeskCase.hop))
            ).first()
        if row is None:
            return None
        dispatch = decode_stored(Dispatch, row.shape_version, row.document)
        return CaseHead(row.complaint_id, dispatch.message_id, row.tracking, row.agency)

    def read(self, head: CaseHead, now: datetime) -> OverseenCase | None:
        """See the protocol."""
        with read_transaction(self._engine) as connection:
            view = read_progress(connection, Tier(head.agency), head.number)
            states = self._clock_states(connection, head, now)
        return self._case(head, view, states, now) if view and view.case.case.is_current else None

    def _clock_states(self, connection: Connection, head: CaseHead, now: datetime) -> Sequence[ClockState]:
        return [
            state
            for facts in read_facts(connection, [head.complaint_id])
            for state in clock_states(clock_history(facts), self._deadlines, now)
        ]

    def _case(
        self, head: CaseHead, progress: CaseProgressView, states: Sequence[ClockState], now: datetime
    ) -> OverseenCase:
        view = progress.case
        case, report = view.case, view.dispatch.report
        mask = partial(mask_text, readable_number=head.number)
        own_messages = sum(report.relation == "repeat" for report in view.reports)
        return OverseenCase(
            head=head,
            agency_name=self._institutions.name(head.agency),
            region=self._institutions.region(head.agency),
            state=CASE_STATES[progress.state],
            kind=KINDS[report.kind],
            channel=self._channel_label(view.dispatch.channel),
            topic=topic_label(self._topic_names(), view.dispatch.topic),
            heading=report_heading(mask(report.title), mask(report.text)),
            text=mask(report.text),
            place=[mask(line) for line in _place_lines(report)],
            received_at=view.received_at,
            is_anonymous=view.is_anonymous,
            is_confidential=report.rahasia,
            joined=case.joined,
            further_messages=own_messages,
            files=case.pictures,
            refusals=case.refusals,
            reopened=case.reopened,
            steps=sorted(self._steps(view, mask), key=lambda step: step.at),
            clocks=[self._clock(state, head.agency) for state in states],
            recommendations=[self._recommendation(item, head.agency, now, mask) for item in view.recommendations],
        )

    def _steps(self, view: CaseView, mask: Mask) -> Iterator[HistoryStep]:
        if view.received_at:
            yield HistoryStep(view.received_at, _ARRIVED)
        agencies = [dispatch.agency for dispatch in view.history]
        transfers = [count_transfers(agencies[:end]) for end in range(len(agencies) + 1)]
        dispatches = zip(view.history, transfers, transfers[1:], strict=False)
        for event in view.events:
            if event.kind == "dispatched":
                dispatch, before, after = next(dispatches)
                yield self._dispatch_step(dispatch, after if after > before else 0, mask)
                continue
            sentence = event_sentence(event.kind, event.agency, event.answer, self._institutions.name)
            answer = event.answer and event.answer.model_copy(update={"text": mask(event.answer.text)})
            yield HistoryStep(event.at, sentence, _masked([event.text], mask), counts=event.counts, answer=answer)

    def _dispatch_step(self, dispatch: Dispatch, transfer: int, mask: Mask) -> HistoryStep:
        sentence = event_sentence("dispatched", dispatch.agency, None, self._institutions.name)
        reasons = _masked((reason.text for reason in dispatch.reasons), mask)
        due_at = dispatch.due_at if dispatch.agency != TRIAGE else None
        return HistoryStep(dispatch.at, sentence, reasons, transfer, due_at)

    def _recommendation(self, item: CaseRecommendation, agency: str, now: datetime, mask: Mask) -> ShownRecommendation:
        answer = item.answer
        due_at = recommendation_clock(self._deadlines, item.at, item.held_since, agency).due_at
        return ShownRecommendation(
            kind=recommendations.RECOMMENDATION_KINDS[item.kind],
            text=mask(item.text),
            actor=item.actor,
            at=item.at,
            due_at=None if answer else due_at,
            is_late=answer is None and due_at < now,
            outcome=recommendations.RECOMMENDATION_OUTCOMES[answer.outcome] if answer else None,
            answer=mask(answer.text) if answer else "",
            answered_at=answer.at if answer else None,
            answered_by=self._institutions.name(answer.agency) if answer else "",
        )

    def _clock(self, state: ClockState, agency: str) -> CaseClock:
        """Return a clock. One that began before the first dispatch is of the institution with the case."""
        parties: Mapping[str, str] = {"sender": _SENDER, "triage": self._institutions.name(TRIAGE)}
        name = parties.get(state.duty) or self._institutions.name(state.run.agency or agency)
        return CaseClock(
            CLOCK_NAMES[state.clock], name, state.due_at, _CLOCK_STATES[state.state], state.state == "missed"
        )


def _place_lines(report: Report) -> Iterator[str]:
    """Yield the place without its coordinates, which may be those of the sender's house."""
    place = report.place
    yield from filter(None, (place.address, ", ".join(filter(None, (place.district, place.region)))))


def _masked(texts: Sequence[str] | Iterator[str], mask: Mask) -> Sequence[str]:
    return [mask(text) for text in texts if text]
