"""Reports that tell of two matters, for two agencies, and reports that only name several subjects."""

import json

import pytest

from bench.evaluation.routing_metrics import JudgedReport
from bench.reports import REPORTS
from messages.shapes import Report, SecondMatter
from router.decide import decide
from router.decision import Decision
from router.rules import Rules
from tests.support.paths import DATA
from tests.support.rules import SHIPPED, cached_rules

# Invented: each text with the agencies of its matters, the agency of its only matter alone.
_LABELLED = [json.loads(line) for line in (DATA / "second_matters.jsonl").read_text(encoding="utf-8").splitlines()]
# Of the reports with two matters so many are found at least; of those with one so many are taken for two at most.
_LEAST_FOUND, _MOST_WRONG = 0.64, 3
# Of 1,569 invented reports with one agency each so many are taken for two at most: two of them do tell of two.
_MOST_OF_ONE_AGENCY = 2


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The shipped rules."""
    return cached_rules(SHIPPED)


def decided(text: str, rules: Rules) -> Decision:
    """Return the decision on a text."""
    return decide(Report(text=text), rules)


@pytest.mark.parametrize(
    ("text", "agency", "second"),
    [
        (
            "Jalan rusak di Desa Sidomoyo Godean Sleman dan listrik PLN sering padam",
            "bumn-pln",
            SecondMatter(topic="jalan-rusak", agency="kabupaten-3404"),
        ),
        (
            "Jalan rusak dan listrik PLN sering padam",
            "bumn-pln",
            SecondMatter(topic="jalan-rusak", agency=""),
        ),
        (
            "Lampu jalan mati di Gamping Sleman. Selain itu sinyal Telkomsel hilang terus",
            "bumn-telkom",
            SecondMatter(topic="penerangan-jalan", agency="kabupaten-3404"),
        ),
    ],
)
def test_the_second_matter_has_its_agency(rules: Rules, text: str, agency: str, second: SecondMatter) -> None:
    """One agency gets the report, and the other matter names its own; none if its place is not known."""
    decision = decided(text, rules)
    assert (decision.agency, decision.second_matter) == (agency, second)


@pytest.mark.parametrize(
    "text",
    [
        "Jalan berlubang di depan Puskesmas Turi Sleman, kemarin anak sekolah jatuh dan dibawa ke rumah sakit",
        "Listrik PLN padam di Turi Sleman, kulkas dan televisi warga juga rusak",
        "Jalan rusak di Desa Merdikorejo Tempel Sleman, lampu jalannya juga mati semua",
        "Jalan di Cijaku Lebak rusak karena truk tambang, dan debunya tidak hilang hilang",
        "Jalan nasional di Alas Roban Batang berlubang dan sering macet",
        "",
    ],
)
def test_a_report_of_one_matter_has_no_second(rules: Rules, text: str) -> None:
    """Not a consequence, a cause, a place, a matter of the same government, or another fault of the same thing."""
    assert decided(text or "terima kasih", rules).second_matter is None


def test_most_second_matters_are_found_and_few_others(rules: Rules) -> None:
    """Of the labelled texts. A report of one matter stays without a second: an officer must be able to believe it."""
    found, wrong = [], []
    for row in _LABELLED:
        decision = decided(row["text"], rules)
        second = decision.second_matter
        if len(row["agencies"]) == 1:
            wrong += [row["text"]] * (second is not None)
        elif second and second.agency in {*row["agencies"]} - {decision.agency}:
            found.append(row["text"])
    two_matters = sum(len(row["agencies"]) > 1 for row in _LABELLED)
    assert len(found) >= _LEAST_FOUND * two_matters
    assert len(wrong) <= _MOST_WRONG, wrong


@pytest.mark.slow
def test_reports_of_one_agency_have_no_second_matter(rules: Rules) -> None:
    """Of long letters and short messages alike."""
    reports = [report for path in sorted(REPORTS.glob("*.jsonl")) for report in JudgedReport.read(path)]
    found = [report.id for report in reports if decide(report.report(), rules).second_matter]
    assert len(found) <= _MOST_OF_ONE_AGENCY, found
