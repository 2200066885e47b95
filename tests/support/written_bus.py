"""A bus written by hand. Records are made as doors and stages publish them, for messages with small numbers as ids."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from app.assembly.channels import DIRECTORY
from bus.port import Bus, Membership, Outgoing, Reader, Record
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    CorrectionOutcome,
    Dispatch,
    Division,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reason,
    Relation,
    Report,
    WireModel,
)
from messages.topics import (
    AGENCY_ANSWERS,
    COMPLAINTS,
    CORRECTION_OUTCOMES,
    OVERSIGHT,
    QUARANTINE,
    agency_topic,
    dead_letter_topic,
    raw_topic,
)
from messages.tracking import part_number, tracking_number
from monitor.audit.audit import Audit
from monitor.audit.auditor import Auditor
from tests.conftest import NOW
from tests.support.arrival_ids import arrival_id

PLN, HEALTH, TRIAGE = "bumn-pln", "kementerian-kemenkes", "triage"
QUEUES = [agency_topic(code) for code in (PLN, HEALTH, TRIAGE)]
CHANNELS = DIRECTORY.names
_REPORT = Report(text="Lampu jalan di depan pasar padam sejak tiga malam, mohon segera diperbaiki karena gelap. " * 3)
GROUPS = {
    "normalize": tuple(raw_topic(channel) for channel in CHANNELS),
    "router": (COMPLAINTS, AGENCY_ANSWERS),
    "cases": (COMPLAINTS, *QUEUES),
}


def message_id(number: int) -> UUID:
    """Return the id of a message."""
    return UUID(int=number)


def complaint_id(number: int) -> UUID:
    """Return the id of the complaint that is made of a message."""
    return ids.complaint_id(message_id(number))


def tracking(number: int) -> str:
    """Return the tracking number of a message."""
    return tracking_number(message_id(number), b"key")


def arrival(number: int, **changes: Any) -> Outgoing:
    """Return the record that a door publishes."""
    raw_message = _raw_message(number).model_copy(update=changes)
    return _encode(raw_topic(raw_message.channel), raw_message, f"sender-{number}")


def complaint(number: int, of: int | None = None, kind: str = "repeat", **changes: Any) -> Outgoing:
    """Return the record that the normalizer publishes; `of` is the number of the earlier complaint."""
    value = Complaint(
        id=complaint_id(number),
        message_id=message_id(number),
        at=NOW,
        tracking=tracking(number),
        channel="web",
        sender="sender",
        report=_REPORT,
        contact=Sealed("sealed" * 20),
        relation=_relation(of, kind),
    ).model_copy(update=changes)
    return _encode(COMPLAINTS, value, str(value.relation.of or value.id))


def part(number: int, of: int) -> Outgoing:
    """Return the record of a part of the report `of`; `number` stands for its arrival, which it does not have."""
    division = Division(report_id=complaint_id(of), number=2, correction_id=message_id(number))
    return complaint(number, part_of=division, tracking=part_number(tracking(of), 2))


def division(number: int, of: int) -> Outgoing:
    """Return the outcome by which the report `of` was divided into the part with this number."""
    value = CorrectionOutcome(
        id=ids.outcome_id(message_id(number)),
        message_id=message_id(of),
        at=NOW,
        correction_id=message_id(number),
        complaint_id=complaint_id(of),
        relation=Relation(),
        outcome="applied",
        position="corrections/0/0",
        part_id=complaint_id(number),
        part_number=2,
    )
    return _encode(CORRECTION_OUTCOMES, value, str(value.complaint_id))


def dispatch(
    number: int, to: str, hop: int = 0, of: int | None = None, kind: str = "repeat", **changes: Any
) -> Outgoing:
    """Return the record that the router publishes; with `of` it follows the case of that complaint."""
    value = Dispatch(
        id=ids.dispatch_id(complaint_id(number), hop),
        message_id=message_id(number),
        at=NOW,
        complaint_id=complaint_id(number),
        tracking=tracking(number),
        channel="web",
        agency=to,
        reasons=(Reason(rule="r", text="Penerangan jalan umum adalah urusan badan ini."),),
        rules_version="v",
        hop=hop,
        due_at=NOW,
        report=_REPORT,
        relation=_relation(of, kind),
        own_case=of is None,
    ).model_copy(update=changes)
    return _encode(agency_topic(to), value, str(value.complaint_id))


def answer(number: int, by: str, hop: int = 0, verdict: str = "accepted") -> Outgoing:
    """Return the record of an agency's answer to a hop."""
    value = AgencyAnswer(
        id=ids.answer_id(ids.dispatch_id(complaint_id(number), hop), verdict, ""),
        message_id=message_id(number),
        at=NOW,
        complaint_id=complaint_id(number),
        dispatch_id=ids.dispatch_id(complaint_id(number), hop),
        agency=by,
        verdict=verdict,  # type: ignore[arg-type]  # the callers pass verdicts
    )
    return _encode(AGENCY_ANSWERS, value, str(complaint_id(number)))


