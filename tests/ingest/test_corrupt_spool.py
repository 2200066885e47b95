"""A corrupt spool is set aside and shuts no door. Its messages can be recovered as the runbook says."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from structlog.types import EventDict

from bus.errors import Retry
from ingest.spool import Spool
from ingest.spool_drain import SpoolDrain, SpoolingProducer
from ingest.spool_recovery import recover
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.people import report
from tests.ingest.test_spool import Bus, drain_of, message
from tests.support.paths import ROOT

_MAX_BYTES = 10_000_000
# Time of `NOW` in the name of a file.
_RENAMED = "spool.db.corrupt-20261124T080405.678000Z"
_PAGE_BYTES = 4096


def open_spool(folder: Path) -> Spool:
    """Return the spool of a host, as a process opens it."""
    return Spool(folder / "spool.db", _MAX_BYTES, lambda: NOW)


def filled_spool(folder: Path, messages: int) -> None:
    """Leave a spool with this many messages, each larger than a page of the file."""
    spool = open_spool(folder)
    spool.append([message(number, 5_000) for number in range(messages)])
    spool.close()


def overwrite_all(spool: Spool) -> None:
    """Overwrite the file and its journal. Another process has written, so that no page comes from a cache."""
    writer = open_spool(spool.path.parent)
    writer.append([message(99)])
    for suffix in ("", "-wal"):
        file = spool.path.with_name(spool.path.name + suffix)
        overwrite(file, 0, file.stat().st_size // _PAGE_BYTES)
    writer.close()


def overwrite(path: Path, first_page: int, pages: int = 1) -> None:
    """Overwrite whole pages of a file, as a faulty disk does."""
    with path.open("r+b") as file:
        file.seek(first_page * _PAGE_BYTES)
        file.write(b"\xa5" * (_PAGE_BYTES * pages))


DAMAGE = {
    "no database": lambda path: path.write_bytes(b"no database" * 1_000),
    "first page": lambda path: overwrite(path, 0),
    "page in the middle": lambda path: overwrite(path, 12, 4),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: 9 * _PAGE_BYTES]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_corrupt_file_is_set_aside_at_the_start(tmp_path: Path, logged: list[EventDict], damage: object) -> None:
    """The file is renamed with the time and keeps its bytes. A new one takes messages."""
    filled_spool(tmp_path, 20)
    assert callable(damage)
    damage(tmp_path / "spool.db")
    content = (tmp_path / "spool.db").read_bytes()
    spool = open_spool(tmp_path)

    assert (len(spool), spool.corrupt_count, spool.is_full) == (0, 1, False)
    assert (tmp_path / _RENAMED).read_bytes() == content
    assert [line["file"] for line in logged if line["event"] == "spool.set_aside"] == [_RENAMED]
    spool.append([message(1)])
    assert spool.oldest_batch()[1] == [message(1)]
    spool.close()


def test_a_sound_file_stays(tmp_path: Path) -> None:
    """A file with messages is opened again with all of them."""
    filled_spool(tmp_path, 20)
    spool = open_spool(tmp_path)
    assert (len(spool), spool.corrupt_count) == (20, 0)
    spool.close()


def damaged_while_open(folder: Path) -> Spool:
    """Return an open spool with 20 messages whose file was damaged after the start."""
    filled_spool(folder, 20)
    spool = open_spool(folder)
    overwrite_all(spool)
    return spool


def test_while_the_bus_is_well_messages_go_straight_to_it(tmp_path: Path) -> None:
    """The spool becomes corrupt while the process runs. No message is refused, and none goes through the spool."""
    spool, bus = damaged_while_open(tmp_path), Bus()
    SpoolingProducer(bus, spool).publish([message(1)])
    assert (bus.taken, len(spool), spool.corrupt_count, spool.is_full) == ([message(1)], 0, 1, False)
    spool.close()


def test_while_the_bus_is_away_a_new_file_takes_messages(tmp_path: Path) -> None:
    """Both are broken. The message is accepted in the new file, and drained when the bus is back."""
    spool, bus = damaged_while_open(tmp_path), Bus()
    bus.away = Retry("away")
    SpoolingProducer(bus, spool).publish([message(1)])
    bus.away = None
    drain_of(spool, bus).drain_batch()
    assert (bus.taken, len(spool), spool.corrupt_count) == ([message(1)], 0, 1)
    spool.close()


def test_a_damaged_row_is_set_aside_after_the_rows_before_it(tmp_path: Path) -> None:
    """The file is sound and a row is not: the messages before it are drained, and the drain does not end."""
    spool, bus = open_spool(tmp_path), Bus()
    spool.append([message(1), message(2), message(3)])
    with closing(sqlite3.connect(spool.path)) as connection, connection:
        connection.execute("UPDATE spool SET headers = '[[' WHERE number = 2")
    assert (drain_of(spool, bus).drain_batch(), drain_of(spool, bus).drain_batch()) == (1, 0)
    assert (bus.taken, spool.corrupt_count) == ([message(1)], 1)
    spool.close()


def test_a_batch_of_a_replaced_file_deletes_nothing_of_the_new_one(tmp_path: Path) -> None:
    """Each file numbers its messages from 1. Confirming message 1 of the old file leaves the new one whole."""
    filled_spool(tmp_path, 1)
    spool = open_spool(tmp_path)
    last_number, _ = spool.oldest_batch()
    overwrite_all(spool)
    assert len(spool) == 0
    spool.append([message(5)])
    spool.delete_until(last_number)
    spool.set_aside_until(last_number)
    assert (spool.oldest_batch()[1], spool.rejected_count) == ([message(5)], 0)
    spool.close()


def test_another_process_follows_to_the_new_file(tmp_path: Path) -> None:
    """Of two processes one sets the file aside. The other, which still has it open, loses and destroys nothing."""
    filled_spool(tmp_path, 20)
    first, second = open_spool(tmp_path), open_spool(tmp_path)
    overwrite_all(first)
    assert len(first) == 0
    first.append([message(1)])
    second.append([message(2)])
    second.close()
    assert first.corrupt_count == 1
    assert first.oldest_batch()[1] == [message(1), message(2)]
    first.close()


def test_two_processes_find_the_fault_at_once(tmp_path: Path) -> None:
    """Two processes start with the same corrupt file: it is set aside once, and both use the new one."""
    filled_spool(tmp_path, 20)
    overwrite(tmp_path / "spool.db", 0, 20)
    start, spools = threading.Barrier(2), []

    def open_at_once() -> None:
        start.wait()
        spools.append(open_spool(tmp_path))

    threads = [threading.Thread(target=open_at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, spool in enumerate(spools):
        spool.append([message(number)])
    assert (len(spools[0]), len(spools[1]), spools[0].corrupt_count) == (2, 2, 1)
    for spool in spools:
        spool.close()


def test_an_unreadable_spool_keeps_no_message_from_the_bus(tmp_path: Path, logged: list[EventDict]) -> None:
    """The disk fails, so that not even a new file can be begun. The doors need only the bus."""
    spool, bus = open_spool(tmp_path), Bus()
    spool.close()
    SpoolingProducer(bus, spool).publish([message(1)])
    assert bus.taken == [message(1)]
    assert "spool.unreadable" in {line["event"] for line in logged}


def test_the_drain_survives_an_unreadable_spool(tmp_path: Path, logged: list[EventDict]) -> None:
    """The drain tries again instead of ending the process."""
    spool = open_spool(tmp_path)
    spool.close()
    stopping = threading.Event()
    drain = SpoolDrain(spool, Bus(), tmp_path / "spool.lock", lambda: None, stopping)
    thread = threading.Thread(target=drain.run)
    thread.start()
    while not any(line["event"] == "spool.drain_failed" for line in logged):
        assert thread.is_alive()
        stopping.wait(0.01)
    stopping.set()
    thread.join()


def test_the_doors_stay_open_and_the_file_is_counted(serve: Serve) -> None:
    """A service with a corrupt spool takes a report. The file is counted until a person moves it."""
    served = serve()
    served.parts.doors.spool.append([message(1)])
    overwrite_all(served.parts.doors.spool)

    assert served.post("/web/reports", json=report()).status_code == 202
    readiness = served.get("/ready").json()
    assert (readiness["ready"], served.parts.doors.spool.corrupt_count) == (True, 1)
    assert {door["open"] for door in readiness["doors"].values()} == {True}
    served.parts.doors.spool.close()


def runbook_commands() -> list[str]:
    """Return the commands of the section of docs/operations.md, in their order."""
    operations = (ROOT / "docs" / "operations.md").read_text()
    section = operations.partition("\n## A corrupt spool\n")[2].partition("\n## ")[0]
    block = section.partition("```sh\n")[2].partition("```")[0]
    assert block
    return block.splitlines()


@pytest.mark.slow
def test_rows_are_recovered_as_the_runbook_says(tmp_path: Path) -> None:
    """With the runbook's commands all messages outside the damaged pages are in the spool again, and drained."""
    filled_spool(tmp_path, 50)
    overwrite(tmp_path / "spool.db", 30, 2)
    spool, bus = open_spool(tmp_path), Bus()
    assert spool.corrupt_count == 1
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    for command in runbook_commands():
        shell = ["sh", "-euc", command.replace("FILE", _RENAMED)]
        subprocess.run(shell, cwd=tmp_path, check=True, env=environment)
    assert spool.corrupt_count == 0
    while drain_of(spool, bus).drain_batch():
        pass
    assert len({out.value for out in bus.taken} & {message(number, 5_000).value for number in range(50)}) >= 48
    spool.close()


def test_a_damaged_tree_hides_only_its_own_messages(tmp_path: Path) -> None:
    """Damaged leaves of the table: the messages of all other leaves are recovered, and the damaged ones are counted."""
    spool = open_spool(tmp_path)
    spool.append([message(number, 500) for number in range(200)])
    spool.close()
    overwrite(tmp_path / "spool.db", 15, 2)
    spool = open_spool(tmp_path)
    recovered, damaged = recover(tmp_path / _RENAMED, spool)
    assert (recovered, damaged) == (len(spool), 200 - len(spool))
    assert 180 <= recovered < 200
    spool.close()
