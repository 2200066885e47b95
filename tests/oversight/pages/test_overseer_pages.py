"""Pages for overseers over a generated year: the numbers, the filters of the address, rights, and files."""

import csv
import io
import re
from dataclasses import replace
from http import HTTPStatus

import pytest
from pyarrow import parquet
from sqlalchemy import select
from sqlmodel import col

from accounts.permissions import Role
from config.database import read_transaction
from oversight.figures.computation import compute_figures
from oversight.figures.counts import NATION, Period, Scope, jakarta_day, month_period
from oversight.read_model.day_counts import read_counts
from oversight.read_model.tables import OversightCase
from tests.oversight.pages.site import NOW, OversightSite, cells, person
from tests.support.deadlines import DEADLINES

pytestmark = pytest.mark.slow

MARCH = month_period(2026, 3)


def shown(number: float, specification: str = ",") -> str:
    """Return a number in Indonesian notation."""
    return format(number, specification).translate(str.maketrans(",.", ".,"))


def rows_of(site: OversightSite, path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    answer = site.client.get(path)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/pengawasan", NATION),
        ("/pengawasan/provinsi/33", Scope("province", "33")),
        ("/pengawasan/instansi/kota-3374", Scope("agency", "kota-3374")),
        ("/pengawasan/topik/jalan", Scope("topic", "jalan")),
    ],
)
def test_a_page_shows_the_figures_of_its_scope(site: OversightSite, path: str, scope: Scope) -> None:
    """Of both months, and the sentence counts the cases that are overdue today."""
    with read_transaction(site.engine) as connection:
        figures = [
            compute_figures(read_counts(connection, scope, period), jakarta_day(NOW), DEADLINES)
            for period in (MARCH, month_period(2025, 9))
        ]
        due_times = connection.execute(
            select(col(OversightCase.open_due_at)).where(
                col(OversightCase.open_due_at).is_not(None),
                *([] if scope.kind == "nation" else [col(getattr(OversightCase, scope.kind)) == scope.value]),
            )
        ).scalars()
        overdue_days = [(jakarta_day(NOW) - jakarta_day(at)).days for at in due_times if at]
    page = site.get(f"{path}?bulan=2026-03&banding=2025-09")
    assert cells(page, "Kasus")[:2] == [shown(item.cases) for item in figures]
    assert cells(page, "Jawaban pertama tepat waktu")[:2] == [
        shown(item.answered_in_time.share or 0, ".1%") for item in figures
    ]
    overdue = [days for days in overdue_days if days > 0]
    assert f"{len(overdue)} laporan lewat tenggat, terlama {max(overdue)} hari" in page


def test_the_map_and_the_ranking_have_the_chosen_figure(site: OversightSite) -> None:
    """All 38 provinces have a tile; a province without a case has none of the values."""
    page = site.get("/pengawasan?bulan=2026-03&ukuran=kasus&peringkat=instansi")
    assert len(re.findall(r'<a class="s-?\d"', page)) == 38
    with read_transaction(site.engine) as connection:
        central_java = read_counts(connection, Scope("province", "33"), MARCH).total("case")
        semarang = read_counts(connection, Scope("agency", "kota-3374"), MARCH).total("case")
    assert f'aria-label="Jawa Tengah: {central_java}"' in page
    assert 'aria-label="Aceh: -"' in page
    ranked = page.partition("Pemerintah Kota Semarang</a>")[2].partition("</tr>")[0]
    assert f"<td>{semarang}</td>" in ranked
    assert "PT PLN &lt;Persero&gt;" in page


def test_a_page_links_keep_the_choices(site: OversightSite) -> None:
    """The filters are in the address, also of the links to other scopes and of the files."""
    page = site.get("/pengawasan?bulan=2026-03&banding=2025-09&ukuran=selesai")
    assert "/pengawasan/provinsi/33?bulan=2026-03&amp;banding=2025-09&amp;ukuran=selesai" in page
    assert "bulan=2026-03&amp;banding=2025-09&amp;ukuran=selesai&amp;peringkat=provinsi&amp;berkas=csv" in page
    # Invalid choices have their defaults.
    assert "Juli 2026" in site.get("/pengawasan?bulan=1000-99&ukuran=x&peringkat=x&berkas=exe")
    english = site.get("/pengawasan?bulan=2026-03&bahasa=en")
    assert "First answer in time" in english
    assert "March 2026" in english


