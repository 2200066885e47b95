"""A tie between the government of the place and one national institution goes to the government."""

import pytest

from messages.shapes import Report
from messages.topics import TRIAGE
from router.decide import decide
from router.scoring import AgencyCandidate, calibrated
from router.ties import tie_with_government
from tests.support.rules import SHIPPED, SMALL, cached_rules

SEMARANG = "33.74"


def candidates(*likelihoods: tuple[str, float]) -> list[AgencyCandidate]:
    """Return candidates without evidence, in this order."""
    return [AgencyCandidate(institution, likelihood, ()) for institution, likelihood in likelihoods]


@pytest.mark.parametrize(
    ("likelihoods", "place", "government"),
    [
        ((("kota-3374", 0.55), ("bumn-pln", 0.4)), SEMARANG, "kota-3374"),
        ((("bumn-pln", 0.55), ("kota-3374", 0.4)), SEMARANG, "kota-3374"),
        ((("bumn-pln", 0.5), ("provinsi-33", 0.4)), SEMARANG, "provinsi-33"),
        # Nothing is near the place, or nothing is known of it.
        ((("bumn-pln", 0.5), ("kementerian-kemenkes", 0.45)), SEMARANG, None),
        ((("bumn-pln", 0.5), ("kota-3374", 0.45)), "34.04", None),
        ((("bumn-pln", 0.5), ("kota-3374", 0.45)), "", None),
        # Two governments, of one place or of two.
        ((("kota-3374", 0.5), ("provinsi-33", 0.45)), SEMARANG, None),
        ((("kota-3374", 0.5), ("kabupaten-3404", 0.45)), SEMARANG, None),
        # Others share the rest, or perhaps nobody could tell.
        ((("kota-3374", 0.39), ("bumn-pln", 0.39)), SEMARANG, None),
        ((("kota-3374", 0.5), ("bumn-pln", 0.25)), SEMARANG, None),
        ((("kota-3374", 0.5), (TRIAGE, 0.45)), SEMARANG, None),
        ((("kota-3374", 0.5),), SEMARANG, None),
    ],
)
def test_only_a_government_of_the_place_wins_a_tie(
    likelihoods: tuple[tuple[str, float], ...], place: str, government: str | None
) -> None:
    """The other side is a national institution, and both together are likely."""
    tie = tie_with_government(candidates(*likelihoods), place, cached_rules(SMALL).jurisdiction)
    assert (tie.government.institution if tie else None) == government


def test_the_other_institution_of_a_tie_is_the_next() -> None:
    """It gets the report after a refusal, a reason names it, and the confidence is that of the government."""
    text = "Kios pasar Tembalang Kota Semarang disewakan lagi oleh oknum, uangnya masuk ke pensiunan PNS"
    decision = decide(Report(text=text), cached_rules(SHIPPED))
    assert (decision.agency, decision.alternatives[0]) == ("kota-3374", "bumn-taspen")
    assert [reason.rule for reason in decision.reasons] == ["pasar", "tie"]
    assert "TASPEN" in decision.reasons[-1].text.upper()
    assert calibrated(0.4) < decision.confidence < calibrated(0.6)
