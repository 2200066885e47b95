"""Adds the names of the regions that a citizen picked by code, so that a reader of the report knows the place. Pure."""

from config.reference.regions import Regions
from messages.shapes import Place

_CITY = 2
_DISTRICT = 3


def with_region_names(picked_place: Place, regions: Regions) -> Place:
    """Return the place with the names of its code. A region typed as text stays, and so does an unknown code."""
    path = regions.lineage(picked_place.code)
    if not path or picked_place.region:
        return picked_place
    # The bare name of some provinces is a city's too (Jambi, Bengkulu, Gorontalo).
    region = path[1].name if len(path) >= _CITY else f"Provinsi {path[0].name}"
    district = path[2].name if len(path) >= _DISTRICT else ""
    return picked_place.model_copy(update={"region": region, "district": district})
