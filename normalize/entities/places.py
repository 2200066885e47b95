"""Reads where something is: streets and gangs, kilometres, RT and RW, blocks, houses, hamlets, villages, districts."""

import re
from collections.abc import Callable, Mapping

from normalize.entities.common_words import ENDS, words
from normalize.entities.entity import EntityKind
from normalize.entities.measures import UNITS
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
# Sorts of road: with a name after them they are a part of it.
_SORTS = frozenset(words("lingkar arteri lintas inspeksi layang utama"))
_FILLERS = frozenset(("raya", "layang", "non"))
# “jalan satu arah” is none.
_WAYS = frozenset(("arah", "jalur", "lajur"))
_ROAD_JOINS = frozenset((" - ", " -", "- ", "-", " \u2013 "))
_HOUSE = re.compile(r"([0-9]{1,4})[ ]?(?:([A-Za-z])(?![A-Za-z]))?(?![.,]?[0-9])")
_BLOCK = re.compile(r"([A-Za-z]{0,3})[ -]?([0-9]{0,3})([A-Za-z]?)(?![A-Za-z0-9])")
_KM = re.compile(r"([0-9]{1,4})(?:[.,+]([0-9]{1,3}))?(?![.,]?[0-9])")
_BETWEEN = re.compile(r"[ .:/,-]{0,4}")
_SLASH = re.compile(r" ?/ ?")
_LONGEST_NUMBER = 3
_LONGEST_BLOCK = 3
_LEAST_NAME = 3
# desa kami Cikeusal
_OURS = frozenset(("kami", "kita", "saya", "sy"))
# Behind them it is said of a village what it did: dana desa baru, pak desa bilang.
_OF_VILLAGES = frozenset(words("dana pak bapak bu ibu kas alokasi add dd aparat perangkat pemerintah kepala"))


def street(scan: Scan, at: int) -> int:
    """`Jl. Jend. Sudirman`; not `jalan rusak`, `jalan kaki`, `jalan di depan`."""
    first = at + 1
    strong = scan.words[at] != "jalan"
    if scan.word(first) == "tol" or not scan.linked(first) or (scan.number(first) and scan.word(first + 1) in _WAYS):
        return 0
    while scan.word(first) in _FILLERS and scan.linked(first + 1):
        first += 1
    if scan.word(first) in _FILLERS or not scan.begins(first, strong=strong):
        return 0
    end = _road_end(scan, first)
    if end == first + 1 and scan.words[first] in _SORTS:
        return 0
    return _address(scan, EntityKind.STREET, scan.canonical(first, end), at, end)


def toll(scan: Scan, at: int) -> int:
    """`tol Seroja`, `jalan tol Jakarta-Cikampek`."""
    if not scan.linked(at + 1) or not scan.begins(at + 1, strong=False):
        return 0
    end = _road_end(scan, at + 1)
    return _address(scan, EntityKind.STREET, f"tol {scan.canonical(at + 1, end)}", at, end)


def alley(scan: Scan, at: int) -> int:
    """`gg. Nusa Indah`, `gang 3`."""
    first = at + 1
    if not scan.linked(first):
        return 0
    if (number := scan.number(first)) and not _counted(scan, first):
        return _address(scan, EntityKind.ALLEY, number, at, first + 1)
    if not scan.begins(first, strong=scan.words[at] == "gg"):
        return 0
    end = _numbered(scan, scan.name_end(first))
    return _address(scan, EntityKind.ALLEY, scan.canonical(first, end), at, end)


def kilometre(scan: Scan, at: int) -> int:
    """`KM 12,5` beside a road; `5 km` is a measure and read by its number."""
    if not scan.linked(at + 1) or not (match := _KM.match(scan.text, scan.starts[at + 1])):
        return 0
    whole, part = match.group(1).lstrip("0") or "0", (match.group(2) or "").rstrip("0")
    end = at + 3 if match.group(2) else at + 2
    return _address(scan, EntityKind.KM, f"{whole}.{part}" if part else whole, at, end)


