"""The cases behind each number: as many as the number says, by the same definition."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from itertools import product

import pytest

from accounts.permissions import Role
from config.database import read_transaction
from oversight.figures.computation import compute_figures
from oversight.figures.counts import NATION, Period, Scope, jakarta_day, month_period
from oversight.pages.case_list import ListChoice, ListPlace, Part, has_list, part_size, read_cases
from oversight.pages.shown_figures import FIGURES_BY_SLUG, SHOWN_FIGURES
from oversight.read_model.day_counts import read_counts
from tests.oversight.pages.site import NOW, OversightSite
from tests.support.deadlines import DEADLINES

pytestmark = pytest.mark.slow

TODAY = jakarta_day(NOW)
PARTS: tuple[Part, ...] = ("numerator", "rest", "counted", "censored")
SCOPES = (
    *(NATION, Scope("province", "33"), Scope("agency", "kota-3374"), Scope("agency", "bumn-pln")),
    *(Scope("agency", "triage"), Scope("topic", "jalan"), Scope("topic", "none")),
    *(Scope("programme", "gizi"), Scope("programme", "sehat")),
)
SCOPES_BY_CHANNEL = (NATION, Scope("agency", "kota-3374"))
MARCH, JUNE = month_period(2026, 3), month_period(2026, 6)


def listed(site: OversightSite, choice: ListChoice, size: int = 37) -> Iterator[str]:
    """Yield the numbers of all pages of a list."""
    after: ListPlace | None = None
    while True:
        with read_transaction(site.engine) as connection:
            cases = read_cases(connection, choice, TODAY, DEADLINES, size, after)
        yield from (case.number for case in cases)
        if len(cases) < size:
            return
        after = cases[-1].place


@pytest.mark.parametrize("period", [MARCH, JUNE], ids=["march", "june"])
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.value or "nation")
def test_a_list_has_as_many_cases_as_the_number_says(site: OversightSite, scope: Scope, period: Period) -> None:
    """For each figure and each part of it, of all reports and of each channel, and no case twice."""
    with read_transaction(site.engine) as connection:
        counts = read_counts(connection, scope, period)
    by_channel = counts.by_channel() if scope in SCOPES_BY_CHANNEL else {}
    for channel, of_channel in {"": counts, **by_channel}.items():
        figures = compute_figures(of_channel, TODAY, DEADLINES)
        for figure, part in product(filter(has_list, SHOWN_FIGURES), PARTS):
            numbers = list(listed(site, ListChoice(scope, period, figure, part, channel)))
            assert len(numbers) == part_size(figure.read(figures), part), (figure.slug, part, channel)
            assert len(set(numbers)) == len(numbers)


def test_a_number_leads_to_its_cases(site: OversightSite) -> None:
    """From the table of figures, over all pages of the list, to the page that asks for the reason."""
    path = "/pengawasan/provinsi/33?bulan=2026-03&banding=2026-02"
    row = site.get(path).partition('<th scope="row" class="name">Jawaban pertama tepat waktu<')[2].partition("</tr>")[0]
    address, shown = re.findall(r'<a href="([^"]+)">([0-9.]+)</a>', row)[1]
    page = site.get(address.replace("&amp;", "&"))
    assert f"{shown} kasus, Jawa Tengah, Maret 2026" in page
    numbers = re.findall(r'href="/pengawasan/kasus/([^"]+)"', page)
    while following := re.search(r'<a class="button quiet" href="([^"]+)">Berikutnya', page):
        page = site.get(following.group(1).replace("&amp;", "&"))
        numbers += re.findall(r'href="/pengawasan/kasus/([^"]+)"', page)
    assert len(numbers) == int(shown.replace(".", ""))


def test_a_programme_has_its_page_and_its_cases_with_the_evidence(site: OversightSite) -> None:
    """From the page of the nation to the programme, its file and its cases: by which word or topic each belongs."""
    assert 'href="/pengawasan/program/sehat?' in site.get("/pengawasan?bulan=2026-03&banding=2026-02")
    path = "/pengawasan/program/sehat?bulan=2026-03&banding=2026-02"
    with read_transaction(site.engine) as connection:
        number = read_counts(connection, Scope("programme", "sehat"), MARCH).total("case")
    assert f"ukuran,2026-03,programme,sehat,Warga sehat,kasus,{number}," in site.get(f"{path}&berkas=csv")
    assert "<h1>Warga sehat</h1>" in site.get(path)
    page = site.get("/pengawasan/daftar?bulan=2026-03&ukuran=kasus&lingkup=program&kode=sehat")
    assert f"{number} kasus, Warga sehat, Maret 2026" in page
    assert page.count("topik Kesehatan") + page.count("kata “cek gratis”") >= number
    assert "menu gizi" not in page
    ranking = site.get("/pengawasan?bulan=2026-03&banding=2026-02&peringkat=program")
    assert "Peringkat program prioritas" in ranking


def test_nobody_else_reads_figures_of_a_programme(site: OversightSite) -> None:
    """The public page has no programmes: small numbers of one would tell of a few reports."""
    assert site.open("/angka/program/sehat", None).status_code == HTTPStatus.NOT_FOUND
    public = site.open("/angka?peringkat=program", None)
    assert public.status_code == HTTPStatus.OK
    assert "program prioritas" not in public.text.casefold()


def test_each_figure_stands_by_channel(site: OversightSite) -> None:
    """The numbers of a figure by channel add up to the figure, and each leads to its cases; the file has them too."""
    path = "/pengawasan?bulan=2026-03&banding=2026-02"
    page, file = site.get(path), site.get(f"{path}&berkas=csv")
    table = page.partition('id="saluran-judul"')[2].partition("</table>")[0]
    with read_transaction(site.engine) as connection:
        counts = read_counts(connection, NATION, MARCH)
    channels = {name: compute_figures(of_channel, TODAY, DEADLINES) for name, of_channel in counts.by_channel().items()}
    names = re.findall(r"<th scope=\"col\">Saluran (\w+)</th>", table)
    assert sorted(names) == sorted(channels)
    assert len(names) > 1
    for title, slug in (("Kasus", "kasus"), ("Kasus yang masih terbuka", "terbuka"), ("Laporan masuk", "masuk")):
        row = table.partition(f">{title}<")[2].partition("</tr>")[0]
        links = re.findall(r'<td><a href="([^"]+)">([0-9.]+)</a>', row)
        figure = FIGURES_BY_SLUG[slug]
        assert [int(number) for _, number in links] == [figure.read(channels[name]).value for name in names]
        assert sum(int(number) for _, number in links) == figure.read(compute_figures(counts, TODAY, DEADLINES)).value
        for (address, number), name in zip(links, names, strict=True):
            assert f"{number} kasus, Indonesia, Maret 2026, Saluran {name}" in site.get(address.replace("&amp;", "&"))
            assert re.search(rf"saluran,2026-03,nation,,Indonesia,{slug},{number}[^\n]*,{name}", file)


def test_a_list_needs_the_right_to_read_cases(site: OversightSite) -> None:
    """An auditor sees the figures without links. Nobody else opens a list."""
    for role in (*Role, None):
        status = site.open("/pengawasan/daftar?ukuran=terlambat", role).status_code
        assert (status == HTTPStatus.OK) is (role is Role.OVERSEER), role
    assert "/pengawasan/daftar" not in site.open("/pengawasan", Role.AUDITOR).text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ukuran=tertua",
        "ukuran=x&bagian=y&lingkup=z&kode=q",
        "setelah=x_y",
        "bulan=9999-99",
        "saluran=x&ukuran=masuk",
    ],
)
def test_a_strange_choice_has_its_default(site: OversightSite, query: str) -> None:
    """The page is shown."""
    assert "Daftar ini tidak berisi kata-kata." in site.get(f"/pengawasan/daftar?{query}")
