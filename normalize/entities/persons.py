"""Reads names of persons (after a.n., nama:, pasien; after pak, bu) and of an institution's branches (after cabang)."""

import re
from collections.abc import Mapping

from language.ordinary_words import CAPITALISED_NAME_WORDS, NON_NAME_WORDS, split_words
from normalize.entities.entity import EntityKind
from normalize.entities.name_words import NAME_SUFFIXES, is_verb
from normalize.entities.text_scan import EntityReader, TextScan, by_keyword

_MAX_NAME_WORDS = 5
# A name in lower case has no visible end: it is cut earlier.
_MAX_LOWER_CASE_NAME_WORDS = 3
# Words between `nama` and the colon of a form: `Nama lengkap pasien : Siti`.
_MAX_FORM_LABEL_WORDS = 3
_MAX_BRANCH_WORDS = 4
# `nama saya siti contoh`: in lower case, one word may be anything.
_MIN_LOWER_CASE_NAME_WORDS = 2
# `H.`, `Hj.`
_MAX_INITIAL_LENGTH = 2
_FORM_GAP = re.compile(r"\s{0,3}[:=]\s{0,3}")
_INTRODUCTION_GAP = re.compile(r"[ .:=/\n]{0,5}")
_INITIAL_GAPS = frozenset((".", ". "))
_TITLE_GAPS = frozenset((" ", ".", ". "))
_ROLE_GAPS = frozenset((" ", ".", ". ", ": ", " : "))
_BEHALF_GAPS = frozenset((".", "/", ". ", " ", ""))
_BRANCH_GAPS = frozenset((" ", "-", " - "))
_APOSTROPHES = frozenset(("'", "\u2019", "`"))
_NAME_GAPS = frozenset((" ", "-"))
# Functions by which people are addressed instead of a name, and words that are no name although capitalised.
_FUNCTIONS = frozenset(
    split_words(
        "gub menpan mensos menkes mendagri menhub rektor nasabah lembaga birokrasi organisasi kantor menko "
        "presiden wapres menteri mentri gubernur bupati walikota wali camat lurah kades kadus kadis kepala direktur "
        "dirjen pimpinan ketua sekretaris kapolri kapolda kapolres kapolsek dinas jenderal guru dokter dosen polisi "
        "hakim jaksa petugas admin operator pegawai staf satpam security yth yang saya kami kita anda sekalian semua "
        "rt rw pns asn tni polri bpjs ktp kk sim skck npwp pt cv kpk dpr dprd pln pdam bri bni bca btn jkn kis ppu pbi "
        "dan atau di hrd wakil ajudan mantan calon ahli almarhum haji hajjah ustadz bidan perawat suster manager "
        "manajer agen sales"
    )
)
_RELATIVES = frozenset(split_words("perkenalkan nama suami istri anak ayah adik kakak orangtua"))
# After a person's own name, these words go on about the person.
_WORDS_AFTER_OWN_NAME = frozenset(("dari", "dengan", "selaku", "warga", "mewakili", "umur", "usia", "alamat", "nik"))
_SIGNS_AFTER_OWN_NAME = frozenset((",", ".", "(", ":", ";", "-", "/", "\n", ")"))
_SIGNS_AFTER_LISTED_NAME = frozenset(("(", ",", "\n"))
_REGION_PREFIXES = frozenset(("kota", "kab", "kabupaten", "kec", "kecamatan"))
_DEGREES = frozenset(("dr", "drg", "drs", "dra", "ir", "prof", "h", "hj"))
_TITLES = _DEGREES | {"bpk", "bapak", "pak", "bp", "ibu", "bu", "sdr", "sdri", "saudara", "saudari"}


def read_name_on_behalf(scan: TextScan, index: int) -> int:
    """Read `a.n. Siti`, `a/n`, `an. Siti`, `atas nama Siti`; `index` is the first word."""
    word, following = scan.words[index], scan.word(index + 1)
    if word == "an":
        return _read_name_after_an(scan, index, following)
    is_abbreviation = word == "a" and following == "n" and scan.gaps[index + 1] in _BEHALF_GAPS
    if is_abbreviation or (word == "atas" and following == "nama"):
        return _read_name(scan, index + 2, lower_case=True)
    return 0


def _read_name_after_an(scan: TextScan, index: int, following: str) -> int:
    first = index + 2 if following in {"nama", "n"} else index + 1
    is_marked = following == "nama" or scan.gap_before(index + 1).strip() in {".", ":", ".:"}
    # `an` without such a mark may also be the end of a word that was torn off.
    if (is_marked and first < len(scan.words)) or scan.is_capitalised(first):
        return _read_name(scan, first, lower_case=True)
    return 0


