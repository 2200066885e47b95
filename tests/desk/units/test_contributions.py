"""Contributions of units to one answer: who asks, who reads and writes, and when the sight of an asked unit ends."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.permissions import Actor, Role
from desk.units.tiers import Tier
from desk.units.tree import Unit, UnitFault
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import case_page, done, send_act, send_many, text_of
from tests.desk.pages.site import HEALTH, PLN, DeskSite
from tests.desk.units.test_passing import CLINIC, HEAD, OFFICE, OTHER, number, passed, unit_of
from tests.router.test_objections import act_of

__all__ = ("number",)
QUESTION, WORDS = "Sejak kapan alatnya rusak?", "Alat rusak sejak Senin, teknisi datang besok."


def asked(
    site: DeskSite, client: DeskClient, actor: Actor, number: str, unit: str, text: str = QUESTION, day: str = ""
) -> int:
    """Ask a unit by the form, a minute after the last question; return the status."""
    site.actor = actor
    site.later += timedelta(minutes=1)
    fields = {"langkah": "minta", "unit": unit, "pertanyaan": text, "tenggat-unit": day}
    return client.post(f"/desk/laporan/{number}/kontribusi", fields).status_code


def request_id(site: DeskSite, number: str, position: int = -1) -> str:
    """Return the id of a request about a case, by default the last one."""
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    return str(site.parts.contributions.of_case(Tier(HEALTH), view.case.case)[position].id)


def ended(
    site: DeskSite, client: DeskClient, actor: Actor, number: str, step: str, text: str = "", position: int = -1
) -> int:
    """Give a contribution (`beri`) or withdraw a request (`tarik`) by the form; return the status."""
    site.actor = actor
    fields = {"langkah": step, "permintaan": request_id(site, number, position), "isi": text}
    return client.post(f"/desk/laporan/{number}/kontribusi", fields).status_code


def status_of(site: DeskSite, client: DeskClient, actor: Actor, number: str) -> int:
    """Return the status of the page of a case."""
    site.actor = actor
    return client.get(f"/desk/laporan/{number}").status_code


def test_two_units_contribute_to_one_answer(site: DeskSite, client: DeskClient, number: str) -> None:
    """Each asked unit reads the case while it is asked. The accountable one inserts what they wrote and answers."""
    passed(site, client, HEAD, number, "DINKES")
    assert asked(site, client, OFFICE, number, "PKM") == HTTPStatus.SEE_OTHER
    assert asked(site, client, OFFICE, number, "RSUD", "Apakah ada tempat tidur?") == HTTPStatus.SEE_OTHER
    assert unit_of(site, number) == "DINKES"
    for actor, question, other in ((CLINIC, QUESTION, "tempat tidur"), (OTHER, "Apakah ada tempat tidur?", QUESTION)):
        assert status_of(site, client, actor, number) == HTTPStatus.OK
        page = text_of(client.get(f"/desk/laporan/{number}"))
        assert (question in page, other in page) == (True, False)
    assert ended(site, client, CLINIC, number, "beri", WORDS, 0) == HTTPStatus.SEE_OTHER
    assert ended(site, client, OTHER, number, "beri", "Ada dua.", 1) == HTTPStatus.SEE_OTHER
    site.actor = OFFICE
    page = case_page(client, number)
    assert f'data-field="isi-tanggapi" data-text="{WORDS}">Puskesmas</button>' in page
    assert 'data-text="Ada dua.">Rumah Sakit</button>' in page
    assert "Petugas Puskesmas," in text_of(client.get(f"/desk/laporan/{number}"))
    done(site, client, number, "tanggapi", WORDS)
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    assert [event.text for event in view.case.events if event.kind == "responded"] == [WORDS]


def test_without_scripts_a_contribution_is_inserted_by_the_server(
    site: DeskSite, client: DeskClient, number: str
) -> None:
    """Behind what was typed, as a template is."""
    asked(site, client, HEAD, number, "PKM")
    ended(site, client, CLINIC, number, "beri", WORDS)
    site.actor = HEAD
    fields = {"tindakan": "tanggapi", "isi": "Terima kasih.", "versi": "0", "templat": request_id(site, number)}
    page = client.post(f"/desk/laporan/{number}/jawab", fields).text
    assert re.search(rf">\s*Terima kasih\.\s+{re.escape(WORDS)}</textarea>", page)


def test_the_asked_unit_finds_the_case_in_its_list(site: DeskSite, client: DeskClient, number: str) -> None:
    """With a mark, a filter, and no box for answers to many. The accountable unit reads that the case waits."""
    passed(site, client, HEAD, number, "DINKES")
    second = site.send(2)
    passed(site, client, HEAD, second, "PKM")
    asked(site, client, OFFICE, number, "RSUD")
    site.actor = OTHER
    page = client.get("/desk/laporan").text
    assert (number in page, second in page, "unit Anda diminta kontribusi" in page) == (True, False, True)
    assert f'name="nomor" value="{number}"' not in page
    site.actor = OFFICE
    page = client.get("/desk/laporan").text
    assert ("menunggu kontribusi" in page, f'name="nomor" value="{number}"' in page) == (True, True)
    for actor in (OFFICE, OTHER, HEAD):
        site.actor = actor
        page = client.get("/desk/laporan?kontribusi=1").text
        assert (number in page, second in page) == (True, False)
    site.actor = CLINIC
    assert number not in client.get("/desk/laporan?kontribusi=1").text


def test_an_asked_unit_reads_notes_and_contributes_and_does_nothing_else(
    site: DeskSite, client: DeskClient, number: str
) -> None:
    """No answer, step, identity, print, release or decision; the page offers none of them."""
    passed(site, client, HEAD, number, "DINKES", alasan="Rahasia dinas")
    asked(site, client, OFFICE, number, "RSUD")
    version = {"versi": "0", "langkah": "kirim"}
    forms: Mapping[str, Mapping[str, str]] = {
        "jawab": {"tindakan": "tanggapi", "isi": "Teks", **version},
        "unit": {"unit": "RSUD"},
        "kembalikan": {"alasan": "Bukan kami"},
        "petugas": {},
        "identitas": {"alasan": "Perlu"},
        "cetak": {"alasan": "Rapat"},
        "publik": {"putusan": "tampilkan"},
        "kontribusi": {"langkah": "minta", "unit": "PKM", "pertanyaan": "Tolong"},
    }
    site.actor = OTHER
    page = client.get(f"/desk/laporan/{number}").text
    for part, fields in forms.items():
        answer = client.post(f"/desk/laporan/{number}/{part}", dict(fields))
        assert answer.status_code == HTTPStatus.NOT_FOUND, part
        assert part == "kontribusi" or f"/{part}?" not in page
    assert "Rahasia dinas" not in page
    assert (
        "0 dari 1 laporan" in send_many(client, [f"{number}:0"], tindakan="tanggapi", isi="Teks", langkah="kirim").text
    )
    assert number not in client.get("/desk/laporan.csv").text
    assert ended(site, client, OTHER, number, "tarik") == HTTPStatus.NOT_FOUND
    site.actor = OTHER
    assert client.post(f"/desk/laporan/{number}/catatan", {"isi": "Kami cek"}).status_code == HTTPStatus.SEE_OTHER
    assert "Kami cek" in case_page(client, number)


def test_who_may_be_asked_and_give(site: DeskSite, client: DeskClient, number: str) -> None:
    """Only the accountable unit asks, any other unit of the institution. Only the asked one and those above it give."""
    passed(site, client, HEAD, number, "RSUD")
    assert asked(site, client, OFFICE, number, "PKM") == HTTPStatus.NOT_FOUND
    assert asked(site, client, OTHER, number, "RSUD") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(site, client, OTHER, number, "HILANG") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(site, client, OTHER, number, "PKM", " ") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(site, client, OTHER, number, "PKM", "x" * 1_001) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(site, client, OTHER, number, "PKM") == HTTPStatus.SEE_OTHER
    assert ended(site, client, OTHER, number, "beri", WORDS) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ended(site, client, CLINIC, number, "beri", " ") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ended(site, client, OFFICE, number, "beri", WORDS) == HTTPStatus.SEE_OTHER


def test_the_same_question_again_changes_nothing(site: DeskSite, client: DeskClient, number: str) -> None:
    """Another one to a unit that is asked already is refused with what to do."""
    for _ in range(2):
        assert asked(site, client, HEAD, number, "PKM") == HTTPStatus.SEE_OTHER
    assert asked(site, client, HEAD, number, "PKM", "Apa lagi?") == HTTPStatus.UNPROCESSABLE_ENTITY
    for _ in range(2):
        assert ended(site, client, OFFICE, number, "beri", WORDS) in {HTTPStatus.SEE_OTHER, HTTPStatus.NOT_FOUND}
    assert asked(site, client, HEAD, number, "PKM", "Apa lagi?") == HTTPStatus.SEE_OTHER
    assert [action for action, *_ in site.acts] == [
        "desk.contribution_ask",
        "desk.contribution_give",
        "desk.contribution_ask",
    ]


@pytest.mark.parametrize("day", ["besok", "2026-11-23", "2099-01-01"])
def test_deadlines_that_are_refused(site: DeskSite, client: DeskClient, number: str, day: str) -> None:
    """No date, yesterday, and after the deadline of the case. The form keeps what was typed."""
    site.actor = HEAD
    fields = {"langkah": "minta", "unit": "PKM", "pertanyaan": QUESTION, "tenggat-unit": day}
    answer = client.post(f"/desk/laporan/{number}/kontribusi", fields)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ("enggat kontribusi" in text_of(answer), QUESTION in answer.text) == (True, True)
    assert status_of(site, client, CLINIC, number) == HTTPStatus.NOT_FOUND


def test_a_deadline_lies_within_that_of_the_asking_unit(site: DeskSite, client: DeskClient, number: str) -> None:
    """Without a day it is that of the asking unit."""
    tomorrow, later = ((NOW + timedelta(days=days)).date().isoformat() for days in (1, 2))
    passed(site, client, HEAD, number, "DINKES", **{"tenggat-unit": tomorrow})
    assert asked(site, client, OFFICE, number, "PKM", day=later) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(site, client, OFFICE, number, "PKM") == HTTPStatus.SEE_OTHER
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    (row,) = site.parts.contributions.of_case(Tier(HEALTH), view.case.case)
    assert row.due_at == view.case.case.unit_due_at


def test_after_its_contribution_a_unit_reads_what_it_wrote(site: DeskSite, client: DeskClient, number: str) -> None:
    """And neither the case nor the question."""
    asked(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    assert QUESTION in client.get("/desk/kontribusi").text
    assert ended(site, client, CLINIC, number, "beri", WORDS) == HTTPStatus.SEE_OTHER
    assert status_of(site, client, CLINIC, number) == HTTPStatus.NOT_FOUND
    page = client.get("/desk/kontribusi").text
    assert (WORDS in page, QUESTION in page, f"/desk/laporan/{number}" in page) == (True, False, False)
    site.actor = OTHER
    assert number not in client.get("/desk/kontribusi").text


def test_a_withdrawn_request_ends_the_sight(site: DeskSite, client: DeskClient, number: str) -> None:
    """A text that comes too late is shown again to who wrote it, and stored nowhere."""
    asked(site, client, HEAD, number, "PKM")
    identity = request_id(site, number)
    assert ended(site, client, HEAD, number, "tarik") == HTTPStatus.SEE_OTHER
    assert ended(site, client, HEAD, number, "tarik") == HTTPStatus.SEE_OTHER
    assert status_of(site, client, CLINIC, number) == HTTPStatus.NOT_FOUND
    answer = client.post(
        f"/desk/laporan/{number}/kontribusi", {"langkah": "beri", "permintaan": identity, "isi": WORDS}
    )
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "ditarik" in text_of(client.get("/desk/kontribusi"))
    site.actor = HEAD
    assert WORDS not in case_page(client, number)


@pytest.mark.parametrize(("slug", "fields"), [("tutup", {}), ("bukan-kewenangan", {"tujuan": PLN})])
def test_a_request_ends_with_its_case(
    site: DeskSite, client: DeskClient, number: str, slug: str, fields: dict[str, str]
) -> None:
    """Closed or transferred: the asked unit sees nothing of it any more, and its page says that it is not needed."""
    asked(site, client, HEAD, number, "PKM")
    site.actor = HEAD
    done(site, client, number, slug, "Ini urusan lain.", **fields)
    assert status_of(site, client, CLINIC, number) == HTTPStatus.NOT_FOUND
    assert "tidak diperlukan lagi" in text_of(client.get("/desk/kontribusi"))
    assert all(number not in client.get(f"/desk/laporan?tab={tab}").text for tab in ("baru", "selesai"))
    assert asked(site, client, HEAD, number, "RSUD") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ended(site, client, HEAD, number, "beri", WORDS) == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_case_that_is_opened_again_keeps_its_contributions(site: DeskSite, client: DeskClient, number: str) -> None:
    """The accountable unit reads them again. Who was asked before is asked anew or not at all."""
    passed(site, client, HEAD, number, "DINKES")
    asked(site, client, OFFICE, number, "PKM")
    ended(site, client, CLINIC, number, "beri", WORDS)
    asked(site, client, OFFICE, number, "RSUD")
    site.actor = OFFICE
    done(site, client, number, "tutup", "Sudah buka.")
    site.desk.send(act_of(2, of=1, arrival=NOW + timedelta(days=1)))
    assert WORDS in case_page(client, number)
    assert status_of(site, client, OTHER, number) == HTTPStatus.NOT_FOUND
    assert asked(site, client, OFFICE, number, "RSUD") == HTTPStatus.SEE_OTHER
    assert status_of(site, client, OTHER, number) == HTTPStatus.OK


def test_requests_stay_with_a_case_that_is_passed_on(site: DeskSite, client: DeskClient, number: str) -> None:
    """The next unit reads the contributions. A unit that gets the case itself is asked no more."""
    asked(site, client, HEAD, number, "PKM")
    asked(site, client, HEAD, number, "DINKES")
    passed(site, client, HEAD, number, "PKM")
    assert ended(site, client, OFFICE, number, "beri", WORDS) == HTTPStatus.SEE_OTHER
    site.actor = CLINIC
    page = case_page(client, number)
    assert (WORDS in page, "Unit Anda diminta kontribusi" in page) == (True, False)
    assert "ditarik" in page


def test_a_report_of_another_citizen_is_read_with_its_case(site: DeskSite, client: DeskClient, number: str) -> None:
    """By an asked unit too, while it is asked."""
    joined = site.send(2, "Kemenkes, puskesmas masih tutup", of=1, kind="joins")
    asked(site, client, HEAD, number, "PKM")
    site.actor = CLINIC
    assert client.get(f"/desk/laporan/{joined}").headers["Location"].startswith(f"/desk/laporan/{number}")
    assert "masih tutup" in case_page(client, number)


def test_a_unit_that_is_asked_is_not_removed(site: DeskSite, client: DeskClient, number: str) -> None:
    """What it wrote goes to the unit above. A unit that is over is not asked, and answers what it was asked before."""
    asked(site, client, HEAD, number, "PKM")
    with pytest.raises(UnitFault, match="has-requests"):
        site.parts.units.remove(HEALTH, "PKM", "Budi", "test")
    site.actor = HEAD
    answer = client.post("/desk/unit", {"lama": "PKM", "langkah": "hapus"})
    assert "Unit PKM masih diminta kontribusi." in text_of(answer)
    over = Unit("PKM", "Puskesmas", "DINKES", valid_until=date(2026, 11, 23))
    site.parts.units.change(HEALTH, over, "Budi", "test")
    assert ended(site, client, CLINIC, number, "beri", WORDS) == HTTPStatus.SEE_OTHER
    assert asked(site, client, HEAD, number, "PKM") == HTTPStatus.UNPROCESSABLE_ENTITY
    site.parts.units.remove(HEALTH, "PKM", "Budi", "test")
    site.actor = OFFICE
    assert WORDS in client.get("/desk/kontribusi").text


def test_an_institution_without_units_sees_nothing_of_it(site: DeskSite, client: DeskClient) -> None:
    """No filter, link, form or mark."""
    number = site.send(1)
    assert "ontribusi" not in case_page(client, number) + client.get("/desk/laporan").text
    assert send_act(client, number, "terima").status_code == HTTPStatus.SEE_OTHER


def test_a_head_of_the_asked_unit_reads_and_writes_nothing(site: DeskSite, client: DeskClient, number: str) -> None:
    """The question too, as long as it is open; a danger stays unopened."""
    asked(site, client, HEAD, number, "PKM")
    head = Actor(UUID(int=60), "Kepala Puskesmas", Role.HEAD, HEALTH, "PKM")
    assert status_of(site, client, head, number) == HTTPStatus.OK
    page = case_page(client, number)
    assert (QUESTION in page, "Kirim kontribusi" in page) == (True, False)
    assert ended(site, client, head, number, "beri", WORDS) == HTTPStatus.FORBIDDEN
