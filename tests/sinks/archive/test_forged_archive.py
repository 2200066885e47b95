"""An archive from elsewhere: nothing outside of its folder is read, written or deleted, and its numbers have limits."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bus.errors import Stop
from messages.topics import FORGOTTEN
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.expiry import delete_days
from sinks.archive.tombstones import read_tombstones, redraw_archive
from tests.sinks.archive.archived_bus import TOPICS, ArchivedBus
from tests.sinks.archive.test_archiver import APRIL, MARCH, no_sync
from tests.support.stages import ANSWER_CHECK
from tests.support.written_bus import PLN, dispatch

QUEUE = f"agency-{PLN}"
MANIFEST = "manifests/2026-03-31.json"
PART = f"{QUEUE}/date=2026-03-31/part-00000-{0:020d}.parquet"


@pytest.fixture
def bus(tmp_path: Path) -> ArchivedBus:
    """A bus with an archive of one day; beside the archive is a file of the host with the archived bytes."""
    (tmp_path / "host").mkdir()
    bus = ArchivedBus(tmp_path / "host")
    bus.publish(*(dispatch(number, PLN) for number in range(3)), at=MARCH)
    bus.run()
    (bus.archive.parent / "outside.parquet").write_bytes((bus.archive / PART).read_bytes())
    return bus


def forge(archive: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a document of the archive."""
    document = json.loads((archive / name).read_text())
    change(document)
    (archive / name).write_text(json.dumps(document))


def files_below(folder: Path) -> set[str]:
    """Return the path of every file but the lock."""
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    }


def assert_refused(bus: ArchivedBus, words: str) -> None:
    """See that each act on the archive names the fault, and changes no file of the host."""
    host = bus.archive.parent
    before = files_below(host)
    faults = list(ArchiveContents(bus.archive).faults())
    assert any(words in fault.text for fault in faults), faults
    acts: list[Callable[[], object]] = [
        bus.run,
        lambda: delete_days(bus.archive, date.max, [], DurableFiles(sync=no_sync), dry=False),
        lambda: redraw_archive(bus.archive, DurableFiles(sync=no_sync), TOPICS, [], ANSWER_CHECK, APRIL),
    ]
    for act in acts:
        with pytest.raises(Stop, match=words.replace(".", r"\.")):
            act()
    assert files_below(host) == before


@pytest.mark.parametrize(
    "path",
    [
        *("../outside.parquet", f"{QUEUE}/../../outside.parquet", "/etc/hostname", "..\\outside.parquet", ""),
        *(f"{QUEUE}/date=2026-03-31/other.parquet", f"./{PART}"),
    ],
)
def test_a_file_has_the_path_that_follows_from_its_fields(bus: ArchivedBus, path: str) -> None:
    """The file outside has the right checksum; it is not read, not replaced and not deleted."""
    forge(bus.archive, MANIFEST, lambda document: document["files"][0].update(path=path))
    assert_refused(bus, "is not the path of such a file")


def test_a_topic_that_leads_out_is_refused(bus: ArchivedBus) -> None:
    """The path of a file begins with its topic, so the topic must be a name that the bus takes."""
    for topic in ("..", "../host", "", "a/b", ".hidden", "a\\b", "x" * 250):
        path = PART.replace(QUEUE, topic)
        forge(bus.archive, MANIFEST, lambda document: document["files"][0].update(topic=topic, path=path))  # noqa: B023
        assert_refused(bus, "not the name of a topic")


def test_the_copy_of_the_keys_has_the_path_that_follows_from_its_content(bus: ArchivedBus) -> None:
    """The name of the copy cannot lead to another file."""
    content = (bus.archive.parent / "outside.parquet").read_bytes()
    keys = {"path": "../outside.parquet", "keys": 1, "sha256": hashlib.sha256(content).hexdigest()}
    forge(bus.archive, "archive.json", lambda document: document.update(keys=keys))
    assert_refused(bus, "is not the path of such a file")
    with pytest.raises(Stop, match="is not the path of such a file"):
        list(ArchiveContents(bus.archive).person_keys())


def test_numbers_of_a_manifest_have_limits(bus: ArchivedBus) -> None:
    """Partitions, offsets and counts that no archive has are named with their place."""
    original = (bus.archive / MANIFEST).read_text()
    file = json.loads(original)["files"][0]
    forgeries: list[tuple[dict[str, Any], str]] = [
        ({"partition": 2_000_000_000}, "files.0.partition: Input should be less than 1000"),
        ({"partition": -1}, "files.0.partition"),
        ({"end": 2**63}, "files.0.end"),
        ({"records": -1}, "files.0.records"),
        ({"records": 4}, "more records than offsets"),
        ({"last_offset": 3}, "offsets are not in order"),
        ({"last_timestamp": 10**30}, "files.0.last_timestamp"),
        ({"sha256": "0"}, "files.0.sha256"),
    ]
    for fields, words in forgeries:
        forge(bus.archive, MANIFEST, lambda document: document.update(files=[{**file, **fields}]))  # noqa: B023
        assert_refused(bus, words)
    (bus.archive / MANIFEST).write_text(original + " " * 64_000_000)
    assert_refused(bus, "more than 64,000,000 bytes")
    (bus.archive / MANIFEST).write_text(original.replace('"day": "2026-03-31"', '"day": "2026-03-30"'))
    assert_refused(bus, "is not the path of such a file")
    (bus.archive / MANIFEST).write_text(original)
    assert list(ArchiveContents(bus.archive).faults()) == []


