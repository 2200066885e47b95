"""The page of deadlines: of which open cases a person was told, and who else has heard of each and when."""

from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.account_store import save_account
from accounts.permissions import Actor, Role
from config.database import read_transaction, write_transaction
from config.reference.escalation import Moment, load_escalation
from desk.changes import CaseChange, ReachedMoment
from desk.escalation.escalation import Escalation
from desk.escalation.told_persons import told_moments
from desk.units.tiers import Tier
from desk.units.tree import Unit
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import done, text_of
from tests.desk.pages.site import HEALTH, PLN, DeskSite
from tests.desk.units.test_passing import passed

CLINIC = Actor(UUID(int=61), "Citra Klinik", Role.OFFICER, HEALTH, "PKM")
UNIT_HEAD = Actor(UUID(int=62), "Dr. Hasan", Role.HEAD, HEALTH, "PKM")
COORDINATOR = Actor(UUID(int=63), "Kori Utami", Role.COORDINATOR, HEALTH)
SEKDA = Actor(UUID(int=64), "Sekda Wibowo", Role.HEAD, HEALTH)
OVERSEER = Actor(UUID(int=65), "Pengawas Rahasia", Role.OVERSEER)
OTHER = Actor(UUID(int=66), "Wayan Lain", Role.COORDINATOR, PLN)
TRIAGE = Actor(UUID(int=67), "Tri", Role.TRIAGE, "triage")


@pytest.fixture
def number(site: DeskSite, client: DeskClient) -> str:
    """A case at a unit of an institution with its persons."""
    site.parts.units.add(HEALTH, Unit("PKM", "Puskesmas"), "Budi", "test")
    for actor in (CLINIC, UNIT_HEAD, COORDINATOR, SEKDA, OVERSEER, OTHER):
        values = {"email": f"{actor.account_id.int}@contoh.id", "name": actor.name, "password_hash": ""}
        with write_transaction(site.desk.engine) as connection:
            save_account(
                connection,
                actor.account_id,
                {**values, "role": actor.role, "agency": actor.agency, "unit": actor.unit},
                NOW,
            )
    number = site.send(1)
    assert passed(site, client, COORDINATOR, number, "PKM") == HTTPStatus.SEE_OTHER
    return number


def reach(site: DeskSite, number: str, *moments: Moment) -> None:
    """Let the time until the closing of a case reach moments."""
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    escalation = Escalation(load_escalation(), site.now, has_mail=True)
    for moment in moments:
        change = CaseChange(
            UUID(int=len(moment)),
            "overdue",
            HEALTH,
            number,
            view.case.case.dispatch_id,
            "new",
            site.now(),
            ReachedMoment("resolve", moment),
        )
        with write_transaction(site.desk.engine) as connection:
            escalation.add(connection, [change])


def page(site: DeskSite, client: DeskClient, actor: Actor) -> str:
    """Return the words of a person's page."""
    site.actor = actor
    answer = client.get("/desk/tenggat")
    assert answer.status_code == HTTPStatus.OK
    return text_of(answer)


def test_the_head_reads_who_has_heard_of_a_case_and_when(site: DeskSite, client: DeskClient, number: str) -> None:
    """All moments with their persons in the order upwards; an overseer is not named."""
    assert "Tidak ada tenggat yang diberitahukan" in page(site, client, SEKDA)
    reach(site, number, "near", "passed")
    assert number not in page(site, client, SEKDA)
    reach(site, number, "twice", "three_times")
    shown = page(site, client, SEKDA)
    assert number in shown
    for words in (
        "24 Nov 2026 15.04 WIB",
        "Tenggat penyelesaian tinggal satu hari kerja. Diberi tahu: Citra Klinik (petugas).",
        "lewat. Diberi tahu: Citra Klinik (petugas), Dr. Hasan (pimpinan unit), Kori Utami (koordinator).",
        "Tenggat penyelesaian lewat dua kali. Diberi tahu: Sekda Wibowo (pimpinan instansi).",
        "Tenggat penyelesaian lewat tiga kali. Diberi tahu: Kori Utami (koordinator), pengawas.",
    ):
        assert words in shown
    assert OVERSEER.name not in shown
    case = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Siapa yang sudah diberi tahu tentang tenggat" in case
    assert "Sekda Wibowo (pimpinan instansi)" in case


def test_each_person_sees_what_the_person_was_told_of(site: DeskSite, client: DeskClient, number: str) -> None:
    """And no case that left the own unit, was closed, or is another institution's. Triage has no such page."""
    reach(site, number, "near", "passed")
    pages = {actor: number in page(site, client, actor) for actor in (CLINIC, UNIT_HEAD, COORDINATOR, SEKDA, OTHER)}
    assert pages == {CLINIC: True, UNIT_HEAD: True, COORDINATOR: True, SEKDA: False, OTHER: False}
    for actor in (TRIAGE, OVERSEER):
        site.actor = actor
        assert client.get("/desk/tenggat").status_code == HTTPStatus.FORBIDDEN
    site.parts.units.add(HEALTH, Unit("RSUD", "Rumah Sakit"), "Budi", "test")
    assert passed(site, client, COORDINATOR, number, "RSUD") == HTTPStatus.SEE_OTHER
    assert [number in page(site, client, actor) for actor in (CLINIC, COORDINATOR)] == [False, True]
    site.actor = COORDINATOR
    done(site, client, number, "tutup", text="Sudah dibuka.")
    assert number not in page(site, client, COORDINATOR)


def test_nobody_of_another_institution_is_named(site: DeskSite, client: DeskClient, number: str) -> None:
    """A case that moved keeps what its former institution told inside that institution."""
    reach(site, number, "passed")
    with read_transaction(site.desk.engine) as connection:
        view = site.desk.officer_answers().case(Tier(HEALTH), number)
        assert view
        dispatch_id = view.case.case.dispatch_id
        assert len(told_moments(connection, HEALTH, [dispatch_id])[dispatch_id]) == 1
        assert told_moments(connection, PLN, [dispatch_id]) == {}