def read_name_in_form(scan: TextScan, index: int) -> int:
    """Read `Nama : Siti`, `nama saya Siti`, `bernama Siti`."""
    if scan.words[index] == "bernama":
        return _read_name_in_sentence(scan, index + 1)
    if scan.word(index + 1) in {"saya", "sy"}:
        return _read_name_in_sentence(scan, index + 2)
    for first in range(index + 1, min(index + 1 + _MAX_FORM_LABEL_WORDS, len(scan.words))):
        if _FORM_GAP.fullmatch(scan.gaps[first]):
            return _read_name(scan, first, lower_case=True)
        if scan.gaps[first] not in _NAME_GAPS:
            return 0
    if scan.words[index] == "nama" and scan.is_capitalised(index + 1) and not scan.is_ordinary(index + 1):
        return _read_name(scan, index + 1, lower_case=False)
    return 0


def _read_name_in_sentence(scan: TextScan, first: int) -> int:
    end = _read_name(scan, first, lower_case=False)
    return end or _read_name(scan, first, lower_case=True, min_words=_MIN_LOWER_CASE_NAME_WORDS)


def read_name_after_role(scan: TextScan, index: int) -> int:
    """Read `pasien Siti`, `Sdr. Budi`."""
    return _read_name(scan, index + 1, lower_case=False) if scan.gaps[index + 1] in _ROLE_GAPS else 0


def read_own_name(scan: TextScan, index: int) -> int:
    """Read `Saya Budi, …`, `saya SITI (…)`: a name after which no sentence about the sender begins."""
    first = index + 1
    if not scan.is_capitalised(first) or scan.gaps[first] != " " or _is_within_sentence(scan, index):
        return 0
    end = _name_end(scan, first, lower_case=False)
    if not end:
        return 0
    has_several_words = end - first > 1
    if _is_closed_own_name(scan, end) or (has_several_words and not scan.is_all_capitals(index)):
        return _add_name(scan, EntityKind.NAME, first, end)
    return 0


def _is_within_sentence(scan: TextScan, index: int) -> bool:
    """Return whether a word of the same sentence stands before `saya`; `nama saya` and `anak saya` do not count."""
    return index > 0 and scan.gaps[index] == " " and scan.words[index - 1] not in _RELATIVES


def _is_closed_own_name(scan: TextScan, end: int) -> bool:
    """Return whether a sign, the end of the text, or a word about the person follows the name."""
    if scan.word(end) in _WORDS_AFTER_OWN_NAME:
        return True
    sign = scan.gaps[end].strip(" ")[:1]
    return sign in _SIGNS_AFTER_OWN_NAME or (not sign and end == len(scan.words))


def read_addressed_person(scan: TextScan, index: int) -> int:
    """Read `Pak Hendi`, `Ibu Putu Suryawati`: a person, mostly the addressee of the text."""
    first = index + 1
    if first >= len(scan.words) or scan.gaps[first] not in _TITLE_GAPS or not scan.is_capitalised(first):
        return 0
    if scan.begins_region(first) or scan.is_ordinary(first):
        return 0
    end = _name_end(scan, first, lower_case=False)
    return _add_name(scan, EntityKind.MENTION, first, end) if end else 0


def read_branch(scan: TextScan, index: int) -> int:
    """Read `cabang Bekasi Cikarang`, `KCP Tebet`. The regions in it remain entities of their own."""
    first = index + 1
    if scan.word(first) in {"cabang", "pembantu", "utama", "cab"} and scan.is_introduced(first):
        first += 1
    if not scan.is_introduced(first):
        return 0
    end = _branch_end(scan, first)
    name_words = [word for word in scan.words[first:end] if word not in _REGION_PREFIXES]
    if not name_words:
        return 0
    scan.add(EntityKind.BRANCH, " ".join(name_words), index, end, claims_words=False)
    return first


def _branch_end(scan: TextScan, first: int) -> int:
    end = first
    while end < len(scan.words) and end - first < _MAX_BRANCH_WORDS:
        if end > first and scan.gaps[end] not in _BRANCH_GAPS:
            break
        if mention := scan.region_mentions.get(end):
            end = mention.end
        elif _is_branch_word(scan, first, end):
            end += 1
        else:
            break
    return end


