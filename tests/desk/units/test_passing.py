"""Passing a case on to units and giving it back: who may, to where, until when, and what follows the case."""

from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import read_transaction
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.units.passing import target_of_return, unit_deadline
from desk.units.tiers import Tier
from desk.units.tree import Unit, UnitFault, UnitTree
from messages.shapes import ClosedCase, Suggestion
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import case_page, done, text_of
from tests.desk.pages.site import HEALTH, PLN, WAYAN, DeskSite
from tests.router.test_linked import id_of
from tests.router.test_objections import act_of

HEAD = Actor(UUID(int=50), "Kepala Subbagian", Role.COORDINATOR, HEALTH)
OFFICE = Actor(UUID(int=51), "Petugas Dinas", Role.OFFICER, HEALTH, "DINKES")
CLINIC = Actor(UUID(int=52), "Petugas Puskesmas", Role.OFFICER, HEALTH, "PKM")
OTHER = Actor(UUID(int=53), "Petugas Lain", Role.OFFICER, HEALTH, "RSUD")


@pytest.fixture
def number(site: DeskSite) -> str:
    """A case at an institution with an office, a clinic below it, and a hospital beside it."""
    for unit in (Unit("DINKES", "Dinas"), Unit("PKM", "Puskesmas", "DINKES"), Unit("RSUD", "Rumah Sakit")):
        site.parts.units.add(HEALTH, unit, "Budi", "test")
    site.acts.clear()
    site.actor = HEAD
    return site.send(1)


def passed(site: DeskSite, client: DeskClient, actor: Actor, number: str, unit: str, **fields: str) -> int:
    """Pass a case on by the form; return the status."""
    site.actor = actor
    return client.post(f"/desk/laporan/{number}/unit", {"unit": unit, **fields}).status_code


def given_back(site: DeskSite, client: DeskClient, actor: Actor, number: str, why: str = "Bukan kami") -> int:
    """Give a case back by the form; return the status."""
    site.actor = actor
    return client.post(f"/desk/laporan/{number}/kembalikan", {"alasan": why}).status_code


def unit_of(site: DeskSite, number: str) -> str:
    """Return the accountable unit of a case."""
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    unit: str = view.case.case.unit_code
    return unit


def test_a_case_goes_down_and_comes_back(site: DeskSite, client: DeskClient, number: str) -> None:
    """Each step is in the audit log and on the page of staff. The first return goes to the unit above that passed it
    on, the second one to the coordinators.
    """
    assert passed(site, client, HEAD, number, "DINKES") == HTTPStatus.SEE_OTHER
    assert passed(site, client, OFFICE, number, "PKM", alasan="Tolong cek") == HTTPStatus.SEE_OTHER
    site.actor = CLINIC
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Unit: Dinas / Puskesmas." in page
    assert "Petugas Dinas meneruskan ke Puskesmas." in page
    assert "Tolong cek" in page
    assert given_back(site, client, CLINIC, number, "Bukan wilayah kami") == HTTPStatus.SEE_OTHER
    assert unit_of(site, number) == "DINKES"
    assert client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.NOT_FOUND
    assert given_back(site, client, OFFICE, number) == HTTPStatus.SEE_OTHER
    assert unit_of(site, number) == ""
    site.actor = HEAD
    page = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Petugas Puskesmas mengembalikan ke Dinas. Bukan wilayah kami" in page
    assert "Petugas Dinas mengembalikan ke koordinator." in page
    steps = [(action, subject.split()[-1]) for action, subject, *_ in site.acts]
    assert steps == [
        ("desk.pass_on", "DINKES"),
        ("desk.pass_on", "PKM"),
        ("desk.give_back", "PKM"),
        ("desk.give_back", "DINKES"),
    ]


def test_who_may_pass_on_to_where(site: DeskSite, client: DeskClient, number: str) -> None:
    """Within the own tier. Somebody who does not see the case learns no more than of an unknown number."""
    assert passed(site, client, CLINIC, number, "PKM") == HTTPStatus.NOT_FOUND
    assert passed(site, client, HEAD, number, "HILANG") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert passed(site, client, HEAD, number, "PKM") == HTTPStatus.SEE_OTHER
    assert passed(site, client, OTHER, number, "RSUD") == HTTPStatus.NOT_FOUND
    assert passed(site, client, CLINIC, number, "DINKES") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert given_back(site, client, OFFICE, number) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert given_back(site, client, HEAD, number) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert passed(site, client, OFFICE, number, "DINKES") == HTTPStatus.SEE_OTHER
    assert unit_of(site, number) == "DINKES"


