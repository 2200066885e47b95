"""Weighs the claims for each place against the others and ranks the places. Reads no text."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from typing import NamedTuple

from language.places.gazetteer import region_level, regions_overlap
from language.places.names import city_of
from router.location.place_evidence import PlaceCandidate, PlaceClaim, is_province, province_of, shares_by_region

# Log-odds that a named place is no place, or is not where the matter is.
_NOWHERE = 0.5
# A second claim for the same region counts so much of its weight, a third the square of it, and so on.
_REPETITION_FACTOR = 0.6
# So much of what speaks for a province also speaks for a city in it.
_PROVINCE_FACTOR = 0.8
# From this share on, a name means one region rather than all others together.
_LIKELY_SHARE = 0.5
# A district must have so much more support than another district of the same city.
_CLEAR_DISTRICT = 1.5
_MAX_CANDIDATES = 10


class _Support(NamedTuple):
    """Support for one region: its score, and True if some name means it rather than all others together."""

    score: float
    is_likely: bool


def rank_places(claims: Sequence[PlaceClaim]) -> tuple[PlaceCandidate, ...]:
    """Return the candidates, likeliest first, each in another city or regency, or a province without more detail."""
    support = _support_by_region(claims)
    # A province that shares its name with a city (Jambi) does not support that city by the name.
    province_support = _support_by_region([claim for claim in claims if all(map(is_province, claim.shares))])
    provinces_with_city = _provinces_with_likely_city(support)
    scores: dict[str, float] = {}
    for region, (score, _) in support.items():
        province = province_of(region)
        has_city = province in provinces_with_city
        if region != province:
            supports_city = has_city and province in province_support
            scores[region] = score + (_PROVINCE_FACTOR * province_support[province].score if supports_city else 0.0)
        elif not has_city or _shares_name_with_city(region, claims):
            # No region inside is more than one of many: only the province is known.
            scores[region] = score
    return _ranked_candidates(scores, claims)


def _provinces_with_likely_city(support: Mapping[str, _Support]) -> set[str]:
    cities = [region for region, (_, is_likely) in support.items() if is_likely and not is_province(region)]
    return set(map(province_of, cities))


def _support_by_region(claims: Iterable[PlaceClaim]) -> dict[str, _Support]:
    """Return the support for each region. Repetition counts less; of the form only the strongest claim counts."""
    text_supports: dict[str, list[float]] = defaultdict(list)
    form_support: dict[str, float] = {}
    likely_regions: set[str] = set()
    for claim in claims:
        for region, share in shares_by_region(claim).items():
            support = _share_support(claim, share)
            if claim.from_form:
                form_support[region] = max(support, form_support.get(region, 0.0))
            else:
                text_supports[region].append(support)
            if share >= _LIKELY_SHARE:
                likely_regions.add(region)
    return {
        region: _Support(
            _discounted_sum((*text_supports.get(region, ()), form_support.get(region, 0.0))), region in likely_regions
        )
        for region in dict.fromkeys((*text_supports, *form_support))
    }


def _share_support(claim: PlaceClaim, share: float) -> float:
    """Return the support of a claim for a region with this share.

    A name that many regions bear supports each of them less. It never speaks against a region.
    """
    return log(1 + exp(claim.weight) * share)


def _discounted_sum(supports: Iterable[float]) -> float:
    return sum(
        support * _REPETITION_FACTOR**repetition for repetition, support in enumerate(sorted(supports, reverse=True))
    )


def _ranked_candidates(scores: Mapping[str, float], claims: Sequence[PlaceClaim]) -> tuple[PlaceCandidate, ...]:
    # A hundred villages of one name have together as much support as one village with a unique name.
    odds = {code: exp(score) - 1 for code, score in scores.items()}
    total = exp(_NOWHERE) + sum(odds.values())
    ranked = sorted(scores, key=lambda code: (-scores[code], code))[:_MAX_CANDIDATES]
    return tuple(_candidate(code, odds, total, claims) for code in ranked)


def _candidate(code: str, odds: Mapping[str, float], total: float, claims: Sequence[PlaceClaim]) -> PlaceCandidate:
    # A region inside a province that is less likely than the province supports the province.
    mass = odds[code] + sum(inner for inner in _odds_inside(code, odds) if inner < odds[code])
    narrowest = _narrowest_region(code, claims)
    evidence = tuple(
        claim.evidence for claim in claims if any(regions_overlap(share, narrowest) for share in claim.shares)
    )
    return PlaceCandidate(narrowest, region_level(narrowest), mass / total, evidence)


def _odds_inside(province: str, odds: Mapping[str, float]) -> Iterable[float]:
    """Return the odds of the regions in a province; nothing for a city or regency."""
    if not is_province(province):
        return ()
    return [value for code, value in odds.items() if code != province and regions_overlap(code, province)]


def _narrowest_region(region: str, claims: Iterable[PlaceClaim]) -> str:
    """Return the district in a region with the most support, if it is clear; else the region."""
    supports: dict[str, float] = defaultdict(float)
    for claim in claims:
        for code, share in claim.shares.items():
            if code != region and city_of(code) == region:
                supports[code] += _share_support(claim, share)
    strongest, second, *_ = *sorted(supports.values(), reverse=True), 0.0, 0.0
    return max(supports, key=lambda code: supports[code]) if strongest > _CLEAR_DISTRICT * second else region


def _shares_name_with_city(province: str, claims: Iterable[PlaceClaim]) -> bool:
    """Return True if a claim names the province and a city by one name (Jogja)."""
    return any(province in claim.shares and len(claim.shares) > 1 for claim in claims)