def rt(scan: Scan, at: int) -> int:
    """`RT 03/RW 05`, `rt03 rw 5`, `RT.003/005`, `RT/RW 3/5`."""
    first = at + 1
    both = scan.word(first) == "rw" and "/" in scan.gaps[first]
    first += both
    if not (number := _small(scan, first)) or (both and not _SLASH.fullmatch(scan.gap(first + 1))):
        return first if both else 0
    end = _address(scan, EntityKind.RT, number, at, first + 1)
    if end < len(scan.words) and _SLASH.fullmatch(scan.gaps[end]) and scan.words[end].isdecimal():
        return _address(scan, EntityKind.RW, scan.number(end), end, end + 1) if scan.number(end) else end
    return end


def rw(scan: Scan, at: int) -> int:
    """`RW 05`."""
    number = _small(scan, at + 1)
    return _address(scan, EntityKind.RW, number, at, at + 2) if number else 0


def block(scan: Scan, at: int) -> int:
    """`Blok C2 No. 7`, `blok A/12`: the block, and the house after a slash."""
    first = at + 1
    if not scan.linked(first) or scan.words[first] in ENDS:
        return 0
    match = _BLOCK.match(scan.text, scan.starts[first])
    value = "".join(match.groups()).lower() if match else ""
    if not match or not value or (value.isalpha() and len(value) > _LONGEST_BLOCK):
        return 0
    end = scan.after(first, match.end())
    _address(scan, EntityKind.BLOCK, value, at, end)
    if end < len(scan.words) and _SLASH.fullmatch(scan.gaps[end]):
        return _house(scan, end, end) or end
    return end


def house(scan: Scan, at: int) -> int:
    """`No. 12A` right after another part of an address: elsewhere it is the number of something else."""
    near = scan.address == at and _BETWEEN.fullmatch(scan.gaps[at])
    return _house(scan, at, at + 1) if near and scan.linked(at + 1) else 0


def hamlet(scan: Scan, at: int) -> int:
    """`Dusun Krajan`, `Kp. Baru`, `Jorong Kamang Abadi`."""
    first = at + 1
    if first < len(scan.words) and scan.words[at] in _WEAK_HAMLETS and (not scan.titled(first) or scan.ordinary(first)):
        return 0
    return _place(scan, EntityKind.HAMLET, at, first, strong=scan.words[at] in _SHORT)


def village(scan: Scan, at: int) -> int:
    """`Kel. Sunter Jaya`, `ds daneu`, `Kel/Kec. Tandes`."""
    first = at + 1
    if scan.word(first) == "kec" and "/" in scan.gaps[first] and (mention := scan.mentions.get(first)):
        scan.add(EntityKind.VILLAGE, scan.canonical(first + 1, mention.end), at, mention.end, takes=False)
        return first
    if scan.word(first) in _OURS and scan.linked(first) and scan.titled(first + 1):
        first += 1
    headed = scan.words[at] in _HEADS or (at and scan.words[at - 1] in _OF_VILLAGES)
    if headed and not _said(scan, first):
        return 0
    return _place(scan, EntityKind.VILLAGE, at, first, strong=scan.words[at] in _SHORT)


def district(scan: Scan, at: int) -> int:
    """A kecamatan that the gazetteer does not know keeps its words."""
    if scan.known(at) or (scan.words[at] != "kec" and not _said(scan, at + 1)):
        return 0
    return _place(scan, EntityKind.DISTRICT, at, at + 1, strong=False)


def _said(scan: Scan, first: int) -> bool:
    """Whether a name is meant: it has a capital, or the sentence ends with it, or a region follows."""
    return scan.titled(first) or (first < len(scan.words) and scan.closed(scan.name_end(first, near=True) - 1))


