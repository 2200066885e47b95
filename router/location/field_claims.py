"""Claims for places that do not come from place names in the text: fields of the form, and landmarks."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from language.places.finder import NamingKind, PlaceFinder, PlaceMatch
from language.places.gazetteer import is_in_city
from language.places.landmarks import Landmark, LandmarkMatch
from language.tokens import Tokens
from messages.shapes import Place
from router.location.context_cues import NOT_A_PLACE, context_cue, is_in_street_name
from router.location.name_shares import NAME_WEIGHTS, name_shares
from router.location.place_evidence import PlaceClaim, PlaceEvidence

# All weights are log-odds. A known station, road or market.
_LANDMARK_WEIGHT = 3.2
# A known street: others may have its name, so that any city that is named outweighs it.
_STREET_WEIGHT, _STREET_KIND = 2.0, "jalan"
# A sender who speaks to a government's own account or app means that government.
_ACCOUNT_WEIGHT = 4.2
# The fields often hold a neighbour's region: any plain name in the text outweighs them, a quarter's bare name does not.
_FIELD_CODE_WEIGHT = 1.8
# A name in a field counts so much of what it would count in the text.
_FIELD_FACTOR = 0.6


def landmark_claims(text: str, landmarks: Iterable[LandmarkMatch]) -> Iterator[PlaceClaim]:
    """Yield a claim for each landmark in the text that has a region."""
    for landmark, start, end in landmarks:
        if landmark.codes:
            shares = dict.fromkeys(landmark.codes, 1 / len(landmark.codes))
            yield PlaceClaim(shares, _landmark_weight(landmark), PlaceEvidence("landmark", text[start:end], start, end))


def is_street(landmark: Landmark) -> bool:
    """Return True for a street of one city, False for a road through several."""
    return landmark.kind == _STREET_KIND and len(landmark.codes) == 1 and is_in_city(landmark.codes[0])


def _landmark_weight(landmark: Landmark) -> float:
    if landmark.account:
        return _ACCOUNT_WEIGHT
    return _STREET_WEIGHT if is_street(landmark) else _LANDMARK_WEIGHT


def field_claims(reported_place: Place, agency: str, place_finder: PlaceFinder) -> Iterator[PlaceClaim]:
    """Yield claims of the fields of the form. The picked region repeats the others: the strongest of them counts.

    If no region is filled in, the government that the sender addressed says where the sender thinks the matter is.
    """
    if code := place_finder.known_region(reported_place.code):
        yield PlaceClaim(
            {code: 1.0},
            _FIELD_CODE_WEIGHT,
            PlaceEvidence("code", code),
            from_form=True,
            confusable_codes=place_finder.namesakes((code,)),
        )
    district = f"kec. {reported_place.district}" if reported_place.district else ""
    addressee = "" if reported_place.region or reported_place.code else agency
    region_claims = list(_field_claims(f"{district}\n{reported_place.region}", "field", place_finder))
    yield from region_claims
    region_codes = [code, *(region for claim in region_claims for region in claim.shares)]
    yield from _field_claims(reported_place.address, "address", place_finder, list(filter(is_in_city, region_codes)))
    yield from _field_claims(addressee, "addressee", place_finder)


def _field_claims(
    text: str, kind: str, place_finder: PlaceFinder, known_codes: Sequence[str] = ()
) -> Iterator[PlaceClaim]:
    """Yield a claim for each name in a field. A free-text address is no picked region, and names streets."""
    if not text.strip():
        return
    is_picked = kind != "address"
    tokens = Tokens(text)
    for match in place_finder.find_places(tokens, known_codes):
        if not is_picked and _names_a_street(tokens, match):
            continue
        confusable_codes = place_finder.namesakes(match.codes) if is_picked else ()
        yield PlaceClaim(
            _twin_shares(match, confusable_codes) or name_shares(match),
            NAME_WEIGHTS[match.kind] * (1.0 if _is_typed_in_address(match, kind) else _FIELD_FACTOR),
            PlaceEvidence(kind, text[tokens.starts[match.first] : tokens.ends[match.end - 1]]),
            from_form=is_picked,
            confusable_codes=confusable_codes,
        )


def _is_typed_in_address(match: PlaceMatch, kind: str) -> bool:
    """Return True for “Kec. Cibinong” in an address: the sender wrote where it is, also beside a neighbour's region."""
    return kind == "address" and match.kind in {NamingKind.TYPED, NamingKind.VILLAGE}


def _names_a_street(tokens: Tokens, match: PlaceMatch) -> bool:
    """Return True for the name in “Jl. Danau Toba”."""
    is_typed = match.kind in {NamingKind.TYPED, NamingKind.VILLAGE}
    is_no_place = context_cue(tokens, match.first, is_typed=is_typed) == NOT_A_PLACE
    return is_no_place or (match.kind is NamingKind.MISSPELT and is_in_street_name(tokens, match.first))


def _twin_shares(match: PlaceMatch, confusable_codes: Collection[str]) -> Mapping[str, float]:
    """Return equal shares if a picked name means a city and the regency of the same name; else nothing.

    Lists of places tell them apart by a type word, so that a name without it was typed: senders of a regency leave it
    out as often as those of a city. The text decides.
    """
    twins = [code for code in match.codes if code in confusable_codes]
    return dict.fromkeys(twins, 1 / len(twins)) if len(twins) > 1 and not match.likely else {}
