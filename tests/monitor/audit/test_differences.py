"""The audit lists every planted difference by its name, and no other."""

from contextlib import closing
from dataclasses import replace

import pytest

from app.assembly.parts import Parts
from bus.port import Headers, Outgoing
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT, QUARANTINE, dead_letter_topic
from monitor.audit.audit import MAX_LISTED
from monitor.audit.differences import DIFFERENCE_RULES
from tests.support.audit_faults import FAULTS, Fault, clean_bus, expected_differences, listed, undispatched
from tests.support.written_bus import (
    HEALTH,
    PLN,
    QUEUES,
    AuditedBus,
    answer,
    arrival,
    complaint,
    complaint_id,
    dead_letter,
    dispatch,
    ledger_row,
    quarantined,
    redriven,
    released,
)

# Ledger and router are rows in memory, and the bus has a file of its own.
pytestmark = pytest.mark.one_kind("runs no statement of the database")


@pytest.fixture
def bus(parts: Parts) -> AuditedBus:
    """Return a bus without differences."""
    audited = AuditedBus(parts.bus, clean_bus().rows)
    audited.publish(*clean_bus().records)
    return audited


def test_a_bus_without_faults_has_no_difference(bus: AuditedBus) -> None:
    """No outcome is a difference, nor is a second delivery."""
    audit = bus.audit_processed()
    assert (audit.differences, audit.clean) == ([], True)
    counts = (audit.accepted, audit.complaints, audit.repeats, audit.joins, audit.not_complaints, audit.quarantined)
    assert counts == (9, 4, 1, 1, 1, 1)
    assert (audit.dead, audit.pending, audit.delivered_again) == (1, 0, 1)
    assert (audit.parts, audit.at_agencies, audit.at_triage) == (1, 4, 3)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_each_fault_causes_one_difference(bus: AuditedBus, fault: Fault) -> None:
    """The difference has the expected name, id and text."""
    bus.rows += fault.rows
    fault.plant(bus)
    audit = bus.audit_processed(*fault.records)
    assert listed(audit) == expected_differences([fault])
    difference = next(difference for difference in audit.differences if difference.id == str(fault.id))
    assert difference.text.startswith(fault.text)
    assert audit.counts_by_kind()[difference.kind] == len(audit.differences)


def test_all_faults_together_cause_all_differences(bus: AuditedBus) -> None:
    """Every rule has a fault."""
    # The embedded bus deletes no unread record: `tests/monitor/test_on_kafka.py` has this difference. Counts of queues
    # are in the database: `tests/app/test_queue_counts.py`.
    others = {"expired_unread", "queue_miscounted"}
    assert {fault.name for fault in FAULTS} == {rule.name for rule in DIFFERENCE_RULES} - others
    bus.rows += [row for fault in FAULTS for row in fault.rows]
    for fault in FAULTS:
        fault.plant(bus)
    audit = bus.audit_processed(*(record for fault in FAULTS for record in fault.records))
    assert listed(audit) == expected_differences(FAULTS)
    counts = audit.counts_by_kind()
    assert (counts["lost"], counts["doubled"], counts["misfiled"]) == (13, 6, 2)


def test_accepted_is_the_sum_of_outcomes_and_lost_messages(bus: AuditedBus) -> None:
    """Each accepted message is counted once."""
    bus.rows += [ledger_row(22)]
    audit = bus.audit_processed(
        arrival(20), *undispatched(22), *undispatched(23), dispatch(23, PLN), quarantined(21), released(21)
    )
    outcomes = audit.complaints + audit.repeats + audit.joins + audit.not_complaints + audit.quarantined + audit.dead
    assert audit.accepted == outcomes + audit.pending + audit.counts_by_kind()["lost"]
    assert audit.counts_by_kind()["lost"] == 4


def test_the_list_of_differences_is_limited(bus: AuditedBus) -> None:
    """All differences are counted, so that a bus that lost everything does not fill the memory."""
    audit = bus.audit_processed(*(arrival(number) for number in range(1_000, 1_000 + MAX_LISTED + 5)))
    assert audit.counts["no_outcome"] == audit.as_json()["lost"] == MAX_LISTED + 5
    assert len(audit.differences) == MAX_LISTED


REDRIVEN = [
    arrival(4),
    complaint(2, of=1),
    dispatch(1, PLN),
    dispatch(1, HEALTH, hop=1),
    answer(1, PLN, verdict="refused"),
]


@pytest.mark.parametrize("record", REDRIVEN, ids=[record.topic for record in REDRIVEN])
@pytest.mark.parametrize("redriven_first", [True, False])
def test_a_redriven_record_counts_as_delivered_again(
    bus: AuditedBus, record: Outgoing, *, redriven_first: bool
) -> None:
    """The redriven record and its original are no double, whichever is read first."""
    count_before = bus.audit_processed().delivered_again
    added = [redriven(record), dead_letter("cases", record)]
    audit = bus.audit_processed(*(added if redriven_first else reversed(added)))
    assert (audit.differences, audit.delivered_again) == ([], count_before + 1)


