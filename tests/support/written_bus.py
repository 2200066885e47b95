"""A bus written by hand: records as doors and stages publish them, of messages that are known by their numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.assembly.channels import DIRECTORY
from bus.port import Bus, Membership, Outgoing, Reader, Record
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Dispatch,
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
    OVERSIGHT,
    QUARANTINE,
    agency_topic,
    dead_letter_topic,
    raw_topic,
)
from messages.tracking import tracking_number
from monitor.audit.audit import Audit, Auditor
from tests.conftest import NOW

PLN, HEALTH, TRIAGE = "bumn-pln", "kementerian-kemenkes", "triage"
QUEUES = [agency_topic(code) for code in (PLN, HEALTH, TRIAGE)]
CHANNELS = DIRECTORY.names
_REPORT = Report(text="Lampu jalan di depan pasar padam sejak tiga malam, mohon segera diperbaiki karena gelap. " * 3)
GROUPS = {
    "normalize": tuple(raw_topic(channel) for channel in CHANNELS),
    "router": (COMPLAINTS, AGENCY_ANSWERS),
    "ledger": (COMPLAINTS,),
}


def message(number: int) -> UUID:
    """Its id."""
    return UUID(int=number)


def case(number: int) -> UUID:
    """The id of the complaint that it becomes."""
    return ids.complaint_id(message(number))


def tracking(number: int) -> str:
    """Its number."""
    return tracking_number(message(number), b"key")


def arrival(number: int, **changes: Any) -> Outgoing:
    """As a door published it."""
    made = _raw(number).model_copy(update=changes)
    return _out(raw_topic(made.channel), made, f"sender-{number}")


def complaint(number: int, of: int | None = None, kind: str = "repeat", **changes: Any) -> Outgoing:
    """As the normalizer did; `of` is the number of the one that it belongs to."""
    made = Complaint(
        id=case(number),
        message_id=message(number),
        at=NOW,
        tracking=tracking(number),
        channel="web",
        sender="sender",
        report=_REPORT,
        contact=Sealed("sealed" * 20),
        relation=_relation(of, kind),
    ).model_copy(update=changes)
    return _out(COMPLAINTS, made, str(made.relation.of or made.id))


def dispatch(
    number: int, to: str, hop: int = 0, of: int | None = None, kind: str = "repeat", **changes: Any
) -> Outgoing:
    """As the router did; with `of` it lies with that one."""
    made = Dispatch(
        id=ids.dispatch_id(case(number), hop),
        message_id=message(number),
        at=NOW,
        complaint_id=case(number),
        tracking=tracking(number),
        channel="web",
        agency=to,
        reasons=(Reason(rule="r", says="Penerangan jalan umum adalah urusan badan ini."),),
        rules_version="v",
        hop=hop,
        due_at=NOW,
        report=_REPORT,
        relation=_relation(of, kind),
        own_case=of is None,
    ).model_copy(update=changes)
    return _out(agency_topic(to), made, str(made.complaint_id))


def answer(number: int, by: str, hop: int = 0, verdict: str = "accepted") -> Outgoing:
    """As an agency did, about a hop."""
    made = AgencyAnswer(
        id=ids.answer_id(ids.dispatch_id(case(number), hop), verdict, ""),
        message_id=message(number),
        at=NOW,
        complaint_id=case(number),
        dispatch_id=ids.dispatch_id(case(number), hop),
        agency=by,
        verdict=verdict,  # type: ignore[arg-type]  # as the caller says
    )
    return _out(AGENCY_ANSWERS, made, str(case(number)))


def aside(number: int) -> Outgoing:
    """As the normalizer says that it is no complaint."""
    return _event(number, "not-a-complaint", message(number))


def held(number: int) -> Outgoing:
    """As a door kept it in quarantine."""
    kept = _raw(number).model_copy(update={"id": _held(number), "message_id": _held(number)})
    made = Quarantined(id=ids.event_id(kept.id, "unsigned"), message_id=kept.id, at=NOW, reason="unsigned", raw=kept)
    return _out(QUARANTINE, made, "sender")


def released(number: int) -> Outgoing:
    """As a person let it out: the event that follows its arrival."""
    return _event(number, "released", _held(number))


def letter(stage: str, died: Outgoing, offset: int = 0) -> Outgoing:
    """As a stage's worker puts it aside, unchanged but for its headers."""
    why = (("dead_stage", stage.encode()), ("dead_position", f"{died.topic}/99/{offset}".encode()))
    return replace(died, topic=dead_letter_topic(stage), headers=died.headers + why)


def redriven(record: Outgoing) -> Outgoing:
    """As it is put on its topic again out of the dead letters."""
    return replace(record, headers=(*record.headers, ("redriven", record.topic.encode())))


def at(record: Outgoing, offset: int, timestamp: int = 0) -> Record:
    """The record at an offset of a topic with one partition."""
    return Record(record.topic, 0, offset, timestamp, record.key, record.value, record.headers)


def worked(bus: Bus) -> None:
    """Let each stage have worked all there is."""
    for group, names in GROUPS.items():
        consumer = bus.consumer(Membership(group, "test", names))
        while consumer.poll(0.0, 10_000):
            pass
        consumer.commit(())
        consumer.close()


def row(number: int, received: datetime = NOW) -> tuple[UUID, datetime]:
    """What the ledger says of its complaint."""
    return case(number), received


@dataclass
class Desk:
    """A bus, the ledger's rows, and the audit of both."""

    bus: Bus
    rows: list[tuple[UUID, datetime]] = field(default_factory=list)
    horizon: datetime = NOW

    def publish(self, *records: Outgoing) -> None:
        """Put them on their topics."""
        producer = self.bus.producer()
        producer.publish(records)
        producer.close()

    def worked(self, *records: Outgoing) -> Audit:
        """The audit when these are on their topics too, and all is worked."""
        self.publish(*records)
        worked(self.bus)
        return self.audit()

    def audit(self, around: Callable[[Reader], Reader] = lambda reader: reader) -> Audit:
        """The audit as it is now; `around` may stand between it and the bus."""
        reader = self.bus.reader()
        try:
            return Auditor(around(reader), DIRECTORY.names, QUEUES, lambda: iter(self.rows), self.horizon).run()
        finally:
            reader.close()


def _held(number: int) -> UUID:
    return ids.message_id("held", str(number))


def _raw(number: int) -> RawMessage:
    return RawMessage(
        id=message(number),
        message_id=message(number),
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
    return Relation.model_validate({"kind": kind, "of": case(of)} if of is not None else {})


def _event(number: int, event: str, subject: UUID) -> Outgoing:
    made = OversightEvent.model_validate(
        {
            "id": ids.event_id(subject, event),
            "message_id": message(number),
            "at": NOW,
            "event": event,
            "subject": subject,
            "reason": "x",
        }
    )
    return _out(OVERSIGHT, made, str(subject))


def _out(topic: str, made: WireModel, key: str) -> Outgoing:
    return Outgoing(topic, *codec.encode(made, key, "/test"))
