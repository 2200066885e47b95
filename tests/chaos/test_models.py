"""Each comparison after a run names what is planted, with its complaint. Without a plant none names anything."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, update
from sqlmodel import SQLModel, col, select

from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from app.assembly.safekeeping.restore import process_all
from app.stage_names import STAGES
from cases.facts.tables import AnswerFact, ComplaintFact, CorrectionFact, DispatchFact
from config.database import write_transaction
from desk.read_model.rebuild import rebuild as rebuild_desk
from desk.read_model.tables import DeskCase
from messages.ids import complaint_id
from monitor.audit.audit import Audit, Difference
from normalize.decision_store import Decision
from oversight.read_model.rebuild import rebuild as rebuild_oversight
from oversight.read_model.tables import OversightCase
from router.answer_store import AnswerRecord
from router.store import AppliedCorrection, RoutedDispatch
from sinks.ledger.counts.queue_counts import recount_queues
from sinks.ledger.tables import WaitingCaseRow
from sinks.replies.tables import OutboxRow
from tests.app.restore.life import Life, live, service_in
from tests.chaos import models
from tests.chaos.comparisons import latest_places
from tests.chaos.facts import TopicFacts, read_topics
from tests.chaos.installation import WORKING_STAGES
from tests.support.case_stages import all_cases
from tests.support.databases import Databases

pytestmark = pytest.mark.slow

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Lived(NamedTuple):
    """A service on the embedded bus that has processed everything: its parts, its topics, and ids by label."""

    parts: Parts
    topics: TopicFacts
    complaints: Mapping[str, UUID]
    numbers: Mapping[str, str]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, database: Databases, templates: Path) -> Iterator[Lived]:
    """One service for all tests. What a test changes in its tables is undone."""
    home = tmp_path_factory.mktemp("chaos")
    with database.settings(home) as values, service_in(home, templates, **values) as service:
        life = Life(service)
        live(life)
        process_all(life.parts, "cases", all_cases(life.parts, silent=True))
        with closing(life.parts.bus.reader()) as reader:
            topics = read_topics(reader, existing_queues(reader))
        complaints = {label: complaint_id(message) for label, message in life.messages.items()}
        yield Lived(life.parts, topics, complaints, life.numbers)


def differences(
    lived: Lived, plant: Callable[[Connection], object] = lambda _: None, topics: TopicFacts | None = None
) -> set[tuple[str, str]]:
    """Return comparison and subject of each difference after something was planted in the tables, or in the topics."""
    numbers = dict.fromkeys(set(lived.numbers.values()) - {lived.numbers["test"]}, "web")
    with lived.parts.engine.connect() as connection, connection.begin() as transaction:
        plant(connection)
        found = [*models.compare_with_topics(connection, topics or lived.topics)]
        found += models.compare_numbers(connection, numbers)
        transaction.rollback()
    return {(item.comparison, item.subject) for item in found}


def test_nothing_differs(lived: Lived) -> None:
    """All models have the same cases: new ones, repeats, joins, refused, merged, split, closed and reopened ones."""
    assert differences(lived) == set()
    places = latest_places(lived.topics.dispatches)
    assert {place.hop for place in places.values()} >= {0, 1}
    assert any(place.case_id != id_ for id_, place in places.items())
    assert lived.topics.answers
    assert lived.topics.corrections
    assert lived.topics.replies


def test_a_dispatch_that_was_not_published(lived: Lived) -> None:
    """The fault of a router that stores and does not publish: every model that has it is named."""
    clinic = lived.complaints["clinic"]
    published = {key: fact for key, fact in lived.topics.dispatches.items() if key != (clinic, 1)}
    models_of_dispatches = ("router", "cases")
    named = differences(lived, topics=replace(lived.topics, dispatches=published))
    assert {
        (f"{kind}: {name}", str(clinic)) for kind in ("dispatches", "place") for name in models_of_dispatches
    } <= named


def _changed(table: type[SQLModel], label: str, **values: Any) -> Callable[[Lived, Connection], object]:
    def change(lived: Lived, connection: Connection) -> object:
        rows = update(table).where(_column(table, "complaint_id") == lived.complaints[label])
        return connection.execute(rows.values(**values))

    return change


def _deleted(table: type[SQLModel], label: str, column: str = "complaint_id") -> Callable[[Lived, Connection], object]:
    def remove(lived: Lived, connection: Connection) -> object:
        return connection.execute(delete(table).where(_column(table, column) == lived.complaints[label]))

    return remove


def _column(table: type[SQLModel], name: str) -> Any:
    return col(getattr(table, name))


def _other_routed_agency(lived: Lived, connection: Connection) -> object:
    of_road = col(RoutedDispatch.complaint_id) == lived.complaints["road"]
    stored = connection.execute(select(RoutedDispatch.dispatch).where(of_road)).scalars().first()
    assert stored
    changed = stored.replace('"agency":"kabupaten-3404"', '"agency":"bumn-pln"')
    assert changed != stored
    return connection.execute(update(RoutedDispatch).where(of_road).values(dispatch=changed))


def _decision_deleted(lived: Lived, connection: Connection) -> object:
    query = select(ComplaintFact.message_id).where(col(ComplaintFact.id) == lived.complaints["road"])
    message_id = connection.execute(query).scalar_one()
    return connection.execute(delete(Decision).where(col(Decision.message_id) == message_id))


def _router_answers_deleted(lived: Lived, connection: Connection) -> object:
    return connection.execute(delete(AnswerRecord).where(col(AnswerRecord.verdict) == "accepted"))


def _router_corrections_deleted(lived: Lived, connection: Connection) -> object:
    return connection.execute(delete(AppliedCorrection))


PLANTS = [
    (_other_routed_agency, {"dispatches: router", "place: router"}, "road"),
    (_deleted(DispatchFact, "road"), {"dispatches: cases", "place: cases"}, "road"),
    (_changed(DispatchFact, "clinic", agency="bumn-pln"), {"dispatches: cases"}, "clinic"),
    (_changed(DispatchFact, "clinic", hop=7), {"dispatches: cases", "place: cases"}, "clinic"),
    (_deleted(DispatchFact, "lamp again"), {"followers: cases"}, "lamp"),
    (_deleted(ComplaintFact, "road", "id"), {"complaints: cases"}, "road"),
    (_deleted(AnswerFact, "clinic"), {"answers: cases", "state: desk"}, "clinic"),
    (_router_answers_deleted, {"answers: router", "state: router"}, "clinic"),
    (_router_corrections_deleted, {"corrections: router"}, "water"),
    (_deleted(CorrectionFact, "water"), {"corrections: cases"}, "water"),
    (_deleted(OutboxRow, "sms"), {"replies: outbox"}, "sms"),
    (_changed(DeskCase, "clinic", state="selesai"), {"state: desk"}, "clinic"),
    (_changed(OversightCase, "clinic", state="selesai"), {"state: oversight"}, "clinic"),
]


@pytest.mark.parametrize(("plant", "comparisons", "label"), PLANTS)
def test_a_row_that_differs(
    lived: Lived, plant: Callable[[Lived, Connection], object], comparisons: set[str], label: str
) -> None:
    """The comparison of that table names the complaint."""
    named = differences(lived, lambda connection: plant(lived, connection))
    assert {(comparison, str(lived.complaints[label])) for comparison in comparisons} <= named


def test_a_decision_that_was_not_stored(lived: Lived) -> None:
    """A complaint is on the topic, and the normalizer does not know its message."""
    named = differences(lived, lambda connection: _decision_deleted(lived, connection))
    assert [comparison for comparison, _ in named] == ["relations: normalizer"]


def test_a_queue_that_is_counted_wrongly(lived: Lived) -> None:
    """The kept counts are compared with the rows of the ledger."""
    named = differences(lived, lambda connection: connection.execute(update(WaitingCaseRow).values(due_at=_LONG_AGO)))
    assert {comparison for comparison, _ in named} == {"queues"}


def test_a_number_that_nobody_knows(lived: Lived) -> None:
    """A citizen has it from a door, and no complaint has it."""
    with write_transaction(lived.parts.engine) as connection:
        named = list(models.compare_numbers(connection, {"S1VC-HQVB-BJZK": "sms"}))
    assert [(item.comparison, item.subject) for item in named] == [("accepted", "S1VC-HQVB-BJZK")]


def test_a_model_is_made_again(lived: Lived) -> None:
    """Desk, oversight and the counts of the queues are as before; a row that was changed is named."""
    parts = lived.parts

    def recount() -> None:
        with write_transaction(parts.engine) as connection:
            recount_queues(connection)

    rebuilds: dict[str, Callable[[], object]] = {
        "desk": lambda: rebuild_desk(parts.engine, parts.deadlines),
        "oversight": lambda: rebuild_oversight(parts.engine, parts.deadlines, parts.tables.programmes),
        "queues": recount,
    }
    assert list(models.compare_with_rebuilt(parts.engine, rebuilds)) == []
    with write_transaction(parts.engine) as connection:
        connection.execute(update(DeskCase).values(joined=9))
        connection.execute(update(OversightCase).values(refusals=9))
        connection.execute(update(WaitingCaseRow).values(due_at=_LONG_AGO))
    named = {item.comparison for item in models.compare_with_rebuilt(parts.engine, rebuilds)}
    assert named == {"rebuilt: desk", "rebuilt: oversight", "rebuilt: queues"}


def test_a_model_that_cannot_be_made_again(lived: Lived) -> None:
    """The command that failed is a difference of the run."""

    def fail() -> None:
        raise subprocess.CalledProcessError(75, "satupintu desk rebuild")

    (difference,) = models.compare_with_rebuilt(lived.parts.engine, {"desk": fail})
    assert difference.comparison == "rebuilt: desk"
    assert "75" in difference.text


def test_an_audit_with_a_difference() -> None:
    """Its differences and messages in progress are differences of the run."""
    audit = Audit(pending=2)
    audit.differences.append(Difference("lost", "no_outcome", "some id", "accepted, but without an outcome"))
    assert [item.comparison for item in models.audit_differences(audit)] == ["audit: no_outcome", "audit: pending"]


def test_every_stage_has_faults() -> None:
    """A new stage has two processes in a run. The monitor has one: it only reads."""
    assert {*WORKING_STAGES, "monitor"} == set(STAGES)
