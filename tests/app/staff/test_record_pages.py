"""Trace, merges and splits, and the audit log."""

import json
from http import HTTPStatus

import pytest
from sqlalchemy import text

from accounts.permissions import Role
from config.reference.retention import load_retention
from messages.topics import CORRECTIONS
from tests.app.staff.harness import StaffHarness, hidden_fields
from tests.app.test_corrections import number

WHY = "lokasinya sama"


@pytest.fixture
def reports(staff: StaffHarness) -> StaffHarness:
    """A complaint with a repeat, and a separate one, for a person of operations."""
    staff.reports.write(1, "Kemenkes tolong, hubungi 0812 3456 7890")
    staff.reports.write(2, "Kemenkes belum ada jawaban", of=1)
    staff.reports.write(3, "PLN, tiang miring")
    staff.work()
    staff.act_as(Role.OPERATOR)
    return staff


def test_a_trace_has_every_record_and_no_words(reports: StaffHarness) -> None:
    """The dispatch has its agency, and the stages that have not read a record are named."""
    page = reports.get(f"/desk/telusur?nomor={number(1)}")
    assert "Laporan baru." in page
    assert "Diteruskan ke kementerian-kemenkes (alihan ke-0, keyakinan" in page
    assert "Menunggu " in page
    assert "tolong" not in page
    assert "3456" not in page


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (f"nomor={number(9)}", "tidak ada di topik"),
        ("nomor=xyz", "Nomor ini tidak benar"),
        ("hari=0", "Isi jumlah hari"),
    ],
)
def test_a_trace_that_finds_nothing_says_why(reports: StaffHarness, query: str, problem: str) -> None:
    """The page keeps what was typed."""
    answer = reports.client.get(f"/desk/telusur?{query}")
    assert (answer.status_code, problem in answer.text) == (HTTPStatus.NOT_FOUND, True)


def test_two_reports_are_seen_and_merged(reports: StaffHarness) -> None:
    """Both texts are shown with masked numbers. The merged report goes where the first is."""
    page = reports.get(f"/desk/gabung?a={number(1)}&b={number(3)}")
    assert "Kemenkes tolong, hubungi •••" in page
    assert "PLN, tiang miring" in page
    assert "Kementerian Kesehatan" in page
    fields = hidden_fields(page.partition('<h2 id="gabungkan">')[2], "/desk/gabung")
    result = reports.follow(reports.send("/desk/gabung", **fields, hubungan="joins", alasan=WHY))
    assert "1 laporan digabungkan." in result
    reports.work()
    assert reports.reports.relation_and_agencies(3)[0] == "joins"
    assert reports.acts() == [("complaints.merge", reports.label, WHY)]
    (record,) = reports.reports.records(CORRECTIONS)
    assert json.loads(record.value)["actor"] == "Sari Dewi"
    again = reports.send("/desk/gabung", **fields, hubungan="joins", alasan=WHY)
    assert (again.status_code, "sudah tergabung" in again.text) == (HTTPStatus.CONFLICT, True)


