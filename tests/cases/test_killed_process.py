"""A process is killed between fact, log and derivation: what is stored afterwards is as if it had not been."""

import multiprocessing
import os
import signal
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, make_url

from app.database import open_database
from bus.port import Record
from cases.derivations import loop
from cases.facts import store
from config.postgresql_limits import PostgresqlLimits
from desk.read_model.derivation import DeskDerivation
from desk.read_model.tables import DeskCase
from oversight.read_model.tables import OversightCase, OversightDay
from sinks.ledger.tables import WaitingCaseRow
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.router.test_linked import complaint_of
from tests.support.case_stages import DerivingCases, desk_derivation, oversight_derivation, queue_derivation, rows_of

TABLES = (DeskCase, OversightCase, OversightDay, WaitingCaseRow)


def cases(engine: Engine) -> DerivingCases:
    """Return the stage of cases with all derivations behind it."""
    return DerivingCases(engine, [queue_derivation(), desk_derivation(), oversight_derivation()])


def _die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before_the_log() -> None:
    vars(store)["append_to_log"] = _die


def _before_the_derivation() -> None:
    vars(loop)["lock_positions"] = _die


def _before_the_positions() -> None:
    vars(loop)["move_positions"] = _die


def _at_the_second_derivation() -> None:
    setattr(DeskDerivation, "derive", _die)  # noqa: B010 - mypy takes an assignment for an error


def _live(url: str, records: list[Record], prepare_death: Callable[[], None]) -> None:
    """Handle records in a process that is killed meanwhile."""
    prepare_death()
    cases(open_database(make_url(url).render_as_string(hide_password=False), PostgresqlLimits())).handle(records)


@pytest.mark.slow
@pytest.mark.parametrize(
    "prepare_death", [_before_the_log, _before_the_derivation, _before_the_positions, _at_the_second_derivation]
)
def test_nothing_is_lost_or_doubled(engine: Engine, other_engine: Engine, prepare_death: Callable[[], None]) -> None:
    """The bus delivers the batch again to the next process. All derived rows are those of an undisturbed service."""
    harness = DeskHarness(other_engine, lambda: NOW)
    for number in (1, 2, 3):
        harness.send(complaint_of(number, "Kemenkes, puskesmas tutup"))
    harness.send(complaint_of(4, "masih tutup", of=1))
    cases(other_engine).handle(())
    url = engine.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(target=_live, args=(url, harness.records, prepare_death))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert rows_of(engine, TABLES) != rows_of(other_engine, TABLES)
    cases(engine).handle(harness.records)
    assert rows_of(engine, TABLES) == rows_of(other_engine, TABLES)
