"""Reads landmarks by their proper names: `Puskesmas Tebet`, `SDN 03 Menteng`, `komplek Buaran Indah`."""

from collections.abc import Mapping
from typing import NamedTuple

from language.ordinary_words import CAPITALISED_NAME_WORDS, split_words
from normalize.entities.entity import EntityKind
from normalize.entities.name_words import AMBIGUOUS_SUFFIXES, NAME_SUFFIXES, NUMBERS, is_verb
from normalize.entities.text_scan import EntityReader, TextScan

_NAME_GAPS = frozenset((" ", ".", ". ", "-", ""))
_SCHOOL_NAME_GAPS = frozenset((" ", "-"))
# Words between the type of a landmark and its name: `rumah sakit umum`, `alun alun`.
_TYPE_SUFFIXES = frozenset(("alun", "sakit", "umum"))
_MAX_NAME_WORDS = 4
_MAX_SCHOOL_NAME_WORDS, _MAX_PUMP_NAME_WORDS = 3, 3


class _LandmarkType(NamedTuple):
    """A type of landmark.

    `needs_capital`: the name must be capitalised. `keeps_place`: the name tells its location, so a region in it remains
    an entity (Puskesmas Tebet).
    """

    name: str
    needs_capital: bool = True
    keeps_place: bool = True


def _type(
    name: str, keywords: str, *, needs_capital: bool = True, keeps_place: bool = True
) -> dict[str, _LandmarkType]:
    return dict.fromkeys(split_words(keywords), _LandmarkType(name, needs_capital, keeps_place))


_SCHOOLS: Mapping[str, str] = {
    **dict.fromkeys(("sd", "sdn", "sdit"), "sd"),
    **dict.fromkeys(("smp", "smpn", "sltp"), "smp"),
    **dict.fromkeys(("sma", "sman", "smu"), "sma"),
    **dict.fromkeys(("smk", "smkn", "stm"), "smk"),
    **dict.fromkeys(("mts", "mtsn"), "mts"),
}
_TYPES: Mapping[str, _LandmarkType] = {
    **_type("perumahan", "perum perumahan perumnas komplek kompleks komp", needs_capital=False, keeps_place=False),
    **_type("apartemen", "apartemen apartement rusun rusunawa", keeps_place=False),
    **_type("puskesmas", "puskesmas", needs_capital=False),
    **_type("rs", "rs rsud rsu rsia rskd", needs_capital=False),
    **_type("pasar", "pasar dipasar", needs_capital=False),
    **_type("terminal", "terminal diterminal", needs_capital=False),
    **_type("stasiun", "stasiun"),
    **_type("bandara", "bandara", needs_capital=False),
    **_type("pelabuhan", "pelabuhan"),
    **_type("halte", "halte", needs_capital=False),
    **_type("jembatan", "jembatan jbtn"),
    **_type("simpang", "simpang persimpangan pertigaan perempatan bundaran"),
    **_type("masjid", "masjid mesjid mushola musholla musola", needs_capital=False, keeps_place=False),
    **_type("gereja", "gereja vihara wihara pura", keeps_place=False),
    **_type("spbu", "spbu"),
    **_type("tpu", "tpu tpa tps makam pemakaman"),
    **_type("taman", "taman lapangan alun", keeps_place=False),
    **_type("mal", "mal mall plaza", keeps_place=False),
    **_type("hotel", "hotel cafe kafe resto restoran warung toko", keeps_place=False),
    **_type("klinik", "klinik apotek apotik", keeps_place=False),
    **_type("universitas", "universitas univ kampus politeknik", keeps_place=False),
    **_type("sungai", "kali sungai waduk situ", keeps_place=False),
    **_type("gedung", "gedung wisma ruko", keeps_place=False),
    **_type("flyover", "flyover underpass terowongan"),
    **{name: _LandmarkType(name) for name in ("indomaret", "alfamart", "superindo", "transmart", "hypermart")},
}
_SCHOOL_OWNERS = frozenset(("negeri", "negri", "n", "swasta", "islam"))


def read_school(scan: TextScan, index: int) -> int:
    """Read `SDN 03 Menteng`, `SMK Negeri 1 Tanimbar Selatan`: its number or a name must follow."""
    first = _first_after_owner(scan, index)
    if first >= len(scan.words) or scan.gaps[first] not in _NAME_GAPS:
        return 0
    has_number = scan.words[first].isdecimal() and scan.small_number(first)
    end = _school_name_end(scan, index, first + 1 if has_number else first, has_number=bool(has_number))
    if end == first:
        return 0
    value = f"{_SCHOOLS[scan.words[index]]} {scan.canonical_name(first, end)}"
    return scan.add(EntityKind.LANDMARK, value, index, end, claims_words=False)


def _first_after_owner(scan: TextScan, index: int) -> int:
    """Return the index after the type of a school and its owner: `1` in `SMK Negeri 1`."""
    first = index + 1
    return first + (scan.word(first) in _SCHOOL_OWNERS and scan.gaps[first] in _NAME_GAPS)


def _school_name_end(scan: TextScan, index: int, first: int, *, has_number: bool) -> int:
    """Return the index after the name of a school that may begin at `first`; `first` if there is no name."""
    if first >= len(scan.words) or (has_number and scan.gaps[first] not in _SCHOOL_NAME_GAPS):
        return first
    if not _is_school_name(scan, first, index):
        return first
    mention = scan.region_mentions.get(first)
    return mention.end if mention else scan.name_end(first, max_words=_MAX_SCHOOL_NAME_WORDS)


