"""The start page, the help and the privacy notice."""

from datetime import datetime

import pytest

from config.reference.retention import load_retention
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.web.test_language import assert_english
from tests.support.page_texts import page_text

PATHS = ("/", "/bantuan", "/privasi", "/privasi/masa-simpan")


def test_the_start_page_leads_to_everything(served: DoorClient) -> None:
    """It says who runs the service and what it is not for, and has a field for a number."""
    page = served.get("/")

    assert "Kementerian Pendayagunaan Aparatur Negara" in page.text
    for link in ('href="/lapor"', 'href="/bantuan"', 'href="/privasi"', 'href="tel:112"'):
        assert link in page.text
    assert '<form class="card" method="get" action="/status">' in page.text
    assert served.get("/lapor").status_code == 200


def test_the_pages_name_the_operator_of_the_settings(serve: Serve) -> None:
    """The privacy notice names the data protection officer of the operator, who answers questions about data."""
    served = serve(
        operator_name="Dinas Kominfo Contoh", operator_address="Jalan Contoh 1", operator_email="data@lapor.example"
    )

    notice = page_text(served.get("/privasi").text)
    assert {"Dinas Kominfo Contoh", "Jalan Contoh 1"} <= set(notice.splitlines())
    assert "data@lapor.example" in notice
    assert "Dinas Kominfo Contoh" in served.get("/").text


def test_the_notice_and_its_list_say_how_long_data_stay(served: DoorClient) -> None:
    """Each class with data of citizens is there with its limit, and none about staff or the system."""
    assert 'href="/privasi/masa-simpan"' in served.get("/privasi").text
    page = page_text(served.get("/privasi/masa-simpan").text)
    table = load_retention()
    assert [row.name for row in table.rows_of_citizens() if row.data not in page] == []
    assert "730 hari setelah laporan selesai" in page
    assert table.row("staff-acts").data not in page


def test_the_help_has_the_keywords(served: DoorClient) -> None:
    """The help lists the keywords of SMS, and offers no news by SMS or e-mail where there is no provider."""
    text = page_text(served.get("/bantuan").text)

    assert [word for word in ("STATUS", "TAMBAH", "BELUM", "BANTUAN") if word not in text] == []
    assert "kabar lewat" not in text.replace("Kabar lewat", "")


@pytest.mark.parametrize("path", PATHS)
def test_the_pages_are_translated(served: DoorClient, path: str) -> None:
    """Each page is in English for a person who chose it. No shared cache may give it to others."""
    page = served.get(path, headers={"Cookie": "bahasa=en", "Accept": "text/html"})

    assert page.headers["Cache-Control"] == "private, no-cache"
    assert_english(page)


def test_programs_find_their_files(serve: Serve) -> None:
    """Search engines read no page of one report, and who finds a fault finds the contact. The text does not expire."""
    served = serve(operator_email="keamanan@lapor.example")

    robots = served.get("/robots.txt").text.splitlines()
    assert {"User-agent: *", "Disallow: /l/", "Disallow: /status/", "Disallow: /desk"} <= set(robots)
    assert "Disallow: /" not in robots
    icon = served.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    lines = dict(line.split(": ", 1) for line in served.get("/.well-known/security.txt").text.splitlines())
    assert lines["Contact"] == "mailto:keamanan@lapor.example"
    assert datetime.fromisoformat(lines["Expires"]) > served.parts.now()
    assert "Contact: http" in serve(operator_email="").get("/.well-known/security.txt").text
