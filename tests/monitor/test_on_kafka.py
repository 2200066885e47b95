"""Readings of the monitor on a real Kafka with thousands of messages: transactions, aborted and deleted records."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.monitoring import snapshot_collector
from app.assembly.parts import Parts
from app.cli import app
from app.clock import utc_now
from app.surroundings import system_surroundings
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact, DispatchFact
from config.settings import Settings
from messages import ids
from messages.topics import COMPLAINTS, DEAD_LETTER_TOPICS, agency_topic, raw_topic
from monitor.audit.audit import Difference
from router.store import RoutedDispatch
from sinks.ledger.counts.queue_counts import recount_queues
from tests.bus.kafka.filling import Filler
from tests.bus.kafka.fixture import new_node
from tests.support import written_bus
from tests.support.log_capture import captured_log
from tests.support.paths import SMALL_TABLES
from tests.support.written_bus import PLN, complaint_id, message_id

pytestmark = pytest.mark.slow

MESSAGES = 3_000
# Earlier messages, of which retention has deleted every record.
EXPIRED = 500
TRANSACTION = 1_000
ARRIVALS, QUEUE, DEAD_LETTERS = raw_topic("web"), agency_topic(PLN), DEAD_LETTER_TOPICS[0]
FILLED_TOPICS = (ARRIVALS, COMPLAINTS, QUEUE, DEAD_LETTERS)
SECRET = "a root secret for tests, never for use"


@dataclass(frozen=True)
class FilledService:
    """The parts of a service whose topics are filled, their environment, and what fills the topics."""

    parts: Parts
    environment: dict[str, str]
    filler: Filler

    def commit(self, group: str, share: float, *topics: str) -> None:
        """Commit offsets of a group at this share of each partition."""
        with closing(self.parts.bus.reader()) as reader:
            spans = reader.offset_ranges(topics)
        offsets = {partition: span.start + int((span.end - span.start) * share) for partition, span in spans.items()}
        self.filler.commit_offsets(group, offsets)


@pytest.fixture(scope="module")
def service(formatted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledService]:
    """A service whose stages have processed everything."""
    node = new_node(formatted)
    node.start()
    values = {
        "home": str(tmp_path_factory.mktemp("home")),
        "secret_key": SECRET,
        "reference_folder": str(SMALL_TABLES),
        "bus": "kafka",
        "kafka_bootstrap": node.bootstrap,
    }
    parts = Parts(Settings.model_validate(values), CHANNELS, system_surroundings())
    migrate(parts.engine)
    parts.ensure_topics()
    with closing(Filler(node.bootstrap)) as filler:
        filled = FilledService(parts, {f"SATUPINTU_{name.upper()}": value for name, value in values.items()}, filler)
        fill(filled, range(EXPIRED))
        with closing(parts.bus.reader()) as reader:
            spans = reader.offset_ranges(FILLED_TOPICS)
        filler.delete_before({partition: span.end for partition, span in spans.items()})
        fill(filled, range(EXPIRED, EXPIRED + MESSAGES))
        filled.commit("normalize", 1.0, ARRIVALS)
        filled.commit("router", 1.0, COMPLAINTS)
        filled.commit("cases", 1.0, COMPLAINTS, QUEUE)
        yield filled
    parts.engine.dispose()
    node.close()


def fill(service: FilledService, numbers: Sequence[int]) -> None:
    """Append arrivals, complaints, dispatches and dead letters of these messages, and the rows of ledger and router."""
    arrivals = [written_bus.arrival(number, channel="web") for number in numbers]
    service.filler.append(arrivals)
    for make in (written_bus.complaint, dispatch, dead_letter):
        service.filler.append_in_transactions([make(number) for number in numbers], TRANSACTION)
    with service.parts.engine.begin() as connection:
        connection.execute(insert(ComplaintFact), [ledger_row(number) for number in numbers])
        connection.execute(insert(DispatchFact), [dispatch_row(number) for number in numbers])
        connection.execute(insert(RoutedDispatch), [routed_row(number) for number in numbers])
        recount_queues(connection)


def dispatch(number: int) -> Outgoing:
    """Return the dispatch of a message's complaint."""
    return written_bus.dispatch(number, PLN)


def dead_letter(number: int) -> Outgoing:
    """Return a dead letter of the normalizer for a message."""
    return written_bus.dead_letter("normalize", written_bus.arrival(number, channel="web"), number)


def ledger_row(number: int) -> dict[str, Any]:
    """Return the ledger's row of a message's complaint."""
    return {
        "id": complaint_id(number),
        "message_id": message_id(number),
        "tracking": written_bus.tracking(number),
        "channel": "web",
        "kind": "pengaduan",
        "relation": "new",
        "of": None,
        "anonim": False,
        "rahasia": False,
        "received_at": utc_now() - timedelta(days=400 if number < EXPIRED else 0),
    }


