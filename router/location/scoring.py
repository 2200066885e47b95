"""Weighs what speaks for each place against the others: from claims to candidates. It reads no text."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

from language.places.gazetteer import RegionLevel, region_level, regions_overlap

# That a place named is none at all, or not what the matter is about, in log-odds as all weights here.
_NOWHERE = 0.5
# Of what is said again for the same region so much counts; of what speaks for its province so much.
_AGAIN = 0.6
_PROVINCE = 0.8
# A field's region against a place of its province that the text names: the form's list puts the neighbour's name there.
# So much of the field's weight is left, and so much the field's province adds to the text's place.
_OVERRULED = 0.25
_ITS_PROVINCE = 0.8
# A remark beside a place that is none.
_REMARKED = 0.8
# From this weight on what is claimed by one alone settles the rest.
_FIXED = 1.0
_HALF = 0.5
_MOSTLY = 0.7
# What lies nowhere near the places that are clear is mostly a village that no list knows to be there, too.
_APART = 2.0
_FEW = 3
# So much more must speak for a district than for another of the same city.
_CLEAR_DISTRICT = 1.5
_MOST_CANDIDATES = 10
_REGION = 2


@dataclass(frozen=True, slots=True)
class PlaceEvidence:
    """What speaks for a place. `kind`: a `Manner`, `landmark`, `unit`, `code`, `field`, `address`; `words` as written.

    `told(report)[start:end]` are the words; -1 where they stand in the form's fields for the place.
    """

    kind: str
    words: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A place that the report may be about: the narrowest region that is clear, and how probable its city is (0-1)."""

    code: str
    level: RegionLevel
    certainty: float
    evidence: tuple[PlaceEvidence, ...]

    @property
    def region(self) -> str:
        """The code of the city or regency; of the province where no more is known."""
        return _region(self.code)

    @property
    def province(self) -> str:
        """The code of the province."""
        return _province(self.code)


class Claim(NamedTuple):
    """That the report is about one of these, with the share of each (together 1), by this weight in log-odds.

    Of what was `picked` in the form only the strongest counts: its parts say the same again. `beside` are regions that
    whoever picked it may have meant. What is said `aside` is a remark.
    """

    shares: Mapping[str, float]
    weight: float
    evidence: PlaceEvidence
    picked: bool = False
    beside: tuple[str, ...] = ()
    aside: bool = False


class _Own(NamedTuple):
    """What speaks for one region by itself: all of it, and whether a name means it rather than all others together."""

    score: float
    mostly: bool


def weigh_claims(claims: Sequence[Claim]) -> tuple[PlaceCandidate, ...]:
    """The candidates, likeliest first, each in another city or regency, or a province of which no more is known."""
    claims = _overruled(_narrowed(claims))
    own = _own(claims)
    # A province whose name is its city's as well (Jambi) says nothing of that city by it.
    wide = _own([claim for claim in claims if all(map(_is_province, claim.shares))])
    named = {_province(region) for region, one in own.items() if one.mostly and not _is_province(region)}
    scores: dict[str, float] = {}
    for region, (score, _) in own.items():
        if not _is_province(region):
            province = _province(region)
            scores[region] = score + (_PROVINCE * wide[province].score if province in named & wide.keys() else 0.0)
        elif region not in named or _shared(region, claims):
            # Without a region in it that is more than one of many, the province is what is known.
            scores[region] = score
    return _ranked(scores, claims)


def _narrowed(claims: Sequence[Claim]) -> list[Claim]:
    """Claims of several regions, to those that lie in, around or at what is claimed by one alone."""
    single = [len(set(map(_region, claim.shares))) == 1 for claim in claims]
    fixed = {
        code
        for claim, alone in zip(claims, single, strict=True)
        if alone and claim.weight > _FIXED
        for code in claim.shares
    }
    beside = {code for claim in claims for code in claim.beside}
    wide = {_province(code) for claim in claims if claim.picked for code in claim.shares}
    arounds = (fixed, beside, wide)
    return [claim if alone else _within(claim, arounds) for claim, alone in zip(claims, single, strict=True)]


def _within(claim: Claim, arounds: Iterable[Collection[str]]) -> Claim:
    """A claim, of those regions that lie around one of these; if none does, one of the next."""
    if not any(arounds):
        return claim
    for around in arounds:
        kept = {
            code: share for code, share in claim.shares.items() if any(regions_overlap(code, other) for other in around)
        }
        # A province holds many villages of a name.
        if (total := sum(kept.values())) and (len(kept) <= _FEW or not all(map(_is_province, around))):
            return claim._replace(shares={code: share / total for code, share in kept.items()})
    return claim._replace(weight=claim.weight - _APART) if len(claim.shares) > _FEW else claim


