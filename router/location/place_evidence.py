"""Values of place evidence: a claim made by one piece of text, and a place that the report may be about."""

from collections.abc import Mapping
from typing import NamedTuple

from language.places.gazetteer import RegionLevel
from language.places.names import city_of

# The kind of evidence from a street that has the name of a district.
STREET = "street"
# The kind of evidence from the coordinates of a report.
POINT = "point"


class PlaceEvidence(NamedTuple):
    """One piece of text that speaks for a place. `text` is as written.

    `kind` is a `NamingKind`, `landmark`, `unit`, `street`, `code`, `field`, `address`, `addressee`
    or `point`.
    `location_text(report)[start:end]` is the text; both are -1 if it stands in a field of the form.
    """

    kind: str
    text: str
    start: int = -1
    end: int = -1


class PlaceCandidate(NamedTuple):
    """A place that the report may be about: the narrowest clear region.

    `certainty` is the probability of its city or regency, from 0 to 1.
    """

    code: str
    level: RegionLevel
    certainty: float
    evidence: tuple[PlaceEvidence, ...]

    @property
    def province(self) -> str:
        """The code of the province."""
        return province_of(self.code)


class PlaceClaim(NamedTuple):
    """The claim that the report is about one of several regions. `shares` of the regions add up to 1.

    `weight` is in log-odds. A claim `from_form` repeats the other fields of the form: only the strongest counts.
    `confusable_codes` are regions that the sender may have meant when they picked this one. A remark (`is_remark`)
    names a place without placing the matter there. The street (`is_street`) has the name of the place, and lies there
    unless another place is named. Words before the name place the matter there (`is_located`: “di Cianjur”).
    """

    shares: Mapping[str, float]
    weight: float
    evidence: PlaceEvidence
    from_form: bool = False
    confusable_codes: tuple[str, ...] = ()
    is_remark: bool = False
    is_street: bool = False
    is_located: bool = False


class PointLocation(NamedTuple):
    """The district of a report's point, beside the places that the report names.

    `elsewhere` is the named place, if that is in another province: then nothing tells where the matter is. `overruled`
    is a named place in the same province and another city or regency, which the point overrules.
    """

    code: str
    elsewhere: str = ""
    overruled: str = ""


class ReportLocation(NamedTuple):
    """Places that a report may be about, likeliest first, each in another city, regency or province.

    `point` is there if the report has coordinates in a district.
    """

    candidates: tuple[PlaceCandidate, ...] = ()
    point: PointLocation | None = None

    @property
    def best(self) -> PlaceCandidate | None:
        """The likeliest place, or `None` if there is no candidate."""
        return self.candidates[0] if self.candidates else None


def shares_by_region(claim: PlaceClaim) -> Mapping[str, float]:
    """Return the shares of a claim by city or regency; by province if a share names no more than that."""
    if len(claim.shares) == 1:
        return {city_of(code): share for code, share in claim.shares.items()}
    shares: dict[str, float] = {}
    for code, share in claim.shares.items():
        region = city_of(code)
        shares[region] = shares.get(region, 0.0) + share
    return shares


def province_of(code: str) -> str:
    """Return the code of the province in which a region lies."""
    return code.partition(".")[0]


def is_province(code: str) -> bool:
    """Return True if the code is a province's own."""
    return "." not in code
