"""Pure parts of the pages: months, ranking, map and chart."""

import pytest

from app.assembly.http import page_templates
from config.reference.regions import Regions
from oversight.figures.counts import NATION, Scope
from oversight.pages.headline import headline
from oversight.pages.months import Month, last_months, read_month
from oversight.pages.ranking import Candidate, rank_scopes
from oversight.pages.reading import OldestOverdue
from oversight.pages.shown_figures import FIGURES_BY_SLUG, FigureValue
from oversight.pages.tile_map import LABELS, POSITIONS, draw_tiles
from oversight.pages.trend import draw_trend
from pages.translation.language import in_language
from pages.translation.translator import load_translator
from tests.conftest import NOW
from tests.support.deadlines import DEADLINES

ANSWERED = FIGURES_BY_SLUG["dijawab"]


def candidate(name: str, cases: int, value: float | None) -> Candidate:
    """Return an agency with a share."""
    return Candidate(Scope("agency", name), name, cases, FigureValue(value))


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    """And an address names only months of this century."""
    assert list(map(str, last_months(Month(2026, 2), 4))) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert Month(2026, 1).back(13) == Month(2024, 12)
    assert read_month("2026-11") == Month(2026, 11)
    assert [read_month(text) for text in ("2026-13", "2026-1", "9999-01", "\u0662026-01", "")] == [None] * 5


def test_a_rank_compares_only_like_volumes() -> None:
    """Equal values share a rank, and the smallest group has none."""
    candidates = [
        candidate("a", 1_500, 0.2),
        candidate("b", 60, 0.5),
        candidate("c", 199, 0.9),
        candidate("d", 50, 0.5),
        candidate("e", 55, None),
        candidate("f", 9, 1.0),
    ]
    groups = rank_scopes(candidates, ANSWERED)
    assert [[(row.candidate.name, row.rank) for row in group.rows] for group in groups] == [
        [("a", 1)],
        [("c", 1), ("b", 2), ("d", 2), ("e", None)],
        [("f", None)],
    ]
    assert [str(group.title) for group in groups] == [
        "1,000 kasus atau lebih", "50 sampai 199 kasus", "Kurang dari 10 kasus: tanpa peringkat",
    ]  # fmt: skip
    lower_is_better = rank_scopes(candidates[1:4], FIGURES_BY_SLUG["tak-tersentuh"])
    assert [row.candidate.name for row in lower_is_better[0].rows] == ["b", "d", "c"]
    not_judged = rank_scopes(candidates, FIGURES_BY_SLUG["masuk"])
    assert {row.rank for group in not_judged for row in group.rows} == {None}


def test_every_province_has_a_tile_of_its_own(regions: Regions) -> None:
    """The map has the provinces of the official table."""
    codes = {region.code for region in regions.children()}
    assert set(POSITIONS) == set(LABELS) == codes
    assert len(set(POSITIONS.values())) == 38
    provinces = [(region.code, region.name) for region in regions.children()]
    values = {"33": FigureValue(1.0), "31": FigureValue(0.0), "11": FigureValue(0.59)}
    shades = {tile.code: tile.shade for tile in draw_tiles(provinces, values, ANSWERED)}
    assert (shades["33"], shades["31"], shades["11"], shades["12"]) == (4, 0, 2, -1)


def test_a_month_without_a_value_interrupts_the_line() -> None:
    """Nothing is drawn for it, and the axis of a share ends at 100 %."""
    values = [FigureValue(0.5), FigureValue(None), FigureValue(1.0), FigureValue(0.0)]
    trend = draw_trend(list(zip(last_months(Month(2026, 4), 4), values, strict=True)), ANSWERED)
    assert [len(line.split()) for line in trend.lines] == [1, 2]
    assert [point.y for point in trend.points] == [102.0, None, trend.top, trend.base]


@pytest.mark.parametrize(
    ("language", "sentence", "cell"),
    [
        ("id", "Di Indonesia 137.346 laporan lewat tenggat, terlama 1.358 hari, di PLN.", "85.720 dari 137.346"),
        ("en", "In Indonesia, 137,346 reports are overdue, the oldest by 1,358 days, at PLN.", "85,720 of 137,346"),
    ],
)
def test_large_numbers_have_separators(language: str, sentence: str, cell: str) -> None:
    """In the sentence on top and in the cells of a share, in the notation of the language."""
    overdue = headline(NATION, "Indonesia", OldestOverdue(137_346, 1_358, "bumn-pln"), "PLN")
    template = page_templates(DEADLINES, lambda: NOW).from_string(
        '{% import "figure_parts.html" as parts %}{{ parts.value_cell(figure, value, figure.text(value)) }}'
    )
    with in_language(language):
        assert sentence in load_translator().translate(overdue)
        assert cell in template.render(figure=ANSWERED, value=FigureValue(0.6, 85_720, 137_346))


def test_a_long_group_of_a_ranking_is_closed_at_first() -> None:
    """A country has hundreds of agencies. The summary says how many a group has; a lone group is open."""
    template = page_templates(DEADLINES, lambda: NOW).from_string(
        '{% import "figure_parts.html" as parts %}'
        "{% call(candidate) parts.ranking_tables(groups, [], address_of) %}<td></td>{% endcall %}"
    )

    def page(*candidates: Candidate) -> str:
        groups = rank_scopes(candidates, ANSWERED)
        return template.render(groups=groups, address_of=lambda kind, code: f"/{kind}/{code}")

    many = [candidate(f"a{number}", 20, 0.5) for number in range(41)]
    both_groups = page(*many, candidate("b", 60, 0.5))
    assert "<details open>\n<summary>50 sampai 199 kasus (1)</summary>" in both_groups
    assert "<details>\n<summary>10 sampai 49 kasus (41)</summary>" in both_groups
    assert both_groups.count('<th scope="row"') == 42
    assert "<details open>\n<summary>10 sampai 49 kasus (41)</summary>" in page(*many)
