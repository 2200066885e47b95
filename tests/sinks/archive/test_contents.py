"""Each fault of an archive is named."""

import shutil
from pathlib import Path

import pytest

from bus.errors import Stop
from sinks.archive.contents import ArchiveContents
from sinks.archive.manifest import ArchiveFolder
from tests.sinks.archive.archived_bus import ArchivedBus
from tests.sinks.archive.test_archiver import APRIL, MARCH
from tests.support.written_bus import PLN, dispatch


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of two days."""
    bus = ArchivedBus(tmp_path)
    bus.publish(*(dispatch(number, PLN) for number in range(3)), at=MARCH)
    bus.publish(*(dispatch(number, PLN) for number in range(3, 6)), at=APRIL)
    bus.run()
    return bus.archive


def faults(folder: Path) -> set[tuple[str, str]]:
    """Return name and subject of each fault."""
    return {(fault.name, fault.subject) for fault in ArchiveContents(folder).faults()}


def test_each_fault_is_named(archive: Path) -> None:
    """Damaged, missing and unknown files, a missing manifest and a wrong count are named with their subject."""
    march, april = (f"agency-{PLN}/date=2026-0{day}" for day in ("3-31", "4-01"))
    march_file, april_file = f"{march}/part-00000-{0:020d}.parquet", f"{april}/part-00000-{3:020d}.parquet"
    assert faults(archive) == set()

    def damaged(*names: str) -> Path:
        copy = archive.with_name("-".join(names))
        shutil.copytree(archive, copy)
        return copy

    folder = damaged("checksum")
    content = bytearray((folder / march_file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / march_file).write_bytes(content)
    assert faults(folder) == {("checksum", march_file)}

    folder = damaged("missing")
    (folder / april_file).unlink()
    assert faults(folder) == {("missing_file", april_file)}

    folder = damaged("leftover")
    (folder / april_file).with_name("part-00000-9.parquet.tmp").write_bytes(b"x")
    assert faults(folder) == {("leftover", f"{april}/part-00000-9.parquet.tmp")}

    folder = damaged("day")
    (folder / "manifests" / "2026-03-31.json").unlink()
    assert faults(folder) == {("leftover", march_file), ("hole", f"agency-{PLN}/0")}

    folder = damaged("last-day")
    (folder / "manifests" / "2026-04-01.json").unlink()
    assert faults(folder) == {("leftover", april_file), ("hole", f"agency-{PLN}/0")}

    folder = damaged("count")
    manifest = folder / "manifests" / "2026-03-31.json"
    manifest.write_text(manifest.read_text().replace('"first_offset": 0', '"first_offset": 1'))
    assert faults(folder) == {("records", march_file)}

    folder = damaged("unreadable")
    (folder / "manifests" / "2026-03-31.json").write_text("{")
    assert {name for name, _ in faults(folder)} == {"manifest"}

    folder = damaged("head")
    (folder / "archive.json").unlink()
    assert {name for name, _ in faults(folder)} == {"no_head", "leftover"}
    with pytest.raises(Stop, match="no complete archive"):
        ArchiveContents(folder).head()


def test_an_interrupted_run_is_named_and_not_read(archive: Path) -> None:
    """Records behind the last complete run are named, and are not among the records of the archive."""
    folder = ArchiveFolder(archive)
    head = folder.head()
    assert head
    earlier_head = head.model_copy(update={"ends": {f"agency-{PLN}/0": 4}})
    (archive / "archive.json").write_text(earlier_head.model_dump_json())
    assert faults(archive) == {("newer", f"agency-{PLN}/0")}
    assert [record.offset for record in ArchiveContents(archive).records(f"agency-{PLN}")] == [0, 1, 2, 3]
