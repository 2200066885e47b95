"""Where a report is about: its places weighed against each other, each with the words that speak for it. Pure.

Who is competent there is not decided here. Coordinates are not looked at: there is no table to find a region by them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from language.places.finder import NamingKind, PlaceFinder, PlaceMatch
from language.places.gazetteer import RegionLevel, region_level, regions_overlap
from language.places.landmarks import LandmarkMatch, Landmarks
from language.tokens import Tokens
from language.words import Word
from messages.shapes import Place, Report
from router.location.context_cues import ASIDE, NOT, cue
from router.location.scoring import Claim, PlaceCandidate, PlaceEvidence, weigh_claims

# What each way to name a place says that the matter is there, in log-odds. Chosen by hand, held against real reports.
_WEIGHTS: Mapping[str, float] = {
    NamingKind.SAID: 4.0,
    NamingKind.NAMED: 3.0,
    NamingKind.GLUED: 2.5,
    NamingKind.VILLAGE: 3.0,
    NamingKind.PAIRED: 2.4,
    NamingKind.MISSPELT: 2.0,
    NamingKind.BARE: 1.5,
    NamingKind.QUARTER: 1.2,
}
_LANDMARK = 3.2
# Whom a government's own account or app is spoken to means that government.
_ACCOUNT = 4.2
# The form's fields are often a neighbour's: any plain word of the text beats them, a quarter's bare name does not.
_FIELD_CODE = 1.8
_FIELD_PART = 0.6
_IN_TITLE = 0.3
_OF_UNIT = 1.0
_IN_HEADING = -0.6
# Where no word has a capital that this one has none says less.
_IN_SMALL = -0.2
# A bare name that city and regency share means the city first: who lives in the regency tends to say "kab" or a
# district. Real reports hardly tell: all twelve that left it open went to the city, but eleven of these to Semarang,
# and none of all reports looked at to its regency. So it is a guess, and the certainty shows it.
_CITY_SHARE = 0.75
_LIKELY_SHARE = 0.8
# Who speaks of a regent means the regency, though the form holds the city of its name; the other way round as well.
_REGENTS = frozenset(("bupati", "pemkab", "kabupaten"))
_MAYORS = frozenset(("walikota", "walkot", "pemkot", "wako"))
_SPOKEN_OF = 0.85
_PICKED_BUT = 0.75
# So much likelier than the next the best must be.
_CLEAR = 2.0
_UNIT_DISTANCE = 3
_SENTENCE = frozenset((". ", "! ", "? ", ".\n", "\n"))
_LONGEST_SHORT = 4
_JOINING = frozenset(("dan", "dn", "atau", "serta", "sama", "karo", "jeung"))
_MOST_CLAIMS = 40
# What begins a line, right behind the small letters of a word.
_RUN_TOGETHER = re.compile(
    r"(?<=[a-z]{3})(?=(?:Saya|Kami|Mohon|Tolong|Pak|Bapak|Bu|Ibu|Terima|Trims|Kepada|Yth|Sekian|Demikian|Assalam|Selamat"
    r"|Karena|Untuk|Jalan|Jl|Dan|Di|Lokasi|Alamat)[a-z]*\b)"
)


@dataclass(frozen=True, slots=True)
class ReportLocation:
    """The places a report may be about, likeliest first, each in another city, regency or province; perhaps none."""

    candidates: tuple[PlaceCandidate, ...] = ()

    @property
    def best(self) -> PlaceCandidate | None:
        """The likeliest, if there is any."""
        return self.candidates[0] if self.candidates else None

    @property
    def ambiguous(self) -> bool:
        """Whether another place, not one within the best, is nearly as likely."""
        first, *others = self.candidates or (None,)
        if first is None:
            return False
        rivals = [
            one.certainty for one in others if first.level is not RegionLevel.PROVINCE or one.province != first.code
        ]
        return bool(rivals) and first.certainty < _CLEAR * max(rivals)


def location_text(report: Report) -> str:
    """The text in which places are looked for, and in which the spans of evidence and units lie.

    Lines that ran together are apart again: “ranting pohon ituKami sudah lapor”.
    """
    return _RUN_TOGETHER.sub("\n", f"{report.title}\n{report.text}")


def locate_report(
    report: Report,
    words: Sequence[Word],
    atlas: PlaceFinder,
    landmarks: Landmarks,
    units: Iterable[tuple[int, int]] = (),
    apart: Iterable[tuple[int, int]] = (),
) -> ReportLocation:
    """Where a report is about.

    `words` are those of `told(report)`; the spans lie in it too. `units` are those of units: a place's name behind one
    is where the unit is. `apart` are those of institutions' names: what stands within one is no place.

    What the text says beats the fields; these count where it says nothing, and settle which of several it means.
    """
    text = location_text(report)
    seen = landmarks.find(words)
    inside = [*((one.start, one.end) for one in seen), *apart]
    others = [*_from_landmarks(text, seen), *_from_place(report.place, report.agency, atlas)]
    around = [code for claim in others if len(claim.shares) == 1 for code in claim.shares if "." in code]
    beside = [code for claim in others for code in claim.beside]
    named = atlas.find(tokens := Tokens(text), around, beside)
    said = (claim for claim in _from_text(tokens, named, len(report.title), tuple(units)) if not _part(claim, inside))
    claims = [*said, *others]
    if (level := _spoken_of(tokens, named)) and any(len(claim.shares) > 1 or claim.beside for claim in claims):
        claims = [_leaning(claim, level, atlas) for claim in claims]
    return ReportLocation(weigh_claims(claims[:_MOST_CLAIMS]))


def _from_text(
    tokens: Tokens, found: Iterable[PlaceMatch], title: int, units: Sequence[tuple[int, int]]
) -> Iterator[Claim]:
    text = tokens.text
    small = text.islower()
    before: tuple[PlaceMatch, float] | None = None
    for named in found:
        start, end = tokens.starts[named.first], tokens.ends[named.end - 1]
        said = named.manner in {NamingKind.SAID, NamingKind.VILLAGE, NamingKind.GLUED}
        its_cue = _along(before, named, tokens, cue(tokens, named.first, said=said))
        before = (named, its_cue)
        if its_cue == NOT:
            continue
        aside = its_cue <= ASIDE
        of_unit = not aside and any(_follows(tokens, unit, named, start) for unit in units)
        weight = _WEIGHTS[named.manner] + its_cue + _OF_UNIT * of_unit
        if start < title and not text[:start].strip() and not text[end:title].strip():
            weight += _IN_TITLE
        elif start < title:
            # In a heading every word has a capital: a district's bare name may be a word like others (Larangan).
            weight += _IN_HEADING if named.manner is NamingKind.BARE else _IN_TITLE
        elif named.manner is NamingKind.BARE and not its_cue and text[start:end].islower():
            # A name of several words (kuta utara) is no word like others.
            weight += _IN_SMALL if small or named.end > named.first + 1 else _IN_HEADING
        kind = "unit" if of_unit else named.manner.value
        yield Claim(_shares(named), weight, PlaceEvidence(kind, text[start:end], start, end), aside=aside)


def _spoken_of(tokens: Tokens, named: Iterable[PlaceMatch]) -> RegionLevel | None:
    """Whether the text speaks of a regent or of a mayor, and not of both, without saying whose."""
    words = tokens.words
    if _REGENTS.isdisjoint(words) and _MAYORS.isdisjoint(words) and "wali" not in words:
        return None
    theirs = {at for one in named for at in range(one.first, one.end)}
    regents = mayors = False
    for at, word in enumerate(words):
        if at not in theirs:
            regents = regents or word in _REGENTS
            mayors = mayors or word in _MAYORS or (word == "wali" and words[at + 1 : at + 2] == ["kota"])
    return None if regents == mayors else RegionLevel.REGENCY if regents else RegionLevel.CITY


def _leaning(claim: Claim, level: RegionLevel, atlas: PlaceFinder) -> Claim:
    """A claim of city and regency of one name, to that which is spoken of."""
    shares = dict(claim.shares)
    if claim.picked and len(shares) == 1:
        code, *twins = (*shares, *claim.beside)
        fitting = [one for one in twins if region_level(one) is level]
        if "." in code and len(fitting) == 1 and region_level(code) not in {level, RegionLevel.DISTRICT}:
            shares = {code: 1 - _PICKED_BUT, fitting[0]: _PICKED_BUT}
            return claim._replace(shares=shares, beside=(code, *claim.beside))
        return claim
    for code in claim.shares:
        for twin in atlas.twins((code,)) if region_level(code) is level else ():
            if twin in claim.shares:
                both = shares[code] + shares[twin]
                shares[code], shares[twin] = _SPOKEN_OF * both, (1 - _SPOKEN_OF) * both
    return claim._replace(shares=shares)


def _along(before: tuple[PlaceMatch, float] | None, named: PlaceMatch, tokens: Tokens, its_cue: float) -> float:
    """A name close behind the one it lies in, or holds, has the same part in the matter: asal Tebet, Jakarta."""
    if before is None or its_cue:
        return its_cue
    other, their_cue = before
    if between := tokens.words[other.end : named.first]:
        # “dari Lampung dan Brebes”
        return their_cue if len(between) == 1 and between[0] in _JOINING and NOT < their_cue <= ASIDE else 0.0
    # “Jalan raya Bogor-Jakarta” is a street to its end; “Jl. Semarang, Semarang” is a street in it.
    if their_cue == NOT:
        return their_cue if tokens.gaps[named.first].strip() == "-" else 0.0
    joined = any(regions_overlap(one, another) for one in other.codes for another in named.codes)
    return their_cue if joined else 0.0


def _follows(tokens: Tokens, unit: tuple[int, int], named: PlaceMatch, start: int) -> bool:
    """Whether a name follows a unit, at most three words behind."""
    if unit[1] > start:
        return False
    for at in range(named.first - 1, max(named.first - _UNIT_DISTANCE, 0) - 1, -1):
        # Another sentence; “kec. ” is none.
        if tokens.gaps[at + 1] in _SENTENCE and len(tokens.words[at]) > _LONGEST_SHORT:
            return False
        if unit[0] < tokens.ends[at] <= unit[1]:
            return True
    return False


def _part(claim: Claim, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a name is a part of a landmark's (Tol Jakarta-Cikampek)."""
    return any(start <= claim.evidence.start and claim.evidence.end <= end for start, end in spans)


