"""Stores what the router decided in an earlier run of the service, from the records of the topics in their order.

Nothing is decided again and nothing is published. The dispatches on the agencies' queues are the decisions. An answer
is related to its case by the code that did it then, with the dispatches that were there before it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import Connection, Engine, update
from sqlmodel import col, select

from bus.errors import Reject
from bus.port import Outgoing, Record
from cases.clocks.deadlines import Deadlines
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import MERGED, AgencyAnswer, AnswerOutcomeKind, Complaint, Correction, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from router.answer_store import counted_verdicts, find_processed_answer, store_answer_once
from router.cases.transfer import CaseTransfer
from router.kept_apart import store_kept_apart
from router.lifecycle.answer import answer_outcome, find_answered_dispatch
from router.lifecycle.division import adopt_part
from router.lifecycle.outcomes import adopted_correction_message, answer_outcome_message
from router.partitions import hold_partitions
from router.store import (
    Cause,
    RoutedDispatch,
    store_correction_once,
    store_dispatches_once,
    store_parent,
)

_ROUTED_TOPICS = frozenset({COMPLAINTS, CORRECTIONS, AGENCY_ANSWERS})


class RouterRebuild:
    """Takes records in the order of time. `uncounted` are the outcomes of answers that changed nothing, by event id.

    Each dispatch has the position of its complaint if it is the first one. Of later ones the cause is not stored: a
    record that is routed again leads to no dispatch that exists.
    """

    def __init__(self, engine: Engine, uncounted: Mapping[UUID, AnswerOutcomeKind], deadlines: Deadlines) -> None:
        self._engine = engine
        self._deadlines = deadlines
        self._uncounted = uncounted
        # Complaints whose first dispatch has not been read, with their position and the complaint they belong to.
        self._undispatched: dict[UUID, tuple[str, UUID | None]] = {}
        # The complaint into which a person merged another one, and merged complaints whose correction comes later.
        self._merges: dict[UUID, UUID] = {}
        self._early_merges: set[UUID] = set()
        self._early_answers: list[Record] = []
        # Positions of the complaints that have a dispatch.
        self._on_routed: Callable[[str], None] = lambda _position: None

    def adopt(self, records: Sequence[Record], on_routed: Callable[[str], None]) -> None:
        """Store the decisions of some records, which are processed. `on_routed` gets each routed complaint's position.

        Raises `DatabaseUnavailable`.
        """
        self._on_routed = on_routed
        with write_transaction(self._engine) as connection:
            hold_partitions(connection, [record for record in records if record.topic in _ROUTED_TOPICS])
            for record in records:
                # A record that is none of these shapes has become a dead letter.
                with suppress(codec.CodecError):
                    self._adopt(connection, record)

    def finish(self) -> None:
        """Store the answers whose dispatch was read after them: the clocks of two hosts differed."""
        early_answers, self._early_answers = self._early_answers, []
        with write_transaction(self._engine) as connection:
            for record in early_answers:
                self._adopt_answer(connection, record)
        self._early_answers.clear()

    def outcome_of(self, record: Record) -> Outgoing | None:
        """Return the outcome of an answer or a correction that was processed, as its record had it.

        `None` for a record that was not processed. Every record has been adopted. Raises `DatabaseUnavailable`.
        """
        with read_transaction(self._engine) as connection, suppress(codec.CodecError, Reject):
            if record.topic == CORRECTIONS:
                correction = codec.decode(Correction, record.value, record.headers)
                return adopted_correction_message(connection, correction)
            answer = codec.decode(AgencyAnswer, record.value, record.headers)
            if processed := find_processed_answer(connection, answer.id):
                transfer = CaseTransfer(connection, Cause(record.position, answer.id), self._deadlines)
                answered = find_answered_dispatch(transfer, answer, record.taken_at, processed)
                return answer_outcome_message(answered.dispatch, answer, processed.outcome, processed)
        return None

    def _adopt(self, connection: Connection, record: Record) -> None:
        if record.topic == COMPLAINTS:
            self._adopt_complaint(connection, record)
        elif record.topic == CORRECTIONS:
            self._adopt_correction(connection, record)
        elif record.topic == AGENCY_ANSWERS:
            self._adopt_answer(connection, record)
        else:
            self._adopt_dispatch(connection, record)

    def _adopt_complaint(self, connection: Connection, record: Record) -> None:
        complaint = codec.decode(Complaint, record.value, record.headers)
        adopt_part(connection, complaint)
        is_first = col(RoutedDispatch.complaint_id) == complaint.id, col(RoutedDispatch.hop) == 0
        stored = connection.execute(select(RoutedDispatch.position).where(*is_first)).one_or_none()
        if stored is None:
            self._undispatched.setdefault(complaint.id, (record.position, complaint.relation.of))
        elif not stored.position:
            connection.execute(update(RoutedDispatch).where(*is_first).values(position=record.position))
            self._add_routed(connection, complaint.id, record.position, complaint.relation.of)

    def _adopt_dispatch(self, connection: Connection, record: Record) -> None:
        dispatch = codec.decode(Dispatch, record.value, record.headers)
        position, parent_id = "", None
        if dispatch.hop == 0:
            position, parent_id = self._undispatched.pop(dispatch.complaint_id, ("", None))
        if not store_dispatches_once(connection, Cause(position, dispatch.complaint_id), [dispatch]):
            return
        if position:
            self._add_routed(connection, dispatch.complaint_id, position, parent_id)
        is_merge = dispatch.hop > 0 and MERGED in dispatch.relation.evidence and dispatch.reasons[0].rule == "merged"
        if is_merge and (root_id := self._merges.pop(dispatch.complaint_id, None)):
            store_parent(connection, dispatch.complaint_id, root_id)
        elif is_merge:
            self._early_merges.add(dispatch.complaint_id)

    def _add_routed(self, connection: Connection, complaint_id: UUID, position: str, parent_id: UUID | None) -> None:
        if parent_id:
            store_parent(connection, complaint_id, parent_id)
        self._on_routed(position)

    def _adopt_correction(self, connection: Connection, record: Record) -> None:
        correction = codec.decode(Correction, record.value, record.headers)
        if not store_correction_once(connection, Cause(record.position, correction.id)):
            return
        if correction.complaint_id in self._early_merges and correction.relation.of:
            self._early_merges.remove(correction.complaint_id)
            store_parent(connection, correction.complaint_id, correction.relation.of)
        elif correction.relation.of:
            self._merges[correction.complaint_id] = correction.relation.of
        elif correction.apart_from:
            store_kept_apart(connection, correction.complaint_id, correction.apart_from)

    def _adopt_answer(self, connection: Connection, record: Record) -> None:
        answer = codec.decode(AgencyAnswer, record.value, record.headers)
        if find_processed_answer(connection, answer.id):
            return
        transfer = CaseTransfer(connection, Cause(record.position, answer.id), self._deadlines)
        try:
            answered = find_answered_dispatch(transfer, answer, record.taken_at, None)
        except Reject:
            self._early_answers.append(record)
            return
        outcome = self._uncounted.get(ids.event_id(answer.id, "answer-not-counted"))
        if outcome is None:
            # It was the latest dispatch then: otherwise there is an event.
            verdicts = counted_verdicts(connection, answered.dispatch.id)
            is_repeated = answer_outcome(answered._replace(is_latest=True), answer.verdict, verdicts) == "repeated"
            outcome = "repeated" if is_repeated else "counted"
        store_answer_once(connection, record, answer, answered.dispatch, outcome, record.taken_at)
