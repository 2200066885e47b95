"""The claim of a point of the map, and the rule for a point beside the places that a report names. Pure.

A point is evidence like a typed place. If it lies in the province of a named place, it decides on the city or regency.
If all clearly named places are in other provinces, nothing decides: the report is in conflict with itself.
"""

from collections.abc import Iterable, Sequence

from config.reference.regions import Regions
from language.places.gazetteer import regions_overlap
from language.places.names import city_of
from language.places.place_match import NamingKind
from language.places.points import VillagePoints
from messages.shapes import Place
from router.location.name_shares import NAME_WEIGHTS
from router.location.place_evidence import (
    POINT,
    PlaceCandidate,
    PlaceClaim,
    PlaceEvidence,
    PointLocation,
    ReportLocation,
    is_province,
    province_of,
)
from router.location.scoring import rank_places

_POINT_WEIGHT = NAME_WEIGHTS[NamingKind.TYPED]
# From this certainty on, of all places that its names may mean together, a report clearly names a place.
_CLEAR_CERTAINTY = 0.5
# A named place with less certainty says nothing about the point.
_MIN_CERTAINTY = 0.1


def point_claim(reported_place: Place, points: VillagePoints, regions: Regions) -> PlaceClaim | None:
    """Return the claim for the district of the point; `None` without a point, and for one at sea or abroad."""
    if reported_place.latitude is None or reported_place.longitude is None:
        return None
    district = points.district_at(reported_place.latitude, reported_place.longitude)
    city = regions.get(city_of(district))
    if city is None:
        return None
    return PlaceClaim(
        {district: 1.0}, _POINT_WEIGHT, PlaceEvidence(POINT, f"titik lokasi: {city.name}"), from_form=True
    )


def locate_by_point(point: PlaceClaim, claims: Iterable[PlaceClaim]) -> ReportLocation:
    """Return the location of a report with a point. `claims` are adjusted, and may contain that of the point."""
    names = [claim for claim in claims if claim.evidence.kind != POINT]
    (code,) = point.shares
    named_places = rank_places(names)
    is_named = sum(place.certainty for place in named_places) >= _CLEAR_CERTAINTY
    named = named_places[0].code if is_named else ""
    if named and not _names_province(named_places, code):
        return ReportLocation(rank_places([point, *names]), PointLocation(code, elsewhere=named))
    city = city_of(code)
    nearby_names = [near for claim in names if (near := _narrow_to(city, claim))]
    is_overruled = bool(named) and not is_province(named) and city_of(named) != city
    overruled = named if is_overruled and province_of(named) == province_of(code) else ""
    return ReportLocation(rank_places([point, *nearby_names]), PointLocation(code, overruled=overruled))


def _names_province(named_places: Sequence[PlaceCandidate], code: str) -> bool:
    """Return True if a place in the province of a code is named."""
    return any(place.province == code.partition(".")[0] and place.certainty >= _MIN_CERTAINTY for place in named_places)


def _narrow_to(city: str, claim: PlaceClaim) -> PlaceClaim | None:
    """Return the claim for its regions that hold a city or lie in it; `None` if there are none."""
    shares = {code: share for code, share in claim.shares.items() if regions_overlap(code, city)}
    total = sum(shares.values())
    return claim._replace(shares={code: share / total for code, share in shares.items()}) if total else None
