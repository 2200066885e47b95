"""The tables as they are shipped: nothing in them is out of reach, and every institution has its own queue."""

import pytest

from app.evaluation.routing import rule_faults
from bench.perturbed import changed, changes
from messages.shapes import Report
from messages.topics import TRIAGE
from router.decision import decide
from router.rules import Rules
from tests.support.rules import SHIPPED, cached_rules

# Whatever is done to a report, so many of a hundred more may go elsewhere.
_FALL = 0.05
PLAIN = ("Jalan rusak dan berlubang di {}", "Sampah menumpuk, tolong diangkut, di {}", "Banjir lagi di {}")


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The rules that are shipped."""
    return cached_rules(SHIPPED)


def test_the_linter_finds_nothing(rules: Rules) -> None:
    """Each row of competence is reached by its own example, each name of an institution leads to it."""
    assert list(rule_faults(rules)) == []


def test_every_regional_government_gets_its_own(rules: Rules) -> None:
    """Plain complaints that name a province, a city or a regency arrive at its own queue, for each of them."""
    wrong = []
    for agency in rules.registry.agencies.values():
        if agency.regional:
            doors = {decide(Report(text=plain.format(agency.name)), rules).agency for plain in PLAIN}
            if doors != {agency.code}:
                wrong.append((agency.name, doors))
    assert wrong == []


def test_every_national_institution_gets_its_own(rules: Rules) -> None:
    """A plain complaint about one of its matters arrives at its queue, for each ministry, body and company."""
    reached = {decide(Report(text=row.example), rules).agency for row in rules.competence.rows}
    national = {code for code, agency in rules.registry.agencies.items() if not agency.regional and code != TRIAGE}
    assert sorted(national - reached) == []


@pytest.mark.parametrize("name", ["slang", "capitals", "no-vowels", "cut-at-160", "place-misspelt"])
def test_however_it_is_written(rules: Rules, name: str) -> None:
    """The same report in other writing goes to the same door, but for a few."""
    change = changes(rules.language.gazetteer)[name]
    moved = []
    for row in rules.competence.rows:
        report = Report(text=row.example)
        other = changed(report, change, f"{name} {row.id}")
        if decide(report, rules).agency != decide(other, rules).agency:
            moved.append((row.id, other.text))
    assert len(moved) < _FALL * len(rules.competence.rows), moved