def _from_landmarks(text: str, seen: Iterable[LandmarkMatch]) -> Iterator[Claim]:
    for landmark, start, end in seen:
        if landmark.codes:
            share = 1 / len(landmark.codes)
            yield Claim(
                dict.fromkeys(landmark.codes, share),
                _ACCOUNT if landmark.account else _LANDMARK,
                PlaceEvidence("landmark", text[start:end], start, end),
            )


def _from_place(place: Place, agency: str, atlas: PlaceFinder) -> Iterator[Claim]:
    """What stands in the form's fields. The picked region says the same again: the strongest of them counts.

    Where no region is filled in, whose government the sender addressed says where they think that it is.
    """
    if code := atlas.region(place.code):
        yield Claim({code: 1.0}, _FIELD_CODE, PlaceEvidence("code", code), picked=True, beside=atlas.twins((code,)))
    district = f"kec. {place.district}" if place.district else ""
    addressee = "" if place.region or place.code else agency
    for text, kind in ((f"{district}\n{place.region}", "field"), (place.address, "address"), (addressee, "addressee")):
        if text.strip():
            tokens = Tokens(text)
            for named in atlas.find(tokens):
                words = text[tokens.starts[named.first] : tokens.ends[named.end - 1]]
                weight = _FIELD_PART * _WEIGHTS[named.manner]
                picked = kind != "address"
                beside = atlas.twins(named.codes) if picked else ()
                yield Claim(_shares(named), weight, PlaceEvidence(kind, words), picked=picked, beside=beside)


def _shares(named: PlaceMatch) -> Mapping[str, float]:
    """How likely a name means each of its codes by itself."""
    codes = named.codes
    if len(codes) == 1:
        return {codes[0]: 1.0}
    likely = named.likely or tuple(code for code in codes if region_level(code) is RegionLevel.CITY)
    if not likely or len(likely) == len(codes):
        return dict.fromkeys(codes, 1 / len(codes))
    whole = _LIKELY_SHARE if named.likely else _CITY_SHARE
    each, other = whole / len(likely), (1 - whole) / (len(codes) - len(likely))
    return {code: each if code in likely else other for code in codes}
