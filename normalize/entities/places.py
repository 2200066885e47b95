"""Reads places: streets and alleys, kilometres, RT and RW, blocks, houses, hamlets, villages, districts."""

import re
from collections.abc import Mapping

from language.ordinary_words import NON_NAME_WORDS, split_words
from language.places.gazetteer import RegionMention
from normalize.entities.entity import EntityKind
from normalize.entities.measures import UNITS
from normalize.entities.name_words import ROMAN_NUMERALS
from normalize.entities.text_scan import EntityReader, TextScan, by_keyword

# Types of road. Alone they are no name; with a name after them they are a part of it.
_ROAD_TYPES = frozenset(split_words("lingkar arteri lintas inspeksi layang utama"))
_STREET_FILLERS = frozenset(("raya", "layang", "non"))
# `jalan satu arah`: one-way traffic, no street.
_TRAFFIC_WORDS = frozenset(("arah", "jalur", "lajur"))
_ROAD_GAPS = frozenset((" - ", " -", "- ", "-", " \u2013 "))
_NUMBER_GAPS = frozenset((" ", "", "-"))
_HOUSE = re.compile(r"([0-9]{1,4})[ ]?(?:([A-Za-z])(?![A-Za-z]))?(?![.,]?[0-9])")
_BLOCK = re.compile(r"([A-Za-z]{0,3})[ -]?([0-9]{0,3})([A-Za-z]?)(?![A-Za-z0-9])")
_KM = re.compile(r"([0-9]{1,4})(?:[.,+]([0-9]{1,3}))?(?![.,]?[0-9])")
_ADDRESS_GAP = re.compile(r"[ .:/,-]{0,4}")
_SLASH = re.compile(r" ?/ ?")
_MAX_NUMBER_DIGITS = 3
_MAX_BLOCK_LETTERS = 3
_MIN_NAME_LENGTH = 3
_MAX_PLACE_WORDS = 4
# In a road between two places, the words of the second one: Meteseh - Sendangmulyo.
_MAX_SECOND_PLACE_WORDS = 2
# `desa kami Cikeusal`
_OUR = frozenset(("kami", "kita", "saya", "sy"))
# After these words `desa` is often no place: dana desa baru, pak desa bilang.
_BEFORE_VILLAGE_BODY = frozenset(
    split_words("dana pak bapak bu ibu kas alokasi add dd aparat perangkat pemerintah kepala")
)
# Words for a hamlet that have other meanings as well.
_AMBIGUOUS_HAMLETS = frozenset(("lingkungan", "link", "banjar", "kampung", "dukuh"))
# A name always follows these words.
_NAME_INTRODUCERS = frozenset(("kel", "ds", "dsn", "kp", "dk", "kelurahan", "kalurahan"))
# The head of a village. The name of the village may follow, but other words as well.
_VILLAGE_HEADS = frozenset(("lurah", "kades"))
# A number before these words is a count.
_COUNTED_WORDS = frozenset(
    split_words("rb ribu jt juta persen arah jalur lajur desa warga kecamatan kelurahan")
) | frozenset(UNITS)


def read_street(scan: TextScan, index: int) -> int:
    """Read `Jl. Jend. Sudirman`; not `jalan rusak`, `jalan kaki`, `jalan di depan`."""
    first = index + 1
    if scan.word(first) == "tol" or not scan.is_introduced(first) or _is_traffic_rule(scan, first):
        return 0
    while scan.word(first) in _STREET_FILLERS and scan.is_introduced(first + 1):
        first += 1
    name_expected = scan.words[index] != "jalan"
    if scan.word(first) in _STREET_FILLERS or not scan.name_may_begin(first, name_expected=name_expected):
        return 0
    end = _road_end(scan, first)
    if end == first + 1 and scan.words[first] in _ROAD_TYPES:
        return 0
    return _add_address(scan, EntityKind.STREET, scan.canonical_name(first, end), index, end)


def _is_traffic_rule(scan: TextScan, first: int) -> bool:
    """Return whether a number of directions or lanes begins here: `satu arah`."""
    return bool(scan.small_number(first)) and scan.word(first + 1) in _TRAFFIC_WORDS


def read_toll_road(scan: TextScan, index: int) -> int:
    """Read `tol Seroja`, `jalan tol Jakarta-Cikampek`."""
    first = index + 1
    if not scan.is_introduced(first) or not scan.name_may_begin(first, name_expected=False):
        return 0
    end = _road_end(scan, first)
    return _add_address(scan, EntityKind.STREET, f"tol {scan.canonical_name(first, end)}", index, end)


def read_alley(scan: TextScan, index: int) -> int:
    """Read `gg. Nusa Indah`, `gang 3`."""
    first = index + 1
    if not scan.is_introduced(first):
        return 0
    if (number := scan.small_number(first)) and not _is_count(scan, first):
        return _add_address(scan, EntityKind.ALLEY, number, index, first + 1)
    if not scan.name_may_begin(first, name_expected=scan.words[index] == "gg"):
        return 0
    end = _end_with_number(scan, scan.name_end(first))
    return _add_address(scan, EntityKind.ALLEY, scan.canonical_name(first, end), index, end)


