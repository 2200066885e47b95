"""Reads offices that a report names: `Dinas Perhubungan`, `dishub`, `polsek Cileungsi`, `PDAM`.

It does not decide which of them is competent.
"""

from collections.abc import Mapping

from language.ordinary_words import NON_NAME_WORDS, split_words
from normalize.entities.entity import EntityKind
from normalize.entities.text_scan import EntityReader, TextScan

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
# Offices of which there are many: the place in the name tells them apart.
_LOCAL_OFFICES = frozenset(split_words("polsek polres polda polresta polrestabes koramil kodim kua samsat"))
_MAX_PLACE_WORDS = 3
_TWO_WORD_OFFICES = frozenset(("bpjs kesehatan", "bpjs ketenagakerjaan", "satpol pp"))
_DEPARTMENTS: Mapping[str, str] = {
    **{
        word: f"dinas {word}"
        for word in split_words(
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
# After these words the name of the department has another word: `dinas pekerjaan umum`.
_FIRST_OF_TWO_WORDS = frozenset(("pekerjaan", "lingkungan", "tenaga", "bina"))


def read_office(scan: TextScan, index: int) -> int:
    """Read `PDAM`, `dishub`."""
    return scan.add(EntityKind.UNIT, _OFFICES[scan.words[index]], index, index + 1, claims_words=False)


def read_local_office(scan: TextScan, index: int) -> int:
    """Read `polsek Cileungsi`, `KUA Tebet`. The place in the name remains an entity of its own."""
    first = index + 1
    if first >= len(scan.words) or scan.gaps[first] != " " or scan.words[first] in NON_NAME_WORDS:
        return 0
    mention = scan.region_mentions.get(first)
    if not mention and not scan.is_capitalised(first):
        return 0
    end = mention.end if mention else scan.name_end(first, max_words=_MAX_PLACE_WORDS)
    value = f"{scan.words[index]} {scan.canonical_name(first, end)}"
    scan.add(EntityKind.UNIT, value, index, end, claims_words=False)
    return first


def read_department(scan: TextScan, index: int) -> int:
    """Read `Dinas Perhubungan`."""
    following = scan.word(index + 1)
    name = _DEPARTMENTS.get(following) if scan.gap_before(index + 1) == " " else None
    if not name:
        return 0
    has_second_word = following in _FIRST_OF_TWO_WORDS and index + 2 < len(scan.words)
    return scan.add(EntityKind.UNIT, name, index, index + 2 + has_second_word, claims_words=False)


def read_two_word_office(scan: TextScan, index: int) -> int:
    """Read `BPJS Kesehatan`, `Satpol PP`."""
    name = f"{scan.words[index]} {scan.word(index + 1)}"
    if name not in _TWO_WORD_OFFICES or scan.gaps[index + 1] != " ":
        return 0
    return scan.add(EntityKind.UNIT, name, index, index + 2, claims_words=False)


READERS: Mapping[str, EntityReader] = {
    **dict.fromkeys(_OFFICES, read_office),
    **dict.fromkeys(_LOCAL_OFFICES, read_local_office),
    "dinas": read_department,
    **dict.fromkeys(("bpjs", "satpol"), read_two_word_office),
}
