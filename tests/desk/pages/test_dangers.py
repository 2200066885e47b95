"""Dangers to life on the agency's pages: first and marked in every list, with what to do, until somebody answers."""

import re
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import Engine

from config.database import read_transaction
from desk.acts.openings import UnopenedDangers, read_unopened_dangers, record_opening
from desk.units.tiers import Tier
from messages.replies.emergency_texts import EMERGENCY
from messages.shapes import AnswerContent, Danger
from pages.wording.dangers import DANGER_ADVICE
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import HEALTH, SARI, DeskSite, number_of
from tests.desk.pages.test_list_page import headings
from tests.router.test_linked import complaint_of
from tests.router.test_objections import Clock

_MARK = re.compile(r'<span class="(alarm|mark)">(bahaya[^<]*)</span>')
_BANNER = "Bahaya: buka dan jawab sekarang"


def unopened(engine: Engine) -> list[UnopenedDangers]:
    """Return what the console is told of."""
    with read_transaction(engine) as connection:
        return list(read_unopened_dangers(connection))


def act(site: DeskSite, client: DeskClient, number: str, name: str, text: str = "") -> None:
    """Answer a case by its form."""
    version = re.search(r'name="versi" value="(\d+)"', client.get(f"/desk/laporan/{number}").text)
    assert version
    client.post(
        f"/desk/laporan/{number}/jawab", {"tindakan": name, "isi": text, "versi": version[1], "langkah": "kirim"}
    )
    site.desk.deliver()


def test_a_danger_is_first_and_marked_in_words_until_it_is_answered(site: DeskSite, client: DeskClient) -> None:
    """The banner names it above every tab and filter, also where its row is not."""
    for number in range(1, 4):
        site.send(number)
    burning = site.send(9, title="Rumah terbakar", danger="fire")
    page = client.get("/desk/laporan").text
    assert headings(client)[0] == "Rumah terbakar"
    assert _MARK.findall(page) == [("alarm", "bahaya: kebakaran")] * 2
    for query in ("tab=selesai", "tab=lewat", "tab=dikerjakan", "tab=baru&topik=jalan-rusak"):
        elsewhere = client.get(f"/desk/laporan?{query}").text
        assert _BANNER in elsewhere
        assert f"/desk/laporan/{burning}?" in elsewhere
    act(site, client, burning, "terima")
    page = client.get("/desk/laporan?tab=dikerjakan").text
    assert _BANNER not in page
    assert _MARK.findall(page) == [("mark", "bahaya: kebakaran")]


def test_the_banner_counts_the_rest(site: DeskSite, client: DeskClient) -> None:
    """It names five, oldest first."""
    for number in range(1, 8):
        site.send(number, danger="medical")
    banner = client.get("/desk/laporan?tab=selesai").text.partition(_BANNER)[2].partition("</section>")[0]
    assert banner.count("bahaya: darurat medis") == 5
    assert "dan laporan lain dengan bahaya" in banner


def test_pages_of_a_list_follow_each_other(site: DeskSite, client: DeskClient) -> None:
    """Twenty-six dangers and three other cases are on two pages, each once, dangers first."""
    for number in range(1, 30):
        site.send(number, title=f"Laporan {number}", danger="" if number in {2, 5, 9} else "violence")
    first = client.get("/desk/laporan").text
    following = re.search(r'href="/desk/laporan\?([^"]+)" rel="next"', first)
    assert following
    second = headings(client, following[1].replace("&amp;", "&"))
    shown = [*headings(client), *second]
    assert sorted(shown) == sorted(f"Laporan {number}" for number in range(1, 30))
    assert set(shown[-3:]) == {"Laporan 2", "Laporan 5", "Laporan 9"}
    assert len(second) == 4


def test_the_page_of_a_case_says_whom_to_call(site: DeskSite, client: DeskClient) -> None:
    """Until the agency has answered."""
    number = site.send(1, danger="fire")
    page = client.get(f"/desk/laporan/{number}").text
    assert "Telepon 113 (pemadam kebakaran) atau 112 sekarang" in page
    act(site, client, number, "terima")
    page = client.get(f"/desk/laporan/{number}").text
    assert "Telepon 113" not in page
    assert ("mark", "bahaya: kebakaran") in _MARK.findall(page)


@pytest.mark.parametrize("danger", [danger for danger in get_args(Danger) if danger])
def test_each_danger_has_its_advice(danger: str) -> None:
    """All name the number that works everywhere."""
    assert EMERGENCY in DANGER_ADVICE[danger]


def test_a_danger_that_nobody_opened_is_known(site: DeskSite, client: DeskClient) -> None:
    """The list opens no case; its page does, and no other one. What came after the opening is not opened."""
    first, second = site.send(1, danger="fire"), site.send(2, danger="medical")
    site.send(3)
    client.get("/desk/laporan")
    assert unopened(site.desk.engine) == [UnopenedDangers(HEALTH, 2, NOW)]
    client.get(f"/desk/laporan/{number_of(3)}")
    client.get(f"/desk/laporan/{first}")
    assert unopened(site.desk.engine) == [UnopenedDangers(HEALTH, 1, NOW)]
    client.get(f"/desk/laporan/{second}")
    client.get(f"/desk/laporan/{second}")
    assert unopened(site.desk.engine) == []


def test_a_danger_after_the_answer_must_be_opened_again(engine: Engine) -> None:
    """The case was opened and accepted before, by a program."""
    clock = Clock()
    desk = DeskHarness(engine, clock)
    burning = complaint_of(1, "Kemenkes, puskesmas terbakar").model_copy(update={"danger": "fire"})
    (dispatch,) = desk.send(burning)
    acceptance = AnswerContent(verdict="accepted")
    assert desk.officer_answers().give(SARI, Tier(HEALTH), dispatch.tracking, None, acceptance).fault is None
    assert unopened(engine) == []
    desk.deliver()
    clock.time = NOW + timedelta(hours=1)
    desk.send(complaint_of(2, "apinya menyala lagi", of=1).model_copy(update={"danger": "fire"}))
    assert unopened(engine) == [UnopenedDangers(HEALTH, 1, clock.time)]


def test_an_opening_by_a_dispatch(site: DeskSite) -> None:
    """It is for commands. An unknown dispatch is ignored."""
    number = site.send(1, danger="fire")
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    record_opening(site.desk.engine, view.case.case.complaint_id, NOW)
    assert len(unopened(site.desk.engine)) == 1
    record_opening(site.desk.engine, view.case.case.dispatch_id, NOW - timedelta(hours=1))
    assert len(unopened(site.desk.engine)) == 1
    record_opening(site.desk.engine, view.case.case.dispatch_id, NOW)
    assert unopened(site.desk.engine) == []
