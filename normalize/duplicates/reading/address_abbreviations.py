"""Expansion of the abbreviations that maps write into address fields.

Two spellings of one address become equal words. Pure.
"""

import re

_FULL_WORDS = {
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
_DIRECTIONS = {"north": "utara", "south": "selatan", "east": "timur", "west": "barat", "central": "pusat"}
# `Cemp.` is mostly Cempaka; behind Cipinang it is Cempedak.
_CIPINANG_CEMPEDAK = re.compile(r"\b(cipinang )cemp\b\.?", re.IGNORECASE)
# A word with a full stop that no number follows: `RW. 05` is a neighbourhood, `Rw. Buaya` is the quarter Rawa Buaya.
_ABBREVIATION = re.compile(r"\b([A-Za-z]{2,5})\.(?=\s*[A-Za-z,]|$)|\b(Jkt|Kby|Cemp|Klp)\b", re.IGNORECASE)
_ENGLISH_CITY_WITH_DIRECTION = re.compile(r"\b(north|south|east|west|central) ([A-Za-z]+)(?: city)?\b", re.IGNORECASE)
_ENGLISH_REGION = re.compile(r"\b([A-Za-z]+(?: [A-Za-z]+)?) (city|regency)\b", re.IGNORECASE)
# Words that every address has, postal codes and plus codes: they do not tell one place from another.
_UNINFORMATIVE = re.compile(
    r"\b(?:unnamed road|jalan tanpa nama|indonesia|daerah khusus ibu ?kota|special capital region of|[0-9]{5}"
    r"|[23456789CFGHJMPQRVWX]{4}\+[23456789CFGHJMPQRVWX]{2,3})\b",
    re.IGNORECASE,
)


def expand_abbreviations(address: str) -> str:
    """Return the address in full words: `Kb. Jeruk, West Jakarta City 11530` as `Kebon Jeruk, kota Jakarta barat`."""
    expanded = _UNINFORMATIVE.sub(" ", address)
    expanded = _ENGLISH_CITY_WITH_DIRECTION.sub(_translate_city, expanded)
    expanded = _ENGLISH_REGION.sub(_translate_region, expanded)
    return _ABBREVIATION.sub(_expand, _CIPINANG_CEMPEDAK.sub(r"\1Cempedak", expanded))


def _translate_city(match: re.Match[str]) -> str:
    return f"kota {match[2]} {_DIRECTIONS[match[1].lower()]}"


def _translate_region(match: re.Match[str]) -> str:
    region_kind = "kota" if match[2].lower() == "city" else "kabupaten"
    return f"{region_kind} {match[1]}"


def _expand(match: re.Match[str]) -> str:
    abbreviation = match[1] or match[2]
    full_word = _FULL_WORDS.get(abbreviation.lower())
    if full_word is None:
        return match[0]
    separator = "" if match.end() == len(match.string) or match.string[match.end()] in " ," else " "
    return f"{full_word.capitalize() if abbreviation[0].isupper() else full_word}{separator}"