def not_a_complaint(number: int) -> Outgoing:
    """Return the normalizer's event for a message that is no complaint."""
    return _event(number, "not-a-complaint", message_id(number))


def quarantined(number: int) -> Outgoing:
    """Return the record of a quarantined message."""
    id_ = _quarantine_id(number)
    raw_message = _raw_message(number).model_copy(update={"id": id_, "message_id": id_})
    value = Quarantined(
        id=ids.event_id(raw_message.id, "unsigned"),
        message_id=raw_message.id,
        at=NOW,
        reason="unsigned",
        raw=raw_message,
    )
    return _encode(QUARANTINE, value, "sender")


def released(number: int) -> Outgoing:
    """Return the event that follows the arrival of a released message."""
    return _event(number, "released", _quarantine_id(number))


def dead_letter(stage: str, record: Outgoing, offset: int = 0) -> Outgoing:
    """Return the dead letter that a stage's worker publishes for a record."""
    headers = (("dead_stage", stage.encode()), ("dead_position", f"{record.topic}/99/{offset}".encode()))
    return replace(record, topic=dead_letter_topic(stage), headers=record.headers + headers)


def redriven(record: Outgoing) -> Outgoing:
    """Return the record as it is published again from the dead letters."""
    return replace(record, headers=(*record.headers, ("redriven", record.topic.encode())))


def record_at(record: Outgoing, offset: int, timestamp: int = 0) -> Record:
    """Return the record at an offset of a topic with one partition."""
    return Record(record.topic, 0, offset, timestamp, record.key, record.value, record.headers)


def commit_all(bus: Bus) -> None:
    """Commit the end offsets of every stage."""
    for group, names in GROUPS.items():
        consumer = bus.consumer(Membership(group, "test", names))
        while consumer.poll(0.0, 10_000):
            pass
        consumer.commit(())
        consumer.close()


def ledger_row(number: int, received: datetime = NOW) -> tuple[UUID, datetime]:
    """Return the ledger's row of a complaint: its id and the time of receipt."""
    return complaint_id(number), received


class PlantedLedger(NamedTuple):
    """See `monitor.audit.database.AuditedLedger`."""

    complaints: Iterable[tuple[UUID, datetime]] = ()
    dispatches: Callable[[], Iterable[UUID]] = tuple

    def read_complaints(self) -> Iterable[tuple[UUID, datetime]]:
        """See the protocol."""
        return self.complaints

    def read_dispatches(self) -> Iterable[UUID]:
        """See the protocol."""
        return self.dispatches()

    def find_complaints(self, ids: Sequence[UUID]) -> Iterable[tuple[UUID, datetime]]:
        """See the protocol."""
        wanted = set(ids)
        return [row for row in self.complaints if row[0] in wanted]

    def find_dispatches(self, ids: Sequence[UUID]) -> Iterable[UUID]:
        """See the protocol."""
        return set(ids).intersection(self.dispatches())

    def read_miscounted(self) -> Iterable[tuple[str, int]]:
        """See the protocol."""
        return ()


# Offset of a record that no stage has committed: the audit does not expect yet what follows from it.
_UNCOMMITTED = 2**40


class PlantedRouter(NamedTuple):
    """See `monitor.audit.database.AuditedRouter`."""

    hops: Callable[[], Iterable[tuple[UUID, int, str]]] = tuple

    def read_hops(self) -> Iterable[tuple[UUID, int, str]]:
        """See the protocol."""
        return self.hops()

    def find_hops(self, complaint_ids: Sequence[UUID]) -> Iterable[tuple[UUID, int, str]]:
        """See the protocol."""
        wanted = set(complaint_ids)
        return [hop for hop in self.hops() if hop[0] in wanted]