def _is_branch_word(scan: TextScan, first: int, index: int) -> bool:
    if index > first and scan.words[index] in NAME_SUFFIXES:
        return True
    return scan.is_capitalised(index) and not scan.is_ordinary(index)


def _read_name(scan: TextScan, first: int, *, lower_case: bool, min_words: int = 1) -> int:
    """Read a person's name after the word that introduces it. `lower_case`: the name may be in lower case."""
    if first >= len(scan.words) or not _INTRODUCTION_GAP.fullmatch(scan.gaps[first]):
        return 0
    first += scan.words[first] in _TITLES and scan.gap_before(first + 1) in _TITLE_GAPS
    end = _name_end(scan, first, lower_case=lower_case)
    return _add_name(scan, EntityKind.NAME, first, end) if end - first >= min_words else 0


def _name_end(scan: TextScan, first: int, *, lower_case: bool) -> int:
    """Return the index after a person's name; 0 if none begins here."""
    if not _may_begin_name(scan, first):
        return 0
    capitalised, all_capitals = scan.is_capitalised(first), scan.is_all_capitals(first)
    if not lower_case and not (capitalised and _is_no_acronym(scan, first)):
        return 0
    max_words = _MAX_NAME_WORDS if capitalised else _MAX_LOWER_CASE_NAME_WORDS
    limit, end = min(len(scan.words), first + max_words), first + 1
    while end < limit and _continues_name(scan, end, capitalised=capitalised, all_capitals=all_capitals):
        end += 1
    return end


def _may_begin_name(scan: TextScan, index: int) -> bool:
    word = scan.word(index)
    if not _may_be_name(word) or is_verb(word):
        return False
    return word not in CAPITALISED_NAME_WORDS or scan.is_capitalised(index)


def _is_no_acronym(scan: TextScan, index: int) -> bool:
    """Return whether a word is not in capitals, or further capitals or a list show that it is a name all the same.

    A single word in capitals is mostly an acronym.
    """
    if not scan.is_all_capitals(index) or _is_name_in_capitals(scan, index + 1):
        return True
    return scan.gaps[index + 1].strip(" ")[:1] in _SIGNS_AFTER_LISTED_NAME


def _is_name_in_capitals(scan: TextScan, index: int) -> bool:
    if index >= len(scan.words) or scan.gaps[index] not in _NAME_GAPS:
        return False
    return scan.original_word(index).isupper() and _may_be_name(scan.words[index])


def _continues_name(scan: TextScan, index: int, *, capitalised: bool, all_capitals: bool) -> bool:
    gap, word = scan.gaps[index], scan.words[index]
    if gap in _APOSTROPHES and word.isalpha():
        return True
    follows_initial = gap in _INITIAL_GAPS and len(scan.words[index - 1]) <= _MAX_INITIAL_LENGTH
    if gap not in _NAME_GAPS and not follows_initial:
        return False
    return _is_further_name_word(scan, index, capitalised=capitalised, all_capitals=all_capitals)


def _is_further_name_word(scan: TextScan, index: int, *, capitalised: bool, all_capitals: bool) -> bool:
    """Return whether a word may be of the same name by itself and by its letter case."""
    word = scan.words[index]
    if not _may_be_name(word) or scan.claimed[index]:
        return False
    if capitalised != scan.is_capitalised(index):
        return False
    return _is_in_capitals(scan, index) if all_capitals else capitalised or word not in CAPITALISED_NAME_WORDS


def _is_in_capitals(scan: TextScan, index: int) -> bool:
    return scan.is_all_capitals(index) or len(scan.words[index]) == 1


def _may_be_name(word: str) -> bool:
    return word[:1].isalpha() and not is_no_name(word)


def is_no_name(word: str) -> bool:
    """Return whether a word in lower case is an ordinary one, or a function by which people are addressed."""
    return word in NON_NAME_WORDS or word in _FUNCTIONS


def _add_name(scan: TextScan, kind: EntityKind, first: int, end: int) -> int:
    return scan.add(kind, " ".join(scan.words[first:end]), first, end)


_READERS: Mapping[EntityReader, str] = {
    read_name_on_behalf: "a an atas",
    read_name_in_form: "nama bernama pelapor pemohon penerima",
    read_name_after_role: "pasien peserta korban sdr sdri saudara saudari",
    read_own_name: "saya sy",
    read_addressed_person: "pak bapak bpk bp bu ibu mas mbak kang",
    read_branch: "cabang cab kacab kcp kcu kcab",
}
READERS = by_keyword(_READERS)
