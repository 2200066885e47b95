"""Texts by which a citizen hears of an agency's answer: one SMS each. Pure.

The router sends them, and the desk shows them to the officer before they are sent.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from messages.gsm_alphabet import SEGMENT, fits_one_sms, septets
from messages.shapes import Verdict
from messages.topics import TRIAGE

UNNAMED_AGENCY = "instansi yang berwenang"
# Name under which citizens hear of triage.
TRIAGE_NAME = "petugas SP4N-LAPOR!"
# Opening with the number and the agency's name, for verdicts that a citizen hears of. The agency's words follow.
_WITH_WORDS: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "Laporan {}: {} bertanya: ",
        "extended": "Laporan {}: batas waktu {} diperpanjang ",
        "responded": "Laporan {} ditanggapi {}: ",
        "closed": "Laporan {} selesai ditangani {}: ",
    }
)
# Opening before words that have the number.
_WITHOUT_NUMBER: Mapping[Verdict, str] = MappingProxyType(
    {"asked": "{} bertanya: ", "responded": "Tanggapan {}: ", "closed": "Selesai ditangani {}: "}
)
_WITHOUT_WORDS: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "{} meminta keterangan tentang laporan {}.",
        "extended": "Batas waktu laporan {} diperpanjang oleh {}.",
        "responded": "Laporan {} sudah ditanggapi oleh {}.",
        "closed": "Laporan {} sudah selesai ditangani oleh {}.",
    }
)
# What follows a notice without a link.
_WITHOUT_LINK: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": " Balas pesan ini.",
        "extended": " Lihat perkembangannya dengan nomor ini.",
        "responded": " Lihat perkembangannya dengan nomor ini.",
        "closed": " Lihat perkembangannya dengan nomor ini.",
    }
)
_WITH_LINK: Mapping[Verdict, str] = MappingProxyType(
    {"asked": " Baca dan jawab: ", "extended": " Baca: ", "responded": " Baca: ", "closed": " Baca: "}
)
_FILES_ON_PAGE = " Ada {} di halaman laporan Anda."
# The best first.
_WITH_FILES = (" Baca dan lihat {}: ", " Ada {}: ")
# Triage closed the case: no agency handles it.
_ARCHIVED = "Laporan {} tidak kami teruskan ke instansi: "
_ARCHIVED_WITHOUT_NUMBER = "Tidak kami teruskan ke instansi: "
_ARCHIVED_NOTICE = (
    "Laporan {} tidak kami teruskan ke instansi. Anda boleh melapor lagi dengan keterangan yang lebih lengkap."
)
_OBJECTION_HINT = " Belum selesai? Balas BELUM {} dalam {}."
_CUT = "..."
# A beginning of the words that is shorter than this says nothing.
_SHORTEST_CUT = 20
# Characters that officers' programs insert and the alphabet of SMS lacks.
_PLAIN_CHARACTERS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "..."}
)


# Files of an answer that a sender can open, in one word; empty without any. `berkas`: pictures and a document.
AttachedFiles: TypeAlias = Literal["", "foto", "dokumen", "berkas"]


def attached_files(*, has_pictures: bool, has_document: bool) -> AttachedFiles:
    """Return the word for the files of an answer."""
    if has_pictures:
        return "berkas" if has_document else "foto"
    return "dokumen" if has_document else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderAccess:
    """How the sender gets at the rest of an answer.

    `link` is the sender's own link to the report; empty without one. `objection_period`: the time in which the
    sender may object to a closing with the keyword BELUM (`10 hari kerja`); empty where the channel has no keywords.
    `files` are those of the answer, which the link shows.
    """

    link: str = ""
    objection_period: str = ""
    files: AttachedFiles = ""

    @property
    def file_endings(self) -> tuple[str, ...]:
        """What follows the words of an answer with files, the best first: that there are some, and where."""
        if not self.link or not self.files:
            return ()
        return (f" {self.files.capitalize()}: {self.link}", _FILES_ON_PAGE.format(self.files))


NO_ACCESS = SenderAccess()


def extension_words(days: int, reason: str) -> str:
    """Return the words about an extension of the deadline; "" if its reason is not to be read (any more)."""
    return f"{days} hari kerja. Alasan: {reason}" if reason else ""


def unopposed_text(period: str) -> str:
    """Return the words of a closing by the system: nobody objected to the agency's response for so long."""
    return f"Tidak ada keberatan dalam {period}."


def tells_citizen(verdict: Verdict) -> bool:
    """Return whether a citizen hears of this verdict."""
    return verdict in _WITH_WORDS


def sender_text(
    verdict: Verdict,
    number: str,
    agency: str,
    agency_name: str,
    words: str,
    *,
    is_private: bool,
    access: SenderAccess = NO_ACCESS,
) -> str:
    """Return the text by which the sender of a report hears of an answer to it.

    `is_private`: the report is anonymous or confidential. Another person may see the screen, so the text has neither
    the agency nor its words. Use it only for a verdict of which `tells_citizen` is true.
    """
    sent_words = "" if is_private else words
    if agency == TRIAGE and verdict == "closed":
        return archived_text(number, sent_words, access)
    name = TRIAGE_NAME if agency == TRIAGE else agency_name
    return answer_text(verdict, number, "" if is_private else name, sent_words, access)


