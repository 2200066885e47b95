"""Reads names of persons, and of an institution's branches: after a.n., nama:, pasien; after pak, bu; after cabang."""

import re
from collections.abc import Callable, Mapping

from normalize.entities.common_words import ENDS, PLAIN, words
from normalize.entities.entity import EntityKind
from normalize.entities.name_words import NAME_SUFFIXES, verb
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_MOST = 5
_LOWER = 3
_FORM = re.compile(r"\s{0,3}[:=]\s{0,3}")
_INTRODUCED = re.compile(r"[ .:=/\n]{0,5}")
_INITIAL = frozenset((".", ". "))
_APOSTROPHES = frozenset(("'", "\u2019", "`"))
_BETWEEN = frozenset((" ", "-"))
_WITHIN = 4
# They are spoken to by what they are, not by a name; or the word is no name although written so.
_OFFICES = frozenset(
    words(
        "gub menpan mensos menkes mendagri menhub rektor nasabah lembaga birokrasi organisasi kantor menko "
        "presiden wapres menteri mentri gubernur bupati walikota wali camat lurah kades kadus kadis kepala direktur "
        "dirjen pimpinan ketua sekretaris kapolri kapolda kapolres kapolsek dinas jenderal guru dokter dosen polisi "
        "hakim jaksa petugas admin operator pegawai staf satpam security yth yang saya kami kita anda sekalian semua "
        "rt rw pns asn tni polri bpjs ktp kk sim skck npwp pt cv kpk dpr dprd pln pdam bri bni bca btn jkn kis ppu pbi "
        "dan atau di hrd wakil ajudan mantan calon ahli almarhum haji hajjah ustadz bidan perawat suster manager "
        "manajer agen sales"
    )
)
_ROLES = frozenset(("pasien", "peserta", "korban"))
_RELATIVES = frozenset(words("perkenalkan nama suami istri anak ayah adik kakak orangtua"))
_DEGREES = frozenset(("dr", "drg", "drs", "dra", "ir", "prof", "h", "hj"))
_GOES_ON = frozenset(("dari", "dengan", "selaku", "warga", "mewakili", "umur", "usia", "alamat", "nik"))
_HONORIFICS = frozenset(("bpk", "bapak", "pak", "bp", "ibu", "bu", "sdr", "sdri", "saudara", "saudari"))
_PREFIXES = frozenset(("kota", "kab", "kabupaten", "kec", "kecamatan"))
_SALUTED = _HONORIFICS | _DEGREES
_AFTER_NAME = frozenset((",", ".", "(", ":", ";", "-", "/", "\n", ")", ""))


def on_behalf(scan: Scan, at: int) -> int:
    """`a.n. Siti`, `a/n`, `an. Siti`, `atas nama Siti`; `at` is the first word."""
    word, following = scan.words[at], scan.word(at + 1)
    if word != "an":
        spelled = word == "a" and following == "n" and scan.gaps[at + 1] in {".", "/", ". ", " ", ""}
        return _name(scan, at + 2, lower=True) if spelled or (word == "atas" and following == "nama") else 0
    first = at + 1 + (following in {"nama", "n"})
    marked = first < len(scan.words) and (scan.gaps[at + 1].strip() in {".", ":", ".:"} or following == "nama")
    # `an` alone is also the end of a word that was torn off.
    return _name(scan, first, lower=True) if marked or scan.titled(first) else 0


def form(scan: Scan, at: int) -> int:
    """`Nama : Siti`, `nama saya Siti`, `bernama Siti`."""
    said = scan.words[at] == "bernama"
    if said or scan.word(at + 1) in {"saya", "sy"}:
        first = at + 1 if said else at + 2
        return _name(scan, first, lower=False) or _name(scan, first, lower=True, least=2)
    for first in range(at + 1, min(at + _WITHIN, len(scan.words))):
        if _FORM.fullmatch(scan.gaps[first]):
            return _name(scan, first, lower=True)
        if scan.gaps[first] not in {" ", "-"}:
            return 0
    if scan.words[at] == "nama" and scan.titled(at + 1) and not scan.ordinary(at + 1):
        return _name(scan, at + 1, lower=False)
    return 0


def role(scan: Scan, at: int) -> int:
    """`pasien Siti`, `Sdr. Budi`."""
    return _name(scan, at + 1, lower=False) if scan.gaps[at + 1] in {" ", ".", ". ", ": ", " : "} else 0


def oneself(scan: Scan, at: int) -> int:
    """`Saya Budi, …`, `saya SITI (…)`: a name with something behind it that is no sentence about oneself."""
    first = at + 1
    if not scan.titled(first) or scan.gaps[first] != " ":
        return 0
    if at and scan.gaps[at] == " " and scan.words[at - 1] not in _RELATIVES:
        return 0
    end = _name_end(scan, first, lower=False)
    if not end:
        return 0
    behind = scan.gaps[end].strip(" ")[:1]
    several = end - first > 1
    closed = scan.word(end) in _GOES_ON or (behind in _AFTER_NAME and (behind or end == len(scan.words)))
    return _noted(scan, EntityKind.NAME, first, end) if closed or (several and not scan.shouted(at)) else 0


