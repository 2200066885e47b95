"""The normalizer: raw messages in, complaints out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import structlog
from sqlalchemy import Engine

from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from config.database import lock_until_commit, write_transaction
from config.reference.regions import Regions
from messages import codec, ids, open311
from messages.sealing import Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Complaint, Correction, OversightEvent, RawMessage, Relation
from messages.smpp import JOINED_SMS
from messages.topics import COMPLAINTS, CORRECTIONS, OVERSIGHT, REPLIES
from normalize.classification.classifier import Judge
from normalize.decision import cleaned, fingerprint
from normalize.decision_store import Decisions, Marks
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.store import EarlierComplaints, regroup
from normalize.picked_regions import named
from normalize.readers import mobile, smpp, sms, twitter, web
from normalize.readers.open311 import Open311Reader
from normalize.relation import claim, follow, lead, mark_of
from normalize.replies import received

_SOURCE = "/satu-pintu/normalize"
_NO_REGIONS = Regions(())
_NO_KEYS = LookupKeys()

Reader = Callable[[str, bytes], Draft | NotComplaint]
_READERS: dict[Channel, Reader] = {
    Channel.WEB: web.read,
    Channel.SMS: sms.read,
    Channel.TWITTER: twitter.read,
    Channel.MOBILE: mobile.read,
}

# Holds back a second normalizer between what this one reads and writes.
_DECIDING = 1708
# What is older is not compared any more; the same delivery and the same words of one sender are recognised for ever.
KEPT = timedelta(days=200)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A record as read.

    `fingerprint` is what the same words of the same sender have in common; `comparable` is compared with others.
    """

    position: str
    raw: RawMessage
    read: Draft | NotComplaint
    fingerprint: str = ""
    comparable: Comparable | None = None
    keys: LookupKeys = _NO_KEYS

    @property
    def marks(self) -> Iterator[str]:
        """All by which its matter is recognised."""
        if isinstance(self.read, Draft):
            yield self.fingerprint
            if follows := self.read.follows:
                yield from (mark_of(mark) for mark in (follows.mark, *follows.also))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen before the batch, and in it."""

    decisions: Decisions
    marks: Marks
    matters: EarlierComplaints

    def write(self) -> None:
        """Keep what is new of it."""
        self.decisions.write()
        self.marks.write()
        self.matters.write()


class NormalizeStage:
    """See `bus.worker.Stage`. Decisions are kept in the database of `engine` before anything is published.

    `services` are the names of Open311's services by their codes, `regions` those that citizens pick by code.
    `matcher` finds complaints about the same matter; without it only the same words of one sender are recognised.
    `judge` tells complaints from what was not meant for us; without it all are complaints, of the kind that was chosen.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        services: Mapping[str, str] = MappingProxyType({}),
        regions: Regions = _NO_REGIONS,
        matcher: Matcher | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._open311 = Open311Reader(services)
        self._regions = regions
        self._matcher = matcher
        self._judge = judge

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """For each message not worked before: a complaint and, on X, its number; or why it is none, to oversight.

        A correction makes nothing: what comes later goes where a person put what it is like.
        """
        corrections = [_correction(record) for record in records if record.topic == CORRECTIONS]
        arrivals = [self._read(record) for record in records if record.topic != CORRECTIONS]
        with write_transaction(self._engine) as connection:
            # Two that meet two copies at one moment: the second waits, and sees the first one's.
            lock_until_commit(connection, _DECIDING)
            seen = _Seen(
                Decisions(connection, (arrival.raw.id for arrival in arrivals)),
                Marks(connection, (mark for arrival in arrivals for mark in arrival.marks)),
                EarlierComplaints(connection, self._sealer, [arrival.keys for arrival in arrivals]),
            )
            outputs = [output for arrival in arrivals for output in self._decide(seen, arrival)]
            seen.write()
            for correction in corrections:
                regroup(connection, correction.complaint_id, correction.relation.of or correction.complaint_id)
            if arrivals:
                # The earliest: one message with a wrong clock must not make the others old.
                before = min(arrival.raw.at for arrival in arrivals) - KEPT
                seen.matters.delete_expired(before, len(arrivals))
        return outputs

    def _reader(self, raw: RawMessage) -> Reader:
        if raw.content_type == open311.CONTENT_TYPE:
            return self._open311.read
        return smpp.read if raw.content_type == JOINED_SMS else _READERS[raw.channel]

    def _read(self, record: Record) -> _Arrival:
        try:
            raw = codec.decode(RawMessage, record.value, record.headers)
            read = self._reader(raw)(raw.content_type, self._sealer.open(raw.body, raw.id))
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        except Unreadable as error:
            raise Reject("unreadable", error.field) from error
        except UnknownKeyError as error:
            raise Stop(f"{record.position} is sealed with key {error}: is SATUPINTU_SECRET_KEY another one?") from error
        except UnsealError as error:
            raise Reject("unsealable", "body") from error
        return self._compared(_Arrival(record.position, raw, self._cleaned(raw, read)))

    def _cleaned(self, raw: RawMessage, read: Draft | NotComplaint) -> Draft | NotComplaint:
        if isinstance(read, NotComplaint):
            return read
        came = {"attachments": raw.attachments, "unfetched": raw.unfetched}
        placed = {"place": named(read.report.place, self._regions)}
        report = cleaned(read.report.model_copy(update=came | placed))
        return self._judged(raw, replace(read, report=report)) if report.text else NotComplaint("empty")

    def _judged(self, raw: RawMessage, read: Draft) -> Draft | NotComplaint:
        """Set aside what was not meant for us; never what came with a file, or not whole."""
        if self._judge is None:
            return read
        report = read.report
        keep = bool(report.attachments or report.unfetched or report.partial)
        judged = self._judge.judge(report.text, report.title, raw.channel, keep=keep)
        if judged.reason:
            return NotComplaint(judged.reason)
        return replace(read, report=report.model_copy(update={"kind": judged.kind})) if judged.kind else read

    def _compared(self, arrival: _Arrival) -> _Arrival:
        """With all by which it is recognised."""
        raw, read = arrival.raw, arrival.read
        if isinstance(read, NotComplaint):
            return arrival
        recognised = replace(arrival, fingerprint=fingerprint(raw.sender, read.report))
        if self._matcher is None:
            return recognised
        comparable = self._matcher.read_report(read.report, raw)
        return replace(recognised, comparable=comparable, keys=self._matcher.lookup_keys(comparable))

    def _decide(self, seen: _Seen, arrival: _Arrival) -> Sequence[Outgoing]:
        raw, read = arrival.raw, arrival.read
        known = seen.decisions.of(raw.id)
        if known and known[0] != arrival.position:
            _log.info("message.delivered_again", message_id=str(raw.id), channel=raw.channel.value)
            return ()
        relation = known[1] if known else self._relate(seen, arrival)
        if not known:
            seen.decisions.add(raw.id, arrival.position, relation)
        if isinstance(read, NotComplaint):
            return [_set_aside(raw, read)]
        made = Complaint(
            id=ids.complaint_id(raw.id),
            message_id=raw.id,
            at=raw.at,
            tracking=raw.tracking,
            channel=raw.channel,
            sender=raw.sender,
            report=read.report,
            contact=self._sealer.seal(read.contact.model_dump_json().encode(), raw.id),
            relation=relation,
        )
        # A repeat follows the complaint it belongs to: the same key keeps them in order.
        outputs = [Outgoing(COMPLAINTS, *codec.encode(made, str(relation.of or made.id), _SOURCE))]
        if reply := received(made, raw.verified_by):
            outputs.append(Outgoing(REPLIES, *codec.encode(reply, str(made.id), _SOURCE)))
        return outputs

    def _relate(self, seen: _Seen, arrival: _Arrival) -> Relation:
        """The three questions, in their order; and how what comes later finds this one."""
        raw, read = arrival.raw, arrival.read
        if isinstance(read, NotComplaint):
            return Relation()
        complaint = ids.complaint_id(raw.id)
        relation = follow(seen.marks, read.follows, complaint, raw.at) if read.follows else Relation()
        if relation.kind == "new":
            relation = claim(seen.marks, arrival.fingerprint, complaint, raw.at)
        if self._matcher and arrival.comparable:
            relation = self._matcher.decide_relation(
                seen.matters, complaint, arrival.comparable, arrival.keys, raw.at, relation
            )
        if read.follows:
            lead(seen.marks, read.follows, complaint, relation, raw.at)
        return relation


def _correction(record: Record) -> Correction:
    try:
        return codec.decode(Correction, record.value, record.headers)
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error


def _set_aside(raw: RawMessage, read: NotComplaint) -> Outgoing:
    event = OversightEvent(
        id=ids.event_id(raw.id, "not-a-complaint"),
        message_id=raw.id,
        at=raw.at,
        event="not-a-complaint",
        subject=raw.id,
        reason=read.reason,
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(raw.id), _SOURCE))