def test_a_repeat_is_split(reports: StaffHarness) -> None:
    """The page names the report that it is split from. A separate report has no such form."""
    page = reports.get(f"/desk/gabung?a={number(2)}")
    assert f"Pisahkan {number(2)} dari {number(1)}" in page
    fields = hidden_fields(page, "/desk/gabung/pisah")
    assert "1 laporan dipisahkan." in reports.follow(reports.send("/desk/gabung/pisah", **fields, alasan=WHY))
    reports.work()
    assert reports.reports.relation_and_agencies(2)[0] == "new"
    assert "/desk/gabung/pisah" not in reports.get(f"/desk/gabung?a={number(3)}")
    refused = reports.send("/desk/gabung/pisah", a=number(3), alasan=WHY)
    assert (refused.status_code, "Tidak ada yang perlu dipisahkan" in refused.text) == (HTTPStatus.CONFLICT, True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({"alasan": ""}, "Isi alasannya"), ({"b": "xyz"}, "Nomor ini tidak benar"), ({"b": ""}, "Nomor ini tidak benar")],
)
def test_an_incomplete_merge_is_not_made(reports: StaffHarness, fields: dict[str, str], problem: str) -> None:
    """Nothing is recorded."""
    typed = {"a": number(1), "b": number(3), "alasan": WHY, **fields}
    answer = reports.send("/desk/gabung", **typed)
    assert (answer.status_code, problem in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert reports.acts() == []


@pytest.mark.parametrize(("dangerous", "first", "second"), [(2, 4, 3), (1, 3, 4), (4, 4, 3), (3, 3, 4)])
def test_suggestions_with_a_danger_come_first(staff: StaffHarness, dangerous: int, first: int, second: int) -> None:
    """In words, whatever the order in which they came, and wherever the danger is."""
    for index, like in ((1, None), (2, None), (3, 1), (4, 2)):
        staff.reports.write(index, f"Kemenkes, asap {index}", like=like, danger="fire" if index == dangerous else "")
    staff.work()
    staff.act_as(Role.OPERATOR)
    listed = staff.get("/desk/gabung").partition("daftar-usulan")[2]
    places = [listed.index(f"b={number(index)}") for index in (first, second)]
    assert places == sorted(places)
    assert [listed.count("bahaya: kebakaran"), listed.index("bahaya: kebakaran") < places[0]] == [1, True]


def test_a_suggestion_is_compared_and_decided(staff: StaffHarness) -> None:
    """Staff sees the open ones, reads both reports and the evidence, and decides with one act. The first one counts."""
    staff.reports.write(1, "Kemenkes tolong, hubungi 0812 3456 7890")
    staff.reports.write(2, "Antrean panjang", like=1)
    staff.reports.write(3, "PLN, tiang miring", like=1)
    staff.work()
    staff.act_as(Role.OPERATOR)
    address = f"/desk/gabung?a={number(1)}&amp;b={number(3)}"
    assert address in staff.get("/desk/gabung")
    page = staff.get(address.replace("&amp;", "&"))
    assert "Tempat dan pokok masalahnya tampak sama." in page
    fields = hidden_fields(page, "/desk/gabung/usulan")
    assert fields == {"a": number(1), "b": number(3)}
    result = staff.follow(staff.send("/desk/gabung/usulan", **fields, putusan="bukan"))
    assert "1 usulan ditolak" in result
    assert address not in result
    assert [act[:2] for act in staff.acts()] == [("duplicates.deny", staff.label)]
    staff.act_as(Role.TRIAGE)
    assert f"/desk/gabung?a={number(1)}&amp;b={number(2)}" in staff.get(f"/desk/triase/{number(2)}")
    again = staff.send("/desk/gabung/usulan", **fields, putusan="sama")
    assert (again.status_code, "Petugas lain sudah memutuskan" in again.text) == (HTTPStatus.CONFLICT, True)
    confirmed = staff.send("/desk/gabung/usulan", a=number(1), b=number(2), putusan="sama")
    assert "1 laporan digabungkan." in staff.follow(confirmed)
    staff.work()
    assert [staff.reports.relation_and_agencies(index)[0] for index in (2, 3)] == ["joins", "new"]


@pytest.fixture
def log(staff_on_each_database: StaffHarness) -> StaffHarness:
    """Sixty acts of two persons, for an auditor."""
    staff = staff_on_each_database
    for index in range(60):
        actor, action = ("Budi", "dead_letters.drop") if index % 2 else ("Sari", "triage.decide")
        staff.desk.audit_log.append(action, f"kasus-{index:02}", actor, f"alasan {index:02}", staff.time)
    staff.act_as(Role.AUDITOR, "Citra Auditor")
    return staff


def rows_of(page: str) -> str:
    """Return the list of rows on the page of the audit log."""
    return page.partition('<ol class="list">')[2].partition("</ol>")[0]


def test_the_audit_log_has_pages_and_filters(log: StaffHarness) -> None:
    """The newest row is first. Each filter is in the address."""
    page = log.get("/desk/audit")
    assert page.index("alasan 59") < page.index("alasan 10")
    assert "alasan 09" not in page
    older = page.rpartition('href="/desk/audit?')[2].partition('"')[0].replace("&amp;", "&")
    assert "alasan 09" in log.get(f"/desk/audit?{older}")
    assert "Sari" not in rows_of(log.get("/desk/audit?pelaku=Budi"))
    assert "triage.decide" not in rows_of(log.get("/desk/audit?tindakan=letters"))
    assert "alasan 07" in rows_of(log.get("/desk/audit?objek=kasus-07"))
    assert "Tidak ada baris yang cocok." in log.get("/desk/audit?sejak=2026-12-01")
    assert log.client.get("/desk/audit?sejak=kemarin").status_code == HTTPStatus.BAD_REQUEST
    assert "alasan 59" in log.get(f"/desk/audit?sebelum={'9' * 5000}")


def test_the_check_finds_a_changed_row(log: StaffHarness) -> None:
    """The page says which row, and what to do."""
    assert "Log utuh: 60 baris" in log.get("/desk/audit?periksa=1")
    with log.engine.begin() as connection:
        connection.execute(text("UPDATE audit_log SET why = 'lain', at = 'kemarin' WHERE seq = 55"))
    page = log.get("/desk/audit?periksa=1")
    assert "Log tidak utuh." in page
    assert "Row 55 does not match its hash" in page


def test_the_retention_page_shows_every_class(staff: StaffHarness) -> None:
    """Each row of the table with its limit, its legal basis, and the tables, topics and files of it."""
    staff.act_as(Role.AUDITOR)
    page = staff.get("/desk/masa-simpan")
    for row in load_retention().rows:
        assert f'id="{row.name}"' in page
        assert all(f"<code>{item}</code>" in page for item in row.items)
        assert row.basis in page
    assert "366 hari" in page
