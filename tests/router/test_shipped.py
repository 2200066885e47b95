"""The shipped tables: every row can be reached, and every institution has its own queue."""

import pytest

from app.explanation.routing import rule_faults
from bench.perturbed import changed, changes
from messages.shapes import Place, Report
from messages.topics import TRIAGE
from router.decide import decide
from router.rules import Rules
from tests.support.rules import SHIPPED, cached_rules

pytestmark = pytest.mark.slow

# At most this share of the changed reports may go to another agency.
_MAX_REROUTED_SHARE = 0.05
# Every seventh district is tried, and at most this share goes to another government.
_DISTRICT_STEP, _MAX_MISROUTED_SHARE = 7, 0.005
PLAIN = ("Jalan rusak dan berlubang di {}", "Sampah menumpuk, tolong diangkut, di {}", "Banjir lagi di {}")


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The shipped rules."""
    return cached_rules(SHIPPED)


def test_the_shipped_rules_have_no_fault(rules: Rules) -> None:
    """Each row of competence is reached by its own example, each name of an institution leads to it."""
    assert list(rule_faults(rules)) == []


def test_every_regional_government_gets_its_complaints(rules: Rules) -> None:
    """A plain complaint that names a province, a city or a regency goes to its queue."""
    misrouted = []
    for agency in rules.registry.agencies.values():
        if agency.is_regional:
            agencies = {decide(Report(text=plain.format(agency.name)), rules).agency for plain in PLAIN}
            if agencies != {agency.code}:
                misrouted.append((agency.name, agencies))
    assert misrouted == []


def test_a_district_named_in_its_own_form_is_not_taken_for_a_distant_city(rules: Rules) -> None:
    """A report from the form of a city or regency that names a district there goes to no other government."""
    regions = rules.language.regions
    cities = [city for province in regions.children() for city in regions.children(province.code)]
    districts = [(district, city) for city in cities for district in regions.children(city.code)]
    misrouted = []
    for district, city in districts[::_DISTRICT_STEP]:
        report = Report(text=f"Jalan rusak di {district.name}", place=Place(region=city.name))
        decision = decide(report, rules)
        expected = rules.jurisdiction.government_of("@regency", city.code)
        if decision.agency not in {expected, TRIAGE}:
            misrouted.append((district.name, city.name, decision.agency))
    assert len(misrouted) <= _MAX_MISROUTED_SHARE * len(districts) / _DISTRICT_STEP, misrouted


def test_every_national_institution_gets_its_complaints(rules: Rules) -> None:
    """A plain complaint about one of its topics goes to its queue, for each ministry, body and company."""
    reached = {decide(Report(text=row.example), rules).agency for row in rules.competence.rows}
    national = {code for code, agency in rules.registry.agencies.items() if not agency.is_regional and code != TRIAGE}
    assert sorted(national - reached) == []


@pytest.mark.parametrize("name", ["slang", "capitals", "no-vowels", "cut-at-160", "place-misspelt"])
def test_a_report_in_another_spelling_goes_to_the_same_agency(rules: Rules, name: str) -> None:
    """Only a few reports go to another agency."""
    change = changes(rules.language.gazetteer)[name]
    rerouted = []
    for row in rules.competence.rows:
        report = Report(text=row.example)
        perturbed = changed(report, change, f"{name} {row.id}")
        if decide(report, rules).agency != decide(perturbed, rules).agency:
            rerouted.append((row.id, perturbed.text))
    assert len(rerouted) < _MAX_REROUTED_SHARE * len(rules.competence.rows), rerouted
