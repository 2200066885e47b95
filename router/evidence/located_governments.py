"""Governments of the places that a report may be about, each with its certainty."""

from collections.abc import Callable, Iterator

from language.places.finder import NamingKind
from router.location.place_evidence import PlaceCandidate, ReportLocation
from router.registry.levels import JAKARTA, PROVINCE

# Less likely places are ignored.
MAX_PLACES = 4
# If only the province is known, a city's matter counts so much of the certainty of the place.
PROVINCE_ONLY_FACTOR = 0.4
# The kinds of evidence that mean the province itself.
_EXPLICIT_KINDS = frozenset((NamingKind.TYPED, "code", "field"))

# Returns the government on a level of a dotted region code, or an empty string.
GovernmentOf = Callable[[str, str], str]


def located_governments(
    government_of: GovernmentOf, level: str, location: ReportLocation
) -> Iterator[tuple[str, float]]:
    """Yield the governments on a level in the places of a report, each with its certainty from 0 to 1."""
    candidates = location.candidates[:MAX_PLACES]
    provinces_with_city = {candidate.province for candidate in candidates if not _is_province(candidate)}
    for candidate in candidates:
        is_vague = level != PROVINCE and _is_province(candidate) and not _is_explicit(candidate)
        # A name of a province and of a city in it means the city, if the matter is a city's.
        if is_vague and candidate.province in provinces_with_city:
            continue
        if code := government_of(level, candidate.code):
            yield code, candidate.certainty * (PROVINCE_ONLY_FACTOR if is_vague else 1.0)


def _is_province(candidate: PlaceCandidate) -> bool:
    return candidate.code == candidate.province


def _is_explicit(candidate: PlaceCandidate) -> bool:
    """Return True if the province itself is meant: it is called one, or picked without a city. Jakarta always is."""
    return candidate.code == JAKARTA or any(evidence.kind in _EXPLICIT_KINDS for evidence in candidate.evidence)