def test_a_return_needs_a_reason(site: DeskSite, client: DeskClient, number: str) -> None:
    """The page says so, and nothing changes."""
    passed(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    answer = client.post(f"/desk/laporan/{number}/kembalikan", {"alasan": " "})
    assert (answer.status_code, unit_of(site, number)) == (HTTPStatus.UNPROCESSABLE_ENTITY, "PKM")
    assert "Tulis alasan mengembalikan laporan ini." in text_of(answer)


def test_the_same_step_again_is_none(site: DeskSite, client: DeskClient, number: str) -> None:
    """A form that was sent twice. Another message or deadline is a step."""
    day = (NOW + timedelta(days=1)).date().isoformat()
    for fields in ({}, {}, {"alasan": "Segera"}, {"alasan": "Segera", "tenggat-unit": day}):
        assert passed(site, client, HEAD, number, "PKM", **fields) == HTTPStatus.SEE_OTHER
        site.later += timedelta(minutes=1)
    assert len(site.acts) == 3


def test_who_had_the_case_is_released(site: DeskSite, client: DeskClient, number: str) -> None:
    """The person may not see it any more. It can be given to persons who see it."""
    site.actor = HEAD
    client.post(f"/desk/laporan/{number}/petugas")
    assert "Dipegang Kepala Subbagian" in case_page(client, number)
    passed(site, client, HEAD, number, "PKM")
    assert "Belum dipegang siapa pun" in case_page(client, number)


@pytest.mark.parametrize("typed", ["besok", "2026-13-01", "2026-11-23", "2099-01-01"])
def test_deadlines_that_are_refused(site: DeskSite, client: DeskClient, number: str, typed: str) -> None:
    """No date, yesterday, and after the deadline of the institution. The form keeps what was typed."""
    site.actor = HEAD
    fields = {"unit": "PKM", "tenggat-unit": typed, "alasan": "Segera"}
    answer = client.post(f"/desk/laporan/{number}/unit", fields)
    assert (answer.status_code, unit_of(site, number)) == (HTTPStatus.UNPROCESSABLE_ENTITY, "")
    assert ("enggat unit" in text_of(answer), 'value="Segera"' in answer.text) == (True, True)


def test_the_deadline_of_a_unit_lies_within_that_above(site: DeskSite, client: DeskClient, number: str) -> None:
    """A unit passes on within its own deadline. That of the citizen does not move."""
    due_at = site.desk.officer_answers().case(Tier(HEALTH), number).case.case.due_at  # type: ignore[union-attr]
    tomorrow, later = ((NOW + timedelta(days=days)).date().isoformat() for days in (1, 2))
    passed(site, client, HEAD, number, "DINKES", **{"tenggat-unit": tomorrow})
    refused = passed(site, client, OFFICE, number, "PKM", **{"tenggat-unit": later})
    assert (refused, unit_of(site, number)) == (HTTPStatus.UNPROCESSABLE_ENTITY, "DINKES")
    assert passed(site, client, OFFICE, number, "PKM", **{"tenggat-unit": tomorrow}) == HTTPStatus.SEE_OTHER
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    assert view.case.case.due_at == due_at
    assert view.case.case.unit_due_at < due_at
    assert "Tenggat unit:" in case_page(client, number)


def test_days_and_their_ends() -> None:
    """A day ends with its last minute in the agency's zone; the day of the limit ends with the limit."""
    zone, limit, today = NOW.tzinfo, NOW + timedelta(days=2), NOW.date()
    assert zone
    assert unit_deadline(None, today, limit, zone) is None
    end = unit_deadline(today, today, limit, zone)
    assert end == NOW.replace(hour=23, minute=59, second=0, microsecond=0)
    assert unit_deadline(limit.date(), today, limit, zone) == limit
    assert unit_deadline(today - timedelta(days=1), today, limit, zone) == "day-over"
    assert unit_deadline(limit.date() + timedelta(days=1), today, limit, zone) == "day-too-late"


def test_where_a_return_leads() -> None:
    """To the unit above that passed the case on; never down or aside, and the second time to the coordinators."""
    tree = UnitTree([Unit("A", "A"), Unit("B", "B", "A"), Unit("C", "C", "B"), Unit("D", "D")])
    assert target_of_return(tree, "C", "B", 0) == "B"
    assert target_of_return(tree, "C", "A", 0) == "A"
    assert [target_of_return(tree, "C", came_from, 0) for came_from in ("", "D", "C", "GONE")] == [""] * 4
    assert target_of_return(tree, "C", "B", 1) == ""


def test_a_unit_that_is_over_gets_no_more_cases(site: DeskSite, client: DeskClient, number: str) -> None:
    """It keeps those that it has."""
    passed(site, client, HEAD, number, "PKM")
    ended = Unit("PKM", "Puskesmas", "DINKES", valid_until=date(2026, 11, 23))
    site.parts.units.change(HEALTH, ended, "Budi", "test")
    second = site.send(2)
    assert passed(site, client, HEAD, second, "PKM") == HTTPStatus.UNPROCESSABLE_ENTITY
    site.actor = CLINIC
    assert client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.OK


def test_a_unit_with_an_open_case_is_not_removed(site: DeskSite, client: DeskClient, number: str) -> None:
    """Its closed cases go to the unit above."""
    passed(site, client, HEAD, number, "PKM")
    with pytest.raises(UnitFault, match="has-open-cases"):
        site.parts.units.remove(HEALTH, "PKM", "Budi", "test")
    done(site, client, number, "tutup", "Sudah buka.")
    site.parts.units.remove(HEALTH, "PKM", "Budi", "test")
    assert unit_of(site, number) == "DINKES"
    site.actor = OFFICE
    assert client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.OK


def test_a_renamed_unit_has_its_new_name_in_lists(site: DeskSite, client: DeskClient, number: str) -> None:
    """The steps keep the name of their time."""
    passed(site, client, HEAD, number, "PKM")
    site.parts.units.change(HEALTH, Unit("PKM", "Puskesmas Baru", "DINKES"), "Budi", "test")
    site.actor = HEAD
    assert "unit: Puskesmas Baru" in client.get("/desk/laporan").text
    assert "meneruskan ke Puskesmas." in text_of(client.get(f"/desk/laporan/{number}"))


def test_after_a_transfer_the_next_institution_begins_without_a_unit(
    site: DeskSite, client: DeskClient, number: str
) -> None:
    """The unit keeps reading its part, and passes nothing on any more."""
    passed(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    done(site, client, number, "bukan-kewenangan", "Ini urusan listrik.", tujuan=PLN)
    assert client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.OK
    assert passed(site, client, HEAD, number, "DINKES") == HTTPStatus.UNPROCESSABLE_ENTITY
    site.actor = WAYAN
    assert "Belum diteruskan ke unit." in case_page(client, number)


def test_a_case_that_is_opened_again_begins_at_its_unit(site: DeskSite, client: DeskClient, number: str) -> None:
    """Also after the same records were read again; what a person decided since stays."""
    passed(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    done(site, client, number, "tutup", "Sudah buka.")
    reopened, _ = site.desk.send(act_of(2, of=1, arrival=NOW + timedelta(days=1)))
    assert (reopened.agency, reopened.hop) == (HEALTH, 1)
    page = client.get(f"/desk/laporan/{number}")
    assert (page.status_code, "dibuka lagi" in page.text.casefold()) == (HTTPStatus.OK, True)
    assert unit_of(site, number) == "PKM"
    with read_transaction(site.desk.engine) as connection:
        assert len(connection.execute(select(col(DeskHolder.dispatch_id))).all()) == 2
    assert passed(site, client, HEAD, number, "RSUD") == HTTPStatus.SEE_OTHER
    # What was before the objection is read with the case.
    site.actor = CLINIC
    listed = [client.get(f"/desk/laporan?tab={tab}").text for tab in ("baru", "selesai")]
    assert [number in text for text in listed] == [False, False]
    site.desk.sink.handle(site.desk.records)
    assert unit_of(site, number) == "RSUD"


def test_a_report_of_another_citizen_is_read_with_its_case(site: DeskSite, client: DeskClient, number: str) -> None:
    """Its number leads the unit of the case there, and nobody else."""
    joined = site.send(2, "Kemenkes, puskesmas masih tutup", of=1, kind="joins")
    passed(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    assert client.get(f"/desk/laporan/{joined}").headers["Location"].startswith(f"/desk/laporan/{number}")
    assert "masih tutup" in case_page(client, number)
    site.actor = OTHER
    assert client.get(f"/desk/laporan/{joined}").status_code == HTTPStatus.NOT_FOUND


def test_an_institution_without_units_works_as_before(site: DeskSite, client: DeskClient) -> None:
    """A free text names the unit, and everybody sees everything."""
    number = site.send(1)
    client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas Kesehatan", "alasan": "Tolong"})
    assert "Unit: Dinas Kesehatan." in case_page(client, number)
    assert "Kembalikan" not in case_page(client, number)
    assert client.get("/desk/unit").text.count("Dinas Kesehatan") == 1
    with read_transaction(site.desk.engine) as connection:
        assert connection.execute(select(col(DeskAssignment.unit_code))).scalars().all() == [""]


def test_a_case_of_another_unit_that_is_perhaps_the_same_is_not_named(site: DeskSite, client: DeskClient) -> None:
    """Neither on the page nor beside it, and nobody decides about a case that is not seen."""
    for unit in (Unit("PKM", "Puskesmas"), Unit("RSUD", "Rumah Sakit")):
        site.parts.units.add(HEALTH, unit, "Budi", "test")
    earlier = site.send(1)
    number = site.send(2, suggestion=Suggestion(of=id_of(1), score=0.8, evidence=("same-names",)))
    former = site.send(3, similar_closed_case=ClosedCase(of=id_of(1), closed_at=NOW))
    for tracking, code in ((earlier, "RSUD"), (number, "PKM"), (former, "PKM")):
        assert passed(site, client, HEAD, tracking, code) == HTTPStatus.SEE_OTHER
    site.actor = HEAD
    assert earlier in case_page(client, number)
    site.actor = CLINIC
    for tracking in (number, former):
        assert earlier not in case_page(client, tracking)
    assert client.get(f"/desk/laporan/{number}/banding").status_code == HTTPStatus.SEE_OTHER
    decided = client.post(f"/desk/laporan/{number}/usulan", {"putusan": "sama"})
    assert (decided.status_code, site.corrections) == (HTTPStatus.CONFLICT, [])
    site.actor = OTHER
    assert number not in case_page(client, earlier)
