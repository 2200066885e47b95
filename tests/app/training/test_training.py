"""A training room from its start to an answer: reports by the doors, the officer's pages, and what a sender reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import requests
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.simulator.officer import OfficerVisit
from app.surroundings import system_surroundings
from app.training.invented import invented_reports
from app.training.page import TRAINING
from app.training.room import read_room, room_settings
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from sinks.replies.tables import OutboxRow
from tests.support import program
from tests.support.paths import SHIPPED_TABLES
from tests.support.service import RunningService
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_kind("starts a whole service; a training room has the embedded database"),
]
AGENCY = "kota-3374"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """A service with keys of providers, of which only the training room runs."""
    mail = {"smtp_host": "127.0.0.1", "smtp_from": "lapor@dinas.example"}
    service = RunningService(tmp_path, reference_folder=str(SHIPPED_TABLES), **mail)
    service.start("--training", AGENCY)
    yield service
    service.close()


def test_an_officer_answers_and_nobody_outside_hears(service: RunningService) -> None:
    """All invented reports come to the institution. An answer is on the sender's page, and no message leaves."""
    parts = Parts(room_settings(service.settings), CHANNELS, system_surroundings())
    home = parts.settings.home
    keys = [report["key"] for report in invented_reports()]
    wait_for(lambda: [case.key for case in (read_room(home) or _missing()).cases] == keys)
    room = read_room(home) or _missing()
    number = next(case.number for case in room.cases if case.key == "lampu")
    visit = OfficerVisit(parts, AGENCY, number)
    visit.run()
    wait_for(lambda: "1 dari 10 laporan sudah dijawab" in visit.read(TRAINING))
    page = visit.read(TRAINING)
    assert all(f"/desk/laporan/{case.number}" in page for case in room.cases)
    assert "Ruang latihan" in page
    dangers = visit.read("/desk/laporan?tab=baru&bahaya=1")
    assert [case.key for case in room.cases if case.number in dangers] == ["pohon"]
    with read_transaction(parts.engine) as connection:
        query = select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
        link = parts.keys.link_of(connection.execute(query).scalar_one())
    assert link in page
    wait_for(lambda: "Sudah diperbaiki." in requests.get(link, timeout=30).text)
    assert "Ruang latihan" in requests.get(link, timeout=30).text
    wait_for(lambda: _states(parts) == {"withheld"})
    parts.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--training", "kota-0000"), "There is no institution kota-0000"),
        (("--training", "prov-33"), "There is no institution prov-33"),
        (("--training", "bumn-pln"), "for a city or a regency"),
        (("router", "--training", AGENCY), "runs all stages"),
    ],
)
def test_a_room_that_cannot_be_says_why(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Each refusal says what to do, and leaves no folder."""
    service = RunningService(tmp_path / "home", reference_folder=str(SHIPPED_TABLES))
    run = program.run(("run", *arguments), service.environment, tmp_path)
    assert run.returncode != 0
    assert sentence in run.stderr
    assert not (tmp_path / "home" / "training").exists()
    service.close()


def _states(parts: Parts) -> set[str]:
    """Return the states of all replies to senders."""
    with read_transaction(parts.engine) as connection:
        return set(connection.execute(select(col(OutboxRow.state))).scalars())


def _missing() -> NoReturn:
    raise AssertionError("no training room")
