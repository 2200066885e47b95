"""What the audit has to find: a bus on which all is right, and each difference planted on it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Outgoing
from messages import ids
from messages.shapes import MERGED, Relation
from messages.topics import agency_topic
from monitor.audit.audit import Audit
from tests.support.written_bus import (
    HEALTH,
    PLN,
    TRIAGE,
    answer,
    arrival,
    aside,
    case,
    complaint,
    dispatch,
    held,
    letter,
    message,
    released,
    row,
)

MERGED_TO_1 = Relation(kind="joins", of=case(1), evidence=(MERGED,))


class Clean(NamedTuple):
    """Records that are all right, and the ledger's rows."""

    records: list[Outgoing]
    rows: list[tuple[UUID, datetime]]


def clean() -> Clean:
    """A new one that its door refused, its repeat that goes along, one that joins it at its own door, and one merged.

    Besides: one at triage, one set aside, one dead, one in quarantine, one let out, one that came twice.
    """
    records = [arrival(number) for number in (1, 2, 3, 4, 5, 6, 7, 9, 5)]
    records += [complaint(1), complaint(2, of=1), complaint(3, of=1, kind="joins"), complaint(4), complaint(5)]
    records += [dispatch(1, PLN), dispatch(2, PLN, of=1), dispatch(3, TRIAGE, of=1, kind="joins", own_case=True)]
    records += [dispatch(4, PLN), dispatch(5, TRIAGE), answer(1, PLN, verdict="refused")]
    records += [dispatch(1, HEALTH, hop=1), dispatch(2, HEALTH, hop=1, of=1)]
    records += [dispatch(4, HEALTH, hop=1, of=1, relation=MERGED_TO_1), answer(1, HEALTH, hop=1)]
    records += [aside(6), letter("normalize", arrival(7)), held(8), held(9), released(9), complaint(9)]
    return Clean([*records, dispatch(9, PLN)], [row(number) for number in (1, 2, 3, 4, 5, 9)])


class Fault(NamedTuple):
    """What is put on the bus and into the ledger beside what is right, and the id and sentence that it is found by."""

    name: str
    id: UUID
    says: str
    records: Sequence[Outgoing] = ()
    rows: Sequence[tuple[UUID, datetime]] = ()


def lost(number: int) -> list[Outgoing]:
    """A message that became a complaint, and no more."""
    return [arrival(number), complaint(number)]


FAULTS = [
    Fault("no_outcome", message(20), "accepted, but without an outcome", [arrival(20)]),
    Fault("released_nowhere", ids.message_id("held", "21"), "released from quarantine, but", [held(21), released(21)]),
    Fault("not_dispatched", case(22), "complaint in no agency's queue", lost(22), [row(22)]),
    Fault("not_recorded", case(23), "complaint not in the ledger", [*lost(23), dispatch(23, PLN)]),
    Fault(
        "hop_missing",
        case(24),
        "hop 2 without hop 1",
        [*lost(24), dispatch(24, PLN), dispatch(24, HEALTH, hop=2)],
        [row(24)],
    ),
    Fault("dispatched_unknown", case(25), "dispatched, but the complaint is not", [dispatch(25, PLN)]),
    Fault("recorded_unknown", case(26), "in the ledger, but the complaint is not", [], [row(26)]),
    Fault(
        "belongs_to_unknown",
        case(27),
        f"belongs to {case(99)}, which",
        [arrival(27), complaint(27, of=99), dispatch(27, PLN)],
        [row(27)],
    ),
    Fault(
        "answers_unknown",
        ids.answer_id(ids.dispatch_id(case(1), 5), "accepted", ""),
        f"answers dispatch {ids.dispatch_id(case(1), 5)}, which",
        [answer(1, PLN, hop=5)],
    ),
    Fault("complaint_twice", case(3), "complaint published twice", [complaint(3, of=1, kind="joins")]),
    Fault("set_aside_twice", message(6), "set aside twice", [aside(6)]),
    Fault("two_outcomes", message(4), "both a complaint and set aside", [aside(4)]),
    Fault("hop_twice", case(5), "hop 0 dispatched twice", [dispatch(5, TRIAGE)]),
    Fault(
        "number_twice",
        case(28),
        f"has the tracking number of {case(29)} too",
        [
            *(record for number in (28, 29) for record in (arrival(number), dispatch(number, PLN))),
            *(complaint(number, tracking="0000-0000-0000") for number in (28, 29)),
        ],
        [row(28), row(29)],
    ),
    Fault(
        "wrong_queue",
        case(30),
        f"for {PLN}, but in agency-{HEALTH}",
        [*lost(30), replace(dispatch(30, PLN), topic=agency_topic(HEALTH))],
        [row(30)],
    ),
    Fault(
        "apart_from_case",
        case(31),
        f"at {PLN}, but belongs to what is at {HEALTH}",
        [arrival(31), complaint(31, of=1), dispatch(31, PLN, of=1)],
        [row(31)],
    ),
]
# Both that share a number are named.
BESIDE = ("number_twice", str(case(29)))


def expected(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Names and ids of these and no others."""
    found = [(fault.name, str(fault.id)) for fault in faults]
    return sorted([*found, BESIDE] if "number_twice" in dict(found) else found)


def found(audit: Audit) -> list[tuple[str, str]]:
    """The differences that are named, as name and id."""
    return sorted((one.name, one.id) for one in audit.found)
