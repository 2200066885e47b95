"""One run: load and faults for some time, then the comparisons."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from app.simulator.wait import settled_audit
from bus.errors import Retry
from bus.kafka.timeouts import KafkaTimeouts
from bus.port import Reader
from config.database import DatabaseUnavailable, snapshot_transaction
from monitor.consumer_lag import measure_stage
from tests.chaos import models
from tests.chaos.citizens import Accepted, Citizens
from tests.chaos.comparisons import Difference
from tests.chaos.facts import read_topics
from tests.chaos.fault_plan import PlannedFault, plan_faults
from tests.chaos.installation import BROKER_SESSION_SECONDS, Installation, Target
from tests.chaos.officers import Agencies, Staff
from tests.support import program

# Seconds for what waits after the last fault, and for a command that makes a model again.
_SETTLE_SECONDS = 900.0
_POLL_SECONDS = 1.0
# Nothing waits so many times in a row: an answer may lead to another record.
_QUIET_POLLS = 5
# Seconds for which the load goes on after the faults.
_AFTER_SECONDS = 10.0
_ACTOR = ("--actor", "Sari Wulandari", "--why", "uji coba gangguan")
_REBUILDS: Mapping[str, Sequence[str]] = {
    "desk": ("desk", "rebuild"),
    "oversight": ("oversight", "rebuild"),
    "queues": ("queues-recount",),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. `seed` decides the faults; the load follows it as far as the faults let it.

    `only`: names of targets; without one all have faults.
    """

    seed: int
    seconds: float
    only: frozenset[str] = frozenset()

    def chosen(self, targets: Iterable[str]) -> Sequence[str]:
        """Return those of the targets that have faults."""
        return [name for name in targets if not self.only or name in self.only]


class MadeFault(NamedTuple):
    """A fault as it was made. `seconds` is how long it lasted."""

    fault: PlannedFault
    began_at: float
    seconds: float


class Faults(threading.Thread):
    """Makes the planned faults of one target at their times, in order. `made` are those that have ended.

    A server may need longer for its start than planned: its next fault begins later then.
    """

    def __init__(
        self, faults: Sequence[PlannedFault], target: Target, note: Callable[[str], None], began_at: float
    ) -> None:
        super().__init__(name="faults")
        self._faults = faults
        self._target = target
        self._note = note
        self._began_at = began_at
        self.made: list[MadeFault] = []

    def run(self) -> None:
        """See `threading.Thread`."""
        target = self._target
        actions = {
            "killed": (target.kill, target.restart),
            "frozen": (target.freeze, target.resume),
            "frozen in a transaction": (target.freeze_in_transaction, target.resume),
        }
        for fault in self._faults:
            time.sleep(max(0.0, self._began_at + fault.at - time.monotonic()))
            begin, end = actions[fault.kind]
            begin()
            began_at = time.monotonic() - self._began_at
            self._note(f"{began_at:6.1f} s  {fault.target:<12} {fault.kind} for {fault.seconds} s")
            time.sleep(fault.seconds)
            end()
            self.made.append(MadeFault(fault, began_at, time.monotonic() - self._began_at - began_at))