def read_kilometre(scan: TextScan, index: int) -> int:
    """Read `KM 12,5` beside a road. `5 km` is a measure and is read by its number."""
    first = index + 1
    if not scan.is_introduced(first) or not (match := _KM.match(scan.text, scan.starts[first])):
        return 0
    kilometres, fraction = match.group(1).lstrip("0") or "0", match.group(2) or ""
    end = first + 2 if fraction else first + 1
    decimals = fraction.rstrip("0")
    return _add_address(scan, EntityKind.KM, f"{kilometres}.{decimals}" if decimals else kilometres, index, end)


def read_rt(scan: TextScan, index: int) -> int:
    """Read `RT 03/RW 05`, `rt03 rw 5`, `RT.003/005`, `RT/RW 3/5`."""
    first = index + 1
    has_both_words = scan.word(first) == "rw" and "/" in scan.gaps[first]
    if has_both_words:
        first += 1
        if not _SLASH.fullmatch(scan.gap_before(first + 1)):
            return first
    if not (number := _address_number(scan, first)):
        return first if has_both_words else 0
    end = _add_address(scan, EntityKind.RT, number, index, first + 1)
    return _read_rw_after_slash(scan, end)


def _read_rw_after_slash(scan: TextScan, end: int) -> int:
    """Read the RW in `RT.003/005`, where `end` is the word after the RT. Return the index to continue at."""
    if end >= len(scan.words) or not _SLASH.fullmatch(scan.gaps[end]) or not scan.words[end].isdecimal():
        return end
    number = scan.small_number(end)
    return _add_address(scan, EntityKind.RW, number, end, end + 1) if number else end


def read_rw(scan: TextScan, index: int) -> int:
    """Read `RW 05`."""
    number = _address_number(scan, index + 1)
    return _add_address(scan, EntityKind.RW, number, index, index + 2) if number else 0


def read_block(scan: TextScan, index: int) -> int:
    """Read `Blok C2 No. 7`, `blok A/12`: the block, and the house after a slash."""
    first = index + 1
    if not scan.is_introduced(first) or scan.words[first] in NON_NAME_WORDS:
        return 0
    match = _BLOCK.match(scan.text, scan.starts[first])
    if not match or not _is_block("".join(match.groups())):
        return 0
    end = scan.index_after(first, match.end())
    value = "".join(match.groups()).lower()
    # A single letter is the name of a block, not a numeral.
    number = ROMAN_NUMERALS.get(value, value) if len(value) > 1 else value
    _add_address(scan, EntityKind.BLOCK, number, index, end)
    if end < len(scan.words) and _SLASH.fullmatch(scan.gaps[end]):
        return _read_house_number(scan, end, end) or end
    return end


def _is_block(value: str) -> bool:
    return bool(value) and not (value.isalpha() and len(value) > _MAX_BLOCK_LETTERS)


def read_house(scan: TextScan, index: int) -> int:
    """Read `No. 12A` directly after another part of an address. Elsewhere it is the number of something else."""
    follows_address = scan.address_end == index and _ADDRESS_GAP.fullmatch(scan.gaps[index])
    if not follows_address or not scan.is_introduced(index + 1):
        return 0
    return _read_house_number(scan, index, index + 1)


def read_hamlet(scan: TextScan, index: int) -> int:
    """Read `Dusun Krajan`, `Kp. Baru`, `Jorong Kamang Abadi`."""
    first, keyword = index + 1, scan.words[index]
    is_name = scan.is_capitalised(first) and not scan.is_ordinary(first)
    if first < len(scan.words) and keyword in _AMBIGUOUS_HAMLETS and not is_name:
        return 0
    return _read_named_place(scan, EntityKind.HAMLET, index, first, name_expected=keyword in _NAME_INTRODUCERS)


def read_village(scan: TextScan, index: int) -> int:
    """Read `Kel. Sunter Jaya`, `ds daneu`, `Kel/Kec. Tandes`."""
    first, keyword = index + 1, scan.words[index]
    if mention := _district_after_slash(scan, first):
        # `Kel/Kec. Tandes`: the village has the name of the district.
        name = scan.canonical_name(first + 1, mention.end)
        scan.add(EntityKind.VILLAGE, name, index, mention.end, claims_words=False)
        return first
    if scan.word(first) in _OUR and scan.is_introduced(first) and scan.is_capitalised(first + 1):
        first += 1
    if _may_mean_village_body(scan, index) and not _is_clear_name(scan, first):
        return 0
    return _read_named_place(scan, EntityKind.VILLAGE, index, first, name_expected=keyword in _NAME_INTRODUCERS)


def _district_after_slash(scan: TextScan, index: int) -> RegionMention | None:
    if scan.word(index) != "kec" or "/" not in scan.gaps[index]:
        return None
    return scan.region_mentions.get(index)


