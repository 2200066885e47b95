"""Adjusts the claims for places to each other before they are weighed.

Ambiguous claims are narrowed by clear ones; remarks and overruled form fields lose weight.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from language.places.gazetteer import regions_overlap
from language.places.names import city_of, is_city_or_wider, is_district
from language.places.place_match import NamingKind
from router.location.place_evidence import PlaceClaim, is_province, province_of, shares_by_region

# From this weight on (log-odds) a claim of a single region decides what ambiguous claims mean.
_SETTLING_WEIGHT = 1.0
# A name of more regions than this is not narrowed by a province alone: a province holds many villages of one name.
_FEW_REGIONS = 3
# An ambiguous name that lies near no clear place is mostly a village that no list has there: so much weight is lost.
_FAR_PENALTY = 2.0
# The text names another city than the form, in the same province: the list of the form often puts the neighbour's name
# there. So much of the weight of the form's fields is left, and so much is added to the text's place for the province.
_OVERRULED_FACTOR = 0.25
_SAME_PROVINCE_BONUS = 0.8
# A district's or village's name far from the form's region is mostly a street's or quarter's: so much weight is lost.
_FAR_FROM_FORM_PENALTY = 2.0
# Names of which the word before may tell that they are a person's, a firm's or a street's.
_UNTYPED_NAMES = frozenset((NamingKind.NAMED, NamingKind.BARE, NamingKind.QUARTER, NamingKind.MISSPELT))
# Regions of one conurbation in three provinces (Perpres 60/2020, without Puncak and Cianjur).
_GREATER_JAKARTA = frozenset(("31", "32.01", "32.16", "32.71", "32.75", "32.76", "36.03", "36.71", "36.74"))
# A remark loses so much weight if another place is named that is no remark.
_REMARK_PENALTY = 0.8
# A region with a larger share of a claim is the region that the claim means.
_DOMINANT_SHARE = 0.7


def adjust_claims(claims: Sequence[PlaceClaim], *, is_form_complete: bool = False) -> list[PlaceClaim]:
    """Return the claims, narrowed to regions near clear places, with the weight of overruled claims lowered.

    A form is complete if it has the region and something in it: a district, a street.
    """
    narrowed = _narrow_claims(_without_streets_elsewhere(claims))
    if is_form_complete:
        narrowed = _weaken_unplaced_names(narrowed)
    return _weaken_overruled_fields(_weaken_remarks(_weaken_distant_names(narrowed)))


def _without_streets_elsewhere(claims: Sequence[PlaceClaim]) -> Sequence[PlaceClaim]:
    """Return the claims without streets named after districts, if the text names a place as well."""
    if not any(_places_the_matter(claim) for claim in claims):
        return claims
    return [claim for claim in claims if not claim.is_street]


def _narrow_claims(claims: Sequence[PlaceClaim]) -> list[PlaceClaim]:
    """Narrow claims of several regions to those in, around or at a region that is claimed alone."""
    single = [claim for claim in claims if _names_one_region(claim)]
    if len(single) == len(claims):
        return single
    clear_codes = {code for claim in single if claim.weight > _SETTLING_WEIGHT for code in claim.shares}
    confusable_codes = set(chain.from_iterable(claim.confusable_codes for claim in claims))
    form_provinces = set(map(province_of, _form_codes(claims)))
    contexts = (clear_codes, confusable_codes, form_provinces)
    return [claim if _names_one_region(claim) else _narrow_claim(claim, contexts) for claim in claims]


def _names_one_region(claim: PlaceClaim) -> bool:
    return len(claim.shares) == 1 or len(set(map(city_of, claim.shares))) == 1


def _form_codes(claims: Iterable[PlaceClaim]) -> Iterator[str]:
    """Yield the codes that the fields of the form may mean."""
    return (code for claim in claims if claim.from_form for code in claim.shares)


def _narrow_claim(claim: PlaceClaim, contexts: Iterable[Collection[str]]) -> PlaceClaim:
    """Narrow a claim to its regions near the codes of the first context that has some; else lower its weight."""
    if not any(contexts):
        return claim
    for context in contexts:
        shares = _shares_near(claim, context)
        total = sum(shares.values())
        if total and (len(shares) <= _FEW_REGIONS or not all(map(is_province, context))):
            return claim._replace(shares={code: share / total for code, share in shares.items()})
    return claim._replace(weight=claim.weight - _FAR_PENALTY) if len(claim.shares) > _FEW_REGIONS else claim


def _shares_near(claim: PlaceClaim, context: Collection[str]) -> Mapping[str, float]:
    return {
        code: share for code, share in claim.shares.items() if any(regions_overlap(code, nearby) for nearby in context)
    }


def _weaken_distant_names(claims: list[PlaceClaim]) -> list[PlaceClaim]:
    """Lower the weight of districts' and villages' names in a province that neither the form nor the text names.

    Many quarters and streets bear the name of a district far away (Tlogosari in Semarang and in Bondowoso).
    """
    form_codes = list(_form_codes(claims))
    if not form_codes:
        return claims
    wide_codes = (code for claim in claims if _names_wide_region(claim) for code in claim.shares)
    named_areas = {area for code in (*form_codes, *wide_codes) for area in _areas(code)}
    return [
        claim._replace(weight=claim.weight - _FAR_FROM_FORM_PENALTY)
        if _is_untyped_district(claim) and named_areas.isdisjoint(chain.from_iterable(map(_areas, claim.shares)))
        else claim
        for claim in claims
    ]


def _areas(code: str) -> tuple[str, ...]:
    """Return the areas within which people name a district without its city: the province, and Greater Jakarta."""
    province = province_of(code)
    return (province, "greater-jakarta") if {province, city_of(code)} & _GREATER_JAKARTA else (province,)


def _names_wide_region(claim: PlaceClaim) -> bool:
    """Return True if the text names a city, a regency or a province by this claim."""
    return claim.evidence.start >= 0 and all(map(is_city_or_wider, claim.shares))


def _is_untyped_district(claim: PlaceClaim) -> bool:
    is_in_text = claim.evidence.start >= 0 and claim.evidence.kind != NamingKind.TYPED
    return is_in_text and all(map(is_district, claim.shares))


def _weaken_unplaced_names(claims: list[PlaceClaim]) -> list[PlaceClaim]:
    """Make remarks of names far from the form's region of which no word says that the matter is there."""
    form_regions = {city_of(code) for code in _form_codes(claims) if not is_province(code)}
    if not form_regions:
        return claims
    return [
        claim._replace(weight=claim.weight - _FAR_FROM_FORM_PENALTY, is_remark=True)
        if _is_unplaced_name(claim) and not _any_overlap(claim.shares, form_regions)
        else claim
        for claim in claims
    ]