def test_only_overseers_and_auditors_read_the_pages(site: OversightSite) -> None:
    """Nobody else, in particular no administrator; a person without a session signs in and comes back."""
    for role in Role:
        expected = HTTPStatus.OK if role in {Role.OVERSEER, Role.AUDITOR} else HTTPStatus.FORBIDDEN
        for path in ("/pengawasan/topik/jalan", "/pengawasan?berkas=csv"):
            assert site.open(path, role).status_code == expected, role
    answer = site.open("/pengawasan/provinsi/33?bulan=2026-03", None)
    assert answer.headers["Location"] == "/desk/masuk?lanjut=/pengawasan/provinsi/33%3Fbulan%3D2026-03"


@pytest.mark.parametrize(
    ("body", "ranking", "opened"),
    [
        ("", "Peringkat provinsi: Jawaban pertama tepat waktu", []),
        ("kementerian-panrb", "Peringkat provinsi: Jawaban pertama tepat waktu", []),
        ("lembaga-ksp", "Peringkat program prioritas: Jawaban pertama tepat waktu", ["Peringkat"]),
        ("lembaga-ombudsman", "Peringkat instansi: Lewat tenggat", ["Peringkat"]),
    ],
)
def test_each_body_opens_with_its_own_view(site: OversightSite, body: str, ranking: str, opened: list[str]) -> None:
    """All have the same pages and links; a choice in the address counts more than the body's."""
    site.actor = replace(person(Role.OVERSEER), body=body)
    try:
        page, chosen = site.get("/pengawasan"), site.get("/pengawasan?ukuran=kasus&peringkat=topik")
    finally:
        site.actor = person(Role.OVERSEER)
    assert ranking in page
    assert re.findall(r"<details open><summary>([^<]+)", page) == opened
    programmes, figures = page.index('id="program-judul"'), page.index('id="ukuran-judul"')
    assert (programmes < figures) is (body == "lembaga-ksp")
    assert "Peringkat topik: Kasus" in chosen


def test_an_institution_reads_its_rating_and_what_would_change_it(site: OversightSite) -> None:
    """On its own page alone, by the months of the trend; one with few cases is not rated, and nothing is ranked."""
    page = site.get("/pengawasan/instansi/kota-3374?bulan=2026-06&banding=2026-05")
    assert "Penilaian: Kurang" in page
    assert re.search(r"Menjadi Cukup bila hasil [0-9.]+ kasus lagi baik", page)
    few = site.get("/pengawasan/instansi/kota-3374?bulan=2025-07&banding=2025-06")
    assert "Penilaian: Terlalu sedikit kasus untuk dinilai" in few
    assert "Jawaban pertama tepat waktu: paling sedikit 30 kasus yang dihitung" in few
    for path in ("/pengawasan", "/pengawasan/provinsi/33", "/pengawasan/instansi/triage"):
        assert "Penilaian:" not in site.get(path)


@pytest.mark.parametrize(
    "path", ["provinsi/99", "provinsi/33.74", "instansi/x", "topik/x", "kota/3374", "topik/%0d%0a"]
)
def test_an_unknown_scope_is_not_found(site: OversightSite, path: str) -> None:
    """The page says so."""
    assert site.client.get(f"/pengawasan/{path}").status_code == HTTPStatus.NOT_FOUND


def test_both_files_have_the_numbers_of_the_page(site: OversightSite) -> None:
    """The figures of two months, also by channel, twelve months of one figure, the funnel, and the ranking."""
    path = "/pengawasan?bulan=2026-03&ukuran=kasus"
    rows = rows_of(site, f"{path}&berkas=csv")
    parts = [row["bagian"] for row in rows]
    assert parts.count("tren") == 12
    assert {"ukuran", "saluran", "tren", "corong", "peringkat"} == set(parts)
    months = {row["bulan"]: float(row["nilai"]) for row in rows if row["bagian"] == "tren"}
    with read_transaction(site.engine) as connection:
        year = Period(month_period(2025, 4).first, MARCH.last)
        assert sum(months.values()) == read_counts(connection, NATION, year).total("case")
    answer = site.client.get(f"{path}&berkas=parquet")
    assert 'filename="pengawasan-indonesia-2026-03.parquet"' in answer.headers["Content-Disposition"]
    table = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert [(row["bagian"], row["kode"], row["ukuran"]) for row in table] == [
        (row["bagian"], row["kode"], row["ukuran"]) for row in rows
    ]
    assert [row["nilai"] for row in table] == [float(row["nilai"]) if row["nilai"] else None for row in rows]
