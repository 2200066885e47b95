"""What the console says of each thing, in words."""

from datetime import UTC, datetime, timedelta

from app.assembly.channels import DIRECTORY
from monitor.active_alerts import Register
from monitor.alert_conditions import NAMES, concerns
from monitor.console import rows
from monitor.snapshot import DoorState, Heap, ProcessState, Snapshot, Waiting
from tests.monitor.console.snapshots import channel, dark, quiet, troubled

NOW = datetime(2026, 11, 24, 20, 12, tzinfo=UTC)


def test_every_concern_has_a_part_of_the_page() -> None:
    """None leads nowhere."""
    assert set(rows.SECTIONS) == set(NAMES)


def test_the_planted_trouble_is_all_kinds_of_trouble() -> None:
    """What the browser looks at is everything there can be to look at."""
    found = {one.name for seen in (troubled(NOW), dark(NOW)) for one in concerns(seen, DIRECTORY)}

    assert found == set(NAMES)


def test_a_concern_says_since_when() -> None:
    """With the day, where that is not today, and for how long it stands."""
    register = Register(DIRECTORY)
    register.stand(troubled(NOW - timedelta(hours=21)))
    stands = {one.name: rows.concern(one, NOW) for one in register.stand(troubled(NOW))}

    assert (stands["audit"].since, stands["audit"].lasts) == ("23 Nov 23:12", "21 h")
    assert rows.clock(NOW, NOW) == "20:12"


def test_a_door_of_several_processes_is_said_once() -> None:
    """With how many of them are shut, where, and why; a line belongs to the channel that it feeds."""
    seen = troubled(NOW)
    said = {one.channel: rows.channel(one, seen, DIRECTORY).doors for one in seen.channels}

    assert said["web"] == [
        rows.Door("Web", "open", "open"),
        rows.Door("Open311", "shut", "shut at doors-1: the database can't be reached"),
    ]
    assert said["sms"] == [
        rows.Door("SMS", "shut", "1 of 2 shut at doors-1: the bus is away and its spool has no room")
    ]


def test_a_door_that_nobody_answers_for_is_not_open() -> None:
    """It is unknown, and says so."""
    seen = Snapshot(at=NOW, channels=(channel("web", NOW, 0, 0),))

    assert [door.state for door in rows.channel(seen.channels[0], seen, DIRECTORY).doors] == ["unknown"]


def test_doors_are_known_without_the_bus() -> None:
    """They say so themselves; what came through them is not known."""
    row = rows.unknown("web", dark(NOW), DIRECTORY)

    assert row.doors == [rows.Door("Web", "open", "open")]
    assert {row.minute, row.hour, row.usual, row.newest} == {"?"}


def test_a_heap_says_its_reason_in_words_and_as_the_service_calls_it() -> None:
    """Whoever looks it up needs the name."""
    held = Heap(place="sms", reason="bad_signature", waiting=Waiting(many=1, oldest=NOW), newest=NOW)
    dead = Heap(place="router", reason="unreadable", field="body", waiting=Waiting(many=1, oldest=NOW), newest=NOW)

    assert (rows.aside(held, NOW).reason, rows.aside(held, NOW).code) == (
        "a signature that does not fit",
        "bad_signature",
    )
    assert (rows.aside(dead, NOW).reason, rows.aside(dead, NOW).code) == ("unreadable at body", "")


def test_a_worker_that_waits_is_not_well() -> None:
    """Nor one that hangs, nor one that was fenced just now."""
    workers = rows.process(troubled(NOW).processes[2], DIRECTORY).parts

    assert [(part.name, part.well, part.says) for part in workers] == [
        ("ledger", False, "has not come round for 7 min"),
        ("normalize", False, "waits and tries again: bus"),
        ("router", False, "was fenced just now"),
    ]


def test_a_process_without_doors_has_no_spool() -> None:
    """One with doors says how full it is, and a little is not nothing."""
    doors = {"web": DoorState()}
    full = ProcessState(address="a", doors=doors, spooled=4, spool_share=0.001)

    assert rows.process(full, DIRECTORY).spool == "4 messages, less than 1% of its room"
    assert rows.process(ProcessState(address="a", doors=doors), DIRECTORY).spool == "empty"
    assert rows.process(ProcessState(address="a"), DIRECTORY).spool == ""


def test_all_well_is_no_tally() -> None:
    """There is nothing to count; else the most urgent come first."""
    assert rows.tally(Register(DIRECTORY).stand(quiet(NOW))) == ""
    assert rows.tally(Register(DIRECTORY).stand(troubled(NOW))).startswith("12 now, ")
