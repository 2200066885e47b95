"""The page of a head over a generated year: figures, overdue cases, what comes back, and nothing outside the tier."""

import csv
import io
import random
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Select, insert, select, update
from sqlmodel import col

from accounts.account_store import save_account
from accounts.permissions import Actor, Role
from app.assembly.desk.own_figures import WeeklyNumbers, summary_reader
from bus.port import Record
from config.database import read_transaction, write_transaction
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskUnit
from desk.webhooks.tables import WebhookRow
from messages.topics import TRIAGE
from oversight.read_model.returning import Arrival, Return, find_returns
from oversight.read_model.tables import OversightCase
from pages.csv_file import BYTE_ORDER_MARK
from tests.app.staff.harness import SEMARANG, StaffHarness
from tests.oversight.generated_year import AGENCIES, GeneratedYear
from tests.support.case_stages import DerivingCases, desk_derivation, oversight_derivation, store

NOW = datetime(2026, 7, 20, 3, 0, tzinfo=UTC)
_NUMBER = re.compile(r"/desk/laporan/([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})")
_PARENTS = {"DINKES": "", "PKM-1": "DINKES", "PKM-2": "DINKES", "DPU": ""}


@pytest.fixture(scope="module")
def year() -> Sequence[Record]:
    """All records of a year."""
    return GeneratedYear(seed=4).generate(250)


@pytest.fixture
def head(staff: StaffHarness, year: Sequence[Record]) -> StaffHarness:
    """Pages over the year. Semarang has four units, and has given them some of its cases."""
    institutions = {*AGENCIES, TRIAGE}
    sink = DerivingCases(staff.engine, [desk_derivation(), oversight_derivation()], institutions=lambda: institutions)
    for start in range(0, len(year), 1_000):
        sink.handle(year[start : start + 1_000])
    staff.time = NOW
    with write_transaction(staff.engine) as connection:
        ids = connection.execute(select(col(OversightCase.complaint_id))).scalars().all()
        for number, id_ in enumerate(sorted(ids)):
            for table in (DeskCase, OversightCase):
                is_of_report = col(table.complaint_id) == id_
                connection.execute(update(table).where(is_of_report).values(tracking=f"SMRG-0000-{number:04}"))
        rows = [
            {"agency": SEMARANG, "code": code, "name": f"Unit {code}", "parent": parent, "changed_at": NOW}
            for code, parent in _PARENTS.items()
        ]
        store(connection, DeskUnit, rows)
        chooser = random.Random(4)  # noqa: S311 - reproducible examples
        holders = [
            {"dispatch_id": id_, "agency": SEMARANG, "unit_code": chooser.choice(["", *_PARENTS]), "name": "Tono"}
            for id_ in sorted(connection.execute(_of_semarang(col(DeskCase.dispatch_id))).scalars())
        ]
        store(connection, DeskHolder, holders)
    return staff


def _of_semarang(*columns: Any) -> Select[Any]:
    return select(*columns).where(col(DeskCase.agency) == SEMARANG)


def sign_in(staff: StaffHarness, unit: str = "", role: Role = Role.HEAD) -> None:
    """Sign in a head of the institution, or of a unit."""
    staff.actor = Actor(UUID(int=70), "Rina Pimpinan", role, SEMARANG, unit)


def numbers_of(engine: Engine, units: set[str] | None) -> set[str]:
    """Return the numbers of Semarang's cases that these units have; of all without any."""
    query = _of_semarang(col(DeskCase.tracking), col(DeskHolder.unit_code)).join(
        DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id)
    )
    with read_transaction(engine) as connection:
        rows = connection.execute(query).all()
    return {number for number, unit in rows if units is None or unit in units}


def lines(staff: StaffHarness, query: str = "") -> list[Mapping[str, str]]:
    """Return the lines of the file."""
    text = staff.get(f"/desk/pimpinan?berkas=csv&{query}").removeprefix(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text)))