def _is_unplaced_name(claim: PlaceClaim) -> bool:
    is_name = claim.evidence.kind in _UNTYPED_NAMES or claim.is_street
    return claim.evidence.start >= 0 and is_name and not claim.is_located


def _any_overlap(codes: Iterable[str], regions: Iterable[str]) -> bool:
    return any(regions_overlap(code, region) for region in regions for code in codes)


def _weaken_remarks(claims: list[PlaceClaim]) -> list[PlaceClaim]:
    if not any(map(_places_the_matter, claims)):
        return claims
    return [claim._replace(weight=claim.weight - _REMARK_PENALTY) if claim.is_remark else claim for claim in claims]


def _weaken_overruled_fields(claims: list[PlaceClaim]) -> list[PlaceClaim]:
    """Lower the weight of the form's fields if the text names another city of their province and not theirs."""
    form_regions = {city_of(code) for code in _form_codes(claims) if not is_province(code)}
    if not form_regions:
        return claims
    form_provinces = set(map(province_of, form_regions))
    text_regions = [_dominant_region(claim) if _places_the_matter(claim) else "" for claim in claims]
    rivals = [_is_rival(region, form_provinces) for region in text_regions]
    if not any(rivals) or not form_regions.isdisjoint(text_regions):
        return claims
    return [_overruled_weight(claim, is_rival=is_rival) for claim, is_rival in zip(claims, rivals, strict=True)]


def _overruled_weight(claim: PlaceClaim, *, is_rival: bool) -> PlaceClaim:
    if claim.from_form:
        return claim._replace(weight=claim.weight * _OVERRULED_FACTOR)
    return claim._replace(weight=claim.weight + _SAME_PROVINCE_BONUS * is_rival)


def _is_rival(region: str, form_provinces: Collection[str]) -> bool:
    """Return True if the text's region is a city or regency in a province of the form."""
    return bool(region) and not is_province(region) and province_of(region) in form_provinces


def _dominant_region(claim: PlaceClaim) -> str:
    """Return the region that a claim means: the only one, or one with a dominant share; else an empty string."""
    region, share = max(shares_by_region(claim).items(), key=lambda region_share: region_share[1])
    return region if share > _DOMINANT_SHARE else ""


def _places_the_matter(claim: PlaceClaim) -> bool:
    """Return True if the claim comes from the text and is no remark."""
    return claim.evidence.start >= 0 and not claim.is_remark