def test_a_redriven_copy_does_not_hide_a_double(bus: AuditedBus) -> None:
    """A complaint with two records and a redriven one was published twice."""
    audit = bus.audit_processed(complaint(4), redriven(complaint(4)))
    assert listed(audit) == [("complaint_twice", str(complaint_id(4)))]


def test_a_redriven_dead_letter_counts_as_its_outcome(bus: AuditedBus) -> None:
    """It no longer counts as dead, neither for the normalizer nor for the router."""
    bus.rows += [ledger_row(7), ledger_row(40)]
    dead_records = [arrival(40), complaint(40), dead_letter("router", complaint(40))]
    assert bus.audit_processed(*dead_records).dead == 2
    redriven_records = [
        redriven(arrival(7)),
        complaint(7),
        dispatch(7, PLN),
        redriven(complaint(40)),
        dispatch(40, PLN),
    ]
    audit = bus.audit_processed(*redriven_records)
    assert (audit.differences, audit.dead, audit.complaints) == ([], 0, 6)


def test_a_redriven_record_is_pending_until_it_is_processed(bus: AuditedBus) -> None:
    """Until then it is neither dead nor lost. Without an outcome it is dead again."""
    bus.audit_processed(arrival(40), complaint(40), dead_letter("router", complaint(40)))
    bus.publish(redriven(arrival(7)), redriven(complaint(40)))
    pending, processed = bus.audit(), bus.audit_processed()
    assert (pending.differences, pending.dead, pending.pending) == ([], 0, 2)
    assert (processed.differences, processed.dead, processed.pending) == ([], 2, 0)


def test_two_dead_letters_of_one_message_count_once(bus: AuditedBus) -> None:
    """The message was redriven and failed again."""
    audit = bus.audit_processed(redriven(arrival(7)), dead_letter("normalize", redriven(arrival(7)), offset=1))
    assert (audit.differences, audit.dead, audit.accepted) == ([], 1, 9)


def test_a_dead_letter_without_the_record_is_found_by_position(parts: Parts) -> None:
    """The dead letter of a record that is too large has only its position."""
    bus = AuditedBus(parts.bus)
    bus.publish(replace(arrival(1), topic="raw-web"))
    (position,) = [record.position for record in parts.bus.reader().read(["raw-web"])]
    audit = bus.audit_processed(
        Outgoing(dead_letter_topic("normalize"), b"", b"large", (("dead_position", position.encode()),))
    )
    assert (audit.differences, audit.dead) == ([], 1)


def test_a_repeat_of_a_dead_message_is_no_difference(bus: AuditedBus) -> None:
    """The normalizer stored its decision before the message became a dead letter."""
    bus.rows += [ledger_row(41)]
    assert bus.audit_processed(arrival(41), complaint(41, of=7), dispatch(41, PLN)).differences == []


def test_a_rejected_answer_is_no_difference(bus: AuditedBus) -> None:
    """The router made it a dead letter because its dispatch does not exist."""
    rejected = answer(1, PLN, hop=5, verdict="refused")
    assert bus.audit_processed(rejected, dead_letter("router", rejected)).differences == []


@pytest.mark.parametrize("id_headers", [(), (("ce_id", b"jawaban-17"),), (("ce_id", str(complaint_id(99)).encode()),)])
def test_an_answer_is_identified_by_the_agencys_headers(bus: AuditedBus, id_headers: Headers) -> None:
    """The headers may have no id, or another one than the body. The dead letter still belongs to the answer."""
    original = answer(1, PLN, hop=5, verdict="refused")
    headers = tuple(header for header in original.headers if header[0] != "ce_id") + id_headers
    rejected = replace(original, headers=headers)
    bus.publish(rejected)
    with closing(bus.bus.reader()) as reader:
        *_, record = (record for record in reader.read([AGENCY_ANSWERS]) if record.value == original.value)
    position = ("dead_position", record.position.encode())
    letter = dead_letter("router", rejected)
    audit = bus.audit_processed(replace(letter, headers=(*letter.headers, position)))
    assert audit.differences == []


def test_an_unprocessed_answer_is_no_difference(bus: AuditedBus) -> None:
    """The router has yet to decide whether its dispatch exists."""
    bus.audit_processed()
    bus.publish(answer(1, PLN, hop=5))
    assert bus.audit().differences == []


def test_an_unreadable_record_is_no_difference(bus: AuditedBus) -> None:
    """An unreadable record of any topic becomes a dead letter of its stage."""
    names = (COMPLAINTS, AGENCY_ANSWERS, OVERSIGHT, QUARANTINE, *QUEUES)
    audit = bus.audit_processed(*(Outgoing(name, b"", b"{", complaint(1).headers) for name in names))
    assert (audit.differences, audit.quarantined) == ([], 2)
