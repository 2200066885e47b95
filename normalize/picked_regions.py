"""Gives the regions that a citizen picked by code their names: who reads the report knows the place by these. Pure."""

from config.reference.regions import Regions
from messages.shapes import Place

_CITY = 2
_DISTRICT = 3


def named(place: Place, regions: Regions) -> Place:
    """The place with the names of its code; what was typed in words stays, and so does a code that is not known."""
    way = regions.way(place.code)
    if not way or place.region:
        return place
    # The bare name of some provinces is a city's too (Jambi, Bengkulu, Gorontalo).
    region = way[1].name if len(way) >= _CITY else f"Provinsi {way[0].name}"
    district = way[2].name if len(way) >= _DISTRICT else ""
    return place.model_copy(update={"region": region, "district": district})
