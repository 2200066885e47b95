"""The unit that is proposed for a case: by its name, by the topic, with one click, and by itself where it is wanted."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.permissions import Actor, Role
from cases.course.verdicts import SYSTEM_ACTOR
from config.database import write_transaction
from desk.units.kinds import ReportedPlace
from desk.units.proposals import named_unit, pass_on_by_itself
from desk.units.tiers import Tier
from desk.units.tree import Unit
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import case_page, done, text_of
from tests.desk.pages.site import HEALTH, PLN, DeskSite
from tests.support.case_stages import PROPOSALS

HEAD = Actor(UUID(int=50), "Kepala Subbagian", Role.COORDINATOR, HEALTH)
HOSPITAL = Actor(UUID(int=53), "Petugas Rumah Sakit", Role.OFFICER, HEALTH, "RSUD")
UNITS = [
    Unit("DINKES", "Dinas Kesehatan"),
    Unit("DINKES-H", "Dinas Kesehatan Hewan"),
    Unit("RSUD", "Rumah Sakit Melati"),
    Unit("UMUM", "Umum"),
]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Antrean di rumah sakit  MELATI lama", "RSUD"),
        ("Pak, dinkes belum datang", "DINKES"),
        ("Dinas Kesehatan Hewan belum datang", "DINKES-H"),
        ("Dinas Kesehatan dan Rumah Sakit Melati saling lempar", ""),
        ("Jalan umum rusak", ""),
        ("Rumah sakit melatih perawat", ""),
        ("", ""),
    ],
)
def test_a_unit_that_a_report_names(text: str, code: str) -> None:
    """By whole words of its name, or by a long code. Two units that are named are none."""
    unit = named_unit(UNITS, text, ReportedPlace())
    assert (unit.code if unit else "") == code


def test_a_code_that_is_the_name_of_a_place() -> None:
    """In the region itself it is only the place; elsewhere it names the unit."""
    units, text = [Unit("KURUN", "Kelurahan Kuala Kurun Barat")], "Jembatan di Kuala Kurun miring"
    at_home = ReportedPlace(district=["kurun"], beside=["rungan hulu"])
    assert named_unit(units, text, at_home) is None
    assert named_unit(units, text, ReportedPlace(beside=["tewah"])) == units[0]


@pytest.fixture
def city(site: DeskSite) -> DeskSite:
    """An institution with units, and its coordinator."""
    for unit in UNITS:
        site.parts.units.add(HEALTH, unit, "Budi", "test")
    site.acts.clear()
    site.actor = HEAD
    return site


def unit_of(site: DeskSite, number: str) -> str:
    """Return the accountable unit of a case."""
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    unit: str = view.case.case.unit_code
    return unit


def test_a_proposal_is_one_click(city: DeskSite, client: DeskClient) -> None:
    """With its reason. Nothing happens without the click, and it is shown while the institution has the case."""
    number = city.send(1, "Kemenkes, antrean Rumah Sakit Melati panjang")
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Usulan: Rumah Sakit Melati. Laporan ini menyebut unit itu. Teruskan ke Rumah Sakit Melati" in page
    assert unit_of(city, number) == ""
    client.post(f"/desk/laporan/{number}/unit", {"unit": "RSUD"})
    assert unit_of(city, number) == "RSUD"
    assert "Usulan:" not in case_page(client, number)


def test_a_topic_whose_last_cases_ended_at_one_unit(city: DeskSite, client: DeskClient) -> None:
    """Three of them, and no fewer."""
    for number in range(1, 4):
        tracking = city.send(number, "Kemenkes, puskesmas tutup")
        assert "Usulan:" not in case_page(client, tracking)
        client.post(f"/desk/laporan/{tracking}/unit", {"unit": "RSUD"})
        done(city, client, tracking, "tutup", "Sudah buka.")
    page = text_of(client.get(f"/desk/laporan/{city.send(4, 'Kemenkes, puskesmas tutup')}"))
    assert "Laporan terakhir dengan topik yang sama selesai di unit itu." in page


def test_a_case_that_came_back_twice_has_no_proposal(city: DeskSite, client: DeskClient) -> None:
    """The coordinators decide."""
    number = city.send(1, "Kemenkes, antrean Rumah Sakit Melati panjang")
    for has_proposal in (True, True, False):
        city.actor = HEAD
        assert ("Usulan:" in case_page(client, number)) == has_proposal
        client.post(f"/desk/laporan/{number}/unit", {"unit": "RSUD"})
        city.actor = HOSPITAL
        client.post(f"/desk/laporan/{number}/kembalikan", {"alasan": "Bukan kami"})


def test_proposals_take_effect_by_themselves_where_that_is_wanted(city: DeskSite, client: DeskClient) -> None:
    """From then on, for new cases. The step says that the service did it; reading the records again changes nothing."""
    earlier = city.send(1, "Kemenkes, antrean Rumah Sakit Melati panjang")
    answer = client.post("/desk/unit/usulan", {"otomatis": "1"})
    assert answer.headers["Location"] == "/desk/unit?selesai=usulan"
    assert [(action, why) for action, _, _, why, _ in city.acts] == [("desk.passes_on_by_itself", "on")]
    number = city.send(2, "Kemenkes, antrean Rumah Sakit Melati panjang")
    unnamed = city.send(3, "Kemenkes, obat habis")
    assert [unit_of(city, item) for item in (earlier, number, unnamed)] == ["", "RSUD", ""]
    assert f"{SYSTEM_ACTOR} meneruskan ke Rumah Sakit Melati." in text_of(client.get(f"/desk/laporan/{number}"))
    city.actor = HOSPITAL
    assert number in client.get("/desk/laporan").text
    client.post(f"/desk/laporan/{number}/kembalikan", {"alasan": "Bukan kami"})
    city.desk.sink.handle(city.desk.records)
    assert unit_of(city, number) == ""
    city.actor = HEAD
    client.post("/desk/unit/usulan", {})
    assert unit_of(city, city.send(4, "Kemenkes, antrean Rumah Sakit Melati panjang")) == ""
    assert "checked" not in client.get("/desk/unit").text


def test_a_unit_by_what_the_router_found(city: DeskSite, client: DeskClient) -> None:
    """The one unit of the kind that the report names, with its words as the reason. Of two, the place decides."""
    city.parts.units.add(HEALTH, Unit("P1", "Puskesmas Bandarharjo"), "Budi", "test")
    number = city.send(1, "Kemenkes, petugas puskesmas kasar")
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Usulan: Puskesmas Bandarharjo. Laporan menyebut “puskesmas”. Teruskan ke Puskesmas Bandarharjo" in page
    city.parts.units.add(HEALTH, Unit("P2", "Puskesmas Sekaran"), "Budi", "test")
    assert "Usulan:" not in case_page(client, number)
    other = city.send(2, "Kemenkes, petugas puskesmas di daerah Sekaran kasar")
    assert "Usulan: Puskesmas Sekaran." in text_of(client.get(f"/desk/laporan/{other}"))
    client.post(f"/desk/laporan/{other}/unit", {"unit": "P2"})
    assert [unit_of(city, item) for item in (number, other)] == ["", "P2"]


def test_what_the_router_found_takes_effect_by_itself(city: DeskSite, client: DeskClient) -> None:
    """As every proposal, where the institution has switched it on."""
    city.parts.units.add(HEALTH, Unit("P1", "Puskesmas Bandarharjo"), "Budi", "test")
    before = city.send(1, "Kemenkes, petugas puskesmas kasar")
    client.post("/desk/unit/usulan", {"otomatis": "1"})
    after = city.send(2, "Kemenkes, petugas puskesmas kasar")
    assert [unit_of(city, item) for item in (before, after)] == ["", "P1"]


def test_an_institution_without_units_sees_no_proposal(site: DeskSite, client: DeskClient) -> None:
    """Whatever the router found."""
    site.actor = HEAD
    assert "Usulan:" not in case_page(client, site.send(1, "Kemenkes, petugas puskesmas kasar"))


def test_the_office_of_a_district_that_is_only_the_place(city: DeskSite, client: DeskClient) -> None:
    """It is not proposed for a matter that is not its own: the place alone proposes nothing."""
    city.parts.units.add(HEALTH, Unit("KEC", "Kecamatan Melati"), "Budi", "test")
    assert "Usulan:" not in case_page(client, city.send(1, "Kemenkes, obat habis di Kecamatan Melati"))


def test_a_unit_that_is_not_in_force_is_not_proposed(city: DeskSite, client: DeskClient) -> None:
    """Whatever speaks for it: its name, or the last cases of the topic."""
    numbers = [city.send(number, "Kemenkes, puskesmas Rumah Sakit Melati tutup") for number in range(1, 5)]
    for number in numbers[:3]:
        client.post(f"/desk/laporan/{number}/unit", {"unit": "RSUD"})
        done(city, client, number, "tutup", "Sudah buka.")
    assert "Usulan: Rumah Sakit Melati." in text_of(client.get(f"/desk/laporan/{numbers[3]}"))
    over = replace(UNITS[2], valid_until=NOW.date() - timedelta(days=1))
    city.parts.units.change(HEALTH, over, "Budi", "test")
    assert "Usulan:" not in case_page(client, numbers[3])


def test_only_a_case_that_nobody_has_is_passed_on_by_itself(city: DeskSite, client: DeskClient) -> None:
    """What a person did, and a refusal, stay as they are."""
    numbers = [city.send(number, "Kemenkes, antrean Rumah Sakit Melati panjang") for number in (1, 2, 3)]
    client.post(f"/desk/laporan/{numbers[0]}/unit", {"unit": "DINKES"})
    done(city, client, numbers[1], "bukan-kewenangan", "Ini urusan listrik.", tujuan=PLN)
    client.post("/desk/unit/usulan", {"otomatis": "1"})
    views = [city.desk.officer_answers().case(Tier(HEALTH), number) for number in numbers]
    dispatch_ids = [view.case.case.dispatch_id for view in views if view]
    with write_transaction(city.desk.engine) as connection:
        changes = pass_on_by_itself(connection, dispatch_ids, PROPOSALS)
    assert [change.dispatch_id for change in changes] == dispatch_ids[2:]


def test_the_switch_is_for_coordinators(city: DeskSite, client: DeskClient) -> None:
    """And it leaves the other settings of the institution as they are."""
    city.parts.work.set_mails_new_cases(HEAD, HEALTH, wanted=True)
    client.post("/desk/unit/usulan", {"otomatis": "1"})
    assert city.parts.work.mails_new_cases(HEALTH)
    city.parts.work.set_mails_new_cases(HEAD, HEALTH, wanted=False)
    assert city.parts.work.passes_on_by_itself(HEALTH)
    city.actor = HOSPITAL
    assert client.post("/desk/unit/usulan", {}).status_code == HTTPStatus.FORBIDDEN
