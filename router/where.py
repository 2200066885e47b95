"""Where a report is about: its places weighed against each other, each with the words that speak for it. Pure.

Who is competent there is not decided here. Coordinates are not looked at: there is no table to find a region by them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

from language.atlas import Atlas, Manner, Named
from language.gazetteer import Level, level_of, related
from language.landmarks import Landmarks, Seen
from language.tokens import Tokens
from language.words import Word
from messages.shapes import Place, Report
from router.cues import NOT, cue

# What each way to name a place says that the matter is there, in log-odds. Chosen by hand, held against real reports.
_WEIGHTS: Mapping[str, float] = {
    Manner.SAID: 4.0,
    Manner.NAMED: 3.0,
    Manner.GLUED: 2.5,
    Manner.VILLAGE: 3.0,
    Manner.MISSPELT: 2.0,
    Manner.BARE: 1.5,
    Manner.QUARTER: 1.2,
}
_LANDMARK = 3.2
# The form's fields are often a neighbour's: any plain word of the text beats them, a quarter's bare name does not.
_FIELD_CODE = 1.8
_FIELD_PART = 0.6
_IN_TITLE = 0.3
_OF_UNIT = 1.0
_IN_HEADING = -0.6
# That a place named is none at all, or not what the matter is about.
_NOWHERE = 0.5
# Of what is said again for the same region so much counts.
_AGAIN = 0.6
_PROVINCE = 0.8
# A bare name that city and regency share means the city first: who lives in the regency tends to say "kab" or a
# district. Real reports hardly tell: all twelve that left it open went to the city, but eleven of them to Semarang,
# which used the service when its regency did not. So it is a guess, and the certainty shows it.
_CITY_SHARE = 0.75
_LIKELY_SHARE = 0.8
# So much likelier than the next the best must be; a district than another of the same city.
_CLEAR = 2.0
_CLEAR_DISTRICT = 1.5
_HALF = 0.5
_FEW = 3
# What lies nowhere near the places that are clear is mostly a village of which no list knows that it is there, too.
_APART = 2.0
_PICKED = frozenset(("code", "field"))
_UNIT_DISTANCE = 3
_MOST_CLAIMS = 40
_MOST_CANDIDATES = 10
_REGION = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a place. `kind`: a `Manner`, `landmark`, `unit`, `code` or `field`; `words` as written.

    `told(report)[start:end]` are the words; -1 where they stand in the form's fields for the place.
    """

    kind: str
    words: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that the report may be about: the narrowest region that is clear, and how probable its city is (0-1)."""

    code: str
    level: Level
    certainty: float
    evidence: tuple[Evidence, ...]

    @property
    def region(self) -> str:
        """The code of the city or regency; of the province where no more is known."""
        return ".".join(self.code.split(".")[:_REGION])

    @property
    def province(self) -> str:
        """The code of the province."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Where:
    """The places a report may be about, likeliest first, each in another city, regency or province; perhaps none."""

    candidates: tuple[Candidate, ...] = ()

    @property
    def best(self) -> Candidate | None:
        """The likeliest, if there is any."""
        return self.candidates[0] if self.candidates else None

    @property
    def ambiguous(self) -> bool:
        """Whether another place, not one within the best, is nearly as likely."""
        first, *others = self.candidates or (None,)
        if first is None:
            return False
        rivals = [one.certainty for one in others if first.level is not Level.PROVINCE or one.province != first.code]
        return bool(rivals) and first.certainty < _CLEAR * max(rivals)


class _Claim(NamedTuple):
    """That the report is about one of these, with the share of each, by this weight."""

    shares: Mapping[str, float]
    weight: float
    evidence: Evidence

    @property
    def regions(self) -> frozenset[str]:
        return frozenset(map(_region, self.shares))


def told(report: Report) -> str:
    """The text in which places are looked for, and in which the spans of evidence and units lie."""
    return f"{report.title}\n{report.text}"


def locate(
    report: Report,
    words: Sequence[Word],
    atlas: Atlas,
    landmarks: Landmarks,
    units: Iterable[tuple[int, int]] = (),
) -> Where:
    """Where a report is about. `words` are those of `told(report)`, and `units` the spans in it of units.

    A place's name behind a unit's is where the unit is.

    What the text says beats the fields; these count where it says nothing, and settle which of several it means.
    """
    text = told(report)
    seen = landmarks.find(words)
    inside = [(one.start, one.end) for one in seen]
    others = [*_from_landmarks(text, seen), *_from_place(report.place, atlas)]
    around = [code for claim in others if len(claim.shares) == 1 for code in claim.shares if "." in code]
    named = atlas.find(tokens := Tokens(text), around)
    said = (claim for claim in _from_text(tokens, named, len(report.title), tuple(units)) if not _part(claim, inside))
    claims = [*said, *others]
    return Where(_weighed(_narrowed(claims[:_MOST_CLAIMS])))