def _is_school_name(scan: TextScan, first: int, index: int) -> bool:
    mention = scan.region_mentions.get(first)
    # `sdn` always means a school; `sd` is also short for other words.
    if scan.words[index].endswith("n") and scan.name_may_begin(first, name_expected=False):
        return not mention or not mention.typed
    if not _is_proper_name(scan, first):
        return False
    return first > index + 2 or scan.is_capitalised(index) or mention is not None


def read_landmark(scan: TextScan, index: int) -> int:
    """Read `Puskesmas Tebet`, `komplek Buaran Indah`, `Indomaret Cikini`."""
    landmark_type, first = _TYPES[scan.words[index]], index + 1
    first += scan.word(first) in _TYPE_SUFFIXES
    if first >= len(scan.words) or scan.gaps[first] not in _NAME_GAPS:
        return 0
    if not scan.begins_region(first) and not _is_landmark_name(scan, first, index, landmark_type):
        return 0
    end = _landmark_name_end(scan, first)
    if landmark_type.keeps_place:
        value = f"{landmark_type.name} {scan.canonical_name(first, end)}"
        scan.add(EntityKind.LANDMARK, value, index, end, claims_words=False)
        return first
    end += _is_section_number(scan, end)
    value = f"{landmark_type.name} {scan.canonical_name(first, end)}"
    scan.address_end = scan.add(EntityKind.LANDMARK, value, index, end)
    return end


def _landmark_name_end(scan: TextScan, first: int) -> int:
    mention = scan.region_mentions.get(first)
    if mention is None:
        return scan.name_end(first, max_words=_MAX_NAME_WORDS)
    if not scan.is_capitalised(first):
        return mention.end
    return max(scan.name_end(first, max_words=_MAX_NAME_WORDS), mention.end)


def _is_section_number(scan: TextScan, index: int) -> bool:
    """Return whether a single digit follows: it belongs to the name (`perumahan Buaran Indah 2`)."""
    word = scan.word(index)
    return word.isdecimal() and len(word) == 1 and scan.gaps[index] == " "


def read_hospital(scan: TextScan, index: int) -> int:
    """Read `rumah sakit Siloam`."""
    first = index + 2
    if scan.word(index + 1) != "sakit" or not scan.is_capitalised(first) or scan.gaps[first] != " ":
        return 0
    if scan.is_ordinary(first):
        return 0
    end = scan.name_end(first, max_words=_MAX_NAME_WORDS)
    return scan.add(EntityKind.LANDMARK, f"rs {scan.canonical_name(first, end)}", index, end, claims_words=False)


def read_petrol_station(scan: TextScan, index: int) -> int:
    """Read `pom bensin Ngaliyan`."""
    first = index + 2
    if scan.word(index + 1) != "bensin" or scan.gap_before(first) != " " or not _is_proper_name(scan, first):
        return 0
    end = scan.name_end(first, max_words=_MAX_PUMP_NAME_WORDS)
    return scan.add(EntityKind.LANDMARK, f"spbu {scan.canonical_name(first, end)}", index, end, claims_words=False)


def read_reference_point(scan: TextScan, index: int) -> int:
    """Read `depan Maspion`: a capitalised name after a word like `depan` or `dekat` in lower case."""
    first = index + 1
    if not scan.is_capitalised(first) or scan.gaps[first] != " " or scan.is_capitalised(index):
        return 0
    if scan.is_ordinary(first) or scan.begins_region(first) or scan.words[first] in READERS:
        return 0
    end = scan.name_end(first, max_words=_MAX_NAME_WORDS)
    return scan.add(EntityKind.LANDMARK, scan.canonical_name(first, end), first, end, claims_words=False)


def _is_proper_name(scan: TextScan, index: int) -> bool:
    """Return whether a bare region or another capitalised name begins here."""
    if mention := scan.region_mentions.get(index):
        return not mention.typed
    return scan.is_capitalised(index) and not scan.is_ordinary(index)


def _is_landmark_name(scan: TextScan, first: int, index: int, landmark_type: _LandmarkType) -> bool:
    """Return whether the words from `first` on may be the proper name of the landmark whose type is at `index`."""
    word = scan.words[first]
    if not scan.name_may_begin(first, name_expected=False) or is_verb(word):
        return False
    if word in NAME_SUFFIXES or word in AMBIGUOUS_SUFFIXES:
        return False
    if word in CAPITALISED_NAME_WORDS and word not in NUMBERS and not scan.is_capitalised(first + 1):
        return False
    return not landmark_type.needs_capital or _has_name_capital(scan, first, index)


def _has_name_capital(scan: TextScan, first: int, index: int) -> bool:
    """Return whether a name is capitalised. A word in capitals after a word that is not only stresses something."""
    if not scan.is_capitalised(first):
        return False
    return not scan.is_all_capitals(first) or scan.is_all_capitals(index)


_REFERENCE_WORDS = split_words(
    "depan dpn didepan dekat deket dkt samping disamping sebelah disebelah seberang belakang dibelakang"
)
READERS: Mapping[str, EntityReader] = {
    **dict.fromkeys(_SCHOOLS, read_school),
    **dict.fromkeys(_TYPES, read_landmark),
    **dict.fromkeys(_REFERENCE_WORDS, read_reference_point),
    "rumah": read_hospital,
    "pom": read_petrol_station,
}
