"""Weights and shares of the regions that one place name may mean, by the way it is written."""

from collections.abc import Mapping

from language.places.finder import NamingKind, PlaceMatch
from language.places.gazetteer import RegionLevel, region_level

# How strongly a name says that the matter is there, in log-odds. Chosen by hand, checked against real reports.
NAME_WEIGHTS: Mapping[str, float] = {
    NamingKind.TYPED: 4.0,
    NamingKind.NAMED: 3.0,
    NamingKind.GLUED: 2.5,
    NamingKind.VILLAGE: 3.0,
    NamingKind.PAIRED: 2.4,
    NamingKind.MISSPELT: 2.0,
    NamingKind.BARE: 1.5,
    NamingKind.QUARTER: 1.2,
}
# A bare name that a city and a regency share means the city first: people in the regency tend to write "kab" or a
# district. Real reports hardly tell: all twelve that left it open went to the city, but eleven of these to Semarang,
# and none of all reports looked at to its regency. So this is a guess, and the certainty shows it.
_CITY_SHARE = 0.75
# Share of the codes that the name mostly means, by an operator's table or by the word before it.
_LIKELY_SHARE = 0.8


def name_shares(match: PlaceMatch) -> Mapping[str, float]:
    """Return the share of each code that a name may mean, before other names are looked at."""
    codes = match.codes
    if len(codes) == 1:
        return {codes[0]: 1.0}
    likely = match.likely or tuple(code for code in codes if region_level(code) is RegionLevel.CITY)
    if not likely or len(likely) == len(codes):
        return dict.fromkeys(codes, 1 / len(codes))
    likely_total = _LIKELY_SHARE if match.likely else _CITY_SHARE
    likely_share = likely_total / len(likely)
    unlikely_share = (1 - likely_total) / (len(codes) - len(likely))
    return {code: likely_share if code in likely else unlikely_share for code in codes}
