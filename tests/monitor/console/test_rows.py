"""Texts and figures of the console's rows."""

from datetime import UTC, datetime, timedelta

from app.assembly.channels import DIRECTORY
from monitor.active_alerts import AlertRegister
from monitor.alert import ALERT_NAMES
from monitor.alert_conditions import find_alerts
from monitor.console import process_rows, rows
from monitor.console.process_rows import DoorRow
from monitor.snapshot import Backlog, DoorState, PendingReview, ProcessState, Snapshot
from tests.monitor.console.snapshots import all_away, channel, quiet, troubled, without_doors

NOW = datetime(2026, 11, 24, 20, 12, tzinfo=UTC)


def test_every_alert_has_a_section_of_the_page() -> None:
    """The link of an alert always leads to a section."""
    assert set(rows.SECTIONS) == set(ALERT_NAMES)


def test_the_planted_snapshots_raise_every_alert() -> None:
    """The browser tests show every alert that there is, except the one of a service whose doors nobody watches."""
    snapshots = (troubled(NOW), all_away(NOW), without_doors(NOW))
    raised = {alert.name for snapshot in snapshots for alert in find_alerts(snapshot, DIRECTORY)}
    assert raised == set(ALERT_NAMES)


def test_an_alert_shows_since_when_it_is_active() -> None:
    """It shows the date if that is not today, and the duration."""
    register = AlertRegister(DIRECTORY)
    register.update(troubled(NOW - timedelta(hours=21)))
    alert_rows = {alert.name: rows.alert_row(alert, NOW) for alert in register.update(troubled(NOW))}

    assert (alert_rows["audit"].since, alert_rows["audit"].duration) == ("2026-11-23 23:12", "21 h")
    assert rows.format_clock(NOW, NOW) == "20:12"


def test_a_door_of_several_processes_is_one_row() -> None:
    """The row says how many are shut, in which process, and why. A door is shown with the channel that it feeds."""
    snapshot = troubled(NOW)
    doors = {state.channel: process_rows.channel_row(state, snapshot, DIRECTORY).doors for state in snapshot.channels}

    assert doors["web"] == [
        DoorRow("Web", "open", "open"),
        DoorRow("Open311", "shut", "shut at doors-1: the database can't be reached"),
    ]
    assert doors["sms"] == [DoorRow("SMS", "shut", "1 of 2 shut at doors-1: the bus is away and the spool is full")]


def test_a_door_without_a_process_is_unknown() -> None:
    """It is not shown as open."""
    snapshot = Snapshot(at=NOW, channels=(channel("web", NOW, 0, 0),))

    assert [door.state for door in process_rows.channel_row(snapshot.channels[0], snapshot, DIRECTORY).doors] == [
        "unknown"
    ]


def test_doors_are_known_without_the_bus() -> None:
    """The processes report them. The arrivals are unknown."""
    row = process_rows.unknown_channel_row("web", all_away(NOW), DIRECTORY)

    assert row.doors == [DoorRow("Web", "open", "open")]
    assert {row.minute, row.hour, row.usual, row.newest} == {"?"}


def test_a_quarantine_reason_is_shown_in_words_and_as_constant() -> None:
    """The constant is needed for `satupintu quarantine`. A reason without words is shown once."""
    backlog = Backlog(many=1, oldest=NOW)
    quarantined = PendingReview(place="sms", reason="bad_signature", waiting=backlog, newest=NOW)
    dead = PendingReview(place="router", reason="unreadable", field="body", waiting=backlog, newest=NOW)
    quarantined_row, dead_row = rows.pending_row(quarantined, NOW), rows.pending_row(dead, NOW)

    assert (quarantined_row.reason, quarantined_row.code) == ("a wrong signature", "bad_signature")
    assert (dead_row.reason, dead_row.code) == ("unreadable at body", "")


def test_a_worker_that_waits_hangs_or_was_fenced_is_unhealthy() -> None:
    """Its row says which of them it is."""
    workers = process_rows.process_row(troubled(NOW).processes[2], DIRECTORY).workers

    assert [(worker.name, worker.healthy, worker.text) for worker in workers] == [
        ("cases", False, "busy with one batch for 7 min"),
        ("normalize", False, "waits and tries again: bus"),
        ("router", False, "was fenced 11 s ago"),
    ]


def test_a_process_without_doors_has_no_spool() -> None:
    """A process with doors shows how full its spool is; a few messages are not shown as 0%."""
    doors = {"web": DoorState()}
    filled = ProcessState(address="a", doors=doors, spooled=4, spool_share=0.001)

    assert process_rows.process_row(filled, DIRECTORY).spool == "4 messages, less than 1% of the space"
    assert process_rows.process_row(ProcessState(address="a", doors=doors), DIRECTORY).spool == "empty"
    assert process_rows.process_row(ProcessState(address="a"), DIRECTORY).spool == ""


def test_the_summary_counts_alerts_by_urgency() -> None:
    """The most urgent come first. It is empty without alerts."""
    assert rows.alert_summary(AlertRegister(DIRECTORY).update(quiet(NOW))) == ""
    assert rows.alert_summary(AlertRegister(DIRECTORY).update(troubled(NOW))).startswith("15 now, ")
