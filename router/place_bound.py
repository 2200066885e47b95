"""Bounds the probability of an agency by the certainty of an ambiguous place. Pure.

Villages and districts of one name lie in several regencies, and streets of a district's name in many towns. If nothing
but such a name tells the place, the agency there is no likelier than the place, however clear the matter is.
"""

from collections.abc import Callable, Collection, Sequence

from router.location.place_evidence import STREET, PlaceCandidate, ReportLocation
from router.scoring import AgencyCandidate

# A less likely place of the same name is ignored.
_MIN_CERTAINTY = 0.04
# Evidence by which the agency is known without the place.
_INDEPENDENT_KINDS = frozenset(("government", "addressed"))

GovernmentsOf = Callable[[str], Collection[str]]


def bound_by_place(
    candidates: Sequence[AgencyCandidate],
    location: ReportLocation,
    governments_of: GovernmentsOf,
    namesakes_of: Callable[[str], Collection[str]],
) -> Sequence[AgencyCandidate]:
    """Return the candidates, the likeliest first, with the probability of the first one bounded if it is ambiguous.

    `namesakes_of` returns the city or regency of the same name: these two are told apart by other rules.
    """
    place = location.best
    if place is None or candidates[0].institution not in governments_of(place.code):
        return candidates
    best = candidates[0]
    is_independent = any(piece.kind in _INDEPENDENT_KINDS for piece in best.evidence)
    if is_independent or best.likelihood <= place.certainty or not _is_ambiguous(location, namesakes_of(place.code)):
        return candidates
    bounded = [best._replace(likelihood=place.certainty), *candidates[1:]]
    return sorted(bounded, key=lambda candidate: (-candidate.likelihood, candidate.institution))


def _is_ambiguous(location: ReportLocation, namesakes: Collection[str]) -> bool:
    """Return True if every name that speaks for the likeliest place is a street's, or also names a place elsewhere."""
    place, *further_places = location.candidates
    if all(evidence.kind == STREET for evidence in place.evidence):
        return True
    names = _names(place)
    return any(
        candidate.certainty >= _MIN_CERTAINTY and candidate.code not in namesakes and names <= _names(candidate)
        for candidate in further_places
    )


def _names(place: PlaceCandidate) -> frozenset[str]:
    return frozenset(evidence.text.casefold() for evidence in place.evidence)
