"""The router: turns complaints, refusals and corrections into dispatches to agency queues."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.clocks.deadlines import Deadlines
from config.database import write_transaction
from config.reference.reloading import Source
from messages import codec
from messages.answer_check import AnswerCheck
from messages.channels import ChannelDirectory
from messages.shapes import AgencyAnswer, AnswerOutcomeKind, Complaint, Correction, Dispatch, Reply
from messages.topics import COMPLAINTS, CORRECTIONS, REPLIES, agency_topic
from router.answer_store import ProcessedAnswer, counted_verdicts, find_processed_answer
from router.cases.hops import cases_first
from router.cases.known_cases import KnownCases
from router.cases.stored_batch import read_stored_batch
from router.cases.transfer import CaseTransfer
from router.forgotten import answer_unless_forgotten, unless_forgotten
from router.lifecycle.answer import (
    AnsweredDispatch,
    find_answered_dispatch,
    joined_until,
    process_answer,
)
from router.lifecycle.correction import apply_correction
from router.lifecycle.division import divide_report
from router.lifecycle.first_dispatch import case_reopening, first_dispatches, lone_dispatch
from router.lifecycle.objection import is_told_to_oversight, reopened_cases
from router.lifecycle.outcomes import answer_outcome_message, correction_outcome_message
from router.lifecycle.refusal import (
    dispatch_to_next_agency,
    next_agency,
    refusal_event,
    refusing_agencies,
)
from router.oversight import not_counted_message, refusal_message, reopened_message
from router.partitions import hold_complaints, hold_partitions
from router.pending_dispatches import PendingDispatches
from router.replies import AnswerRecipients, answer_reply, dispatch_reply, reopening_reply
from router.rules import Rules
from router.store import Cause

_SOURCE = "/satu-pintu/router"

_log = structlog.get_logger()


class RouterStage:
    """See `bus.worker.Stage`. `now` is called once for each new decision; its time is stored with the decision.

    `link_of` returns the sender's own link to the report of a message, for replies. `deadlines` are those of agencies
    and of objections.

    A batch is routed by the rules of `source` at its beginning: an edit takes effect between two batches.
    """

    def __init__(
        self,
        engine: Engine,
        source: Source[Rules],
        now: Callable[[], datetime],
        channels: ChannelDirectory,
        answer_check: AnswerCheck,
        link_of: Callable[[UUID], str],
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._source = source
        self._now = now
        self._channels = channels
        self._answer_check = answer_check
        self._recipients = AnswerRecipients(
            channels.answer_forms, link_of, deadlines.objection_period, channels.with_proof
        )
        self._deadlines = deadlines
        self._rules = source.current()

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Return the dispatches that each record leads to, the replies to senders, and the outcomes of answers.

        A record that was routed before leads to the same dispatches again. A complaint that repeats or joins another
        accompanies its case, and moves with it (see `router.cases`).
        """
        self._rules = self._source.current()
        decoded = {record.position: self._decode(record) for record in records if record.topic == COMPLAINTS}
        with write_transaction(self._engine) as connection:
            hold_partitions(connection, records)
            ids_of_complaints = [complaint.id for complaint in decoded.values()]
            repeated_ids = [complaint.relation.of for complaint in decoded.values() if complaint.relation.of]
            hold_complaints(connection, [*ids_of_complaints, *repeated_ids])
            batch = read_stored_batch(connection, [record.position for record in records], ids_of_complaints)
            stored = batch.dispatches
            complaints = unless_forgotten(decoded, batch.forgotten_ids)
            cases = KnownCases(connection, complaints.values(), batch.followed_ids)
            pending = PendingDispatches(connection, cases, partial(self._dispatch_alone, cases))
            outputs: list[Outgoing] = []
            for record in records:
                complaint = complaints.get(record.position)
                cause = Cause(record.position, complaint.id) if complaint else None
                if complaint and cause and cause not in stored and pending.add(cause, complaint):
                    continue
                # The tables must have all earlier dispatches before a record moves complaints.
                outputs += self._publish_each(pending.store())
                if complaint and cause:
                    transfer = CaseTransfer(connection, cause, self._deadlines)
                    outputs += self._route_complaint(transfer, complaint, stored.get(cause, ()), cases)
                else:
                    outputs += self._route(connection, record, stored)
                    cases.forget()
            outputs += self._publish_each(pending.store())
        return outputs

    def _dispatch_alone(self, cases: KnownCases, complaint: Complaint) -> Dispatch | None:
        return lone_dispatch(cases, complaint, self._rules, self._now, self._deadlines)

    def _decode(self, record: Record) -> Complaint:
        try:
            return codec.decode(Complaint, record.value, record.headers, self._channels.names)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error

    def _route_complaint(
        self, transfer: CaseTransfer, complaint: Complaint, stored: Sequence[Dispatch], cases: KnownCases
    ) -> Sequence[Outgoing]:
        """Return the messages of a complaint that was routed before, or that may move others."""
        for dispatch in stored:
            cases.note_relation(dispatch)
        dispatches = stored or first_dispatches(transfer, cases, complaint, self._rules, self._now())
        return [*self._publish(dispatches), *self._tell_reopenings(dispatches)]

    def _route(
        self, connection: Connection, record: Record, stored: Mapping[Cause, Sequence[Dispatch]]
    ) -> Sequence[Outgoing]:
        """Return the messages that follow from a correction or an answer."""
        decoded: Correction | AgencyAnswer
        try:
            if record.topic == CORRECTIONS:
                decoded = codec.decode(Correction, record.value, record.headers)
            else:
                decoded = codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        cause = Cause(record.position, decoded.id)
        transfer, stored_dispatches = CaseTransfer(connection, cause, self._deadlines), stored.get(cause, ())
        if isinstance(decoded, AgencyAnswer):
            return self._route_answer(transfer, decoded, record, stored_dispatches)
        if decoded.part:
            return self._divide(transfer, decoded)
        dispatches = stored_dispatches or apply_correction(transfer, decoded, self._rules, self._now())
        return [*self._publish(dispatches), correction_outcome_message(connection, decoded)]

    def _divide(self, transfer: CaseTransfer, correction: Correction) -> Sequence[Outgoing]:
        """Return the part of a report as a complaint, and the outcome. The part is routed when its record comes."""
        part = divide_report(transfer, correction)
        outcome = correction_outcome_message(transfer.connection, correction)
        if part is None:
            return [outcome]
        return [Outgoing(COMPLAINTS, *codec.encode(part, str(part.id), _SOURCE)), outcome]

    def _route_answer(
        self, transfer: CaseTransfer, answer: AgencyAnswer, record: Record, stored: Sequence[Dispatch]
    ) -> Sequence[Outgoing]:
        """Return the outcome of an answer and what follows from it. Raises `Reject` if the agency did not make it."""
        processed = find_processed_answer(transfer.connection, answer.id)
        self._check_answer(processed, answer, record)
        answer = answer_unless_forgotten(transfer.connection, answer)
        answered = find_answered_dispatch(transfer, answer, record.taken_at, processed)
        outcome: AnswerOutcomeKind | None
        if processed:
            outcome = processed.outcome if processed.position == record.position else None
            judged = answer_outcome_message(answered.dispatch, answer, processed.outcome, processed)
        else:
            outcome = process_answer(transfer, answered, answer, record, self._now())
            judged = answer_outcome_message(answered.dispatch, answer, outcome, record)
        return [*self._act_on_answer(transfer, answered, answer, record, stored, processed, outcome), judged]

    def _act_on_answer(
        self,
        transfer: CaseTransfer,
        answered: AnsweredDispatch,
        answer: AgencyAnswer,
        record: Record,
        stored: Sequence[Dispatch],
        processed: ProcessedAnswer | None,
        outcome: AnswerOutcomeKind | None,
    ) -> Sequence[Outgoing]:
        """Return the messages that follow from an outcome; `None` for a further record of an answer."""
        if outcome in {"late", "not-accepted"}:
            _log.info("answer.not_counted", complaint_id=str(answer.complaint_id), reason=outcome)
            return [not_counted_message(answer, outcome, record.taken_at)]
        if outcome != "counted" or answer.verdict == "accepted":
            return ()
        if answer.verdict == "refused":
            return self._route_refusal(transfer, answered, answer, record, stored)
        # A question goes to the sender of the case alone, and so does an extension: it tells of that case's deadline.
        accompanying = (
            () if answer.verdict in {"asked", "extended"} else transfer.accompanying_dispatches(answered.dispatch)
        )
        joined, objections = _joined_and_objecting(accompanying)
        if processed:
            joined = [dispatch for dispatch in joined if joined_until(transfer, dispatch, processed.processed_at)]
        # The words about the report of another citizen may be about that citizen.
        told_answer = answer if answered.is_to_case_sender else answer.model_copy(update={"text": ""})
        follows_response = answer.verdict == "closed" and "responded" in counted_verdicts(
            transfer.connection, answered.dispatch.id
        )
        replies = self._reply_to_senders(
            answered.dispatch, joined, told_answer, record.taken_at, follows_response=follows_response
        )
        dispatches = stored
        if answer.verdict == "closed" and not stored and not processed:
            reopening = case_reopening(transfer, self._rules, self._now())
            dispatches = reopening.after_closing(answered.dispatch, objections)
        return [*replies, *self._publish(dispatches), *self._tell_reopenings(dispatches)]

    def _check_answer(self, processed: ProcessedAnswer | None, answer: AgencyAnswer, record: Record) -> None:
        """Raise `Reject` for an answer that the agency did not make.

        A record that was processed is not checked again: the agency's key may have been withdrawn since.
        """
        if processed and processed.position == record.position:
            return
        if fault := self._answer_check.fault(answer, self._rules.registry.institutions):
            raise Reject(fault, "authenticator")

    def _reply_to_senders(
        self,
        dispatch: Dispatch,
        joined: Sequence[Dispatch],
        answer: AgencyAnswer,
        taken_at: datetime,
        *,
        follows_response: bool,
    ) -> Sequence[Outgoing]:
        """Return a reply to the sender of the complaint, and to everyone whose complaint joined it."""
        agency_name = self._find_name(dispatch.agency) or ""
        return [
            message
            for recipient in (dispatch, *joined)
            for message in _reply_messages(
                answer_reply(
                    recipient,
                    dispatch.id,
                    answer,
                    taken_at,
                    agency_name,
                    self._recipients,
                    follows_response=follows_response,
                )
            )
        ]

    def _route_refusal(
        self,
        transfer: CaseTransfer,
        answered: AnsweredDispatch,
        answer: AgencyAnswer,
        record: Record,
        stored: Sequence[Dispatch],
    ) -> Sequence[Outgoing]:
        refused = answered.dispatch
        refused_by = refusing_agencies(answered.history, refused)
        registry = self._rules.registry
        # The suggested agency may be former or not connected: the agency that receives its complaints is meant.
        suggested_agency = registry.find_receiving_agency(answer.suggested_agency) if answer.suggested_agency else None
        alternatives = [code for code in map(registry.find_receiving_agency, refused.alternatives) if code]
        chosen = next_agency(
            refused_by, alternatives, suggested_agency, registry.agencies, by_person=bool(refused.actor)
        )
        dispatches: Iterable[Dispatch] = cases_first(stored)
        # A complaint that triage itself gives back without a suggestion stays there; oversight is told.
        if not stored and refused.agency != chosen.agency:
            hop = dispatch_to_next_agency(
                refused, answer, chosen, self._find_name, self._now(), self._rules.version, self._deadlines
            )
            moved = transfer.iterate_with_accompanying(hop, transfer.accompanying_dispatches(refused), hop)
            # Those that accompany a case are in the order of `cases_first`: they need not be in memory at once.
            dispatches = moved if hop.own_case else cases_first(moved)
        event = refusal_event(chosen, refused_by, suggested_agency, refused.reasons)
        return [*self._publish_in_order(dispatches), refusal_message(answer, event, record.taken_at)]

    def _tell_reopenings(self, dispatches: Sequence[Dispatch]) -> Sequence[Outgoing]:
        """Return the replies and the events about the cases that were opened again among the dispatches."""
        outputs: list[Outgoing] = []
        for case in reopened_cases(dispatches):
            name = self._find_name(case.agency) or ""
            outputs += _reply_messages(reopening_reply(case, name, self._channels.with_progress))
            if is_told_to_oversight(case):
                outputs.append(reopened_message(case))
        return outputs

    def _find_name(self, code: str) -> str | None:
        institution = self._rules.registry.institutions.get(code)
        return institution.name if institution else None

    def _publish_each(self, stored: Iterable[tuple[Dispatch, str]]) -> Iterator[Outgoing]:
        for dispatch, json in stored:
            yield from self._publish_dispatch(dispatch, json)
            yield from self._tell_reopenings([dispatch])

    def _publish(self, dispatches: Iterable[Dispatch]) -> Sequence[Outgoing]:
        return self._publish_in_order(cases_first(dispatches))

    def _publish_in_order(self, dispatches: Iterable[Dispatch]) -> Sequence[Outgoing]:
        return [message for dispatch in dispatches for message in self._publish_dispatch(dispatch)]

    def _publish_dispatch(self, dispatch: Dispatch, json: str = "") -> Sequence[Outgoing]:
        """Return a dispatch and the reply to its sender. `json` is the dispatch as it was stored."""
        complaint_id, agency = str(dispatch.complaint_id), dispatch.agency
        _log.info("complaint.dispatched", complaint_id=complaint_id, agency=agency, hop=dispatch.hop)
        # The key keeps a case and the complaints that accompany it in order.
        key = complaint_id if dispatch.own_case else str(dispatch.relation.of)
        reply = dispatch_reply(dispatch, self._find_name(agency) or "", self._channels.with_progress, self._recipients)
        record = codec.encode(dispatch, key, _SOURCE, json)
        return [Outgoing(agency_topic(agency), *record), *_reply_messages(reply)]


def _joined_and_objecting(accompanying: Iterable[Dispatch]) -> tuple[Sequence[Dispatch], Sequence[Dispatch]]:
    """Return the reports that joined a case, and the objections of senders, in one reading."""
    joined, objections = [], []
    for dispatch in accompanying:
        if dispatch.relation.kind == "joins":
            joined.append(dispatch)
        if dispatch.follow_up.act == "objects":
            objections.append(dispatch)
    return joined, objections


def _reply_messages(reply: Reply | None) -> Sequence[Outgoing]:
    return [Outgoing(REPLIES, *codec.encode(reply, str(reply.complaint_id), _SOURCE))] if reply else ()