def _from_text(
    tokens: Tokens, found: Iterable[Named], title: int, units: Sequence[tuple[int, int]]
) -> Iterator[_Claim]:
    text = tokens.text
    before: tuple[Named, float] | None = None
    for named in found:
        start, end = tokens.starts[named.first], tokens.ends[named.end - 1]
        said = named.manner in {Manner.SAID, Manner.VILLAGE, Manner.GLUED}
        its_cue = _along(before, named, tokens, cue(tokens, named.first, said=said))
        before = (named, its_cue)
        if its_cue == NOT:
            continue
        of_unit = any(_follows(tokens, unit, named, start) for unit in units)
        weight = _WEIGHTS[named.manner] + its_cue + _OF_UNIT * of_unit
        if start < title:
            # In a heading every word has a capital: a district's bare name may be a word like others (Larangan).
            weight += _IN_HEADING if named.manner is Manner.BARE else _IN_TITLE
        elif named.manner is Manner.BARE and not its_cue and tokens.written(named.first).islower():
            weight += _IN_HEADING
        kind = "unit" if of_unit else named.manner.value
        yield _Claim(_shares(named), weight, Evidence(kind, text[start:end], start, end))


def _along(before: tuple[Named, float] | None, named: Named, tokens: Tokens, its_cue: float) -> float:
    """A name close behind the one it lies in, or holds, has the same part in the matter: asal Tebet, Jakarta."""
    if before is None or its_cue or named.first - before[0].end > 0:
        return its_cue
    other, their_cue = before
    # “Jalan raya Bogor-Jakarta” is a street to its end; “Jl. Semarang, Semarang” is a street in it.
    if their_cue == NOT:
        return their_cue if tokens.gaps[named.first].strip() == "-" else 0.0
    joined = any(related(one, another) for one in other.codes for another in named.codes)
    return their_cue if joined else 0.0


def _follows(tokens: Tokens, unit: tuple[int, int], named: Named, start: int) -> bool:
    """Whether a name follows a unit, at most three words behind."""
    first = max(named.first - _UNIT_DISTANCE, 0)
    return unit[1] <= start and any(unit[0] < end <= unit[1] for end in tokens.ends[first : named.first])