def test_a_head_reads_the_own_institution(head: StaffHarness) -> None:
    """Figures by unit, topic, district and month; overdue cases with unit and person. Links narrow the page."""
    sign_in(head)
    page = head.get("/desk/pimpinan?bulan=2026-06")
    for heading in ("Menurut unit", "Menurut topik", "Menurut wilayah", "Menurut bulan", "Yang datang lagi"):
        assert heading in page
    assert "Unit DINKES / Unit PKM-1" in page
    assert '<td class="name">Tono</td>' in page
    assert len(_NUMBER.findall(page)) > 5
    assert set(_NUMBER.findall(page)) <= numbers_of(head.engine, None)
    months = {line["bulan"] for line in lines(head, "bulan=2026-06") if line["bagian"] == "tren"}
    assert len(months) == 11
    narrow = head.get("/desk/pimpinan?bulan=2026-06&unit=DINKES&topik=jalan")
    assert "Hapus pilihan Unit DINKES" in narrow
    assert set(_NUMBER.findall(narrow)) <= numbers_of(head.engine, {"DINKES", "PKM-1", "PKM-2"})


def test_the_numbers_are_those_of_oversight(head: StaffHarness) -> None:
    """The file of the page and that of an overseer's page of the institution have the same values."""
    sign_in(head)
    own = {line["ukuran"]: line["nilai"] for line in lines(head, "bulan=2026-05") if line["bagian"] == "ukuran"}
    with read_transaction(head.engine) as connection:
        first = col(OversightCase.first_agency) == SEMARANG
        rows = connection.execute(select(col(OversightCase.day)).where(first)).scalars().all()
    assert float(own["masuk"]) == len([day for day in rows if (day.year, day.month) == (2026, 5)]) > 0


@pytest.mark.parametrize("unit", ["", *_PARENTS])
def test_nobody_sees_a_number_outside_the_own_tier(head: StaffHarness, unit: str) -> None:
    """Whatever the address says: no case, no count and no name of another unit or institution."""
    sign_in(head, unit)
    tier = {code for code, parent in _PARENTS.items() if unit in {code, parent}} if unit else None
    own = numbers_of(head.engine, tier)
    for code in ("", *_PARENTS, "HILANG"):
        for query in (f"unit={code}", f"unit={code}&bulan=2026-03&topik=jalan"):
            answer = head.client.get(f"/desk/pimpinan?{query}")
            is_own = not code or (code in _PARENTS and (tier is None or code in tier))
            assert (answer.status_code == HTTPStatus.OK) is is_own, (unit, query)
            assert set(_NUMBER.findall(answer.text)) <= own
    shown = {line["kode"] for line in lines(head, "bulan=2026-06") if line["bagian"] == "unit"}
    assert shown <= (tier or {"", *_PARENTS})
    whole = lines(head, "bulan=2026-06")
    received = sum(float(line["nilai"]) for line in whole if (line["bagian"], line["ukuran"]) == ("unit", "masuk"))
    assert received == next(float(line["nilai"]) for line in whole if line["ukuran"] == "masuk")


def test_a_head_chooses_a_priority_programme(head: StaffHarness) -> None:
    """With a unit, in the address. The page names it; one that no table has is refused."""
    sign_in(head)
    page = head.get("/desk/pimpinan?bulan=2026-06&unit=DINKES&program=makan-bergizi")
    assert '<option value="makan-bergizi" selected>' in page
    assert "Hapus pilihan Unit DINKES" in page
    everything, of_programme = (
        next(float(line["nilai"]) for line in lines(head, query) if line["ukuran"] == "masuk")
        for query in ("bulan=2026-06", "bulan=2026-06&program=makan-bergizi")
    )
    assert of_programme == 0 < everything
    answer = head.client.get("/desk/pimpinan?program=tidak-ada")
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_only_heads_and_coordinators_read_it(head: StaffHarness) -> None:
    """An officer does not, nor whoever has no institution."""
    sign_in(head, role=Role.COORDINATOR)
    assert head.client.get("/desk/pimpinan").status_code == HTTPStatus.OK
    for role in set(Role) - {Role.COORDINATOR, Role.HEAD}:
        head.act_as(role)
        assert head.client.get("/desk/pimpinan").status_code == HTTPStatus.FORBIDDEN, role


