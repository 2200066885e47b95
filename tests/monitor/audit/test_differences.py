"""The audit's differences: each is planted on a bus written by hand and found by its name, and nothing else is."""

from contextlib import closing
from dataclasses import replace

import pytest

from app.assembly.parts import Parts
from bus.port import Headers, Outgoing
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT, QUARANTINE, dead_letter_topic
from monitor.audit.audit import NAMED
from monitor.audit.differences import DIFFERENCES
from tests.support.audit_faults import FAULTS, Fault, clean, expected, found, lost
from tests.support.written_bus import (
    HEALTH,
    PLN,
    QUEUES,
    Desk,
    answer,
    arrival,
    case,
    complaint,
    dispatch,
    held,
    letter,
    redriven,
    released,
    row,
)


@pytest.fixture
def desk(parts: Parts) -> Desk:
    """A bus on which all is right."""
    made = Desk(parts.bus, clean().rows)
    made.publish(*clean().records)
    return made


def test_a_clean_bus_is_found_clean(desk: Desk) -> None:
    """Refused, repeated, joined, merged, set aside, dead, held, let out, delivered again: none is a difference."""
    audit = desk.worked()
    assert (audit.found, audit.clean) == ([], True)
    counts = (audit.accepted, audit.complaints, audit.repeats, audit.joins, audit.not_complaints, audit.quarantined)
    assert counts == (9, 4, 1, 1, 1, 1)
    assert (audit.dead, audit.pending, audit.delivered_again) == (1, 0, 1)
    assert (audit.at_agencies, audit.at_triage) == (4, 2)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_each_fault_is_found_by_its_name(desk: Desk, fault: Fault) -> None:
    """By the id that it is about, in a sentence, and no other difference beside it."""
    desk.rows += fault.rows
    audit = desk.worked(*fault.records)
    assert found(audit) == expected([fault])
    told = next(one for one in audit.found if one.id == str(fault.id))
    assert told.what.startswith(fault.says)
    assert told.id in getattr(audit, told.kind)


def test_all_faults_are_found_at_once(desk: Desk) -> None:
    """Sixteen faults among what is right: sixteen names; each of the list was planted."""
    assert {fault.name for fault in FAULTS} == {difference.name for difference in DIFFERENCES}
    desk.rows += [one for fault in FAULTS for one in fault.rows]
    audit = desk.worked(*(record for fault in FAULTS for record in fault.records))
    assert found(audit) == expected(FAULTS)
    said = audit.as_json()
    assert (said["lost"], said["doubled"], said["misfiled"]) == (9, 6, 2)


def test_the_sum_holds_with_what_is_lost(desk: Desk) -> None:
    """Each accepted message is counted once: as what it became, or as lost."""
    desk.rows += [row(22)]
    audit = desk.worked(arrival(20), *lost(22), *lost(23), dispatch(23, PLN), held(21), released(21))
    outcomes = audit.complaints + audit.repeats + audit.joins + audit.not_complaints + audit.quarantined + audit.dead
    assert audit.accepted == outcomes + audit.pending + len(audit.lost)
    assert len(audit.lost) == 4


def test_so_many_are_told_one_by_one_and_all_are_counted(desk: Desk) -> None:
    """A bus that lost everything does not fill the memory, nor the screen."""
    audit = desk.worked(*(arrival(number) for number in range(1_000, 1_000 + NAMED + 5)))
    assert (audit.named["no_outcome"], len(audit.found), audit.as_json()["lost"]) == (NAMED + 5, NAMED, NAMED + 5)


REDRIVEN = [
    arrival(4),
    complaint(2, of=1),
    dispatch(1, PLN),
    dispatch(1, HEALTH, hop=1),
    answer(1, PLN, verdict="refused"),
]


@pytest.mark.parametrize("record", REDRIVEN, ids=[record.topic for record in REDRIVEN])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_redriven_was_delivered_again(desk: Desk, record: Outgoing, *, first: bool) -> None:
    """The same record out of the dead letters beside its original, whichever is read first, is no double."""
    before = desk.worked().delivered_again
    fresh = [redriven(record), letter("sinks", record)]
    audit = desk.worked(*(fresh if first else reversed(fresh)))
    assert (audit.found, audit.delivered_again) == ([], before + 1)


