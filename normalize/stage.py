"""The normalizer: reads raw messages from the channels' topics and publishes complaints."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from cases.clocks.deadlines import MayObject
from config.database import snapshot_transaction, write_transaction
from config.reference.regions import Regions
from config.reference.reloading import Source
from messages import codec
from messages.sealing import Sealer, UnknownKeyError
from messages.shapes import (
    AnswerOutcome,
    ClosedCase,
    Complaint,
    CorrectionOutcome,
    Danger,
    FollowUp,
    OversightEvent,
    Relation,
)
from messages.topics import ANSWER_OUTCOMES, CORRECTION_OUTCOMES, OVERSIGHT
from normalize.arrival import Arrival, ArrivalReader, missing_key_text
from normalize.classification.classifier import Classifier
from normalize.conversation.conversation import Conversation
from normalize.conversation.sender_reports import QUESTIONS, record_answers, record_part, record_questions
from normalize.decision import NEW
from normalize.decision_store import StoredDecision, StoredFollowUp, StoredLimit
from normalize.draft import Draft, NotComplaint
from normalize.duplicates.limits import NewComplaint
from normalize.duplicates.matcher import Matcher, MatterDecision
from normalize.duplicates.store.closed_cases import close_cases, close_merged, common_root, regroup, reopen_cases
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.expiry import DeletionSchedule
from normalize.earlier import Earlier, earliest_time
from normalize.outcome import Outcome, outcome_messages
from normalize.persons import sent_report, without_forgotten
from normalize.reader_table import ReaderTable
from normalize.rebuild import adopt
from normalize.relation import (
    assign_marks,
    lead_marks,
    relation_by_fingerprint,
    relation_by_mark,
    relation_by_public_report,
)
from normalize.revision import lock_decisions, read_revision
from privacy.forgotten import record_reports

# Topics of the stage that are not a channel's.
_NOT_ARRIVALS = frozenset({ANSWER_OUTCOMES, CORRECTION_OUTCOMES, OVERSIGHT})
# Verdicts of agencies by which later messages are decided.
_VERDICTS = frozenset({"asked", "responded", "closed"})
_NO_REGIONS = Regions(())
_NO_FOLLOW_UP = FollowUp()

_log = structlog.get_logger()


class _Batch(NamedTuple):
    """The decisions about a batch, and what they were made by: the rows of a revision."""

    revision: int
    arrivals: Sequence[Arrival]
    earlier: Earlier
    outcomes: Sequence[Outcome]


class NormalizeStage:
    """See `bus.worker.Stage`. Decisions are stored in the database of `engine` before anything is published.

    `readers` are those of all channels, `regions` those that citizens pick by code.
    `may_object` returns whether an objection at a time is within the period after an answer.
    `matchers` find complaints about the same matter; without them only the same text of the same sender is recognised.
    A batch is read with the matcher, and its language model, that is in force when the batch begins.
    `classifier` tells complaints from advertisements, tests and the like; without it every message is a complaint, of
    the kind that its sender chose.
    `find_danger` returns the danger to life that a text and a title tell of.
    `find_public` returns the complaint of a public report that is open; without it nobody refers to one.
    `conversation` attaches short messages to reports of the same sender; without it only links and marks do.
    `is_own_key_known` returns whether the shared key of the sealer is that of the service. If it is, an arrival that
    another key sealed is rejected; if not, it stops the stage.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        readers: ReaderTable,
        may_object: MayObject,
        regions: Regions = _NO_REGIONS,
        matchers: Source[Matcher] | None = None,
        classifier: Classifier | None = None,
        find_danger: Callable[[str, str], Danger] = lambda _text, _title: "",
        find_public: Callable[[str], UUID | None] | None = None,
        conversation: Conversation | None = None,
        is_own_key_known: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._may_object = may_object
        self._matchers = matchers
        self._find_public = find_public
        self._deletions = DeletionSchedule()
        self._reader = ArrivalReader(sealer, readers, regions, classifier, find_danger, conversation, is_own_key_known)

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Return for each new message a complaint and, on X, its acknowledgement, or the oversight event instead.

        The router's outcomes give no output. Later complaints follow the relation that a person decided, and do not
        repeat or join a case that an agency closed. The closed cases of a batch count for all its messages, because the
        order of records of two topics is unknown.
        """
        outcomes = self._process(records, self._decide)
        has_public_view = self._find_public is not None
        return [
            message for outcome in outcomes for message in outcome_messages(outcome, has_public_view=has_public_view)
        ]

    def rebuild(self, records: Sequence[Record], complaint_of: Callable[[UUID], Complaint | bool]) -> None:
        """Store what was decided about these records. Nothing is decided again, and nothing is published.

        `complaint_of` returns the published complaint of an arrival by its id, True for one that is no complaint, and
        False for one without an outcome.
        """

        def adopt_outcome(matcher: Matcher | None, earlier: Earlier, arrival: Arrival) -> None:
            outcome = complaint_of(arrival.raw.id)
            if outcome and not earlier.has_decided_delivery(arrival):
                adopt(earlier, arrival, None if outcome is True else outcome, matcher)

        self._process(records, adopt_outcome)

    def _process(
        self, records: Sequence[Record], decide: Callable[[Matcher | None, Earlier, Arrival], Outcome | None]
    ) -> Sequence[Outcome]:
        """Decide without the lock, and write under it. Two normalizers may get two copies at one moment.

        If anything was changed in between by which normalizers decide, the batch is decided again under the lock. That
        takes little time: comparisons are not made again.
        """
        matcher = self._matchers.current().for_batch() if self._matchers else None
        corrections = [_decode(CorrectionOutcome, record) for record in records if record.topic == CORRECTION_OUTCOMES]
        self._sealer.prepare_opening(record.value for record in records)
        traits = self._reader.traits_reader()
        read = [self._reader.read(record, matcher, traits) for record in records if record.topic not in _NOT_ARRIVALS]
        self._prepare_sealing(read)
        self._record_facts(records)
        if not read and not corrections:
            return ()
        forms = ComparableForms(self._sealer)

        def decide_batch(connection: Connection, revision: int) -> _Batch:
            arrivals = without_forgotten(connection, read)
            earlier = Earlier.load(connection, forms, arrivals)
            outcomes = [outcome for arrival in arrivals if (outcome := decide(matcher, earlier, arrival)) is not None]
            return _Batch(revision, arrivals, earlier, outcomes)

        with snapshot_transaction(self._engine) as connection:
            batch = decide_batch(connection, read_revision(connection))
        with write_transaction(self._engine) as connection:
            revision = lock_decisions(connection)
            if batch.revision != revision:
                batch = decide_batch(connection, revision)
            batch.earlier.write(connection)
            record_reports(connection, [sent_report(arrival) for arrival in batch.arrivals])
            reopen_cases(connection, batch.earlier.objections, self._may_object)
            for correction in corrections:
                _follow(connection, correction)
            if message_count := self._deletions.due_messages(len(read), earliest_time(read)):
                batch.earlier.delete_expired(connection, message_count)
        self._deletions.record(len(read), earliest_time(read))
        return batch.outcomes

    def _record_facts(self, records: Sequence[Record]) -> None:
        """Store the answers of agencies and the questions of oversight, by which the batch is decided."""
        judged = [_decode(AnswerOutcome, record) for record in records if record.topic == ANSWER_OUTCOMES]
        answers = [answer for answer in judged if answer.outcome == "counted" and answer.verdict in _VERDICTS]
        events = [_decode(OversightEvent, record) for record in records if record.topic == OVERSIGHT]
        questions = [event for event in events if event.event in QUESTIONS]
        if not answers and not questions:
            return
        closings = [answer for answer in answers if answer.verdict == "closed"]
        with write_transaction(self._engine) as connection:
            lock_decisions(connection)
            close_cases(connection, {closing.case_id: closing.at for closing in closings})
            record_answers(connection, answers)
            record_questions(connection, questions)

    def _prepare_sealing(self, arrivals: Sequence[Arrival]) -> None:
        """Have the keys of the senders at hand before the transaction. Raises `Stop` if a root key is missing."""
        try:
            self._sealer.prepare_sealing(
                arrival.raw.sender for arrival in arrivals if not isinstance(arrival.draft, NotComplaint)
            )
        except UnknownKeyError as error:
            raise Stop(f"a contact cannot be sealed: {missing_key_text(error)}") from error

    def _decide(self, matcher: Matcher | None, earlier: Earlier, arrival: Arrival) -> Outcome | None:
        """Return the outcome; `None` for a message that was delivered before."""
        raw = arrival.raw
        decision = earlier.decisions.get(raw.id)
        if earlier.has_decided_delivery(arrival):
            _log.info("message.delivered_again", message_id=str(raw.id), channel=raw.channel)
            return None
        draft = arrival.draft
        attached = earlier.follows_of(arrival, decision)
        if attached and arrival.open_message:
            draft = arrival.open_message.draft.attached_to(attached)
        if not decision:
            language_version = matcher.language_version if matcher else ""
            matter = self._relate(matcher, earlier, arrival, draft)
            stored_follow_up = StoredFollowUp.of(attached) if attached else None
            limit = StoredLimit.of(matter.reached_limit) if matter.reached_limit else None
            decision = StoredDecision(
                arrival.position,
                matter.relation,
                stored_follow_up,
                matter.suggestion,
                matter.similar_closed_case,
                limit,
            )
            earlier.decisions.add(raw.id, decision, language_version)
        if isinstance(draft, NotComplaint):
            return Outcome(arrival, draft)
        # A reviewed message becomes the complaint that its arrival would have been: the sender's link leads to it.
        complaint = Complaint(
            id=arrival.complaint_id,
            message_id=raw.message_id,
            at=raw.at,
            tracking=raw.tracking,
            channel=raw.channel,
            sender=raw.sender,
            report=draft.report,
            contact=self._sealer.seal_for(raw.sender, draft.contact.model_dump_json().encode(), raw.message_id),
            relation=decision.relation,
            suggestion=decision.suggestion,
            similar_closed_case=decision.similar_closed_case,
            follow_up=draft.follows.follow_up if draft.follows else _NO_FOLLOW_UP,
            danger=arrival.danger,
            reviewed=raw.reviewed,
        )
        earlier.add_report(arrival, complaint)
        return Outcome(arrival, complaint, decision.limit)

    def _relate(
        self, matcher: Matcher | None, earlier: Earlier, arrival: Arrival, draft: Draft | NotComplaint
    ) -> MatterDecision:
        """Return the relation by mark, fingerprint or matter (in this order); store what later messages find it by."""
        raw, complaint_id = arrival.raw, arrival.complaint_id
        if isinstance(draft, NotComplaint):
            return MatterDecision(NEW)
        if follows := draft.follows:
            relation = Relation(kind="repeat", of=follows.complaint_id, evidence=("same-sender", follows.evidence))
            if draft.continuation:
                lead_marks(earlier.marks, draft.continuation, follows.complaint_id, raw.at)
            return MatterDecision(relation)
        continuation = earlier.continuation_of(arrival, draft)
        closed_id = earlier.closed_complaint(arrival, continuation)
        relation = relation_by_mark(earlier.marks, continuation, complaint_id, raw.at) if continuation else NEW
        if relation.kind == "new":
            relation = relation_by_fingerprint(earlier.marks, arrival.fingerprint, complaint_id, raw.at)
        if relation.kind == "new":
            relation = relation_by_public_report(self._public_complaint(earlier, draft))
        matter = MatterDecision(relation)
        if matcher and arrival.comparable:
            claim = matcher.claim_of(draft.contact, raw)
            complaint = NewComplaint(complaint_id, arrival.comparable, raw.at, claim)
            matter = matcher.decide_relation(earlier.complaints, complaint, arrival.keys, relation)
        if continuation:
            assign_marks(earlier.marks, continuation, complaint_id, matter.relation, raw.at)
        if closed_id and matter.relation.kind == "new" and not matter.similar_closed_case:
            is_proven = raw.verified_by != "none"
            closed_case = ClosedCase(of=closed_id, closed_at=earlier.complaints.closed_at(closed_id), is_own=is_proven)
            return matter._replace(similar_closed_case=closed_case)
        return matter

    def _public_complaint(self, earlier: Earlier, draft: Draft) -> UUID | None:
        """Return the complaint of the public report that the sender refers to, if it is open."""
        if not (draft.same_as and self._find_public):
            return None
        complaint_id = self._find_public(draft.same_as)
        return None if complaint_id is None or earlier.complaints.is_closed(complaint_id) else complaint_id


def _follow(connection: Connection, correction: CorrectionOutcome) -> None:
    """Group a complaint as a person decided, unless the router changed nothing.

    Nothing is stored about a suggestion that was denied: a complaint is compared once, when it arrives, so the pair is
    not suggested again. The two are split only if they were merged meanwhile: the one that is not the root goes.
    A part of a report is compared with nothing; its sender may write about it.
    """
    if correction.outcome == "unchanged":
        return
    if correction.part_id:
        record_part(connection, correction.complaint_id, correction.part_id, correction.part_number)
        return
    complaint_id, apart_from = correction.complaint_id, correction.apart_from
    if correction.relation.is_denial:
        root_id = common_root(connection, complaint_id, apart_from) if apart_from else None
        if root_id and apart_from:
            split_id = apart_from if complaint_id == root_id else complaint_id
            regroup(connection, split_id, split_id)
        return
    root_id = correction.relation.of or complaint_id
    regroup(connection, complaint_id, root_id)
    close_merged(connection, root_id)


def _decode(shape: type[codec.T], record: Record) -> codec.T:
    try:
        return codec.decode(shape, record.value, record.headers)
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error
