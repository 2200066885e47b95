"""Counts from the topics and the ledger what became of every accepted message, and names each difference."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

from bus.port import Partition, Reader, Record
from messages import codec, topics
from messages.shapes import Channel, Complaint, Dispatch, OversightEvent, Quarantined, Travels

T = TypeVar("T", bound=Travels)


@dataclass(slots=True)
class Audit:
    """`lost`, `doubled` and `misfiled` map the id of each difference to what is wrong with it; the rest are counts.

    accepted = complaints + repeats + joins + not_complaints + quarantined + dead + pending + lost.
    What was released from quarantine is no longer quarantined: it counts as the arrival that was made of it. Repeats
    and joins count as they were read, whatever a person decided of them since.
    """

    accepted: int = 0
    complaints: int = 0
    repeats: int = 0
    joins: int = 0
    not_complaints: int = 0
    quarantined: int = 0
    dead: int = 0
    pending: int = 0
    delivered_again: int = 0
    at_agencies: int = 0
    at_triage: int = 0
    lost: dict[str, str] = field(default_factory=dict)
    doubled: dict[str, str] = field(default_factory=dict)
    misfiled: dict[str, str] = field(default_factory=dict)

    @property
    def differences(self) -> Mapping[str, Mapping[str, str]]:
        """By their kind."""
        return {"lost": self.lost, "doubled": self.doubled, "misfiled": self.misfiled}

    @property
    def clean(self) -> bool:
        """Whether nothing is lost, nothing is there twice and all lies where it belongs."""
        return not any(self.differences.values())

    def as_json(self) -> dict[str, object]:
        """The counts, and each difference by name."""
        counts = {name: getattr(self, name) for name in self.__slots__}
        named = [
            {"id": subject, "difference": kind, "what": what}
            for kind, found in self.differences.items()
            for subject, what in sorted(found.items())
        ]
        found = {kind: len(named) for kind, named in self.differences.items()}
        return {**counts, **found, "differences": named}


class _Placed(NamedTuple):
    """A complaint with the record it was read from."""

    complaint: Complaint
    record: Record


class Auditor:
    """Audits one bus. `queues` are the agencies' topics; `recorded` gives the ids of the complaints in the ledger."""

    def __init__(self, reader: Reader, queues: Iterable[str], recorded: Callable[[], AbstractSet[UUID]]) -> None:
        self._reader = reader
        self._queues = tuple(queues)
        self._recorded = recorded
        self._audit = Audit()

    def run(self) -> Audit:
        """One pass over all topics.

        How far each stage worked is read before the records are: what is committed meanwhile only makes more records
        visible, so whatever counts as worked has its outcome among them. The rest is pending.
        """
        self._audit = audit = Audit()
        arrivals = [topics.raw(channel) for channel in Channel]
        normalized = self._reader.committed("normalize", arrivals)
        routed = self._reader.committed("router", [topics.COMPLAINTS])
        recorded = self._reader.committed("ledger", [topics.COMPLAINTS])
        # Before the arrivals: each was published before the event that says so.
        released = self._released()
        arrived = self._arrived(arrivals)
        dead = {stage: set(self._ids(topics.dead(stage))) for stage in ("normalize", "router", "sinks")}
        complaints = self._complaints()
        set_aside = self._set_aside()
        audit.quarantined = len(self._held() - released.keys())
        if self._whole(arrivals):
            nowhere = [held for held, message in released.items() if message not in arrived]
            audit.lost |= dict.fromkeys(nowhere, "released from quarantine, but not on its topic")
        audit.accepted = len(arrived) + audit.quarantined + len(audit.lost)
        for message, record in arrived.items():
            if message in dead["normalize"]:
                audit.dead += 1
            elif message not in complaints and message not in set_aside:
                self._missing(record, normalized, message, "accepted, but without an outcome")
        self._follow(complaints, dead, routed, recorded)
        return audit

    def _arrived(self, arrivals: list[str]) -> dict[str, Record]:
        """The first delivery of each message."""
        found: dict[str, Record] = {}
        for record in self._reader.read(arrivals):
            if found.setdefault(_id(record), record) is not record:
                self._audit.delivered_again += 1
        return found

    def _complaints(self) -> dict[str, _Placed]:
        """The complaint of each message."""
        found: dict[str, _Placed] = {}
        for record, complaint in self._decoded(Complaint, [topics.COMPLAINTS]):
            first = found.setdefault(str(complaint.message_id), _Placed(complaint, record))
            if first.record is not record:
                self._audit.doubled[str(complaint.id)] = "complaint published twice"
        return found

    def _set_aside(self) -> set[str]:
        """The messages that are no complaints."""
        found: set[str] = set()
        for _, event in self._decoded(OversightEvent, [topics.OVERSIGHT]):
            if event.event == "not-a-complaint":
                if str(event.subject) in found:
                    self._audit.doubled[str(event.subject)] = "set aside twice"
                found.add(str(event.subject))
        self._audit.not_complaints = len(found)
        return found

    def _released(self) -> dict[str, str]:
        """The arrival that was made of each held message that a person let out."""
        told = (event for _, event in self._decoded(OversightEvent, [topics.OVERSIGHT]))
        return {str(event.subject): str(event.message_id) for event in told if event.event == "released"}

    def _held(self) -> set[str]:
        """The messages in quarantine, each once for whatever reasons; of what can't be read, its own id."""
        found = set()
        for record in self._reader.read([topics.QUARANTINE]):
            try:
                found.add(str(codec.decode(Quarantined, record.value, record.headers).raw.id))
            except codec.CodecError:
                found.add(_id(record))
        return found

    def _whole(self, names: list[str]) -> bool:
        """Whether retention has taken nothing of these topics yet."""
        return all(span.start == 0 for span in self._reader.spans(names).values())

    def _dispatched(self) -> dict[UUID, Dispatch]:
        """Where each complaint is now: its latest hop."""
        hops: dict[tuple[UUID, int], str] = {}
        latest: dict[UUID, Dispatch] = {}
        for record, dispatch in self._decoded(Dispatch, self._queues):
            if hops.setdefault((dispatch.complaint_id, dispatch.hop), record.position) != record.position:
                self._audit.doubled[str(dispatch.complaint_id)] = f"hop {dispatch.hop} dispatched twice"
            elif record.topic != topics.agency(dispatch.agency):
                self._audit.misfiled[str(dispatch.complaint_id)] = f"for {dispatch.agency}, but in {record.topic}"
            known = latest.get(dispatch.complaint_id)
            latest[dispatch.complaint_id] = dispatch if known is None or dispatch.hop > known.hop else known
        return latest

    def _follow(
        self,
        complaints: Mapping[str, _Placed],
        dead: Mapping[str, AbstractSet[str]],
        routed: Mapping[Partition, int],
        recorded: Mapping[Partition, int],
    ) -> None:
        """Each new complaint into a queue, and every complaint into the ledger."""
        audit = self._audit
        rows = self._recorded()
        dispatched = self._dispatched()
        for complaint, record in complaints.values():
            subject = str(complaint.id)
            if subject in dead["router"]:
                audit.dead += 1
            elif complaint.id not in dispatched:
                self._missing(record, routed, subject, "complaint in no agency's queue")
            elif complaint.id not in rows and subject not in dead["sinks"]:
                self._missing(record, recorded, subject, "complaint not in the ledger")
            else:
                self._count(complaint)
        homes = {placed.complaint.id for placed in complaints.values()}
        whole = self._whole([topics.COMPLAINTS])
        for complaint_id, dispatch in dispatched.items():
            # Once retention has taken the oldest complaints, a later refusal's dispatch may outlive its complaint.
            if complaint_id not in homes and whole:
                audit.lost[str(complaint_id)] = "dispatched, but the complaint is not on its topic"
            ahead = dispatched.get(dispatch.relation.of or complaint_id)
            # What only joins another's complaint may lie at the door of its own words.
            tied = dispatch.relation.bound or not dispatch.own_case
            if tied and ahead and ahead.agency != dispatch.agency:
                audit.misfiled[str(complaint_id)] = f"at {dispatch.agency}, but belongs to what is at {ahead.agency}"
            audit.at_triage += dispatch.agency == topics.TRIAGE
            audit.at_agencies += dispatch.agency != topics.TRIAGE

    def _count(self, complaint: Complaint) -> None:
        match complaint.relation.kind:
            case "new":
                self._audit.complaints += 1
            case "repeat":
                self._audit.repeats += 1
            case "joins":
                self._audit.joins += 1

    def _missing(self, record: Record, worked: Mapping[Partition, int], subject: str, what: str) -> None:
        if record.offset >= worked.get(Partition(record.topic, record.partition), 0):
            self._audit.pending += 1
        else:
            self._audit.lost[subject] = what

    def _decoded(self, shape: type[T], names: Iterable[str]) -> Iterator[tuple[Record, T]]:
        """What can't be read is another stage's dead letter, not a complaint counted here."""
        for record in self._reader.read(names):
            try:
                yield record, codec.decode(shape, record.value, record.headers)
            except codec.CodecError:
                continue

    def _ids(self, topic: str) -> Iterator[str]:
        return (_id(record) for record in self._reader.read([topic]))


def _id(record: Record) -> str:
    """The CloudEvents id; of a record without one, its place."""
    return _header(record, "ce_id") or _header(record, "dead_position") or record.position


def _header(record: Record, name: str) -> str:
    return dict(record.headers).get(name, b"").decode("utf-8", "replace")
