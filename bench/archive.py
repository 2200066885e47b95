"""Measures processor time and memory of the archive: writing, checking, redrawing and restoring it.

`python -m bench.archive [REPORTS]` (3,000) lets invented reports of 10 days (`bench.stream`) pass through the stages on
a local bus. Agencies answer a third of them. It runs `satupintu archive`, the same again without new records,
`satupintu archive verify`, then `archive` after one in a hundred senders asked to be forgotten, and `satupintu restore`
into an empty folder, each in a process of its own. It does so with a quarter of the reports and with all of them. For
both it prints processor seconds and peak resident megabytes by step, and for each step how many more it takes for
100,000 further records. Writing the records takes far longer than what is measured.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.safekeeping.forgetting import forget_stage
from app.assembly.safekeeping.restore import process_all
from app.surroundings import system_surroundings
from bench.stream import ReportStream
from bus.local.bus import LocalBus
from bus.port import Outgoing, Partition, Record
from config.settings import Settings
from messages import codec, ids
from messages.shapes import Dispatch, RawMessage
from messages.topics import AGENCY_ANSWERS
from tests.end_to_end.dialogues.service import stages_of
from tests.support import records
from tests.support.agency_answers import unsigned_answer
from tests.support.arrival_ids import ROOT_SECRET

_DAYS = 10
_START = datetime(2026, 9, 1, tzinfo=UTC)
# One in so many reports is answered, and one in so many senders asks to be forgotten.
_ANSWERED, _FORGOTTEN = 3, 100
_STEPS = ("archive", "archive again", "verify", "redraw", "restore")
# The peak of a new process is at least that of the process that started it: a small one starts the command.
_MEASURED_RUN = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""

Usage = Mapping[str, float]


class ArchivedService:
    """A service in a folder, without a process. Time passes as `now` is set."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        self.now = _START
        self._settings = Settings.model_validate({"home": home, "secret_key": ROOT_SECRET})
        self.parts = Parts(self._settings, CHANNELS, system_surroundings())
        self.parts.core.now = lambda: self.now
        self.parts.core.bus = LocalBus(home / "bus.db", self.clock)
        migrate(self.parts.engine)
        self.parts.ensure_topics()
        self._queue_ends: Mapping[Partition, int] = {}

    def clock(self) -> float:
        """Return the time in seconds since 1970 UTC."""
        return self.now.timestamp()

    def live(self, count: int) -> Sequence[UUID]:
        """Let the reports of all days pass. Return the ids of the arrivals."""
        stream, arrival_ids = ReportStream(1), []
        for day in range(_DAYS):
            self.now = _START + timedelta(days=day)
            reports = stream.take(count * (day + 1) // _DAYS - count * day // _DAYS)
            messages = [
                records.web(self.parts, report.text, self.now, phone=f"+62{report.sender[1:]:0>11}")
                for report in reports
            ]
            arrival_ids += [codec.decode(RawMessage, each.value, each.headers).id for each in messages]
            self.publish(messages)
            self.now += timedelta(hours=3)
            self.publish(list(self._answers()))
        return arrival_ids

    def forget(self, arrival_ids: Sequence[UUID]) -> None:
        """Let the senders of these reports ask to be forgotten."""
        self.now += timedelta(days=1)
        self.publish([records.followed(self.parts, id_, "asks-to-be-forgotten", "", self.now) for id_ in arrival_ids])
        process_all(self.parts, "forget", forget_stage(self.parts))

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages and let the stages process them."""
        with closing(self.parts.bus.producer()) as producer:
            producer.publish(messages)
        for group, stage in stages_of(self.parts).items():
            process_all(self.parts, group, stage)

    def count_records(self) -> int:
        """Return the number of records on the bus."""
        with closing(self.parts.bus.reader()) as reader:
            names = [spec.name for spec in reader.topics()]
            return sum(span.end - span.start for span in reader.offset_ranges(names).values())

    def _answers(self) -> Iterator[Outgoing]:
        """Yield the answers to the dispatches since the last call."""
        queues = [f"agency-{code}" for code in self.parts.queues]
        with closing(self.parts.bus.reader()) as reader:
            new_records: list[Record] = list(reader.read(queues, start_offsets=self._queue_ends))
            self._queue_ends = {key: span.end for key, span in reader.offset_ranges(queues).items()}
        for record in new_records[::_ANSWERED]:
            dispatch = codec.decode(Dispatch, record.value, record.headers)
            text = f"Sudah selesai, {dispatch.tracking}."
            id_ = ids.answer_id(dispatch.id, "closed", text, None)
            answer = self.parts.keys.answer_keys.sign(
                unsigned_answer(dispatch, "closed", id=id_, text=text, at=self.now)
            )
            yield Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), "/bench"))


def main(reports: int) -> dict[str, object]:
    """Measure both runs; return the figures."""
    few, many = (_measure(count) for count in (reports // 4, reports))
    further = (many["records"] - few["records"]) / 1e5
    return {
        "runs": [few, many],
        "per_100_000_further_records": {
            step: {name: round((many[step][name] - few[step][name]) / further, 1) for name in many[step]}
            for step in _STEPS
        },
    }


def _measure(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as name:
        folder = Path(name)
        home, archive = folder / "home", folder / "archive"
        service = ArchivedService(home)
        arrival_ids = service.live(count)
        result: dict[str, Any] = {"reports": count, "records": service.count_records()}
        result["archive"] = _run(home, "archive", "--to", str(archive))
        result["archive again"] = _run(home, "archive", "--to", str(archive))
        result["verify"] = _run(home, "archive", "verify", str(archive))
        service.forget(arrival_ids[::_FORGOTTEN])
        result["redraw"] = _run(home, "archive", "--to", str(archive))
        result["archive_megabytes"] = round(_bytes_of(archive) / 1e6, 1)
        result["bus_megabytes"] = round((home / "bus.db").stat().st_size / 1e6, 1)
        service.parts.engine.dispose()
        new_home = folder / "new"
        shutil.rmtree(home)
        acts = ("--actor", "bench", "--why", "bench")
        result["restore"] = _run(new_home, "restore", str(archive), *acts)
    return result


def _run(home: Path, *command: str) -> Usage:
    """Run a command of the service. Return processor seconds and peak megabytes."""
    environment = {**os.environ, "SATUPINTU_HOME": str(home), "SATUPINTU_SECRET_KEY": ROOT_SECRET}
    arguments = [sys.executable, "-c", _MEASURED_RUN, sys.executable, "-m", "app.cli", *command]
    process = subprocess.run(arguments, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
    seconds, kilobytes = process.stdout.split()
    return {"cpu_seconds": round(float(seconds), 1), "peak_megabytes": round(int(kilobytes) / 1024)}


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 3_000), indent=2))  # noqa: T201