def test_the_usage_names_what_nobody_looks_after(head: StaffHarness) -> None:
    """Persons who never signed in, units without an officer, and webhooks that are off; of a unit its own only."""
    with write_transaction(head.engine) as connection:
        for number, (name, unit, signed_in) in enumerate(
            (("Sari Dewi", "", NOW), ("Tono Wibowo", "PKM-1", None), ("Wati Lestari", "DPU", None))
        ):
            values: dict[str, Any] = {
                "email": f"p{number}@contoh.id",
                "name": name,
                "role": Role.OFFICER,
                "agency": SEMARANG,
            }
            values |= {"unit": unit, "password_hash": "", "last_sign_in_at": signed_in}
            save_account(connection, UUID(int=number + 1), values, NOW)
        webhook = {
            "id": UUID(int=9), "agency": SEMARANG, "address": "https://contoh.id", "kinds": "received", "unit": "DPU",
            "secret": "", "previous_secret": "", "active": False, "created_by": "B", "created_at": NOW,
            "off_reason": "failing", "failures": 3,
        }  # fmt: skip
        connection.execute(insert(WebhookRow), webhook)
    sign_in(head)
    page = head.get("/desk/pimpinan")
    assert "Belum pernah masuk: Tono Wibowo, Wati Lestari." in page
    assert "Unit tanpa petugas: Unit DINKES; Unit DINKES / Unit PKM-2." in page
    assert "1 webhook mati." in page
    sign_in(head, "DINKES")
    page = head.get("/desk/pimpinan")
    assert "Belum pernah masuk: Tono Wibowo." in page
    assert "Wati" not in page
    assert "Tidak ada webhook yang mati." in page


def arrival(number: int, day: int, ended: int | None = None, topic: str = "jalan", region: str = "33.74.11") -> Arrival:
    """Return a case that arrived on a day, counted from the beginning of the year, and ended on one."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ended_at = at + timedelta(days=ended) if ended is not None else None
    return Arrival(UUID(int=number), topic, region, f"N{number}", at + timedelta(days=day), ended_at)


def test_what_comes_back() -> None:
    """The same topic and place within 90 days after a closing, the most frequent first."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=200)
    cases = [
        *(arrival(1, 90, 100), arrival(2, 150, 160), arrival(3, 170)),
        # Another topic, another place, a place that is not known, too late, before the end of the other one.
        *(arrival(4, 171, topic="sampah"), arrival(5, 172, region="33.74.12"), arrival(6, 60, 70, "banjir")),
        *(arrival(7, 161, topic="banjir"), arrival(8, 120, 180, "lampu"), arrival(9, 179, topic="lampu")),
        *(arrival(10, 130, 140, "air", "33.74"), arrival(11, 150, topic="air", region="33.74")),
        *(arrival(12, 100, 110, "pohon"), arrival(13, 200, topic="pohon")),
    ]
    assert find_returns(cases, now) == [
        Return("jalan", "33.74.11", 2, "N3", "N2"),
        Return("pohon", "33.74.11", 1, "N13", "N12"),
    ]
    assert find_returns(cases, now, "33.75") == []


@pytest.mark.parametrize("unit", ["", "DINKES"])
def test_the_weekly_letter_has_the_numbers_of_the_page(head: StaffHarness, unit: str) -> None:
    """Of the month in which the last week began, and of now."""
    numbers = WeeklyNumbers(summary_reader(head.parts, head.desk.institutions), head.now)
    facts = numbers.facts(SEMARANG, unit)
    sign_in(head, unit)
    page = head.get("/desk/pimpinan?bulan=2026-07")
    overdue = re.search(r"(\d+) laporan lewat tenggat hari ini", page)
    assert facts.overdue == int(overdue[1] if overdue else 0)
    assert str(facts.month) == "Juli 2026"
    values = {line["ukuran"]: line["nilai"] for line in lines(head, "bulan=2026-07") if line["bagian"] == "ukuran"}
    assert str(facts.figures[0].value) == str(int(float(values["kasus"])))
    assert facts.units_without_officer == (3 if unit else 4)