def dispatch_row(number: int) -> dict[str, Any]:
    """Return the ledger's row of the dispatch."""
    return {
        **dict.fromkeys(("tracking", "rules_version"), ""),
        "case_id": complaint_id(number),
        "id": ids.dispatch_id(complaint_id(number), 0),
        "complaint_id": complaint_id(number),
        "agency": PLN,
        "hop": 0,
        "relation": "new",
        "own_case": True,
        "at": utc_now(),
        "due_at": utc_now() + timedelta(days=7),
    }


def routed_row(number: int) -> dict[str, Any]:
    """Return the router's row of the dispatch."""
    ids_of_record = {"complaint_id": complaint_id(number), "cause_id": complaint_id(number)}
    return {**ids_of_record, "hop": 0, "position": "", "follows": None, "dispatch": "", "shape_version": 1}


@pytest.fixture
def run(service: FilledService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A function that runs a command with the settings of the service."""
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "160")
    with captured_log():
        yield lambda *arguments: CliRunner().invoke(app, arguments)


def test_snapshots_follow_the_groups_through_long_topics(service: FilledService) -> None:
    """The same collector sees the bus and every backlog while the groups move through thousands of records."""
    waiting_by_share = {}
    with closing(snapshot_collector(service.parts)) as collector:
        for share in (0.0, 0.35, 0.95, 1.0):
            service.commit("normalize", share, ARRIVALS)
            service.commit("router", share, COMPLAINTS)
            snapshot = collector.collect()
            assert snapshot.away == {}
            stages = {state.stage: state for state in snapshot.stages}
            waiting_by_share[share] = stages["normalize"].waiting.many
            assert (COMPLAINTS in stages["router"].topics) == (share < 1.0)
            assert sum(pending.waiting.many for pending in snapshot.dead_letters) == MESSAGES
            (web,) = [state for state in snapshot.channels if state.channel == "web"]
            assert (web.total, web.newest is not None) == (EXPIRED + MESSAGES, True)
    assert waiting_by_share[0.0] == MESSAGES
    assert waiting_by_share[1.0] == 0
    assert sorted(waiting_by_share.values(), reverse=True) == list(waiting_by_share.values())


@pytest.mark.parametrize("command", [("lag", "--json"), ("top", "--once", "--json")])
def test_commands_show_the_backlog(service: FilledService, run: Callable[..., Any], command: tuple[str, ...]) -> None:
    """`lag` and `top` reach the bus."""
    service.commit("normalize", 0.4, ARRIVALS)
    snapshot = json.loads(run(*command).stdout)
    assert snapshot["away"] == {}
    (normalize,) = [state for state in snapshot["stages"] if state["stage"] == "normalize"]
    assert MESSAGES // 2 < normalize["topics"][ARRIVALS]["many"] < MESSAGES
    service.commit("normalize", 1.0, ARRIVALS)


def test_tail_prints_every_committed_record(run: Callable[..., Any]) -> None:
    """No deleted and no aborted record is printed."""
    lines = run("tail", DEAD_LETTERS).stdout.splitlines()
    assert len({json.loads(line)["position"] for line in lines}) == len(lines) == MESSAGES


@pytest.mark.parametrize("number", [EXPIRED, EXPIRED + MESSAGES - 1])
def test_trace_finds_the_records_of_a_report(run: Callable[..., Any], number: int) -> None:
    """The records of one report among thousands, at the start and at the end of the topics."""
    steps = json.loads(run("trace", written_bus.tracking(number), "--json").stdout)
    assert [step["kind"] for step in steps] == ["arrived", "complaint", "dispatched", "dead letter"]
    # No process of these parts reads the complaints for replies or to forget.
    assert [set(step["waits_for"]) for step in steps] == [set(), {"replies", "forget"}, set(), set()]


def test_the_audit_counts_every_message(run: Callable[..., Any]) -> None:
    """Retention, markers and aborted records cause no difference."""
    result = run("audit", "--json", "--wait", "0")
    audit = json.loads(result.stdout)
    assert (audit["differences"], result.exit_code) == ([], 0)
    assert (audit["accepted"], audit["complaints"], audit["at_agencies"]) == (MESSAGES, MESSAGES, MESSAGES)


def test_records_that_retention_deleted_unread_are_a_difference(service: FilledService) -> None:
    """The committed offset of a stopped stage lies before the first remaining record."""
    with closing(service.parts.bus.reader()) as reader:
        starts = {partition: span.start for partition, span in reader.offset_ranges([COMPLAINTS]).items()}
    service.filler.commit_offsets("router", {partition: start - 2 for partition, start in starts.items()})
    audit = service.parts.audit()
    service.commit("router", 1.0, COMPLAINTS)
    text = "retention deleted 2 offsets that router had not read"
    places = [f"{COMPLAINTS}/{partition.number}" for partition in sorted(starts)]
    assert sorted(audit.differences) == [Difference("lost", "expired_unread", place, text) for place in places]
