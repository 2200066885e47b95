"""An officer reads the masked words of a report and releases it for everybody, or takes it back."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from accounts.permissions import actor_label
from desk.pages.case.release_part import release_part
from language.masking import mask_with_labels
from language.stems import stems
from sinks.public.queries import PublicFilter, PublicReports
from sinks.public.read_model import PublicReadModel
from sinks.public.release import Sensitivity
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, done, text_of
from tests.desk.pages.site import SARI, WAYAN, DeskSite, number_of
from tests.router.test_linked import id_of

_TEXT = "Kemenkes, suami saya Rahmat Hidayat memukuli saya, puskesmas menolak"
_SENSITIVITY = Sensitivity(frozenset(), frozenset(), lambda words: "memukuli" in words)


@pytest.fixture
def site_with_case(site: DeskSite) -> DeskSite:
    """A sensitive case that the ledger has, too."""
    site.send(1, _TEXT)
    site.write_ledger()
    return site


def public_words(site: DeskSite) -> list[str]:
    """Return the texts that everybody reads on the next day."""
    PublicReadModel(mask_with_labels, b"key", _SENSITIVITY, site.now, stems).follow_decisions(site.desk.engine)
    reports = PublicReports(site.desk.engine, lambda: site.now() + timedelta(days=1))
    return [report.text for report in reports.newest(PublicFilter(), 9)]


def decide(client: DeskClient, decision: str, number: int = 1) -> HTTPStatus:
    """Send a decision; return the status of the answer."""
    answer = client.post(f"/desk/laporan/{number_of(number)}/publik", {"putusan": decision})
    return HTTPStatus(answer.status_code)


def test_an_officer_reads_and_releases(site_with_case: DeskSite, client: DeskClient) -> None:
    """The page shows the masked words before the button. The act is in the audit log, once and before its effect."""
    assert public_words(site_with_case) == []
    assert 'value="tampilkan"' not in case_page(client, number_of(1))
    page = client.get(f"/desk/laporan/{number_of(1)}?publik=baca")
    assert "suami saya [nama] memukuli saya" in text_of(page)
    assert 'value="tampilkan"' in page.text
    assert decide(client, "tampilkan") == HTTPStatus.SEE_OTHER
    assert "Mulai besok semua orang dapat membaca laporan ini." in text_of(client.get(f"/desk/laporan/{number_of(1)}"))
    ((action, subject, actor, reason, _at),) = site_with_case.acts
    assert (action, subject, actor, reason) == ("desk.release", str(id_of(1)), actor_label(SARI), "release")
    (words,) = public_words(site_with_case)
    assert "Rahmat" not in words
    site_with_case.later = timedelta(days=1)
    assert "Semua orang dapat membaca laporan ini." in case_page(client, number_of(1))


def test_an_officer_takes_it_back(site_with_case: DeskSite, client: DeskClient) -> None:
    """Before it is shown and after, and releases it again."""
    decide(client, "tampilkan")
    assert len(public_words(site_with_case)) == 1
    assert decide(client, "tarik") == HTTPStatus.SEE_OTHER
    assert public_words(site_with_case) == []
    assert "Petugas menarik laporan ini dari laporan publik." in case_page(client, number_of(1))
    decide(client, "tampilkan")
    assert len(public_words(site_with_case)) == 1
    assert [act[0] for act in site_with_case.acts] == ["desk.release", "desk.withhold", "desk.release"]


def test_who_may_not(site_with_case: DeskSite, client: DeskClient) -> None:
    """Another agency does not find the case, and an unknown decision is none."""
    assert decide(client, "apa") == HTTPStatus.NOT_FOUND
    site_with_case.actor = WAYAN
    assert decide(client, "tampilkan") == HTTPStatus.NOT_FOUND
    assert site_with_case.acts == []
    assert public_words(site_with_case) == []


def test_what_cannot_be_public_has_no_form(site: DeskSite, client: DeskClient) -> None:
    """A case that is rahasia, one that has left, and every case where there is no public view."""
    site.send(1, _TEXT, rahasia=True)
    site.send(2, _TEXT)
    assert "judul-publik" not in case_page(client, number_of(1))
    view = site.parts.find_case(SARI, number_of(2))
    assert view
    assert release_part(None, SARI, view, str, shows_words=True) is None
    done(site, client, number_of(2), "bukan-kewenangan", "Bukan kami.")
    site.write_ledger()
    for number in (1, 2):
        decide(client, "tampilkan", number)
        assert "judul-publik" not in case_page(client, number_of(number))
    assert (site.acts[1:], public_words(site)) == ([], [])