def _may_mean_village_body(scan: TextScan, index: int) -> bool:
    """Return whether the word may mean the head or the administration of a village and not the place."""
    return scan.words[index] in _VILLAGE_HEADS or (index > 0 and scan.words[index - 1] in _BEFORE_VILLAGE_BODY)


def read_district(scan: TextScan, index: int) -> int:
    """Read a kecamatan that the gazetteer does not know, as words."""
    if scan.begins_region(index) or (scan.words[index] != "kec" and not _is_clear_name(scan, index + 1)):
        return 0
    return _read_named_place(scan, EntityKind.DISTRICT, index, index + 1, name_expected=False)


def _is_clear_name(scan: TextScan, first: int) -> bool:
    """Return whether the words are clearly a name: capitalised, or nothing but a region follows in the sentence."""
    if scan.is_capitalised(first):
        return True
    return first < len(scan.words) and scan.ends_phrase(scan.name_end(first, stop_at_region=True) - 1)


def _read_named_place(scan: TextScan, kind: EntityKind, index: int, first: int, *, name_expected: bool) -> int:
    if not (scan.is_introduced(first) or _is_name_after_full_stop(scan, first)):
        return 0
    if not scan.name_may_begin(first, name_expected=name_expected):
        return 0
    end = _end_with_number(scan, scan.name_end(first, max_words=_MAX_PLACE_WORDS, stop_at_region=True))
    value = scan.canonical_name(first, end)
    return _add_address(scan, kind, value, index, end) if len(value) >= _MIN_NAME_LENGTH else 0


def _is_name_after_full_stop(scan: TextScan, first: int) -> bool:
    """Return whether a clear name follows a full stop: people write `Kelurahan. Menteng`; a sentence may begin too."""
    if first >= len(scan.words) or scan.gaps[first] != ". ":
        return False
    return scan.is_capitalised(first) and not scan.is_ordinary(first)


def _road_end(scan: TextScan, first: int) -> int:
    end = scan.name_end(first)
    # A road named after the places that it connects: Meteseh - Sendangmulyo.
    if end < len(scan.words) and scan.gaps[end] in _ROAD_GAPS and _is_place_name(scan, end):
        end = scan.name_end(end, max_words=_MAX_SECOND_PLACE_WORDS)
    return _end_with_number(scan, end)


def _is_place_name(scan: TextScan, index: int) -> bool:
    return scan.is_capitalised(index) and scan.words[index] not in NON_NAME_WORDS


def _end_with_number(scan: TextScan, end: int) -> int:
    """Return the end of a name with the number that ends many names (Candi Sukuh 3); a count is no part of it."""
    if end >= len(scan.words):
        return end
    word, gap = scan.words[end], scan.gaps[end]
    if word.isdecimal():
        is_short = len(word) <= _MAX_NUMBER_DIGITS
        return end + 1 if is_short and gap in _NUMBER_GAPS and not _is_count(scan, end) else end
    is_roman = gap == " " and scan.original_word(end).isupper() and scan.small_number(end)
    return end + 1 if is_roman else end


def _is_count(scan: TextScan, index: int) -> bool:
    """Return whether a number counts the following word (3 hari), or is part of a longer one (2.000, 10-15)."""
    following = scan.word(index + 1)
    if following in _COUNTED_WORDS:
        return True
    return following[:1].isdecimal() and scan.gaps[index + 1] != " " and "/" not in scan.gaps[index + 1]


def _address_number(scan: TextScan, index: int) -> str:
    if index >= len(scan.words) or not _ADDRESS_GAP.fullmatch(scan.gaps[index]):
        return ""
    return scan.small_number(index)


def _read_house_number(scan: TextScan, index: int, first: int) -> int:
    match = _HOUSE.match(scan.text, scan.starts[first])
    if not match:
        return 0
    value = f"{match.group(1).lstrip('0') or '0'}{(match.group(2) or '').lower()}"
    return _add_address(scan, EntityKind.HOUSE, value, index, scan.index_after(first, match.end()))


def _add_address(scan: TextScan, kind: EntityKind, value: str, index: int, end: int) -> int:
    scan.address_end = scan.add(kind, value, index, end)
    return end


_READERS: Mapping[EntityReader, str] = {
    read_street: "jl jln jalan jlan jalanan",
    read_toll_road: "tol",
    read_alley: "gang gg lorong",
    read_kilometre: "km",
    read_rt: "rt",
    read_rw: "rw",
    read_block: "blok blk",
    read_house: "no nomor nomer nomr kav kavling",
    read_hamlet: "dsn dusun dukuh dk padukuhan jorong kp kampung lingkungan link banjar",
    read_village: "kel kelurahan keluraha kelurahn kalurahan lurah ds des desa kades nagari gampong",
    read_district: "kec kecamatan kacamatan kecematan distrik camat",
}
READERS = by_keyword(_READERS)
