"""Reads landmarks by their proper names: `Puskesmas Tebet`, `SDN 03 Menteng`, `komplek Buaran Indah`."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from normalize.entities.common_words import ENDS, PLAIN, words
from normalize.entities.entity import EntityKind
from normalize.entities.name_words import AMBIGUOUS_SUFFIXES, NAME_SUFFIXES, NUMBERS, verb
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_SPACES = frozenset((" ", ".", ". ", "-", ""))
_NEXT = frozenset((" ", "-"))


class _Sort(NamedTuple):
    """A sort of landmark. `named`: a name must be written with a capital; `public`: its name tells where it lies."""

    name: str
    named: bool = True
    public: bool = True


def _all(name: str, said: str, *, named: bool = True, public: bool = True) -> dict[str, _Sort]:
    return dict.fromkeys(words(said), _Sort(name, named, public))


_SCHOOLS: Mapping[str, str] = {
    **dict.fromkeys(("sd", "sdn", "sdit"), "sd"),
    **dict.fromkeys(("smp", "smpn", "sltp"), "smp"),
    **dict.fromkeys(("sma", "sman", "smu"), "sma"),
    **dict.fromkeys(("smk", "smkn", "stm"), "smk"),
    **dict.fromkeys(("mts", "mtsn"), "mts"),
}
_SORTS: Mapping[str, _Sort] = {
    **_all("perumahan", "perum perumahan perumnas komplek kompleks komp", named=False, public=False),
    **_all("apartemen", "apartemen apartement rusun rusunawa", public=False),
    **_all("puskesmas", "puskesmas", named=False),
    **_all("rs", "rs rsud rsu rsia rskd", named=False),
    **_all("pasar", "pasar dipasar", named=False),
    **_all("terminal", "terminal diterminal", named=False),
    **_all("stasiun", "stasiun"),
    **_all("bandara", "bandara", named=False),
    **_all("pelabuhan", "pelabuhan"),
    **_all("halte", "halte", named=False),
    **_all("jembatan", "jembatan jbtn"),
    **_all("simpang", "simpang persimpangan pertigaan perempatan bundaran"),
    **_all("masjid", "masjid mesjid mushola musholla musola", named=False, public=False),
    **_all("gereja", "gereja vihara wihara pura", public=False),
    **_all("spbu", "spbu"),
    **_all("tpu", "tpu tpa tps makam pemakaman"),
    **_all("taman", "taman lapangan alun", public=False),
    **_all("mal", "mal mall plaza", public=False),
    **_all("hotel", "hotel cafe kafe resto restoran warung toko", public=False),
    **_all("klinik", "klinik apotek apotik", public=False),
    **_all("universitas", "universitas univ kampus politeknik", public=False),
    **_all("sungai", "kali sungai waduk situ", public=False),
    **_all("gedung", "gedung wisma ruko", public=False),
    **_all("flyover", "flyover underpass terowongan"),
    **{name: _Sort(name, named=True) for name in ("indomaret", "alfamart", "superindo", "transmart", "hypermart")},
}
_SCHOOL_KINDS = frozenset(("negeri", "negri", "n", "swasta", "islam"))
_BESIDE = frozenset(
    words("depan dpn didepan dekat deket dkt samping disamping sebelah disebelah seberang belakang dibelakang")
)


def school(scan: Scan, at: int) -> int:
    """`SDN 03 Menteng`, `SMK Negeri 1 Tanimbar Selatan`: its number or a name must follow."""
    first = at + 1
    first += scan.word(first) in _SCHOOL_KINDS and scan.gaps[first] in _SPACES
    if first >= len(scan.words) or scan.gaps[first] not in _SPACES:
        return 0
    end = first + bool(scan.words[first].isdecimal() and scan.number(first))
    if end < len(scan.words) and (end == first or scan.gaps[end] in _NEXT) and _school_name(scan, end, at):
        end = scan.mentions[end].end if scan.known(end) else scan.name_end(end, most=3)
    if end == first:
        return 0
    name = scan.canonical(first, end)
    return scan.add(EntityKind.LANDMARK, f"{_SCHOOLS[scan.words[at]]} {name}", at, end, takes=False)


def _school_name(scan: Scan, first: int, at: int) -> bool:
    # `sdn` is a school beyond doubt, `sd` also is short for other words.
    if scan.words[at].endswith("n") and scan.begins(first, strong=False):
        return not scan.known(first) or not scan.mentions[first].said
    return _proper(scan, first) and (first > at + 2 or scan.titled(at) or scan.known(first))


def landmark(scan: Scan, at: int) -> int:
    """`Puskesmas Tebet`, `komplek Buaran Indah`, `Indomaret Cikini`."""
    sort, first = _SORTS[scan.words[at]], at + 1
    if scan.word(first) in {"alun", "sakit", "umum"}:
        first += 1
    if first >= len(scan.words) or scan.gaps[first] not in _SPACES:
        return 0
    mention = scan.mentions.get(first)
    if not mention and not _names(scan, first, at, named=sort.named):
        return 0
    end = scan.name_end(first, most=4) if scan.titled(first) or not mention else 0
    end = max(end, mention.end) if mention else end
    if scan.word(end).isdecimal() and scan.gaps[end] == " " and len(scan.words[end]) == 1 and not sort.public:
        end += 1
    scan.add(EntityKind.LANDMARK, f"{sort.name} {scan.canonical(first, end)}", at, end, takes=not sort.public)
    if not sort.public:
        scan.address = end
        return end
    return first


def hospital(scan: Scan, at: int) -> int:
    """`rumah sakit Siloam`."""
    if scan.word(at + 1) != "sakit" or not scan.titled(at + 2) or scan.gaps[at + 2] != " ":
        return 0
    if scan.ordinary(at + 2):
        return 0
    end = scan.name_end(at + 2, most=4)
    return scan.add(EntityKind.LANDMARK, f"rs {scan.canonical(at + 2, end)}", at, end, takes=False)


def pump(scan: Scan, at: int) -> int:
    """`pom bensin Ngaliyan`."""
    if scan.word(at + 1) != "bensin" or at + 2 >= len(scan.words) or scan.gaps[at + 2] != " ":
        return 0
    if not _proper(scan, at + 2):
        return 0
    end = scan.name_end(at + 2, most=3)
    return scan.add(EntityKind.LANDMARK, f"spbu {scan.canonical(at + 2, end)}", at, end, takes=False)


def beside(scan: Scan, at: int) -> int:
    """`depan Maspion`: what is written as a name where something is beside it."""
    first = at + 1
    if not scan.titled(first) or scan.gaps[first] != " " or scan.words[first] in ENDS or scan.titled(at):
        return 0
    if scan.words[first] in PLAIN or first in scan.mentions or scan.words[first] in READERS:
        return 0
    end = scan.name_end(first, most=4)
    return scan.add(EntityKind.LANDMARK, scan.canonical(first, end), first, end, takes=False)


def _proper(scan: Scan, at: int) -> bool:
    """Whether a place's or other name stands here beyond doubt."""
    if mention := scan.mentions.get(at):
        return not mention.said
    return scan.titled(at) and not scan.ordinary(at)


def _names(scan: Scan, first: int, at: int, *, named: bool) -> bool:
    """Whether the words from `first` on may be the proper name of the thing at `at`."""
    word = scan.words[first]
    if not scan.begins(first, strong=False) or verb(word) or word in NAME_SUFFIXES or word in AMBIGUOUS_SUFFIXES:
        return False
    if word in PLAIN and not (word in NUMBERS or scan.titled(first + 1)):
        return False
    # One in capitals among others that are not stresses something.
    return not named or (scan.titled(first) and (not scan.shouted(first) or scan.shouted(at)))


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(_SCHOOLS, school),
    **dict.fromkeys(_SORTS, landmark),
    **dict.fromkeys(_BESIDE, beside),
    "rumah": hospital,
    "pom": pump,
}