def test_partitions_of_the_head_have_limits(bus: ArchivedBus) -> None:
    """A name that is none would end a restore in its middle."""
    original = (bus.archive / "archive.json").read_text()
    for name in (
        "complaints",
        "complaints/-1",
        "complaints/1000",
        "complaints/" + "9" * 5_000,
        "../x/0",
        "complaints/01",
    ):
        for field in ("ends", "redrawn"):
            (bus.archive / "archive.json").write_text(original)
            forge(bus.archive, "archive.json", lambda document: document.update({field: {name: 1}}))  # noqa: B023
            with pytest.raises(Stop, match="1 faults, such as"):
                ArchiveContents(bus.archive).head()


def test_links_are_not_followed(bus: ArchivedBus) -> None:
    """A topic's folder, a part, the folder of the keys or of the manifests may be no link to another place."""
    host = bus.archive.parent
    part, elsewhere = bus.archive / PART, host / "elsewhere"

    part.unlink()
    part.symlink_to(host / "outside.parquet")
    assert [fault.name for fault in ArchiveContents(bus.archive).faults()] == ["outside", "outside"]
    with pytest.raises(Stop, match="symbolic link"):
        list(ArchiveContents(bus.archive).records(QUEUE))
    part.unlink()
    part.write_bytes((host / "outside.parquet").read_bytes())

    (elsewhere / "date=2026-03-31").mkdir(parents=True)
    (elsewhere / "date=2026-03-31" / "foreign.parquet").touch()
    (bus.archive / "linked").symlink_to(elsewhere)
    assert_refused_by_run(bus)
    (bus.archive / "linked").unlink()

    for name in ("person-keys", "manifests"):
        (bus.archive / name).rename(elsewhere / name)
        (elsewhere / name / "foreign.parquet").touch()
        (bus.archive / name).symlink_to(elsewhere / name)
        assert_refused_by_run(bus)
        (bus.archive / name).unlink()
        (elsewhere / name).rename(bus.archive / name)


def assert_refused_by_run(bus: ArchivedBus) -> None:
    """See that a run deletes and writes nothing behind a link."""
    elsewhere = bus.archive.parent / "elsewhere"
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    with pytest.raises(Stop, match="symbolic link"):
        bus.run()
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before


def test_nothing_is_written_through_a_link(bus: ArchivedBus) -> None:
    """Temporary files and the lock have names that anybody knows."""
    host = bus.archive.parent
    (host / "profile").write_text("a file of the host")
    (bus.archive / "archive.json.tmp").symlink_to(host / "profile")
    bus.run()
    assert (host / "profile").read_text() == "a file of the host"
    (bus.archive / ".lock").unlink()
    (bus.archive / ".lock").symlink_to(host / "new")
    with pytest.raises(Stop, match="cannot be written"):
        bus.run()
    assert not (host / "new").exists()


def test_a_file_that_is_not_what_the_manifest_says_is_named(bus: ArchivedBus) -> None:
    """Checksum and counts are those of the manifest, and the content is another one."""

    def faults_of(content: bytes) -> list[str]:
        (bus.archive / PART).write_bytes(content)
        changes = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        forge(bus.archive, MANIFEST, lambda document: document["files"][0].update(changes))
        return [f"{fault.name} {fault.text}" for fault in ArchiveContents(bus.archive).faults()]

    def parquet_of(table: pa.Table) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        return bytes(sink.getvalue())

    table = pq.read_table(bus.archive / PART, partitioning=None)
    partitions = pa.array([7] * 3, pa.int32())
    assert faults_of(parquet_of(table)) == []
    other_partition = table.set_column(0, table.schema.field("partition"), partitions)
    assert faults_of(parquet_of(other_partition)) == ["records Records of another partition than 0."]
    assert faults_of(parquet_of(pa.concat_tables([table] * 2))) == ["records 6 records, the manifest says 3."]
    texts = table.set_column(0, "partition", pa.array(["0"] * 3))
    assert faults_of(parquet_of(texts)) == ["records The columns have other types than those of this program."]
    (fault,) = faults_of(b"no Parquet file")
    assert fault.startswith("records The file cannot be read")


def test_tombstones_of_a_forged_archive_are_not_read(bus: ArchivedBus) -> None:
    """`restore --forgotten` reads another archive."""
    forge(
        bus.archive, MANIFEST, lambda document: document["files"][0].update(topic=FORGOTTEN, path="../outside.parquet")
    )
    with pytest.raises(Stop, match="is not the path of such a file"):
        read_tombstones(bus.archive)
