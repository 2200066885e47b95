"""Days of an archive are deleted at the end of their retention, and the archive stays whole."""

from datetime import date
from pathlib import Path

import pytest

from bus.errors import Stop
from messages.topics import COMPLAINTS
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.expiry import delete_days
from sinks.archive.manifest import JAKARTA
from tests.sinks.archive.archived_bus import ArchivedBus
from tests.sinks.archive.test_archiver import APRIL, MARCH, Killed, die, kill_at, no_sync
from tests.support.written_bus import PLN, arrival, dispatch

KEPT = f"agency-{PLN}"


@pytest.fixture
def bus(tmp_path: Path) -> ArchivedBus:
    """A bus with records of two days, archived."""
    bus = ArchivedBus(tmp_path)
    bus.publish(dispatch(1, PLN), arrival(1), at=MARCH)
    bus.publish(dispatch(2, PLN), arrival(2), at=APRIL)
    bus.run()
    return bus


def delete(bus: ArchivedBus, files: DurableFiles | None = None, *, dry: bool = False) -> int:
    """Delete the days before the first of April, except those of one topic."""
    return delete_days(
        bus.archive, APRIL.astimezone(JAKARTA).date(), [KEPT], files or DurableFiles(sync=no_sync), dry=dry
    )


def days(bus: ArchivedBus) -> list[str]:
    """Return topic and day of each file."""
    return sorted("/".join(path.relative_to(bus.archive).parts[:2]) for path in bus.archive.glob("*/date=*/*.parquet"))


def test_an_old_day_is_deleted_and_the_archive_goes_on(bus: ArchivedBus) -> None:
    """Other days and compacted topics stay. The archive verifies, names the offsets, and takes new records."""
    before = days(bus)
    assert delete(bus, dry=True) == 1
    assert days(bus) == before
    assert (delete(bus), delete(bus)) == (1, 0)
    assert len(days(bus)) == len(before) - 1
    assert f"{KEPT}/date=2026-03-31" in days(bus)
    contents = ArchiveContents(bus.archive)
    assert list(contents.faults()) == []
    assert [(gap.start, gap.end, gap.cause) for gap in contents.gaps()] == [(0, 1, "expired")]
    bus.publish(arrival(3), at=APRIL)
    assert bus.run().files == 1
    assert list(contents.faults()) == []
    assert COMPLAINTS not in {day.partition("/")[0] for day in days(bus)}


def test_new_records_below_deleted_offsets_are_not_passed_over(bus: ArchivedBus, tmp_path: Path) -> None:
    """Another bus, whose offsets begin again, is refused also if the archive has no record left to compare with."""
    delete_days(bus.archive, date.max, [], DurableFiles(sync=no_sync), dry=False)
    another_bus = ArchivedBus(tmp_path / "another")
    another_bus.publish(dispatch(3, PLN), at=APRIL)
    with pytest.raises(Stop, match="another system: it has agency-bumn-pln/0 up to offset 2, and the bus only up to 1"):
        another_bus.run(folder=bus.archive)


def test_a_deletion_that_is_killed_is_repeated(bus: ArchivedBus) -> None:
    """At each step: either the day is whole, or its files are leftovers that the next run deletes."""
    for step in range(8):
        try:
            delete(bus, kill_at(step, die))
        except Killed:
            assert {fault.name for fault in ArchiveContents(bus.archive).faults()} <= {"leftover"}
    delete(bus)
    bus.run()
    assert list(ArchiveContents(bus.archive).faults()) == []
    assert [gap.cause for gap in ArchiveContents(bus.archive).gaps()] == ["expired"]


def test_a_folder_without_an_archive_is_left_alone(tmp_path: Path) -> None:
    """Nothing is made where no archive is."""
    assert delete_days(tmp_path / "none", APRIL.astimezone(JAKARTA).date(), [], DurableFiles(), dry=False) == 0
    assert not (tmp_path / "none").exists()
