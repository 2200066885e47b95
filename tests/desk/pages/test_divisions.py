"""An officer divides a report: the words of a second matter become a part, at the agency that the officer chooses."""

from http import HTTPStatus

import pytest

from accounts.permissions import Actor, Role
from config.database import write_transaction
from desk.acts.divisions import DivisionFault, words_fault
from messages import codec
from messages.shapes import Correction, Report
from privacy.forgotten import SentReport, record_reports
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import case_page, text_of
from tests.desk.pages.site import PLN, SARI, DeskSite
from tests.router.test_linked import complaint_of

REPORT = "Kemenkes, puskesmas tutup.\n\nJuga   lampunya sering mati di sana."
PART = "Juga lampunya sering mati di sana."


@pytest.fixture
def report(site: DeskSite) -> str:
    """The number of a report of a known sender at the ministry."""
    number = site.send(1, REPORT)
    complaint = complaint_of(1, "x")
    sent = SentReport(complaint.id, complaint.message_id, complaint.sender, NOW, has_shared_seal=False)
    with write_transaction(site.desk.engine) as connection:
        record_reports(connection, [sent])
    site.write_ledger()
    return number


def divide(client: DeskClient, number: str, words: str = PART, agency: str = PLN) -> tuple[int, str]:
    """Send the form; return the status and the words of the page that follows."""
    answer = client.post(f"/desk/laporan/{number}/bagi", {"isi": words, "tujuan": agency})
    if answer.status_code != HTTPStatus.SEE_OTHER:
        return answer.status_code, text_of(answer)
    return answer.status_code, text_of(client.get(answer.headers["Location"].partition("#")[0]))


def test_a_part_goes_to_the_chosen_agency(site: DeskSite, client: DeskClient, report: str) -> None:
    """The report stays where it is and names the part; the agency of the part reads the words of the part alone."""
    assert REPORT in case_page(client, report).replace("\r\n", "\n")
    status, page = divide(client, report)
    assert (status, "Pembagian terkirim." in page) == (HTTPStatus.SEE_OTHER, True)
    site.process_corrections()
    page = text_of(client.get(f"/desk/laporan/{report}"))
    assert f"Bagian {report}-2 di " in page
    assert "puskesmas tutup" in page
    site.actor = Actor(SARI.account_id, SARI.name, Role.OFFICER, PLN)
    part = text_of(client.get(f"/desk/laporan/{report}-2"))
    assert "Ini bagian 2 dari sebuah laporan" in part
    assert (PART in part, "puskesmas" in part) == (True, False)
    assert client.get(f"/desk/laporan/{report}").status_code == HTTPStatus.NOT_FOUND


def test_the_act_is_recorded_without_words(site: DeskSite, client: DeskClient, report: str) -> None:
    """It is in the audit log first; the same words sent twice are one correction."""
    divide(client, report)
    divide(client, report, words=f"  {PART}\r\n")
    first, second = (codec.decode(Correction, sent.value, sent.headers) for sent in site.corrections)
    assert (first.id, first.part) == (second.id, second.part)
    assert first.part is not None
    assert (first.part.text, first.part.agency, first.actor) == (PART, PLN, SARI.name)
    acts = [act for act in site.acts if act[0] == "desk.divide"]
    assert len(acts) == 2
    assert "lampunya" not in str(acts)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Salin kata-kata"),
        (" ... ", "Salin kata-kata"),
        (REPORT, "Itu seluruh isi laporan."),
        ("lampu mati", "Kata-kata itu tidak ada di isi laporan."),
        ("x" * 10_001, "10000"),
    ],
)
def test_other_words_are_refused(site: DeskSite, client: DeskClient, report: str, words: str, sentence: str) -> None:
    """With a sentence that says what to do; nothing is published, and what was typed stays."""
    status, page = divide(client, report, words)
    assert (status, site.corrections) == (HTTPStatus.UNPROCESSABLE_ENTITY, [])
    assert sentence in page


def test_without_the_bus_nothing_is_divided(site: DeskSite, client: DeskClient, report: str) -> None:
    """The person reads that it was not sent."""
    site.bus_is_away = True
    status, page = divide(client, report)
    assert (status, "Pembagian belum terkirim" in page) == (HTTPStatus.UNPROCESSABLE_ENTITY, True)


def test_a_part_and_a_full_report_have_no_form(site: DeskSite, client: DeskClient, report: str) -> None:
    """A form that was open before gets a sentence."""
    for words in ("Kemenkes", "puskesmas tutup.", "Juga lampunya", "mati di sana."):
        assert 'id="bagi"' in case_page(client, report)
        divide(client, report, words)
        site.process_corrections()
    assert 'id="bagi"' not in case_page(client, report)
    assert "sudah punya 5 bagian" in divide(client, report, "lampunya sering")[1]
    site.actor = Actor(SARI.account_id, SARI.name, Role.OFFICER, PLN)
    assert 'id="bagi"' not in case_page(client, f"{report}-2")
    assert "Bagian tidak dibagi lagi." in divide(client, f"{report}-2", "Kemen")[1]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Juga lampunya\nsering mati", None),
        ("dua hal", None),
        ("Dua hal", "not-in-report"),
        ("di sana. Kemenkes", "not-in-report"),
        (f"dua hal {REPORT}", "whole"),
    ],
)
def test_each_line_stands_in_the_report(words: str, fault: DivisionFault | None) -> None:
    """Spaces and line breaks do not count; the title is a part of the report, too."""
    assert words_fault(Report(title="dua hal", text=REPORT), words) == fault