def _overruled(claims: list[Claim]) -> list[Claim]:
    """Claims, remarks less beside others, and the form's fields where the text names another city of that province."""
    if any(_tells(claim) for claim in claims):
        claims = [claim._replace(weight=claim.weight - _REMARKED) if claim.aside else claim for claim in claims]
    picked = {region for claim in claims if claim.picked for region in _by_region(claim) if not _is_province(region)}
    if not picked:
        return claims
    # What stands in the text says one region, and is no remark.
    location_text = [_mostly(claim) if _tells(claim) else "" for claim in claims]
    provinces = set(map(_province, picked))
    rivals = [bool(one) and not _is_province(one) and _province(one) in provinces for one in location_text]
    if not any(rivals) or not picked.isdisjoint(location_text):
        return claims
    return [
        claim._replace(weight=claim.weight * _OVERRULED)
        if claim.picked
        else claim._replace(weight=claim.weight + _ITS_PROVINCE * rival)
        for claim, rival in zip(claims, rivals, strict=True)
    ]


def _mostly(claim: Claim) -> str:
    """The region that is claimed, where it is one or one mostly."""
    region, share = max(_by_region(claim).items(), key=lambda one: one[1])
    return region if share > _MOSTLY else ""


def _tells(claim: Claim) -> bool:
    return claim.evidence.start >= 0 and not claim.aside


def _own(claims: Iterable[Claim]) -> dict[str, _Own]:
    """All that speaks for each region; what is said again counts less."""
    said: dict[str, list[float]] = defaultdict(list)
    picked: dict[str, float] = {}
    mostly: set[str] = set()
    for claim in claims:
        for region, share in _by_region(claim).items():
            speaks = _speaks(claim, share)
            if claim.picked:
                picked[region] = max(speaks, picked.get(region, 0.0))
            else:
                said[region].append(speaks)
            if share >= _HALF:
                mostly.add(region)
    return {
        region: _Own(_sum((*said.get(region, ()), picked.get(region, 0.0))), region in mostly)
        for region in dict.fromkeys((*said, *picked))
    }


def _by_region(claim: Claim) -> Mapping[str, float]:
    shares: dict[str, float] = defaultdict(float)
    for code, share in claim.shares.items():
        shares[_region(code)] += share
    return shares


def _speaks(claim: Claim, share: float) -> float:
    """Of a name that many bear each is the less likely; it never speaks against one."""
    return log(1 + exp(claim.weight) * share)


def _sum(speaking: Iterable[float]) -> float:
    return sum(one * _AGAIN**nth for nth, one in enumerate(sorted(speaking, reverse=True)))


def _ranked(scores: Mapping[str, float], claims: Sequence[Claim]) -> tuple[PlaceCandidate, ...]:
    # Of a name that a hundred villages bear all together say as much as one that is unique.
    odds = {code: exp(score) - 1 for code, score in scores.items()}
    total = exp(_NOWHERE) + sum(odds.values())
    ranked = sorted(scores, key=lambda code: (-scores[code], code))[:_MOST_CANDIDATES]
    return tuple(_candidate(code, odds, total, claims) for code in ranked)


def _candidate(code: str, odds: Mapping[str, float], total: float, claims: Sequence[Claim]) -> PlaceCandidate:
    inside = [
        value for other, value in odds.items() if _is_province(code) and other != code and regions_overlap(code, other)
    ]
    # What is less likely than its province and lies in it speaks for the province.
    mass = odds[code] + sum(value for value in inside if value < odds[code])
    narrow = _narrowest(code, claims)
    evidence = tuple(claim.evidence for claim in claims if any(regions_overlap(one, narrow) for one in claim.shares))
    return PlaceCandidate(narrow, region_level(narrow), mass / total, evidence)


def _narrowest(region: str, claims: Iterable[Claim]) -> str:
    """The district within a region that most speaks for, where it is clear; else the region."""
    speaking: dict[str, float] = defaultdict(float)
    for claim in claims:
        for code, share in claim.shares.items():
            if code != region and _region(code) == region:
                speaking[code] += _speaks(claim, share)
    first, second, *_ = *sorted(speaking.values(), reverse=True), 0.0, 0.0
    return max(speaking, key=lambda code: speaking[code]) if first > _CLEAR_DISTRICT * second else region


def _shared(province: str, claims: Iterable[Claim]) -> bool:
    """Whether the name of a province is its city's as well (Jogja)."""
    return any(province in claim.shares and len(claim.shares) > 1 for claim in claims)


def _region(code: str) -> str:
    return ".".join(code.split(".")[:_REGION])


def _province(code: str) -> str:
    return code.partition(".")[0]


def _is_province(code: str) -> bool:
    return "." not in code
