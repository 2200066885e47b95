"""The normalizer: reads raw messages from the channels' topics and publishes complaints."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from config.database import DatabaseLock, lock_until_commit, write_transaction
from config.reference.regions import Regions
from config.reference.reloading import Source
from messages import codec, ids
from messages.alternate_ids import AlternateIds
from messages.payloads.follow_up import PROOFS
from messages.sealing import Sealer, UnknownKeyError, UnsealError
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Correction,
    Danger,
    FollowUp,
    OversightEvent,
    RawMessage,
    Relation,
    Report,
)
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, REPLIES
from normalize.classification.classifier import Classifier
from normalize.decision import clean_report, fingerprint
from normalize.decision_store import DecisionStore, MarkStore
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.store.closed_cases import close_cases, close_merged
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.regrouping import regroup
from normalize.picked_regions import with_region_names
from normalize.reader_table import ReaderTable
from normalize.relation import (
    assign_marks,
    mark_key,
    relation_by_fingerprint,
    relation_by_mark,
    relation_by_public_report,
)
from normalize.replies import acknowledgement

_SOURCE = "/satu-pintu/normalize"
# Topics of the stage that are not a channel's.
_NOT_ARRIVALS = frozenset({AGENCY_ANSWERS, CORRECTIONS})
_NO_REGIONS = Regions(())
_NO_KEYS = LookupKeys()
_NO_FOLLOW_UP = FollowUp()
# Characters of the tracking number that make the text of a message without words unique.
_UNIQUE_CHARACTERS = 9
# Older complaints are no longer compared. The same delivery, and the same text of one sender, are recognised for ever.
COMPARISON_PERIOD = timedelta(days=200)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A record and the result of reading it.

    `fingerprint` is equal for the same text of the same sender. `comparable` is compared with other complaints, which
    are looked up by `keys`. `alternate_ids` are other ids under which the same arrival may have been decided.
    """

    position: str
    raw: RawMessage
    draft: Draft | NotComplaint
    alternate_ids: tuple[UUID, ...] = ()
    fingerprint: str = ""
    comparable: Comparable | None = None
    keys: LookupKeys = _NO_KEYS

    @property
    def marks(self) -> Iterator[str]:
        """The fingerprint and the keys of all marks by which earlier messages of the same matter are found."""
        if isinstance(self.draft, Draft) and not self.draft.follows:
            yield self.fingerprint
            if continuation := self.draft.continuation:
                yield from map(mark_key, (continuation.mark, *continuation.additional_marks))


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Lookup of earlier decisions, marks and complaints, and those of this batch. Call `write` once at the end."""

    decisions: DecisionStore
    marks: MarkStore
    complaints: EarlierComplaints

    @classmethod
    def load(cls, connection: Connection, sealer: Sealer, arrivals: Sequence[_Arrival]) -> Self:
        """Load everything that the arrivals may belong to."""
        message_ids = (id_ for arrival in arrivals for id_ in (arrival.raw.id, *arrival.alternate_ids))
        return cls(
            DecisionStore(connection, message_ids),
            MarkStore(connection, (mark for arrival in arrivals for mark in arrival.marks)),
            EarlierComplaints(connection, sealer, [arrival.keys for arrival in arrivals]),
        )

    def has_decided_delivery(self, arrival: _Arrival) -> bool:
        """Return True if another delivery of this message was decided, under this id or an alternate one."""
        if decision := self.decisions.get(arrival.raw.id):
            return decision[0] != arrival.position
        return any(self.decisions.get(id_) for id_ in arrival.alternate_ids)

    def write(self) -> None:
        """Write what this batch added."""
        self.decisions.write()
        self.marks.write()
        self.complaints.write()

    def purge(self, arrivals: Sequence[_Arrival]) -> None:
        """Delete complaints that are older than the comparison period.

        It counts from the earliest arrival: one message with a wrong clock must not make all others too old.
        """
        if arrivals:
            oldest = min(arrival.raw.at for arrival in arrivals) - COMPARISON_PERIOD
            self.complaints.delete_expired(oldest, len(arrivals))


class NormalizeStage:
    """See `bus.worker.Stage`. Decisions are stored in the database of `engine` before anything is published.

    `readers` are those of all channels, `regions` those that citizens pick by code.
    `answer_fault` returns a reason not to believe an agency's answer that the bus took at a time, or `None`.
    `matchers` find complaints about the same matter; without them only the same text of the same sender is recognised.
    A batch is read with the matcher, and its language model, that is in force when the batch begins.
    `classifier` tells complaints from advertisements, tests and the like; without it every message is a complaint, of
    the kind that its sender chose.
    `find_danger` returns the danger to life that a text and a title tell of.
    `alternate_ids` recognise a message that was delivered before message ids were keyed, and again afterwards.
    `find_public` returns the complaint of a public report that is open; without it nobody refers to one.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        readers: ReaderTable,
        answer_fault: Callable[[AgencyAnswer, datetime], object],
        regions: Regions = _NO_REGIONS,
        matchers: Source[Matcher] | None = None,
        classifier: Classifier | None = None,
        alternate_ids: AlternateIds | None = None,
        find_danger: Callable[[str, str], Danger] = lambda _text, _title: "",
        find_public: Callable[[str], UUID | None] | None = None,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._readers = readers
        self._answer_fault = answer_fault
        self._regions = regions
        self._matchers = matchers
        self._matcher = matchers.current() if matchers else None
        self._classifier = classifier
        self._alternate_ids = alternate_ids
        self._find_danger = find_danger
        self._find_public = find_public

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Return for each new message a complaint and, on X, its acknowledgement, or the oversight event instead.

        A correction gives no output: later complaints follow the relation that a person decided. Neither does an
        agency's answer: later complaints do not repeat or join a case that it closed. The closed cases of a batch count
        for all its messages, because the order of records of two topics is unknown.
        """
        if self._matchers:
            self._matcher = self._matchers.current()
        corrections = [_decode_correction(record) for record in records if record.topic == CORRECTIONS]
        closed_complaints = self._closed_complaints(records)
        arrivals = [self._read_arrival(record) for record in records if record.topic not in _NOT_ARRIVALS]
        with write_transaction(self._engine) as connection:
            # Two normalizers may get two copies at one moment: the second waits, then reads what the first has decided.
            lock_until_commit(connection, DatabaseLock.DECISIONS)
            close_cases(connection, closed_complaints)
            earlier = _Earlier.load(connection, self._sealer, arrivals)
            outputs = [output for arrival in arrivals for output in self._decide(earlier, arrival)]
            earlier.write()
            for correction in corrections:
                root_id = correction.relation.of or correction.complaint_id
                regroup(connection, correction.complaint_id, root_id)
                close_merged(connection, root_id)
            earlier.purge(arrivals)
        return outputs

    def _closed_complaints(self, records: Sequence[Record]) -> Collection[UUID]:
        """Return the complaints that answers close. An answer that fails a check is the router's to reject."""
        closed = set()
        for record in records:
            if record.topic == AGENCY_ANSWERS:
                with suppress(codec.CodecError):
                    answer = codec.decode(AgencyAnswer, record.value, record.headers)
                    is_closed = answer.verdict == "closed" and not self._answer_fault(answer, record.taken_at)
                    closed.update([answer.complaint_id] if is_closed else [])
        return closed

    def _read_arrival(self, record: Record) -> _Arrival:
        try:
            raw = codec.decode(RawMessage, record.value, record.headers, self._readers.by_channel)
            draft = self._readers.reader_of(raw)(raw.content_type, self._sealer.open(raw.body, raw.id))
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        except Unreadable as error:
            raise Reject("unreadable", error.field) from error
        except UnknownKeyError as error:
            raise Stop(f"{record.position} is sealed with key {error}: is SATUPINTU_SECRET_KEY another one?") from error
        except UnsealError as error:
            raise Reject("unsealable", "body") from error
        alternate_ids = self._alternate_ids.of(raw) if self._alternate_ids else ()
        return self._with_lookups(_Arrival(record.position, raw, self._complete(raw, draft), alternate_ids))

    def _complete(self, raw: RawMessage, draft: Draft | NotComplaint) -> Draft | NotComplaint:
        """Add the attachments and the names of regions, clean the texts, and classify the result."""
        if isinstance(draft, NotComplaint):
            return draft
        attachments = {"attachments": raw.attachments, "unfetched": raw.unfetched}
        named_place = {"place": with_region_names(draft.report.place, self._regions)}
        # A part of the provider's id would lead to the public post of an anonymous author.
        unique_text = {} if draft.has_words else {"text": f"{draft.report.text} ({raw.tracking[:_UNIQUE_CHARACTERS]})"}
        report = clean_report(draft.report.model_copy(update=attachments | named_place | unique_text))
        if not report.text:
            return NotComplaint("empty")
        if draft.follows:
            return replace(draft, report=report, follows=draft.follows if raw.verified_by in PROOFS else None)
        continuation = draft.continuation
        if continuation and report.anonim:
            continuation = continuation.of_anonymous_reports()
        return self._classify(raw, replace(draft, report=report, continuation=continuation))

    def _classify(self, raw: RawMessage, draft: Draft) -> Draft | NotComplaint:
        """Set aside a message that is no complaint; never one with a file or danger, or one that arrived in part."""
        if self._classifier is None:
            return draft
        report = draft.report
        keep = bool(report.attachments or report.unfetched or report.partial or self._danger_of(report))
        classification = self._classifier.classify(report.text, report.title, raw.channel, keep=keep)
        if classification.reason:
            return NotComplaint(classification.reason)
        if classification.kind is None:
            return draft
        return replace(draft, report=report.model_copy(update={"kind": classification.kind}))

    def _danger_of(self, report: Report) -> Danger:
        return self._find_danger(report.text, report.title)

    def _with_lookups(self, arrival: _Arrival) -> _Arrival:
        """Add the fingerprint, the comparable form and its keys."""
        raw, draft = arrival.raw, arrival.draft
        if isinstance(draft, NotComplaint) or draft.follows:
            return arrival
        fingerprinted = replace(arrival, fingerprint=fingerprint(raw.sender, draft.report))
        if self._matcher is None:
            return fingerprinted
        comparable = self._matcher.read_report(draft.report, raw)
        return replace(fingerprinted, comparable=comparable, keys=self._matcher.lookup_keys(comparable))

    def _decide(self, earlier: _Earlier, arrival: _Arrival) -> Sequence[Outgoing]:
        raw, draft = arrival.raw, arrival.draft
        decision = earlier.decisions.get(raw.id)
        if earlier.has_decided_delivery(arrival):
            _log.info("message.delivered_again", message_id=str(raw.id), channel=raw.channel)
            return ()
        relation = decision[1] if decision else self._relate(earlier, arrival)
        if not decision:
            language_version = self._matcher.language_version if self._matcher else ""
            earlier.decisions.add(raw.id, arrival.position, relation, language_version)
        if isinstance(draft, NotComplaint):
            return [_oversight_message(raw, draft)]
        complaint = Complaint(
            id=ids.complaint_id(raw.id),
            message_id=raw.id,
            at=raw.at,
            tracking=raw.tracking,
            channel=raw.channel,
            sender=raw.sender,
            report=draft.report,
            contact=self._sealer.seal(draft.contact.model_dump_json().encode(), raw.id),
            relation=relation,
            follow_up=draft.follows.follow_up if draft.follows else _NO_FOLLOW_UP,
            danger=self._danger_of(draft.report),
        )
        # A repeat has the key of the complaint it belongs to, which keeps the two in order.
        outputs = [Outgoing(COMPLAINTS, *codec.encode(complaint, str(relation.of or complaint.id), _SOURCE))]
        if reply := acknowledgement(complaint, raw.verified_by):
            outputs.append(Outgoing(REPLIES, *codec.encode(reply, str(complaint.id), _SOURCE)))
        return outputs

    def _relate(self, earlier: _Earlier, arrival: _Arrival) -> Relation:
        """Return the relation by mark, fingerprint or matter (in this order); store what later messages find it by."""
        raw, draft = arrival.raw, arrival.draft
        if isinstance(draft, NotComplaint):
            return Relation()
        if follows := draft.follows:
            return Relation(kind="repeat", of=follows.complaint_id, evidence=("same-sender", follows.evidence))
        complaint_id, continuation = ids.complaint_id(raw.id), draft.continuation
        relation = relation_by_mark(earlier.marks, continuation, complaint_id, raw.at) if continuation else Relation()
        if relation.kind == "new":
            relation = relation_by_fingerprint(earlier.marks, arrival.fingerprint, complaint_id, raw.at)
        if relation.kind == "new":
            relation = relation_by_public_report(self._public_complaint(earlier, draft))
        if self._matcher and arrival.comparable:
            relation = self._matcher.decide_relation(
                earlier.complaints, complaint_id, arrival.comparable, arrival.keys, raw.at, relation
            )
        if continuation:
            assign_marks(earlier.marks, continuation, complaint_id, relation, raw.at)
        return relation

    def _public_complaint(self, earlier: _Earlier, draft: Draft) -> UUID | None:
        """Return the complaint of the public report that the sender refers to, if it is open."""
        if not (draft.same_as and self._find_public):
            return None
        complaint_id = self._find_public(draft.same_as)
        return None if complaint_id is None or earlier.complaints.is_closed(complaint_id) else complaint_id


def _decode_correction(record: Record) -> Correction:
    try:
        return codec.decode(Correction, record.value, record.headers)
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error


def _oversight_message(raw: RawMessage, not_complaint: NotComplaint) -> Outgoing:
    event = OversightEvent(
        id=ids.event_id(raw.id, "not-a-complaint"),
        message_id=raw.id,
        at=raw.at,
        event="not-a-complaint",
        subject=raw.id,
        reason=not_complaint.reason,
        tracking=raw.tracking,
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(raw.id), _SOURCE))
