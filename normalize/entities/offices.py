"""Reads offices that a report names: `Dinas Perhubungan`, `dishub`, `polsek Cileungsi`, `PDAM`.

Which of them is competent is not asked here.
"""

from collections.abc import Callable, Mapping

from normalize.entities.common_words import ENDS, words
from normalize.entities.entity import EntityKind
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_OFFICES: Mapping[str, str] = {
    **{name: name for name in ("pdam", "pln", "bpn", "telkom", "pertamina", "satlantas", "damri")},
    "dishub": "dinas perhubungan",
    "disdik": "dinas pendidikan",
    "dikbud": "dinas pendidikan",
    "dinkes": "dinas kesehatan",
    "dinsos": "dinas sosial",
    "dlh": "dinas lingkungan hidup",
    "dpu": "dinas pekerjaan umum",
    "pupr": "dinas pekerjaan umum",
    "disnaker": "dinas tenaga kerja",
    **dict.fromkeys(("disdukcapil", "dukcapil", "dispendukcapil", "capil", "disduk"), "dinas kependudukan"),
}
_PLACED = frozenset(words("polsek polres polda polresta polrestabes koramil kodim kua samsat"))
_OF_TWO = frozenset(("bpjs kesehatan", "bpjs ketenagakerjaan", "satpol pp"))
_DEPARTMENTS: Mapping[str, str] = {
    **{
        word: f"dinas {word}"
        for word in words(
            "perhubungan pendidikan kesehatan sosial kebersihan pertamanan kependudukan pertanian perdagangan "
            "perindustrian perikanan peternakan pariwisata koperasi kehutanan perkebunan kominfo"
        )
    },
    "pekerjaan": "dinas pekerjaan umum",
    "pu": "dinas pekerjaan umum",
    "pupr": "dinas pekerjaan umum",
    "lingkungan": "dinas lingkungan hidup",
    "tenaga": "dinas tenaga kerja",
    "ketenagakerjaan": "dinas tenaga kerja",
    "bina": "dinas bina marga",
    "capil": "dinas kependudukan",
}
_TWO = frozenset(("pekerjaan", "lingkungan", "tenaga", "bina"))


def office(scan: Scan, at: int) -> int:
    """`PDAM`, `dishub`."""
    return scan.add(EntityKind.UNIT, _OFFICES[scan.words[at]], at, at + 1, takes=False)


def placed(scan: Scan, at: int) -> int:
    """`polsek Cileungsi`, `KUA Tebet`: one of many, told apart by the place, which is one still."""
    first = at + 1
    if first >= len(scan.words) or scan.gaps[first] != " " or scan.words[first] in ENDS:
        return 0
    mention = scan.mentions.get(first)
    if not mention and not scan.titled(first):
        return 0
    end = mention.end if mention else scan.name_end(first, most=3)
    scan.add(EntityKind.UNIT, f"{scan.words[at]} {scan.canonical(first, end)}", at, end, takes=False)
    return first


def department(scan: Scan, at: int) -> int:
    """`Dinas Perhubungan`."""
    following = scan.word(at + 1)
    name = _DEPARTMENTS.get(following) if following and scan.gaps[at + 1] == " " else None
    if not name:
        return 0
    end = at + 2 + (following in _TWO and at + 2 < len(scan.words))
    return scan.add(EntityKind.UNIT, name, at, end, takes=False)


def of_two(scan: Scan, at: int) -> int:
    """`BPJS Kesehatan`, `Satpol PP`."""
    name = f"{scan.words[at]} {scan.word(at + 1)}"
    if name not in _OF_TWO or scan.gaps[at + 1] != " ":
        return 0
    return scan.add(EntityKind.UNIT, name, at, at + 2, takes=False)


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(_OFFICES, office),
    **dict.fromkeys(_PLACED, placed),
    "dinas": department,
    **dict.fromkeys(("bpjs", "satpol"), of_two),
}