def _part(claim: _Claim, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a name is a part of a landmark's (Tol Jakarta-Cikampek)."""
    return any(start <= claim.evidence.start and claim.evidence.end <= end for start, end in spans)


def _from_landmarks(text: str, seen: Iterable[Seen]) -> Iterator[_Claim]:
    for landmark, start, end in seen:
        if landmark.codes:
            share = 1 / len(landmark.codes)
            yield _Claim(
                dict.fromkeys(landmark.codes, share), _LANDMARK, Evidence("landmark", text[start:end], start, end)
            )


def _from_place(place: Place, atlas: Atlas) -> Iterator[_Claim]:
    """What stands in the form's fields. The picked region says the same again: the strongest of them counts."""
    if code := atlas.region(place.code):
        yield _Claim({code: 1.0}, _FIELD_CODE, Evidence("code", place.code))
    district = f"kec. {place.district}" if place.district else ""
    for text, kind in ((f"{district}\n{place.region}", "field"), (place.address, "address")):
        if text.strip():
            tokens = Tokens(text)
            for named in atlas.find(tokens):
                words = text[tokens.starts[named.first] : tokens.ends[named.end - 1]]
                yield _Claim(_shares(named), _FIELD_PART * _WEIGHTS[named.manner], Evidence(kind, words))


def _shares(named: Named) -> Mapping[str, float]:
    """How likely a name means each of its codes by itself."""
    codes = named.codes
    if len(codes) == 1:
        return {codes[0]: 1.0}
    likely = named.likely or tuple(code for code in codes if level_of(code) is Level.CITY)
    if not likely or len(likely) == len(codes):
        return dict.fromkeys(codes, 1 / len(codes))
    whole = _LIKELY_SHARE if named.likely else _CITY_SHARE
    each, other = whole / len(likely), (1 - whole) / (len(codes) - len(likely))
    return {code: each if code in likely else other for code in codes}


def _narrowed(claims: Sequence[_Claim]) -> list[_Claim]:
    """Claims of several regions, to those that lie in, around or at what is claimed by one alone."""
    fixed = {code for claim in claims if claim.weight > 1 and len(claim.regions) == 1 for code in claim.shares}
    return [claim if len(claim.regions) == 1 else _within(claim, fixed) for claim in claims]


def _within(claim: _Claim, fixed: Collection[str]) -> _Claim:
    kept = {code: share for code, share in claim.shares.items() if any(related(code, other) for other in fixed)}
    total = sum(kept.values())
    if kept:
        return claim._replace(shares={code: share / total for code, share in kept.items()})
    return claim._replace(weight=claim.weight - _APART) if fixed and len(claim.shares) > _FEW else claim


def _weighed(claims: Sequence[_Claim]) -> tuple[Candidate, ...]:
    own = {region: _score(region, claims) for region in dict.fromkeys(r for claim in claims for r in claim.regions)}
    # A province whose name is its city's as well (Jambi) says nothing of that city by it.
    wide = [claim for claim in claims if all(map(_is_province, claim.shares))]
    named = {_province(region) for region in own if not _is_province(region) and _mostly(region, claims)}
    scores: dict[str, float] = {}
    for region, score in own.items():
        if not _is_province(region):
            province = _province(region)
            scores[region] = score + _PROVINCE * (_score(province, wide) if province in named and wide else 0.0)
        elif region not in named or _shared(region, claims):
            # Without a region in it that is more than one of many, the province is what is known.
            scores[region] = score
    return _ranked(scores, claims)


def _ranked(scores: Mapping[str, float], claims: Sequence[_Claim]) -> tuple[Candidate, ...]:
    # Of a name that a hundred villages bear all together say as much as one that is unique.
    odds = {code: exp(score) - 1 for code, score in scores.items()}
    total = exp(_NOWHERE) + sum(odds.values())
    ranked = sorted(scores, key=lambda code: (-scores[code], code))[:_MOST_CANDIDATES]
    return tuple(_candidate(code, odds, total, claims) for code in ranked)


def _candidate(code: str, odds: Mapping[str, float], total: float, claims: Sequence[_Claim]) -> Candidate:
    inside = [value for other, value in odds.items() if _is_province(code) and other != code and related(code, other)]
    # What is less likely than its province and lies in it speaks for the province.
    mass = odds[code] + sum(value for value in inside if value < odds[code])
    narrow = _narrowest(code, claims)
    evidence = tuple(claim.evidence for claim in claims if any(related(one, narrow) for one in claim.shares))
    return Candidate(narrow, level_of(narrow), mass / total, evidence)


def _score(region: str, claims: Sequence[_Claim]) -> float:
    """All that speaks for a region; what is said again counts less."""
    picked, said = 0.0, list[float]()
    for claim in claims:
        share = sum(share for code, share in claim.shares.items() if _region(code) == region)
        if not share:
            continue
        speaks = log(1 + exp(claim.weight) * share)
        if claim.evidence.kind in _PICKED:
            picked = max(picked, speaks)
        else:
            said.append(speaks)
    return sum(speaks * _AGAIN**nth for nth, speaks in enumerate(sorted((*said, picked), reverse=True)))


def _narrowest(region: str, claims: Sequence[_Claim]) -> str:
    """The district within a region that most speaks for, where it is clear; else the region."""
    speaking: dict[str, float] = defaultdict(float)
    for claim in claims:
        for code, share in claim.shares.items():
            if _region(code) == region and code != region:
                speaking[code] += log(1 + exp(claim.weight) * share)
    first, second, *_ = *sorted(speaking.values(), reverse=True), 0.0, 0.0
    return max(speaking, key=lambda code: speaking[code]) if first > _CLEAR_DISTRICT * second else region


def _mostly(region: str, claims: Iterable[_Claim]) -> bool:
    """Whether a name means this region rather than all others together."""
    return any(sum(claim.shares[code] for code in claim.shares if _region(code) == region) >= _HALF for claim in claims)


def _shared(province: str, claims: Iterable[_Claim]) -> bool:
    """Whether the name of a province is its city's as well (Jogja)."""
    return any(province in claim.shares and len(claim.shares) > 1 for claim in claims)


def _region(code: str) -> str:
    return ".".join(code.split(".")[:_REGION])


def _province(code: str) -> str:
    return code.partition(".")[0]


def _is_province(code: str) -> bool:
    return "." not in code
