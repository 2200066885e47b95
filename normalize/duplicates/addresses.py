"""Spells out the addresses that maps write into forms, so that two spellings of one are found equal. Pure."""

import re

_SHORT = {
    "kb": "kebon",
    "kbn": "kebon",
    "tj": "tanjung",
    "tjg": "tanjung",
    "klp": "kelapa",
    "ps": "pasar",
    "pd": "pondok",
    "pdk": "pondok",
    "cemp": "cempaka",
    "kby": "kebayoran",
    "prpt": "prapatan",
    "prapt": "prapatan",
    "tlk": "teluk",
    "gn": "gunung",
    "kp": "kampung",
    "kmp": "kampung",
    "krg": "karang",
    "rw": "rawa",
    "jkt": "jakarta",
    "sel": "selatan",
    "tim": "timur",
    "bar": "barat",
    "utr": "utara",
    "tgh": "tengah",
    "dlm": "dalam",
    "bsr": "besar",
}
_WAYS = {"north": "utara", "south": "selatan", "east": "timur", "west": "barat", "central": "pusat"}
# Mostly it is Cempaka.
_CEMPEDAK = re.compile(r"\b(cipinang )cemp\b\.?", re.IGNORECASE)
# A word with a full stop that no number follows: RW. 05 is a neighbourhood, Rw. Buaya a quarter.
_DOTTED = re.compile(r"\b([A-Za-z]{2,5})\.(?=\s*[A-Za-z,]|$)|\b(Jkt|Kby|Cemp|Klp)\b", re.IGNORECASE)
_CITY = re.compile(r"\b(north|south|east|west|central) ([A-Za-z]+)(?: city)?\b", re.IGNORECASE)
_OTHER_CITY = re.compile(r"\b([A-Za-z]+(?: [A-Za-z]+)?) (city|regency)\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"\b(?:unnamed road|jalan tanpa nama|indonesia|daerah khusus ibu ?kota|special capital region of|[0-9]{5}"
    r"|[23456789CFGHJMPQRVWX]{4}\+[23456789CFGHJMPQRVWX]{2,3})\b",
    re.IGNORECASE,
)


def spelled_out(address: str) -> str:
    """`Kb. Jeruk, West Jakarta City 11530` as `Kebon Jeruk, kota Jakarta barat`."""
    plain = _NOTHING.sub(" ", address)
    plain = _CITY.sub(lambda found: f"kota {found[2]} {_WAYS[found[1].lower()]}", plain)
    plain = _OTHER_CITY.sub(lambda found: f"{'kota' if found[2].lower() == 'city' else 'kabupaten'} {found[1]}", plain)
    return _DOTTED.sub(_in_full, _CEMPEDAK.sub(r"\1Cempedak", plain))


def _in_full(found: re.Match[str]) -> str:
    word = found[1] or found[2]
    full = _SHORT.get(word.lower())
    if full is None:
        return found[0]
    space = "" if found.end() == len(found.string) or found.string[found.end()] in " ," else " "
    return f"{full.capitalize() if word[0].isupper() else full}{space}"