def test_a_redriven_copy_does_not_excuse_a_double(desk: Desk) -> None:
    """Three of one complaint, one of them redriven: published twice."""
    audit = desk.worked(complaint(4), redriven(complaint(4)))
    assert found(audit) == [("complaint_twice", str(case(4)))]


def test_what_died_and_was_redriven_is_what_it_became(desk: Desk) -> None:
    """In the normalizer, in the router: not dead any more once it has its outcome."""
    desk.rows += [row(7), row(40)]
    died = [arrival(40), complaint(40), letter("router", complaint(40))]
    assert desk.worked(*died).dead == 2
    again = [redriven(arrival(7)), complaint(7), dispatch(7, PLN), redriven(complaint(40)), dispatch(40, PLN)]
    audit = desk.worked(*again)
    assert (audit.found, audit.dead, audit.complaints) == ([], 0, 6)


def test_what_was_redriven_is_underway_until_it_is_worked(desk: Desk) -> None:
    """Neither dead nor lost meanwhile; when nothing came of it, dead as before."""
    desk.worked(arrival(40), complaint(40), letter("router", complaint(40)))
    desk.publish(redriven(arrival(7)), redriven(complaint(40)))
    waiting, dead_again = desk.audit(), desk.worked()
    assert (waiting.found, waiting.dead, waiting.pending) == ([], 0, 2)
    assert (dead_again.found, dead_again.dead, dead_again.pending) == ([], 2, 0)


def test_what_died_twice_is_dead_once(desk: Desk) -> None:
    """A letter for each time, one message."""
    audit = desk.worked(redriven(arrival(7)), letter("normalize", redriven(arrival(7)), offset=1))
    assert (audit.found, audit.dead, audit.accepted) == ([], 1, 9)


def test_what_no_letter_can_hold_is_dead_by_its_place(parts: Parts) -> None:
    """A record so large that the letter only says where it stands."""
    desk = Desk(parts.bus)
    desk.publish(replace(arrival(1), topic="raw-web"))
    (place,) = [record.position for record in parts.bus.reader().read(["raw-web"])]
    audit = desk.worked(Outgoing(dead_letter_topic("normalize"), b"", b"large", (("dead_position", place.encode()),)))
    assert (audit.found, audit.dead) == ([], 1)


def test_what_belongs_to_a_dead_one_is_no_orphan(desk: Desk) -> None:
    """What it repeats was decided upon before it died."""
    desk.rows += [row(41)]
    assert desk.worked(arrival(41), complaint(41, of=7), dispatch(41, PLN)).found == []


def test_an_answer_that_the_router_rejected_is_a_dead_letter(desk: Desk) -> None:
    """Its dispatch is not there; the router said so."""
    said = answer(1, PLN, hop=5, verdict="refused")
    assert desk.worked(said, letter("router", said)).found == []


@pytest.mark.parametrize("named", [(), (("ce_id", b"jawaban-17"),), (("ce_id", str(case(99)).encode()),)])
def test_an_answer_is_known_by_the_headers_that_its_agency_wrote(desk: Desk, named: Headers) -> None:
    """Without an id there, or with another one than in its body, its letter is found all the same."""
    said = answer(1, PLN, hop=5, verdict="refused")
    theirs = replace(said, headers=tuple(header for header in said.headers if header[0] != "ce_id") + named)
    desk.publish(theirs)
    with closing(desk.bus.reader()) as reader:
        *_, record = (one for one in reader.read([AGENCY_ANSWERS]) if one.value == said.value)
    where = ("dead_position", record.position.encode())
    died = letter("router", theirs)
    audit = desk.worked(replace(died, headers=(*died.headers, where)))
    assert audit.found == []


def test_an_answer_that_nobody_worked_yet_waits(desk: Desk) -> None:
    """The router will say whether its dispatch is there."""
    desk.worked()
    desk.publish(answer(1, PLN, hop=5))
    assert desk.audit().found == []


def test_what_can_not_be_read_is_no_difference(desk: Desk) -> None:
    """Garbage on every topic is some stage's dead letter."""
    names = (COMPLAINTS, AGENCY_ANSWERS, OVERSIGHT, QUARANTINE, *QUEUES)
    audit = desk.worked(*(Outgoing(name, b"", b"{", complaint(1).headers) for name in names))
    assert (audit.found, audit.quarantined) == ([], 2)