class ChaosRun:
    """A run with these settings in an empty folder. `note` prints a line."""

    def __init__(self, settings: Settings, folder: Path, note: Callable[[str], None]) -> None:
        self._settings = settings
        self._folder = folder
        self._note = note
        self._accepted = Accepted()
        self._stopping = threading.Event()

    def run(self) -> Iterator[Difference]:
        """Yield all differences as they are found."""
        installation = Installation(self._folder, self._note)
        try:
            parts = installation.service.parts
            migrate(parts.engine)
            yield from self._disturb(installation, parts)
            self._note("waiting until everything is processed")
            yield from self._wait_until_settled(installation, parts)
            self._note("comparing")
            yield from self._compare(parts)
            self._note("making desk, oversight and the counts of the queues again")
            yield from models.compare_with_rebuilt(parts.engine, self._rebuilds(installation))
        finally:
            installation.close()

    def _disturb(self, installation: Installation, parts: Parts) -> Sequence[Difference]:
        """Let everybody write, and make faults meanwhile. Return the processes that ended by themselves."""
        settings = self._settings
        if unknown := sorted(settings.only - installation.targets.keys()):
            raise ValueError(f"no such target: {', '.join(unknown)}")
        workers = settings.chosen(worker.name for worker in installation.workers)
        servers = settings.chosen(installation.servers)
        session = KafkaTimeouts.for_brokers(BROKER_SESSION_SECONDS).session
        faults = plan_faults(settings.seed, settings.seconds, workers, servers, session)
        load = self._load(installation, parts)
        now = time.monotonic()
        threads = [
            Faults([fault for fault in faults if fault.target == name], target, self._note, now)
            for name, target in installation.targets.items()
        ]
        ends: list[Difference] = []
        with _noted_failures(ends):
            for thread in (*load, *threads):
                thread.start()
            while any(thread.is_alive() for thread in threads) or time.monotonic() < now + settings.seconds:
                ends += _ended(installation)
                time.sleep(_POLL_SECONDS)
            # What the faults left meets later records.
            time.sleep(_AFTER_SECONDS)
            self._stopping.set()
            while any(writer.is_alive() for writer in load):
                ends += _ended(installation)
                time.sleep(_POLL_SECONDS)
        self._note_load(load, [made for thread in threads for made in thread.made])
        return ends

    def _load(self, installation: Installation, parts: Parts) -> Sequence[Citizens | Agencies | Staff]:
        seed = self._settings.seed
        citizens = [
            Citizens(parts, port, seed * 100 + number, self._accepted, self._stopping)
            for number, port in enumerate(installation.doors * 2)
        ]
        # One key for each agency and program: an agency has two at most.
        agencies = [
            Agencies(parts, port, seed + number, self._stopping) for number, port in enumerate(installation.desks)
        ]
        return [*citizens, *agencies, Staff(parts, seed, self._accepted, self._stopping)]

    def _wait_until_settled(self, installation: Installation, parts: Parts) -> Iterator[Difference]:
        """Return when nothing waits in any stage or spool. Yield what still waits after the patience."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        quiet_polls, waiting = 0, ["?"]
        while quiet_polls < _QUIET_POLLS and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            yield from _ended(installation)
            try:
                with closing(parts.bus.reader()) as reader:
                    waiting = list(_waiting(parts, reader))
            except (Retry, DatabaseUnavailable):
                waiting = ["the bus is away"]
            quiet_polls = 0 if waiting else quiet_polls + 1
        yield from (Difference("settled", "", text) for text in waiting)

    def _compare(self, parts: Parts) -> Iterator[Difference]:
        yield from models.audit_differences(settled_audit(parts, _POLL_SECONDS, full=True))
        with closing(parts.bus.reader()) as reader:
            topics = read_topics(reader, existing_queues(reader))
        with snapshot_transaction(parts.engine) as connection:
            yield from models.compare_numbers(connection, self._accepted.channels_by_number())
            yield from models.compare_with_topics(connection, topics)
        compared = {
            "complaints": topics.complaints,
            "dispatches": topics.dispatches,
            "answers": topics.answers,
            "corrections": topics.corrections,
            "replies": topics.replies,
        }
        counts = {name: len(records) for name, records in compared.items()}
        self._note(f"compared {', '.join(f'{count} {name}' for name, count in counts.items())}")
        self._note(f"{len(topics.set_aside)} messages set aside, {len(topics.dead)} ids of dead letters")
        yield from (Difference("load", "", f"there are no {name}") for name, count in counts.items() if not count)

    def _rebuilds(self, installation: Installation) -> Mapping[str, Callable[[], object]]:
        def rebuild(arguments: Sequence[str]) -> Callable[[], object]:
            command = (*arguments, *_ACTOR)
            environment = installation.service.environment
            return lambda: program.run(command, environment, Path.cwd(), check=True, seconds=_SETTLE_SECONDS)

        return {name: rebuild(arguments) for name, arguments in _REBUILDS.items()}

    def _note_load(self, load: Sequence[Citizens | Agencies | Staff], made: Sequence[MadeFault]) -> None:
        refused = [reason for writer in load if isinstance(writer, Citizens) for reason in writer.refused]
        self._note(f"accepted {len(self._accepted.channels_by_number())}, not accepted {len(refused)} {refused[:5]}")
        for writer in load:
            if not isinstance(writer, Citizens):
                counts = writer.answers if isinstance(writer, Agencies) else writer.acts
                self._note(f"{writer.name}: {', '.join(f'{name} {number}' for name, number in sorted(counts.items()))}")
        self._note("target         fault                     began  lasted")
        for fault, began_at, seconds in sorted(made, key=lambda item: item.began_at):
            self._note(f"{fault.target:<14} {fault.kind:<24} {began_at:6.1f} {seconds:7.1f}")


@contextmanager
def _noted_failures(differences: list[Difference]) -> Iterator[None]:
    """Add each thread that ends by an error: what it should have done is missing in the run."""

    def note(failure: threading.ExceptHookArgs) -> None:
        name = failure.thread.name if failure.thread else ""
        differences.append(Difference("run", name, f"ended by {failure.exc_type.__name__}: {failure.exc_value}"))
        former_hook(failure)

    former_hook, threading.excepthook = threading.excepthook, note
    try:
        yield
    finally:
        threading.excepthook = former_hook


def _ended(installation: Installation) -> Iterator[Difference]:
    for name, code in installation.codes_of_ends().items():
        yield Difference("process", name, f"ended by itself with code {code}")


def _waiting(parts: Parts, reader: Reader) -> Iterator[str]:
    """Yield the topics with records that a group has not processed, and the spool."""
    queues = existing_queues(reader)
    for group in parts.consumer_groups.values():
        backlogs = measure_stage(reader, group.name, group.topics_with(queues)).topics
        yield from (f"{group.name} has not read {topic}" for topic, backlog in backlogs.items() if backlog.many)
    if waiting := len(parts.doors.spool):
        yield f"{waiting} messages wait in the spool"