def _place(scan: Scan, kind: EntityKind, at: int, first: int, *, strong: bool) -> int:
    # A full stop may follow the whole word as well, but then a sentence may begin.
    dotted = first < len(scan.words) and scan.gaps[first] == ". " and scan.titled(first) and not scan.ordinary(first)
    if not (dotted or scan.linked(first)) or not scan.begins(first, strong=strong):
        return 0
    end = _numbered(scan, scan.name_end(first, most=4, near=True))
    value = scan.canonical(first, end)
    return _address(scan, kind, value, at, end) if len(value) >= _LEAST_NAME else 0


def _road_end(scan: Scan, first: int) -> int:
    end = scan.name_end(first)
    # A road that is named after the places it joins: Meteseh - Sendangmulyo.
    if end < len(scan.words) and scan.gaps[end] in _ROAD_JOINS and scan.titled(end) and scan.words[end] not in ENDS:
        end = scan.name_end(end, most=2)
    return _numbered(scan, end)


def _numbered(scan: Scan, end: int) -> int:
    """With the number that ends many names (Candi Sukuh 3), unless something is counted by it."""
    small = scan.word(end).isdecimal() and len(scan.words[end]) <= _LONGEST_NUMBER
    if small and scan.gaps[end] in {" ", "", "-"} and not _counted(scan, end):
        return end + 1
    roman = end < len(scan.words) and scan.written(end).isupper() and scan.number(end)
    return end + 1 if roman and scan.gaps[end] == " " and not scan.word(end).isdecimal() else end


def _counted(scan: Scan, at: int) -> bool:
    """Whether a number counts what follows (3 hari), or goes on (2.000, 10-15)."""
    following = scan.word(at + 1)
    if following in UNITS or following in _COUNTED:
        return True
    return following[:1].isdecimal() and scan.gaps[at + 1] != " " and "/" not in scan.gaps[at + 1]


def _small(scan: Scan, at: int) -> str:
    if at >= len(scan.words) or not _BETWEEN.fullmatch(scan.gaps[at]):
        return ""
    return scan.number(at)


def _house(scan: Scan, at: int, first: int) -> int:
    match = _HOUSE.match(scan.text, scan.starts[first])
    if not match:
        return 0
    value = f"{match.group(1).lstrip('0') or '0'}{(match.group(2) or '').lower()}"
    return _address(scan, EntityKind.HOUSE, value, at, scan.after(first, match.end()))


def _address(scan: Scan, kind: EntityKind, value: str, at: int, end: int) -> int:
    scan.address = scan.add(kind, value, at, end)
    return end


_WEAK_HAMLETS = frozenset(("lingkungan", "link", "banjar", "kampung", "dukuh"))
_SHORT = frozenset(("kel", "ds", "dsn", "kp", "dk", "kelurahan", "kalurahan"))
# Who heads a place names it; not every word behind is a name.
_HEADS = frozenset(("lurah", "kades"))
_COUNTED = frozenset(words("rb ribu jt juta persen arah jalur lajur desa warga kecamatan kelurahan"))
READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("jl", "jln", "jalan", "jlan", "jalanan"), street),
    "tol": toll,
    **dict.fromkeys(("gang", "gg", "lorong"), alley),
    "km": kilometre,
    "rt": rt,
    "rw": rw,
    **dict.fromkeys(("blok", "blk"), block),
    **dict.fromkeys(("no", "nomor", "nomer", "nomr", "kav", "kavling"), house),
    **dict.fromkeys(
        ("dsn", "dusun", "dukuh", "dk", "padukuhan", "jorong", "kp", "kampung", "lingkungan", "link", "banjar"), hamlet
    ),
    **dict.fromkeys(
        (
            "kel",
            "kelurahan",
            "keluraha",
            "kelurahn",
            "kalurahan",
            "lurah",
            "ds",
            "des",
            "desa",
            "kades",
            "nagari",
            "gampong",
        ),
        village,
    ),
    **dict.fromkeys(("kec", "kecamatan", "kacamatan", "kecematan", "distrik", "camat"), district),
}
