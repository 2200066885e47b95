"""Finds the places that a report is about and ranks them, each with the text that speaks for it. Pure.

Does not decide who is competent there.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import attrgetter

from config.reference.regions import Regions
from language.places.finder import PlaceFinder
from language.places.gazetteer import regions_overlap
from language.places.landmarks import Landmark, LandmarkMatch
from language.places.names import is_district
from language.places.points import VillagePoints
from language.spans import SpanSet
from language.tokens import Tokens
from language.words import Word
from messages.shapes import Place, Report
from router.location.addressed_level import addressed_level, lean_to_level
from router.location.claim_adjustment import adjust_claims
from router.location.field_claims import field_claims, is_street, landmark_claims
from router.location.place_evidence import PlaceClaim, ReportLocation, province_of
from router.location.point_claims import locate_by_point, point_claim
from router.location.scoring import rank_places
from router.location.text_claims import text_claims

# A longer text names more places than can be weighed in bounded time; the first ones count.
_MAX_CLAIMS = 40
# “Pak Walikota, hujan” is no “kota hujan”.
_CLAUSE_ENDS = frozenset(",;:!?\n")
# Words before the name of a village or district, in normal form.
_VILLAGE_WORDS = frozenset(("kelurahan", "desa", "dusun", "nagari", "kecamatan"))
# First words of the landmarks that streets elsewhere are named after, and the words before a street's name, in normal
# form.
_NAMESAKE_WORDS = frozenset(("danau", "gunung", "pulau", "candi", "rawa", "telaga"))
_STREET_WORDS = frozenset(("jalan", "gang", "lorong"))
# Kinds of landmarks that are quarters and may themselves be villages or districts.
_AREA_KINDS = frozenset(("kawasan", "wilayah", "julukan"))


class ReportLocator:
    """Locates reports with one version of the place tables."""

    def __init__(self, place_finder: PlaceFinder, points: VillagePoints, regions: Regions) -> None:
        self._place_finder = place_finder
        self._points = points
        self._regions = regions

    def locate(
        self,
        report: Report,
        text: str,
        words: Sequence[Word],
        landmarks: Iterable[LandmarkMatch],
        unit_spans: Iterable[tuple[int, int]] = (),
        institution_spans: Iterable[tuple[int, int]] = (),
    ) -> ReportLocation:
        """Return the places that a report may be about.

        `text` is `location_text(report)`, and the spans are positions in it. `words` are its words, and `landmarks`
        those that they name. A place named behind a unit is the unit's place. A name inside the span of an institution
        is no place.

        The text outweighs the fields of the form. These count if the text names no place, and settle which of several
        regions the text means. See `router.location.point_claims` for the point.
        """
        tokens = Tokens(text)
        form_claims = list(field_claims(report.place, report.agency, self._place_finder))
        if point := point_claim(report.place, self._points, self._regions):
            form_claims.insert(0, point)
        form_codes = _clear_codes(form_claims)
        landmarks = [
            landmark
            for landmark in landmarks
            if not self._is_district_of_form(landmark, text, form_codes)
            and not _is_village_name(landmark, words)
            and not _is_street_elsewhere(landmark.landmark, form_codes)
            and _CLAUSE_ENDS.isdisjoint(text[landmark.start : landmark.end])
        ]
        excluded_spans = SpanSet([*((landmark.start, landmark.end) for landmark in landmarks), *institution_spans])
        # The name of a street is no place, and neither are the words in it (“Toba” in “Jl. Danau Toba”).
        places = [landmark for landmark in landmarks if not _is_street_name(landmark, words)]
        other_claims = [*landmark_claims(text, places), *form_claims]
        matches = self._place_finder.find_places(tokens, _clear_codes(other_claims), _confusable_codes(other_claims))
        claims = [
            claim
            for claim in text_claims(tokens, matches, len(report.title), unit_spans)
            # A place name may be a part of another name (Tol Jakarta-Cikampek).
            if not excluded_spans.contain(claim.evidence.start, claim.evidence.end)
        ]
        claims += other_claims
        addressed = addressed_level(tokens, matches)
        if addressed is not None and any(len(claim.shares) > 1 or claim.confusable_codes for claim in claims):
            claims = [lean_to_level(claim, addressed, self._place_finder) for claim in claims]
        adjusted = adjust_claims(claims[:_MAX_CLAIMS], is_form_complete=_is_complete(report.place))
        return locate_by_point(point, adjusted) if point else ReportLocation(rank_places(adjusted))

    def _is_district_of_form(self, match: LandmarkMatch, text: str, form_codes: Sequence[str]) -> bool:
        """Return True if a distant landmark's name (Kopo) is also a district's or village's in the form's region."""
        landmark, start, end = match
        if not form_codes or not landmark.codes or landmark.account:
            return False
        is_near = any(
            province_of(code) == province_of(form_code) for code in landmark.codes for form_code in form_codes
        )
        return not is_near and self._place_finder.has_district(text[start:end], form_codes)


def _is_complete(reported_place: Place) -> bool:
    """Return True for a region with something in it: a district or an address."""
    has_region = bool(reported_place.region or reported_place.code)
    return has_region and bool(reported_place.district or reported_place.address or is_district(reported_place.code))


def _is_village_name(match: LandmarkMatch, words: Sequence[Word]) -> bool:
    """Return True for “Kelurahan Mekarsari”: many villages have the name of a well-known place elsewhere.

    A known quarter may be called so. A landmark whose own name begins with such a word has no word before it here.
    """
    if match.landmark.account or match.landmark.kind in _AREA_KINDS:
        return False
    position = _first_word(match, words)
    return position > 0 and words[position - 1].normal in _VILLAGE_WORDS


def _is_street_elsewhere(landmark: Landmark, form_codes: Sequence[str]) -> bool:
    """Return True for a street of another city than the form's: the form's city has one of that name too."""
    if not form_codes or not is_street(landmark):
        return False
    return not any(regions_overlap(landmark.codes[0], code) for code in form_codes)


def _is_street_name(match: LandmarkMatch, words: Sequence[Word]) -> bool:
    """Return True for “Jl. Danau Toba”: streets everywhere bear the names of lakes, mountains and temples."""
    position = _first_word(match, words)
    is_after_street_word = position > 0 and words[position - 1].normal in _STREET_WORDS
    return is_after_street_word and words[position].normal in _NAMESAKE_WORDS


def _first_word(match: LandmarkMatch, words: Sequence[Word]) -> int:
    """Return the position of the first word of a landmark."""
    return bisect_left(words, match.start, key=attrgetter("start"))


def _clear_codes(claims: Iterable[PlaceClaim]) -> list[str]:
    """Return the cities, regencies and districts that are claimed alone, or as the twins that a field names."""
    return [
        code
        for claim in claims
        if len(claim.shares) == 1 or (claim.from_form and claim.confusable_codes)
        for code in claim.shares
        if "." in code
    ]


def _confusable_codes(claims: Iterable[PlaceClaim]) -> list[str]:
    return [code for claim in claims for code in claim.confusable_codes]
