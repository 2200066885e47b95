"""Audit log: each action is a row of one chain, and a changed row is found."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.assembly.core import system_user
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from app.operations.audit.heads import AuditHeads
from app.operations.audit.log import AuditHeadSchedule, AuditLog
from app.operations.audit.rows import (
    FIRST_PREVIOUS_HASH,
    ChainedAction,
    ChainVerification,
    StaffAction,
    chain_action,
    verify_chain,
)
from bus.errors import Stop
from bus.port import Outgoing
from messages.shapes import iso
from messages.topics import AUDIT_HEADS
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer
from tests.support import program
from tests.support.dead_letters import BusWithProducer
from tests.support.log_capture import captured_log
from tests.support.service import RunningService
from tests.support.waiting import wait_for

COPIED = "INSERT INTO audit_log SELECT 4, at, actor, action, subject, why, previous, hash FROM audit_log WHERE seq = 3"
APPENDING = 4
EACH = 12


def filled(engine: Engine, rows: int = 4) -> list[ChainedAction]:
    """Append actions of two persons, a minute apart."""
    log = AuditLog(engine)
    return [
        log.append("dead_letters.drop", f"id-{row}", f"petugas-{row % 2}", "uji coba", NOW + timedelta(minutes=row))
        for row in range(rows)
    ]


def listed(engine: Engine) -> list[ChainedAction]:
    """Return all rows."""
    with AuditLog(engine).rows() as rows:
        return list(rows)


def test_a_row_has_every_field(engine: Engine) -> None:
    """A row has actor, time, action, subject and reason, its number and the previous hash."""
    first, second = filled(engine, 2)
    assert (first.seq, first.previous, second.seq, second.previous) == (1, FIRST_PREVIOUS_HASH, 2, first.hash)
    assert first.act.at == "2026-11-24T08:04:05.678Z"
    assert (first.act.actor, first.act.action, first.act.subject) == ("petugas-0", "dead_letters.drop", "id-0")
    assert listed(engine) == [first, second]


def test_the_hash_can_be_recomputed(engine: Engine) -> None:
    """The hash is SHA-256 of one JSON with sorted names, no spaces and only ASCII."""
    row = AuditLog(engine).append("dead_letters.drop", "id-0", "petugas é", "uji", NOW)
    canonical = (
        '{"action":"dead_letters.drop","actor":"petugas \\u00e9","at":"2026-11-24T08:04:05.678Z",'
        f'"previous":"{"0" * 64}","seq":1,"subject":"id-0","why":"uji"}}'
    )
    assert row.hash == hashlib.sha256(canonical.encode()).hexdigest()


def test_an_unchanged_log_is_valid(engine: Engine) -> None:
    """An unchanged log is valid with its number of rows and last hash; so is an empty one."""
    assert AuditLog(engine).verify() == verify_chain(())
    rows = filled(engine)
    verification = AuditLog(engine).verify()
    assert (verification.rows, verification.head, verification.fault) == (4, rows[-1].hash, "")


@pytest.mark.parametrize(
    ("tampering", "message"),
    [
        (["UPDATE audit_log SET why = 'lain' WHERE seq = 2"], "Row 2 does not match its hash"),
        (["UPDATE audit_log SET actor = 'petugas-9' WHERE seq = 4"], "Row 4 does not match its hash"),
        (["UPDATE audit_log SET at = 'kemarin' WHERE seq = 3"], "Row 3 does not match its hash"),
        (["DELETE FROM audit_log WHERE seq = 2"], "Row 3 is in the place of row 2"),
        (["DELETE FROM audit_log WHERE seq = 1"], "Row 2 is in the place of row 1"),
        (
            ["DELETE FROM audit_log WHERE seq = 2", "UPDATE audit_log SET seq = seq - 1 WHERE seq = 3"],
            "Row 2 does not match its hash",
        ),
        (
            [
                "UPDATE audit_log SET seq = 9 WHERE seq = 2",
                "UPDATE audit_log SET seq = 2 WHERE seq = 3",
                "UPDATE audit_log SET seq = 3 WHERE seq = 9",
            ],
            "Row 2 does not match its hash",
        ),
        (
            [
                "UPDATE audit_log SET seq = 5 WHERE seq = 4",
                COPIED,
            ],
            "Row 4 does not match its hash",
        ),
    ],
)
def test_a_changed_row_is_found(engine: Engine, tampering: list[str], message: str) -> None:
    """The first changed, deleted, moved or inserted row is named."""
    rows = filled(engine)
    with engine.begin() as connection:
        for statement in tampering:
            connection.execute(text(statement))
    verification = AuditLog(engine).verify()
    assert verification.fault.startswith(message)
    assert verification.head == (rows[verification.rows - 1].hash if verification.rows else FIRST_PREVIOUS_HASH)


def test_a_recomputed_row_breaks_the_chain(engine: Engine) -> None:
    """A row with a recomputed hash breaks the chain at the next row."""
    rows = filled(engine)
    rewritten(engine, [replace(rows[1].act, why="lain")])
    assert AuditLog(engine).verify().fault.startswith("Row 3 does not follow the row before it")


def rewritten(engine: Engine, acts: list[StaffAction]) -> None:
    """Replace the rows from the second on by these actions with matching hashes."""
    previous = listed(engine)[0].hash
    with engine.begin() as connection:
        for seq, act in enumerate(acts, start=2):
            row = chain_action(seq, act, previous)
            connection.execute(
                text("UPDATE audit_log SET why = :why, previous = :previous, hash = :hash WHERE seq = :seq"),
                {"why": act.why, "previous": previous, "hash": row.hash, "seq": seq},
            )
            previous = row.hash


def test_a_noted_hash_detects_a_rewritten_log(engine: Engine) -> None:
    """A noted hash detects a shortened or rewritten log."""
    rows = filled(engine)
    log = AuditLog(engine)
    assert [log.verify(noted).fault for noted in (FIRST_PREVIOUS_HASH, rows[1].hash, rows[3].hash)] == ["", "", ""]

    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_log WHERE seq = 4"))
    assert log.verify().fault == ""
    assert log.verify(rows[2].hash).fault == ""
    assert log.verify(rows[3].hash).fault.startswith(f"No row has the hash {rows[3].hash}: the rows after row 3")

    rewritten(engine, [replace(row.act, why="lain") for row in rows[1:3]])
    assert log.verify().fault == ""
    assert log.verify(rows[2].hash).fault.startswith("No row has the hash")


def test_concurrent_appends(engine: Engine) -> None:
    """Concurrent appends with separate connections give one chain without gaps."""
    together = threading.Barrier(APPENDING, timeout=60)

    def append(name: str) -> None:
        own_engine = open_database(engine.url.render_as_string(hide_password=False))
        for number in range(EACH):
            together.wait()
            AuditLog(own_engine).append("dead_letters.drop", f"{name}-{number}", name, "uji coba", NOW)
        own_engine.dispose()

    threads = [threading.Thread(target=append, args=(f"petugas-{number}",)) for number in range(APPENDING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = listed(engine)
    assert len(rows) == APPENDING * EACH
    assert AuditLog(engine).verify().fault == ""
    assert len({row.act.subject for row in rows}) == APPENDING * EACH


def test_concurrent_processes(engine: Engine, tmp_path: Path) -> None:
    """Concurrent commands in separate processes give one chain."""
    service = RunningService(tmp_path, database_url=engine.url.render_as_string(hide_password=False))
    arguments = ("purge", "--older-than", "30d", "--why", "uji coba", "--actor")
    files = [tmp_path / f"{number}.txt" for number in range(APPENDING)]
    started = [
        program.Program((*arguments, f"petugas-{number}"), service.environment, file, file, tmp_path)
        for number, file in enumerate(files)
    ]
    codes = [process.wait() for process in started]

    assert codes == [0] * APPENDING, [file.read_text() for file in files]
    assert sorted(row.act.actor for row in listed(engine)) == [
        f"petugas-{number} ({system_user()})" for number in range(APPENDING)
    ]
    assert AuditLog(engine).verify().rows == APPENDING


def test_the_monitor_publishes_the_head(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """A process with the monitor publishes the present head at its start."""
    service = RunningService(tmp_path, **process_database)
    try:
        migrate(service.parts.engine)
        service.parts.ensure_topics()
        row = service.parts.audit_log.append("dead_letters.drop", "id", "petugas", "uji", NOW)
        service.start("monitor")
        wait_for(lambda: len(service.parts.audit_heads.read()) > 1)
        # The monitor records its own acts, too.
        assert row.hash in {head.hash for head in service.parts.audit_heads.read()}
        assert service.stop() == [0]
    finally:
        service.parts.audit_heads.close()
        service.close()


def test_filters_by_actor_and_time(engine: Engine) -> None:
    """Rows are filtered by actor and time."""
    filled(engine)
    log = AuditLog(engine)
    with log.rows(NOW + timedelta(minutes=1), "petugas-1") as rows:
        assert [row.seq for row in rows] == [2, 4]
    with log.rows(NOW + timedelta(minutes=2)) as rows:
        assert [row.seq for row in rows] == [3, 4]


def with_heads(engine: Engine, parts: Parts) -> AuditLog:
    """Return a log whose heads go to the bus of `parts`."""
    return AuditLog(engine, parts.audit_heads, "uid 1000 satupintu")


def test_each_row_has_its_head_on_the_bus(engine: Engine, parts: Parts) -> None:
    """The head has number, time and hash of the row, and the log agrees with all heads."""
    log = with_heads(engine, parts)
    rows = [log.append("dead_letters.drop", "id", "petugas", "uji", NOW + timedelta(minutes=row)) for row in range(3)]
    heads = parts.audit_heads.read()
    assert [(head.rows, head.hash, iso(head.at)) for head in heads] == [(row.seq, row.hash, row.act.at) for row in rows]
    assert log.verify() == ChainVerification(3, rows[2].hash, "", 3)


def test_a_shortened_log_is_found(engine: Engine, parts: Parts) -> None:
    """Rows that were deleted at the end, or all of them, are named."""
    log = with_heads(engine, parts)
    for minute in range(3):
        log.append("dead_letters.drop", "id", "petugas", "uji", NOW + timedelta(minutes=minute))
    for remaining_rows in (2, 0):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM audit_log WHERE seq > :rows"), {"rows": remaining_rows})
        assert log.verify().fault.endswith(f"has 3 rows: the rows after row {remaining_rows} were deleted.")


def test_a_rewritten_log_is_found(engine: Engine, parts: Parts) -> None:
    """A log with other rows and matching hashes is named with the last row that agrees."""
    log = with_heads(engine, parts)
    rows = [log.append("dead_letters.drop", "id", "petugas", "uji", NOW) for _ in range(3)]
    rewritten(engine, [replace(row.act, why="lain") for row in rows[1:]])
    assert log.verify().fault == (
        f"Row 2 has another hash than the head that was published on {iso(NOW)}: the log was rewritten after row 1."
    )


def test_a_row_is_stored_while_the_bus_is_away(parts: Parts) -> None:
    """The action is recorded, and logged as a row without a head. The next check publishes the head."""
    heads = AuditHeads(lambda: BusWithProducer(parts.bus, FlakyProducer(parts.bus.producer(), {1})))  # type: ignore[arg-type,return-value]  # what is asked of one
    log = AuditLog(parts.engine, heads)
    with captured_log() as captured:
        log.append("dead_letters.drop", "id", "petugas", "uji", NOW)
    assert [(line["event"], line["row"]) for line in captured.lines] == [("audit_log.head_not_published", 1)]
    assert heads.read() == []

    AuditHeadSchedule(log, threading.Event(), lambda: NOW, 1.0).step()
    assert [head.rows for head in heads.read()] == [1]
    heads.close()


def test_the_regular_check_names_a_fault(parts: Parts) -> None:
    """The process with the monitor logs a shortened log, and continues to publish heads."""
    log = parts.audit_log
    rows = [log.append("dead_letters.drop", "id", "petugas", "uji", NOW) for _ in range(2)]
    with parts.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_log WHERE seq = 2"))
    with captured_log() as captured:
        AuditHeadSchedule(log, threading.Event(), lambda: NOW, 1.0).step()
    (line,) = captured.lines
    assert line["event"] == "audit_log.fault_found"
    assert line["fault"].endswith("the rows after row 1 were deleted.")
    assert [head.hash for head in parts.audit_heads.read()] == [rows[0].hash, rows[1].hash, rows[0].hash]


def test_a_record_that_is_no_head_stops_the_check(parts: Parts) -> None:
    """It is not skipped: it may stand where a head was."""
    parts.audit_log.append("dead_letters.drop", "id", "petugas", "uji", NOW)
    with closing(parts.bus.producer()) as producer:
        producer.publish([Outgoing(AUDIT_HEADS, b"", b"{}")])
    with pytest.raises(Stop, match="satupintu tail audit-heads"):
        parts.audit_log.verify()


def test_an_actor_has_the_system_user(engine: Engine, parts: Parts) -> None:
    """The user of the operating system is added to the name that was given. Both find the row.

    The name also finds what the person did at the desk.
    """
    log = with_heads(engine, parts)
    for actor in ("budi", "budiman", "b%"):
        log.append("dead_letters.drop", "id", actor, "uji", NOW)
    for actor in ("budi", "budi (uid 1000 satupintu)"):
        with log.rows(actor=actor) as rows:
            assert [row.act.actor for row in rows] == ["budi (uid 1000 satupintu)"]
    label = f"budi [{UUID(int=1)}]"
    AuditLog(engine, parts.audit_heads).append("desk.note", "id", label, "uji", NOW)
    with log.rows(actor="budi") as rows:
        assert [row.act.actor for row in rows] == ["budi (uid 1000 satupintu)", label]
    with log.rows(actor=label) as rows:
        assert [row.act.action for row in rows] == ["desk.note"]
    assert system_user().startswith(f"uid {os.getuid()}")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(parts: Parts, tmp_path: Path) -> Run:
    """Return a runner of `satupintu audit-log` on this test's data folder."""
    environment = program.environment_of(parts.settings)

    def command(*arguments: str) -> tuple[int, str, str]:
        result = program.run(("audit-log", *arguments), {**environment, "COLUMNS": "300"}, tmp_path)
        return result.returncode, result.stdout, result.stderr

    return command


