"""What is older than the comparison period is not compared, and is deleted soon afterwards."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from app.assembly.parts import Parts
from config.database import read_transaction
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.expiry import (
    COMPARISON_PERIOD,
    MESSAGES_BETWEEN_DELETIONS,
    TIME_BETWEEN_DELETIONS,
    DeletionSchedule,
)
from normalize.duplicates.store.tables import ComparableRow, LookupKeyRow
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.normalize.duplicates.conftest import ReadMessage, message
from tests.normalize.duplicates.test_decisions import (
    AFTERNOON,
    MORNING,
    OTHER_STREET,
    STREETS,
    normalize,
    report,
)
from tests.support.stages import make_normalizer

PERIOD_HOURS = COMPARISON_PERIOD / timedelta(hours=1)
_INSTANT = timedelta(seconds=1)


@pytest.fixture
def stage(parts: Parts, engine: Engine, detection: DuplicateDetection) -> NormalizeStage:
    """A normalizer that compares, on each kind of database."""
    return make_normalizer(engine, parts.sealer, matcher=detection.matcher)


def stored_complaints(engine: Engine) -> int:
    """Return the number of complaints that are stored for comparison."""
    with read_transaction(engine) as connection:
        return connection.execute(select(func.count()).select_from(ComparableRow)).scalar_one()


def complaints_with_keys(engine: Engine) -> int:
    """Return the number of complaints that keys lead to."""
    with read_transaction(engine) as connection:
        return connection.execute(select(func.count(func.distinct(LookupKeyRow.number)))).scalar_one()


def deletions(engine: Engine, act: Callable[[], object]) -> Sequence[str]:
    """Return the statements by which an act deletes."""
    statements: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    act()
    event.remove(engine, "before_cursor_execute", listen)
    return statements


def test_expired_complaints_are_deleted(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """The store of earlier complaints and keys does not grow for ever."""
    normalize(stage, report(parts, MORNING, "a"))
    normalize(stage, report(parts, OTHER_STREET, "b", PERIOD_HOURS + 1), first_offset=5)
    assert stored_complaints(engine) == 1
    assert complaints_with_keys(engine) == 1


def test_expired_keys_are_deleted_with_later_batches(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """Keys that no message looks up any more are deleted too, anywhere in the table, as other messages come."""
    texts = [AFTERNOON.replace("Kenanga Raya", street) for street in STREETS]
    normalize(stage, *[report(parts, text, f"d{number}") for number, text in enumerate(texts)])
    for number, text in enumerate(texts[:30]):
        message = report(parts, f"Setuju. {text}", f"e{number}", PERIOD_HOURS + 1 + number)
        normalize(stage, message, first_offset=1000 * (number + 1))
    assert complaints_with_keys(engine) == 30


def test_what_has_expired_is_not_read_before_it_is_deleted(
    parts: Parts, engine: Engine, stage: NormalizeStage, detection: DuplicateDetection, read_message: ReadMessage
) -> None:
    """A stored complaint is no candidate, no root and no member from the moment at which it expires."""
    first, second = normalize(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b"))
    assert second.relation.of == first.id
    keys = detection.matcher.lookup_keys(read_message(message(AFTERNOON)))

    def read(expiry: datetime) -> tuple[int, int, bool]:
        with read_transaction(engine) as connection:
            earlier = EarlierComplaints(connection, ComparableForms(parts.sealer), [keys], expiry)
            counts = len(list(earlier.candidates(keys))), len(list(earlier.members(first.id)))
            return *counts, earlier.get(second.id) is not None

    assert read(NOW) == (2, 2, True)
    assert read(NOW + timedelta(seconds=1)) == (0, 0, False)


def test_an_expired_complaint_is_kept_until_the_next_deletion(
    parts: Parts, engine: Engine, stage: NormalizeStage
) -> None:
    """It goes with the first batch an hour after the last deletion."""
    normalize(stage, report(parts, MORNING, "a"))
    for number, (hours, stored) in enumerate([(-0.5, 2), (0.25, 3), (0.75, 3)]):
        normalize(stage, report(parts, OTHER_STREET, f"d{number}", PERIOD_HOURS + hours), first_offset=5 + number)
        assert stored_complaints(engine) == stored


def test_small_batches_delete_seldom(parts: Parts, engine: Engine, stage: NormalizeStage) -> None:
    """Of a few batches within an hour only the first deletes."""
    messages = [report(parts, OTHER_STREET, f"d{number}", number / 60) for number in range(10)]
    assert len(deletions(engine, lambda: normalize(stage, *messages[:1]))) == 6
    assert not deletions(engine, lambda: normalize(stage, *messages[1:], first_offset=1, batch_size=1))


def test_a_deletion_is_due_after_enough_messages() -> None:
    """It counts the messages since the last one, so that the keys that it checks are in proportion."""
    schedule = DeletionSchedule()
    due = []
    for number in range(1, 2 * MESSAGES_BETWEEN_DELETIONS + 2):
        if messages := schedule.due_messages(1, NOW):
            due.append((number, messages))
        schedule.record(1, NOW)
    every = MESSAGES_BETWEEN_DELETIONS
    assert due == [(1, 1), (1 + every, every), (1 + 2 * every, every)]


@pytest.mark.parametrize("direction", [1, -1])
def test_a_deletion_is_due_after_some_time(direction: int) -> None:
    """Expired rows go within an hour also if few messages come. A time before the last one is a wrong clock's."""
    schedule = DeletionSchedule()
    schedule.record(1, NOW)
    assert schedule.due_messages(1, NOW + direction * (TIME_BETWEEN_DELETIONS - _INSTANT)) == 0
    assert schedule.due_messages(2, NOW + direction * TIME_BETWEEN_DELETIONS) == 2


def test_a_batch_that_was_not_written_is_still_due() -> None:
    """A batch that failed is handled again, and then deletes."""
    schedule = DeletionSchedule()
    assert schedule.due_messages(3, NOW) == 3
    assert schedule.due_messages(3, NOW) == 3


def test_a_batch_without_messages_deletes_nothing() -> None:
    """It has no time by which rows expire."""
    assert DeletionSchedule().due_messages(0, NOW) == 0