@dataclass
class AuditedBus:
    """A bus, and the rows of ledger and router, with the audit of all three.

    The ledger has every dispatch on the bus except those `unrecorded`. The router has every hop on the bus except those
    `unstored`, and the hops `unpublished`. An audit with a `path` is incremental, if it can be.
    """

    bus: Bus
    rows: list[tuple[UUID, datetime]] = field(default_factory=list)
    horizon: datetime = NOW
    unrecorded: set[UUID] = field(default_factory=set)
    unstored: set[UUID] = field(default_factory=set)
    unpublished: set[tuple[UUID, int, str]] = field(default_factory=set)

    def publish(self, *records: Outgoing) -> None:
        """Publish the records."""
        producer = self.bus.producer()
        producer.publish(records)
        producer.close()

    def audit_processed(self, *records: Outgoing, path: Path | None = None) -> Audit:
        """Publish the records, commit all offsets, and return the audit."""
        self.publish(*records)
        commit_all(self.bus)
        return self.audit(path=path)

    def audit(
        self, wrap: Callable[[Reader], Reader] = lambda reader: reader, path: Path | None = None, now: datetime = NOW
    ) -> Audit:
        """Return the audit of the present state; `wrap` may replace the reader."""
        reader = self.bus.reader()
        try:
            ledger = PlantedLedger(self.rows, self._recorded_dispatches)
            router = PlantedRouter(self._routed_hops)
            return Auditor(wrap(reader), DIRECTORY.names, QUEUES, ledger, router, self.horizon, path).run(now)
        finally:
            reader.close()

    def _routed_hops(self) -> Iterator[tuple[UUID, int, str]]:
        """Yield the hops that the router has stored, each once."""
        stored = set(self.unpublished)
        with closing(self.bus.reader()) as reader:
            for record in reader.read(QUEUES):
                with suppress(codec.CodecError):
                    dispatched = codec.decode(Dispatch, record.value, record.headers)
                    if dispatched.id not in self.unstored:
                        stored.add((dispatched.complaint_id, dispatched.hop, f"{COMPLAINTS}/0/{_UNCOMMITTED}"))
        yield from stored

    def _recorded_dispatches(self) -> Iterator[UUID]:
        """Yield the ids of the dispatches on the bus that the ledger has."""
        with closing(self.bus.reader()) as reader:
            for record in reader.read(QUEUES):
                if (id_ := UUID(record.header("ce_id"))) not in self.unrecorded:
                    yield id_


def _quarantine_id(number: int) -> UUID:
    return arrival_id("held", str(number))


def _raw_message(number: int) -> RawMessage:
    return RawMessage(
        id=message_id(number),
        message_id=message_id(number),
        at=NOW,
        channel=CHANNELS[number % len(CHANNELS)],
        provider_id=f"provider-{number}",
        sender="sender",
        tracking=tracking(number),
        verified_by="none",
        content_type="application/json",
        body=Sealed("sealed" * 80),
    )


def _relation(of: int | None, kind: str) -> Relation:
    return Relation.model_validate({"kind": kind, "of": complaint_id(of)} if of is not None else {})


def _event(number: int, event: str, subject: UUID) -> Outgoing:
    value = OversightEvent.model_validate(
        {
            "id": ids.event_id(subject, event),
            "message_id": message_id(number),
            "at": NOW,
            "event": event,
            "subject": subject,
            "reason": "x",
        }
    )
    return _encode(OVERSIGHT, value, str(subject))


def _encode(topic: str, value: WireModel, key: str) -> Outgoing:
    return Outgoing(topic, *codec.encode(value, key, "/test"))


def append_messages(bus: AuditedBus) -> None:
    """Append new messages with all that follows from them, and move case 1 of `clean_bus` with its repeats."""
    bus.publish(arrival(50), arrival(51), quarantined(52), arrival(52), released(52), not_a_complaint(52))
    bus.publish(complaint(50), complaint(51, of=50))
    bus.publish(dispatch(50, PLN), dispatch(51, PLN, of=50), answer(1, HEALTH, hop=1, verdict="refused"))
    for hop, to in ((2, PLN), (3, TRIAGE)):
        bus.publish(dispatch(1, to, hop=hop), dispatch(2, to, hop=hop, of=1), dispatch(4, to, hop=hop, of=1))
    bus.publish(answer(50, PLN), arrival(53), dead_letter("normalize", arrival(53)))
    bus.rows += [ledger_row(50), ledger_row(51)]
    commit_all(bus.bus)