def test_the_commands(parts: Parts, run: Run) -> None:
    """The list for people and for programs, and the verification with its exit codes."""
    rows = filled(parts.engine, 3)
    log = parts.audit_log
    log.append("dead_letters.drop", "id-9", "[bold]petugas", "[red]x", NOW + timedelta(hours=1))

    code, out, _ = run("list")
    assert code == 0
    assert all(
        expected in out for expected in ("2026-11-24T08:05:05.678Z", "petugas-1", "id-1", "[bold]petugas", "[red]x")
    )
    code, out, _ = run("list", "--actor", "petugas-1", "--since", "2026-11-24", "--json")
    (only,) = json.loads(out)
    assert (code, only["seq"], only["hash"], only["at"]) == (0, 2, rows[1].hash, "2026-11-24T08:05:05.678Z")
    assert run("list", "--since", "kemarin")[0] == 2

    assert run("verify")[:2] == (0, f"4 rows, the last hash is {log.verify().head}, 1 heads agree\n")
    assert run("verify", "--head", rows[2].hash)[0] == 0
    code, _, err = run("verify", "--head", "f" * 64)
    assert (code, err.split(":")[0]) == (1, f"No row has the hash {'f' * 64}")
    with parts.engine.begin() as connection:
        connection.execute(text("UPDATE audit_log SET why = 'lain' WHERE seq = 2"))
    code, out, err = run("verify")
    assert (code, out) == (1, "")
    assert err.startswith("Row 2 does not match its hash")


def test_verify_names_a_cut_and_a_rewritten_log(parts: Parts, run: Run) -> None:
    """Exit 1 and the rows that were deleted. After a restore, older heads can be left out."""
    at = [NOW + timedelta(hours=hour) for hour in range(4)]
    for moment in at[:3]:
        parts.audit_log.append("dead_letters.drop", "id", "petugas-1", "uji coba", moment)
    with parts.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_log WHERE seq = 3"))

    deleted = f"The head that was published on {iso(at[2])} has 3 rows: the rows after row 2 were deleted."
    assert run("verify") == (1, "", f"{deleted}\n")
    parts.audit_log.append("dead_letters.drop", "another id", "petugas-2", "uji coba", at[3])
    assert run("verify")[2].endswith("the log was rewritten after row 2.\n")
    assert run("verify", "--since", iso(at[3]))[0] == 0