def septets_left(
    verdict: Verdict, number: str, agency: str, agency_name: str, words: str, access: SenderAccess = NO_ACCESS
) -> int:
    """Return how many more septets of words one SMS holds; negative if the words are cut. Most characters take one.

    It is the room beside the shortest opening, and before the link to files: `answer_text` leaves out a name that
    takes too much of it.
    """
    names = [name for name in (TRIAGE_NAME if agency == TRIAGE else agency_name, UNNAMED_AGENCY) if name]
    is_archived = agency == TRIAGE and verdict == "closed"
    openings = _archived_openings(number, words) if is_archived else _openings(verdict, number, names, words)
    shortest_opening = min(size for opening in openings if (size := septets(opening)) is not None)
    taken = shortest_opening + min(map(len, access.file_endings), default=0)
    return SEGMENT - taken - (septets(" ".join(as_sms(words).split())) or 0)


def answer_text(verdict: Verdict, number: str, agency_name: str, words: str, access: SenderAccess = NO_ACCESS) -> str:
    """Return the text about an answer with as many of the agency's words as one SMS holds.

    The link stands where words are cut or left out, and where the answer has files, as far as it fits. `words` are
    empty if the citizen must not get them by SMS, `agency_name` if the agency must not be named. Use it only for a
    verdict of which `tells_citizen` is true.
    """
    names = (agency_name, UNNAMED_AGENCY) if agency_name else (UNNAMED_AGENCY,)
    hint = (
        _OBJECTION_HINT.format(number, access.objection_period)
        if verdict == "closed" and access.objection_period
        else ""
    )
    text = _with_words(_openings(verdict, number, names, words), number, words, access)
    tells_of_files = not access.file_endings or any(ending in text for ending in access.file_endings)
    if text and tells_of_files:
        return f"{text}{hint}" if is_complete(text, words) and fits_one_sms(text + hint) else text
    notices = [_notice(verdict, number, name) for name in names]
    endings = [_WITHOUT_LINK[verdict]]
    if access.link:
        by_files = [phrase.format(access.files) + access.link for phrase in _WITH_FILES] if access.files else []
        endings = [*by_files, _WITH_LINK[verdict] + access.link, *endings]
    elif hint:
        endings = [hint, *endings]
    return next(text for ending in endings for notice in notices if fits_one_sms(text := notice + ending))


def archived_text(number: str, words: str, access: SenderAccess = NO_ACCESS) -> str:
    """Return the text about a case that triage closed, with as many words of the reason as one SMS holds."""
    return _with_words(_archived_openings(number, words), number, words, access) or _ARCHIVED_NOTICE.format(number)


def _openings(verdict: Verdict, number: str, names: Sequence[str], words: str) -> Sequence[str]:
    """Return the openings, the best first: without the number where the words have it."""
    numbered = [_WITH_WORDS[verdict].format(number, name) for name in names]
    return [*(_WITHOUT_NUMBER[verdict].format(name) for name in names if number in words), *numbered]


def _archived_openings(number: str, words: str) -> Sequence[str]:
    return [*([_ARCHIVED_WITHOUT_NUMBER] if number in words else []), _ARCHIVED.format(number)]


def _with_words(openings: Sequence[str], number: str, words: str, access: SenderAccess) -> str:
    """Return the best text with number and words that fits one SMS; "" if there are no words, or too few of them fit.

    A text that is cut, or about files, ends with the link, if there is one and it fits.
    """
    sms_words = " ".join(as_sms(words).split())
    if not sms_words:
        return ""
    endings = (f" {access.link}", "") if access.link else ("",)
    file_endings = access.file_endings
    about_files = [opening + sms_words + ending for ending in file_endings for opening in openings]
    # Only the link leads to the rest of words that are cut.
    about_files += [cut_to_fit(opening, sms_words, ending) for ending in file_endings[:1] for opening in openings]
    texts = [
        *about_files,
        *(opening + sms_words for opening in openings),
        *(cut_to_fit(opening, sms_words, ending) for ending in endings for opening in openings),
    ]
    # An opening without the number needs words that are not cut before it.
    return next((text for text in texts if number in text and fits_one_sms(text)), "")


def is_complete(text: str, words: str) -> bool:
    """Return whether the text of an SMS has all of the words."""
    return " ".join(as_sms(words).split()) in text


def as_sms(words: str) -> str:
    """Return the words in the alphabet of SMS. Accents that it lacks are removed, and other characters become `?`."""
    plain = words.translate(_PLAIN_CHARACTERS)
    return "".join(character if fits_one_sms(character) else _without_accent(character) for character in plain)


def _without_accent(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return base if fits_one_sms(base) else "?"


def _notice(verdict: Verdict, number: str, agency_name: str) -> str:
    arguments = (agency_name, number) if verdict == "asked" else (number, agency_name)
    text = _WITHOUT_WORDS[verdict].format(*arguments)
    return text[0].upper() + text[1:]


def cut_to_fit(opening: str, words: str, ending: str = "") -> str:
    """Return opening, words and ending in one SMS, with the words cut where needed; "" if too little of them fits.

    They are cut between two words.
    """
    if fits_one_sms(f"{opening}{words}{ending}"):
        return f"{opening}{words}{ending}"
    beginning = words
    while beginning and not fits_one_sms(f"{opening}{beginning}{_CUT}{ending}"):
        beginning = beginning.rpartition(" ")[0]
    return f"{opening}{beginning}{_CUT}{ending}" if len(beginning) >= _SHORTEST_CUT else ""
