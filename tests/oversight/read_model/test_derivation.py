"""The read model of oversight: one row for each report, whatever order the topics are read in, and counts that fit."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from bus.errors import Reject
from bus.port import Record
from config.database import read_transaction
from messages.shapes import FollowUp, OversightEvent, Relation
from messages.topics import TRIAGE
from oversight.figures.computation import compute_figures
from oversight.figures.counts import NATION, Scope, jakarta_day
from oversight.read_model.case_row import tables_version
from oversight.read_model.day_counts import needs_rebuild, read_counts, read_longest_overdue
from oversight.read_model.tables import OversightCase, OversightDay
from oversight.read_model.tallies import DayKey, day_tallies
from tests.conftest import NOW
from tests.oversight.harness import OversightHarness, empty_read_model, make_sink, stored_rows
from tests.router.test_corrections import correction
from tests.router.test_linked import complaint_of, id_of
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"
# Tuesday.
START = NOW - timedelta(days=21)


@pytest.fixture
def oversight(engine: Engine) -> OversightHarness:
    """A router with oversight behind it, on each kind of database."""
    return OversightHarness(engine, START)


def later(oversight: OversightHarness, **duration: float) -> None:
    """Let time pass."""
    oversight.time += timedelta(**duration)


def test_a_case_has_its_agencies_clocks_and_counts(oversight: OversightHarness) -> None:
    """Refused, answered late, closed, and opened again by its sender."""
    (first,) = oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    row = oversight.row(1)
    assert (row.first_agency, row.agency, row.answer_outcome, row.forward_outcome) == (HEALTH, HEALTH, "open", "met")
    assert (row.is_open, row.open_due_at) == (True, DEADLINES.answer_deadline(START, HEALTH))
    later(oversight, days=1)
    (second,) = oversight.answer(first, "refused", PLN)
    later(oversight, days=10)
    oversight.answer(second, "responded")
    oversight.answer(second, "closed")
    row = oversight.row(1)
    assert (row.hops, row.refusals, row.closings, row.first_agency_outcome) == (1, 1, 1, "missed")
    assert (row.answer_outcome, row.answer_agency, row.answered_at) == ("missed", PLN, oversight.time)
    assert (row.touch_outcome, row.touched_at) == ("met", START + timedelta(days=1))
    assert (row.is_open, row.ended_at, row.open_due_at) == (False, oversight.time, None)
    later(oversight, days=1)
    objection = complaint_of(2, "belum", of=1).model_copy(update={"follow_up": FollowUp(act="objects")})
    oversight.send(objection)
    row = oversight.row(1)
    assert (row.is_open, row.reopenings, row.closings, row.agency) == (True, 1, 1, PLN)
    assert oversight.row(2) is None


def test_what_the_agency_waits_for_is_no_missed_deadline(oversight: OversightHarness) -> None:
    """While the agency waits, the outcome is unknown; when the sender writes, the clock goes on."""
    (first,) = oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    oversight.answer(first, "asked")
    row = oversight.row(1)
    assert (row.state, row.answer_outcome, row.open_due_at) == ("tunda", "dropped", None)
    later(oversight, days=20)
    oversight.send(complaint_of(2, "Puskesmas Mawar", of=1))
    row = oversight.row(1)
    assert (row.state, row.answer_outcome) == ("proses", "open")
    assert row.open_due_at > oversight.time


def test_a_withdrawn_case_is_neither_open_nor_finished(oversight: OversightHarness) -> None:
    """It leaves the shares; the time without an answer until then still counts."""
    oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    later(oversight, days=2)
    oversight.send(complaint_of(2, "batal", of=1).model_copy(update={"follow_up": FollowUp(act="withdraws")}))
    row = oversight.row(1)
    assert (row.is_open, row.is_withdrawn, row.answer_outcome, row.open_due_at) == (False, True, "dropped", None)
    with read_transaction(oversight.engine) as connection:
        figures = compute_figures(read_counts(connection, NATION), jakarta_day(NOW), DEADLINES)
    assert (figures.answered_in_time.denominator, figures.answered_in_time.censored) == (0, 1)
    assert (figures.days_to_answer.unanswered, figures.open_cases.oldest_days) == (1, None)


def test_duplicates_are_counted_by_who_merged_them(oversight: OversightHarness) -> None:
    """By the rules, or by a person; after a split it is a case again. The case gets the earlier arrival of a member."""
    oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    oversight.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    later(oversight, days=1)
    oversight.send(complaint_of(3, "Kemenkes, antrean puskesmas"))
    merged = Relation(kind="joins", of=id_of(3), evidence=("merged-by-person",))
    oversight.correct(correction(1, merged))
    assert (oversight.row(1).merged, oversight.row(2).merged, oversight.row(3).began_at) == (
        "confirmed",
        "certain",
        START,
    )
    with read_transaction(oversight.engine) as connection:
        figures = compute_figures(read_counts(connection, NATION), jakarta_day(NOW), DEADLINES)
        at_health = compute_figures(read_counts(connection, Scope("agency", HEALTH)), jakarta_day(NOW), DEADLINES)
    assert (figures.received, figures.cases) == ({"web": 3}, 1)
    assert (figures.duplicates_avoided.certain, figures.duplicates_avoided.confirmed) == (1, 1)
    assert at_health == figures
    oversight.correct(correction(1, Relation(evidence=("split-by-person",)), apart_from=3, sequence=1))
    assert (oversight.row(1).is_own_case, oversight.row(3).began_at) == (True, START + timedelta(days=1))


def test_a_case_that_was_sent_about_has_its_pairs(oversight: OversightHarness) -> None:
    """Two agencies refused; triage decided between them. The hand-over to the Ombudsman counts too."""
    (first,) = oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (second,) = oversight.answer(first, "refused", PLN)
    (third,) = oversight.answer(second, "refused")
    assert (third.agency, oversight.row(1).ping_pong) == (TRIAGE, f"{HEALTH} {PLN}")
    event = OversightEvent(
        id=id_of(90), message_id=id_of(1), at=NOW, event="handed-to-ombudsman", subject=id_of(1), reason="consent"
    )
    oversight.tell(event)
    assert oversight.row(1).handed_over_at == NOW
    with read_transaction(oversight.engine) as connection:
        counts = {
            scope: read_counts(connection, scope) for scope in (NATION, Scope("agency", PLN), Scope("agency", TRIAGE))
        }
        (overdue,) = read_longest_overdue(connection, Scope("agency", TRIAGE), NOW)
        assert not needs_rebuild(connection, tables_version(DEADLINES, PROGRAMMES))
        assert needs_rebuild(connection, "another")
    (pair,) = counts[NATION].pairs
    assert (pair, counts[Scope("agency", PLN)].pairs) == ((HEALTH, PLN, 1), (pair,))
    at_triage = compute_figures(counts[Scope("agency", TRIAGE)], jakarta_day(NOW), DEADLINES)
    assert (at_triage.open_cases.number, at_triage.shares["to_ombudsman"].numerator, overdue.complaint_id) == (
        1,
        1,
        id_of(1),
    )


def eventful_course(oversight: OversightHarness) -> None:
    """Let a few cases go through everything that changes a row."""
    (first,) = oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    oversight.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    oversight.answer(first, "asked")
    later(oversight, days=2)
    oversight.send(complaint_of(3, "di Kota Semarang", of=1))
    moved = oversight.answer(first, "refused", PLN)
    oversight.answer(first, "closed")
    (second,) = oversight.send(complaint_of(4, "tolong"))
    oversight.answer(second, "refused", HEALTH)
    case = next(item for item in moved if item.own_case)
    later(oversight, days=9)
    oversight.answer(case, "accepted")
    oversight.answer(case, "closed")
    oversight.correct(correction(4, Relation(kind="joins", of=id_of(1), evidence=("merged-by-person",))))
    oversight.send(complaint_of(5, "Kemenkes, puskesmas kotor"))
    oversight.send(complaint_of(6, "masih kotor", of=5))
    oversight.correct(correction(2, Relation(evidence=("split-by-person",)), apart_from=1))


def mixed_batches(records: Sequence[Record], seed: int) -> Sequence[Sequence[Record]]:
    """Return the records in any order and in batches."""
    chooser = random.Random(seed)  # noqa: S311 - examples
    mixed = list(records)
    chooser.shuffle(mixed)
    size = chooser.randint(1, 4)
    return [mixed[start : start + size] for start in range(0, len(mixed), size)]


def test_replay_in_any_order_gives_equal_rows(oversight: OversightHarness) -> None:
    """Records come in another order and in other batches, some twice. The counts are those of the rows."""
    eventful_course(oversight)
    expected = stored_rows(oversight.engine)
    assert all(expected[name] for name in ("oversight_case", "oversight_day"))
    for seed in range(6):
        empty_read_model(oversight.engine)
        sink = make_sink(oversight.engine)
        for batch in mixed_batches(oversight.records, seed):
            sink.handle(batch)
            sink.handle(batch[:1])
        assert stored_rows(oversight.engine) == expected, seed
    assert counts_of_rows(oversight.engine) == stored_counts(oversight.engine)


def counts_of_rows(engine: Engine) -> Counter[DayKey]:
    """Return the counts that all rows add up to."""
    counts: Counter[DayKey] = Counter()
    with read_transaction(engine) as connection:
        for row in connection.execute(select(*OversightCase.__table__.columns)).mappings():  # type: ignore[attr-defined]
            counts.update(day_tallies(dict(row)))
    return counts


def stored_counts(engine: Engine) -> Counter[DayKey]:
    """Return the stored counts."""
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*OversightDay.__table__.columns)).all()  # type: ignore[attr-defined]
    return Counter({DayKey(*row[:-1]): row.number for row in rows})


def test_no_column_has_words_or_a_person(oversight: OversightHarness) -> None:
    """Neither the text nor the sender of a complaint is anywhere in the read model."""
    oversight.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    written = repr(stored_rows(oversight.engine))
    assert "NOMOR1" in written
    assert not any(word in written for word in ("puskesmas tutup", "'sender'", "sealed"))


def test_a_record_that_cannot_be_read_is_rejected(engine: Engine) -> None:
    """It becomes a dead letter of oversight."""
    with pytest.raises(Reject, match="unexpected_type"):
        make_sink(engine).handle([Record("complaints", 0, 0, 0, b"k", b"{}", ())])
