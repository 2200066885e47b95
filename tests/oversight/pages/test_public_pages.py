"""Figures for everybody over a generated year: what is shown is true, and nobody can work out what is not."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import product

import pytest

from accounts.permissions import Role
from config.database import read_transaction
from oversight.figures.computation import Figures, Share, compute_figures
from oversight.figures.counts import jakarta_day
from oversight.pages.address import KIND_PARTS
from oversight.pages.months import Month, last_months
from oversight.public.published_month import KINDS, PUBLIC_FIGURES
from oversight.public.suppression import LEAST_SHOWN, WIDTH
from oversight.read_model.day_counts import read_counts_by_scope
from tests.oversight.pages.site import NAMES, NOW, OversightSite, person
from tests.oversight.public.linear_bounds import Equation, Unknown, find_bounds
from tests.support.deadlines import DEADLINES

pytestmark = pytest.mark.slow

MONTHS = last_months(Month(2026, 6), 12)
COLUMNS = ("in time", "late", "not counted")
Numbers = Mapping[str, int | None]
SHARES: Mapping[str, Callable[[Figures], Share]] = {
    "dijawab": lambda figures: figures.answered_in_time,
    "diteruskan": lambda figures: figures.forwarded_in_time,
    "selesai": lambda figures: figures.finished.within_60_days,
}
# Parts of the name of an unknown total.
TOTAL = 3


def read_file(site: OversightSite, month: Month, figure: str, kind: str) -> tuple[Numbers, Mapping[str, Numbers]]:
    """Return the numbers of the nation, and those of the rows of a kind by code, as the file has them."""
    answer = site.client.get(f"/angka?bulan={month}&ukuran={figure}&peringkat={kind}&berkas=csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    nation = next(line for line in lines if line["bagian"] == "ukuran" and line["ukuran"] == figure)
    assert all(line["bulan"] == str(month) for line in lines if line["bagian"] == "daftar")
    return _numbers(nation), {line["kode"]: _numbers(line) for line in lines if line["bagian"] == "daftar"}


def _numbers(line: Mapping[str, str]) -> Numbers:
    total = int(line["kasus"]) if line["kasus"] else None
    if not line["penyebut"]:
        return {**dict.fromkeys(COLUMNS), "total": total}
    in_time, counted, censored = (int(line[name]) for name in ("pembilang", "penyebut", "tersensor"))
    return {"in time": in_time, "late": counted - in_time, "not counted": censored, "total": total}


def equations_of(figure: str, kind: str, nation: Numbers, rows: Mapping[str, Numbers]) -> Sequence[Equation]:
    """Return what a person knows of one file: each row and each column adds up, and no suppressed total is 0.

    The unknown number of a suppressed total is what it has above 1. Provinces
    and topics have the same cases in each figure; an agency has other ones in each.
    """
    cases = figure if kind == "instansi" else ""

    def unknown(code: str, name: str) -> Unknown:
        return (kind, cases, code) if name == "total" else (kind, figure, code, name)

    def equation(terms: Sequence[tuple[Unknown, int, int | None]]) -> Equation:
        unknowns = {name: sign for name, sign, number in terms if number is None}
        totals = [sign for name, sign in unknowns.items() if isinstance(name, tuple) and len(name) == TOTAL]
        above_one = 0 if nation["total"] is None else sum(totals)
        return Equation(unknowns, -above_one - sum(sign * number for _, sign, number in terms if number is not None))

    sums = [
        [(unknown(code, name), -1 if name == "total" else 1, number) for name, number in row.items()]
        for code, row in rows.items()
    ]
    if nation["total"] is not None:
        sums += [
            [(unknown(code, name), 1, row[name]) for code, row in rows.items()] + [(name, -1, nation[name])]
            for name in (*COLUMNS, "total")
        ]
    return [equation(terms) for terms in sums]


def test_nobody_can_work_out_a_suppressed_number(site: OversightSite) -> None:
    """From all files of all months, kinds and figures together: each one could be any of `WIDTH` numbers or more.

    A number that can only be 0 concerns nobody.
    """
    suppressed = 0
    for month in MONTHS:
        equations: list[Equation] = []
        for figure, kind in product(PUBLIC_FIGURES, KINDS):
            nation, rows = read_file(site, month, figure.slug, KIND_PARTS[kind])
            numbers = [number for row in (nation, *rows.values()) for number in row.values()]
            assert not any(number is not None and 0 < number < LEAST_SHOWN for number in numbers)
            equations += equations_of(figure.slug, KIND_PARTS[kind], nation, rows)
        bounds = find_bounds(equations)
        suppressed += len(bounds)
        narrow = {name: it for name, it in bounds.items() if it.most and it.most - it.least < WIDTH}
        assert narrow == {}, month
    assert suppressed > 100


def test_what_is_shown_is_true(site: OversightSite) -> None:
    """Each number that the files show of agencies is that of the overseers' figures, and some are shown."""
    shown = 0
    for month, slug in product(MONTHS, SHARES):
        with read_transaction(site.engine) as connection:
            counts = read_counts_by_scope(connection, "agency", month.period)
        _nation, rows = read_file(site, month, slug, "instansi")
        for code, row in rows.items():
            if row["in time"] is not None and code:
                share = SHARES[slug](compute_figures(counts[code], jakarta_day(NOW), DEADLINES))
                assert (row["in time"], row["not counted"]) == (share.numerator, share.censored)
                shown += 1
    assert shown >= 3


def test_everybody_reads_the_pages_and_nobody_the_current_month(site: OversightSite) -> None:
    """Without a session. A month that has not ended, or is not one, is the newest that has."""
    site.actor = None
    try:
        page = site.get("/angka?bulan=2026-06")
        for query in ("", "?bulan=2026-07", "?bulan=2030-01", "?bulan=2001-01", "?bulan=x&ukuran=terlambat"):
            answer = site.get(f"/angka{query}")
            assert '<option value="2026-06" selected>' in answer
            assert 'value="2026-07"' not in answer
        assert "Langsung ke isi" in page
        for path in ("/angka/provinsi/33", "/angka/instansi/kota-3374", "/angka/topik/jalan?bahasa=en"):
            assert "<table>" in site.get(path)
        assert "First answer in time" in site.get("/angka?bahasa=en")
        for path in ("provinsi/99", "instansi/x", "topik/x", "x/y"):
            assert site.client.get(f"/angka/{path}").status_code == HTTPStatus.NOT_FOUND
        # An open case, its agency and its age are for overseers only.
        assert "terlama" not in page
        assert site.client.get("/pengawasan").status_code == HTTPStatus.SEE_OTHER
    finally:
        site.actor = person(Role.OVERSEER)


def test_a_page_shows_no_more_than_the_file(site: OversightSite) -> None:
    """A scope's page has a dash where the file has nothing."""
    for month, code in product(MONTHS[-3:], NAMES):
        _nation, rows = read_file(site, month, "dijawab", "instansi")
        page = site.get(f"/angka/instansi/{code}?bulan={month}")
        row = page.partition('<th scope="row" class="name">Jawaban pertama tepat waktu</th>')[2].partition("</tr>")[0]
        cells = [cell.partition("</td>")[0] for cell in row.split("<td>")[1:]]
        numbers = rows.get(code, dict.fromkeys((*COLUMNS, "total"), 0))
        for cell, name in zip(cells[1:], (*COLUMNS, "total"), strict=True):
            expected = {"-", "0"} if numbers[name] is None else {str(numbers[name])}
            assert cell in expected, (month, code, name)