def spoken(scan: Scan, at: int) -> int:
    """`Pak Hendi`, `Ibu Putu Suryawati`: a person, mostly whom the text is addressed to."""
    first = at + 1
    if first >= len(scan.words) or scan.gaps[first] not in {" ", ".", ". "} or not scan.titled(first):
        return 0
    end = 0 if scan.known(first) or scan.ordinary(first) else _name_end(scan, first, lower=False)
    return _noted(scan, EntityKind.MENTION, first, end) if end else 0


def branch(scan: Scan, at: int) -> int:
    """`cabang Bekasi Cikarang`, `KCP Tebet`; the places in it are places still."""
    first = at + 1
    if scan.word(first) in {"cabang", "pembantu", "utama", "cab"} and scan.linked(first):
        first += 1
    if not scan.linked(first):
        return 0
    end = _branch_end(scan, first)
    named = [word for word in scan.words[first:end] if word not in _PREFIXES]
    if not named:
        return 0
    scan.add(EntityKind.BRANCH, " ".join(named), at, end, takes=False)
    return first


def _branch_end(scan: Scan, first: int) -> int:
    end = first
    while end < len(scan.words) and end - first < _WITHIN and (end == first or scan.gaps[end] in {" ", "-", " - "}):
        if mention := scan.mentions.get(end):
            end = mention.end
        elif (end > first and scan.words[end] in NAME_SUFFIXES) or (scan.titled(end) and not scan.ordinary(end)):
            end += 1
        else:
            break
    return end


def _name(scan: Scan, first: int, *, lower: bool, least: int = 1) -> int:
    if first >= len(scan.words) or not _INTRODUCED.fullmatch(scan.gaps[first]):
        return 0
    first += scan.words[first] in _SALUTED and scan.gap(first + 1) in {" ", ".", ". "}
    end = _name_end(scan, first, lower=lower)
    return _noted(scan, EntityKind.NAME, first, end) if end - first >= least else 0


def _name_end(scan: Scan, first: int, *, lower: bool) -> int:
    """The word after a person's name; 0 if none begins here."""
    word = scan.word(first)
    if not _may_name(word) or verb(word) or (word in PLAIN and not scan.titled(first)):
        return 0
    titled, shouted = scan.titled(first), scan.shouted(first)
    if not titled and not lower:
        return 0
    # A word in capitals alone is mostly what something is called for short.
    if shouted and not lower and not _several(scan, first) and not _listed(scan, first + 1):
        return 0
    most = min(len(scan.words), first + (_MOST if titled else _LOWER))
    end = first + 1
    while end < most and _goes_on(scan, end, titled=titled, shouted=shouted):
        end += 1
    return end


def _goes_on(scan: Scan, at: int, *, titled: bool, shouted: bool) -> bool:
    gap, word = scan.gaps[at], scan.words[at]
    if gap in _APOSTROPHES and word.isalpha():
        return True
    if gap not in _BETWEEN and not (gap in _INITIAL and len(scan.words[at - 1]) <= 2):  # noqa: PLR2004 - H., Hj.
        return False
    if not _may_name(word) or scan.taken[at] or titled != scan.titled(at):
        return False
    return not (shouted and not scan.shouted(at) and len(word) > 1) and (titled or word not in PLAIN)


def _may_name(word: str) -> bool:
    return word[:1].isalpha() and word not in ENDS and word not in _OFFICES


def _several(scan: Scan, first: int) -> bool:
    following = first + 1
    return (
        following < len(scan.words)
        and scan.gaps[following] in _BETWEEN
        and scan.written(following).isupper()
        and _may_name(scan.words[following])
    )


def _listed(scan: Scan, end: int) -> bool:
    return scan.gaps[end].strip(" ")[:1] in {"(", ",", "\n"}


def _noted(scan: Scan, kind: EntityKind, first: int, end: int) -> int:
    return scan.add(kind, " ".join(scan.words[first:end]), first, end)


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("a", "an", "atas"), on_behalf),
    **dict.fromkeys(("nama", "bernama", "pelapor", "pemohon", "penerima"), form),
    **dict.fromkeys((*_ROLES, "sdr", "sdri", "saudara", "saudari"), role),
    **dict.fromkeys(("saya", "sy"), oneself),
    **dict.fromkeys(("pak", "bapak", "bpk", "bp", "bu", "ibu", "mas", "mbak", "kang"), spoken),
    **dict.fromkeys(("cabang", "cab", "kacab", "kcp", "kcu", "kcab"), branch),
}
