"""A bus without differences, and one fault for each difference that the audit must find."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Outgoing
from messages import ids
from messages.shapes import MERGED, Relation
from messages.topics import COMPLAINTS, agency_topic
from monitor.audit.audit import Audit
from tests.support.arrival_ids import arrival_id
from tests.support.written_bus import (
    HEALTH,
    PLN,
    TRIAGE,
    AuditedBus,
    answer,
    arrival,
    complaint,
    complaint_id,
    dead_letter,
    dispatch,
    division,
    ledger_row,
    message_id,
    not_a_complaint,
    part,
    quarantined,
    released,
)

MERGED_TO_1 = Relation(kind="joins", of=complaint_id(1), evidence=(MERGED,))


class CleanBus(NamedTuple):
    """Records without differences, and the rows of the ledger."""

    records: list[Outgoing]
    rows: list[tuple[UUID, datetime]]


def clean_bus() -> CleanBus:
    """Return records of every outcome.

    1: a new complaint that the first agency refused. 2: its repeat, which moves with it. 3: a join that stays a case
    of its own. 4: a complaint that was merged into 1. 5: a complaint at triage, delivered twice. 6: no complaint.
    7: a dead letter. 8: in quarantine. 9: released from quarantine. 10: a part of 1.
    """
    records = [arrival(number) for number in (1, 2, 3, 4, 5, 6, 7, 9, 5)]
    records += [complaint(1), complaint(2, of=1), complaint(3, of=1, kind="joins"), complaint(4), complaint(5)]
    records += [dispatch(1, PLN), dispatch(2, PLN, of=1), dispatch(3, TRIAGE, of=1, kind="joins", own_case=True)]
    records += [dispatch(4, PLN), dispatch(5, TRIAGE), answer(1, PLN, verdict="refused")]
    records += [dispatch(1, HEALTH, hop=1), dispatch(2, HEALTH, hop=1, of=1)]
    records += [dispatch(4, HEALTH, hop=1, of=1, relation=MERGED_TO_1), answer(1, HEALTH, hop=1)]
    records += [
        not_a_complaint(6),
        dead_letter("normalize", arrival(7)),
        quarantined(8),
        quarantined(9),
        released(9),
        complaint(9),
    ]
    records += [division(10, of=1), part(10, of=1), dispatch(10, TRIAGE)]
    return CleanBus([*records, dispatch(9, PLN)], [ledger_row(number) for number in (1, 2, 3, 4, 5, 9, 10)])


class Fault(NamedTuple):
    """Records and ledger rows that cause one difference; `id` and `text` are its id and the beginning of its text.

    The dispatches `unrecorded` are not in the ledger, those `unstored` not in the tables of the router. The hops
    `unpublished` are in the tables of the router alone.
    """

    name: str
    id: UUID
    text: str
    records: Sequence[Outgoing] = ()
    rows: Sequence[tuple[UUID, datetime]] = ()
    unrecorded: Sequence[UUID] = ()
    unstored: Sequence[UUID] = ()
    unpublished: Sequence[tuple[UUID, int, str]] = ()

    def plant(self, bus: AuditedBus) -> None:
        """Plant what the tables of the ledger and of the router have otherwise."""
        bus.unrecorded.update(self.unrecorded)
        bus.unstored.update(self.unstored)
        bus.unpublished.update(self.unpublished)


def undispatched(number: int) -> list[Outgoing]:
    """Return an arrival and its complaint, without a dispatch."""
    return [arrival(number), complaint(number)]


FAULTS = [
    Fault("no_outcome", message_id(20), "accepted, but without an outcome", [arrival(20)]),
    Fault(
        "released_nowhere",
        arrival_id("held", "21"),
        "released by a person, but",
        [quarantined(21), released(21)],
    ),
    Fault("not_dispatched", complaint_id(22), "complaint in no agency's queue", undispatched(22), [ledger_row(22)]),
    Fault("part_lost", complaint_id(36), "a report was divided, but the part is not", [division(36, of=3)]),
    Fault("not_recorded", complaint_id(23), "complaint not in the ledger", [*undispatched(23), dispatch(23, PLN)]),
    Fault(
        "dispatch_not_recorded",
        complaint_id(32),
        f"dispatch to {PLN} not in the ledger",
        [*undispatched(32), dispatch(32, PLN)],
        [ledger_row(32)],
        [ids.dispatch_id(complaint_id(32), 0)],
    ),
    Fault(
        "hop_missing",
        complaint_id(24),
        "hop 2 without hop 1",
        [*undispatched(24), dispatch(24, PLN), dispatch(24, HEALTH, hop=2)],
        [ledger_row(24)],
    ),
    Fault(
        "hop_not_published",
        complaint_id(34),
        "hop 1 is stored by the router, but in no queue",
        [*undispatched(34), dispatch(34, PLN)],
        [ledger_row(34)],
        unpublished=[(complaint_id(34), 1, f"{COMPLAINTS}/0/0")],
    ),
    Fault(
        "hop_not_stored",
        complaint_id(35),
        f"hop 0 is at {PLN}, but the router has not stored it",
        [*undispatched(35), dispatch(35, PLN)],
        [ledger_row(35)],
        unstored=[ids.dispatch_id(complaint_id(35), 0)],
    ),
    Fault("dispatched_unknown", complaint_id(25), "dispatched, but the complaint is not", [dispatch(25, PLN)]),
    Fault("recorded_unknown", complaint_id(26), "in the ledger, but the complaint is not", [], [ledger_row(26)]),
    Fault(
        "belongs_to_unknown",
        complaint_id(27),
        f"belongs to {complaint_id(99)}, which",
        [arrival(27), complaint(27, of=99), dispatch(27, PLN)],
        [ledger_row(27)],
    ),
    Fault(
        "answers_unknown",
        ids.answer_id(ids.dispatch_id(complaint_id(1), 5), "accepted", ""),
        f"answers dispatch {ids.dispatch_id(complaint_id(1), 5)}, which",
        [answer(1, PLN, hop=5)],
    ),
    Fault("complaint_twice", complaint_id(3), "complaint published twice", [complaint(3, of=1, kind="joins")]),
    Fault("set_aside_twice", message_id(6), "set aside twice", [not_a_complaint(6)]),
    Fault("two_outcomes", message_id(4), "both a complaint and set aside", [not_a_complaint(4)]),
    Fault("hop_twice", complaint_id(5), "hop 0 dispatched twice", [dispatch(5, TRIAGE)]),
    Fault(
        "number_twice",
        complaint_id(28),
        f"has the tracking number of {complaint_id(29)} too",
        [
            *(record for number in (28, 29) for record in (arrival(number), dispatch(number, PLN))),
            *(complaint(number, tracking="0000-0000-0000") for number in (28, 29)),
        ],
        [ledger_row(28), ledger_row(29)],
    ),
    Fault(
        "wrong_queue",
        complaint_id(30),
        f"for {PLN}, but in agency-{HEALTH}",
        [*undispatched(30), replace(dispatch(30, PLN), topic=agency_topic(HEALTH))],
        [ledger_row(30)],
    ),
    Fault(
        "apart_from_case",
        complaint_id(31),
        f"at {PLN}, but belongs to what is at {HEALTH}",
        [arrival(31), complaint(31, of=1), dispatch(31, PLN, of=1)],
        [ledger_row(31)],
    ),
]
# A shared tracking number is reported for both complaints.
SECOND_OF_PAIR = ("number_twice", str(complaint_id(29)))


def expected_differences(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Return names and ids of the differences that these faults cause."""
    differences = [(fault.name, str(fault.id)) for fault in faults]
    return sorted([*differences, SECOND_OF_PAIR] if "number_twice" in dict(differences) else differences)


def listed(audit: Audit) -> list[tuple[str, str]]:
    """Return names and ids of the listed differences."""
    return sorted((difference.name, difference.id) for difference in audit.differences)


def texts_by_id(audit: Audit, kind: str) -> dict[str, str]:
    """Return the texts of the listed differences of one kind."""
    return {difference.id: difference.text for difference in audit.differences if difference.kind == kind}
