"""A closing by the answer to an accompanying report, and the reopening: all views say that the case is open."""

from datetime import timedelta

from sqlalchemy import Engine

from cases.derivations.loop import Derivation
from desk.read_model.case_view import read_case
from desk.units.tiers import Tier
from language.stems import stems
from sinks.ledger.status import StatusReader
from sinks.public.queries import PublicFilter, PublicReports
from sinks.public.read_model import PublicReadModel
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.read_model.test_derivation import HEALTH, answer, rows
from tests.router.test_linked import complaint_of
from tests.router.test_objections import Clock, act_of
from tests.sinks.public.harness import SENSITIVITY
from tests.support.case_stages import make_case_stage


def test_a_case_that_was_closed_by_a_repeat_is_open_again(engine: Engine) -> None:
    """Desk, ledger and public view count the closing for the dispatch before the objection, as the router does."""
    clock = Clock()
    desk = DeskHarness(engine, clock)
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    clock.time = NOW + timedelta(minutes=1)
    (repeat,) = desk.send(complaint_of(2, "lagi pak", of=1))
    clock.time = NOW + timedelta(hours=1)
    desk.answer(answer(repeat, "closed"), clock.time)
    clock.time = NOW + timedelta(days=1)
    reopened, _ = desk.send(act_of(3, of=1, arrival=clock.time))
    assert (reopened.hop, reopened.reopened) == (1, 1)
    # The router reads it after the objection; the bus took it before.
    desk.answer(answer(repeat, "asked"), clock.time - timedelta(hours=1))
    assert [case.hop for case in rows(desk, HEALTH, tab="new")] == [1]
    # It did not move to another institution.
    assert [(case.hop, case.state) for case in rows(desk, HEALTH, tab="done")] == [(0, "dibuka-lagi")]
    assert [case.hop for case in rows(desk, HEALTH, tab="new", reopened=True)] == [1]

    public = PublicReadModel(lambda text: text, b"key of public ids", SENSITIVITY, lambda: clock.time, stems)
    ledger = make_case_stage(engine, derivations=[Derivation("public", public.derive_new)])
    statuses, reports = (
        StatusReader(engine, {HEALTH: "Kemenkes"}),
        PublicReports(engine, lambda: clock.time + timedelta(days=1)),
    )
    ledger.handle(desk.records)
    (shown,) = reports.newest(PublicFilter(), 10)
    status = statuses.status("NOMOR1")
    assert status
    assert (status.state, shown.state) == ("dibuka-lagi", "dibuka-lagi")
    assert [step.kind for step in status.steps] == ["received", "dispatched", "closed", "reopened"]

    desk.answer(answer(repeat, "accepted"), clock.time + timedelta(hours=2))
    ledger.handle(desk.records)
    (shown,) = reports.newest(PublicFilter(), 10)
    status = statuses.status("NOMOR1")
    assert status
    assert (status.state, shown.state) == ("ditangani", "ditangani")
    assert [case.hop for case in rows(desk, HEALTH, tab="working")] == [1]


def test_an_objection_stands_before_the_dispatch_that_it_caused(engine: Engine) -> None:
    """The router dispatches both at one time."""
    clock = Clock()
    desk = DeskHarness(engine, clock)
    (report,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    clock.time = NOW + timedelta(hours=1)
    desk.answer(answer(report, "closed"), clock.time)
    clock.time = NOW + timedelta(days=1)
    desk.send(act_of(3, of=1, arrival=clock.time))
    with engine.connect() as connection:
        case = read_case(connection, Tier(HEALTH), "NOMOR1")
    assert case
    assert [event.kind for event in case.events] == ["dispatched", "closed", "objects", "dispatched"]
