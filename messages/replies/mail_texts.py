"""Text by which a citizen hears of an agency's answer by e-mail: all of its words, and what can be done next. Pure.

It has no link: the sender of the e-mail adds the own one of the report.
"""

from collections.abc import Mapping
from types import MappingProxyType

from messages.replies.reply_texts import UNNAMED_AGENCY
from messages.shapes import Verdict
from messages.topics import TRIAGE

_OPENINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "{agency} meminta keterangan tentang laporan {number}.",
        "responded": "Laporan {number} sudah ditanggapi oleh {agency}.",
        "closed": "Laporan {number} sudah selesai ditangani oleh {agency}.",
    }
)
_WORDS: Mapping[Verdict, str] = MappingProxyType(
    {"asked": "Pertanyaannya:", "responded": "Jawabannya:", "closed": "Jawabannya:"}
)
_NEXT: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "Jawab di halaman Anda.",
        "responded": (
            "Belum selesai? Sampaikan di halaman Anda dalam {period}. Di sana Anda juga dapat menambah keterangan, "
            "atau menyatakan bahwa masalahnya sudah beres."
        ),
        "closed": (
            "Belum selesai? Sampaikan di halaman Anda dalam {period}: laporan dibuka lagi. Sudah beres? Di sana Anda "
            "dapat menyatakannya dan memberi nilai."
        ),
    }
)
_ARCHIVED = "Laporan {number} tidak kami teruskan ke instansi."
_ARCHIVED_WORDS = "Alasannya:"
_ARCHIVED_NEXT = "Anda boleh melapor lagi dengan keterangan yang lebih lengkap."
# Another person may read a mailbox: the words are on the own page alone.
_PRIVATE = "Laporan ini anonim atau rahasia. Isi jawaban hanya ada di halaman Anda."


def answer_mail(
    verdict: Verdict,
    number: str,
    agency: str,
    agency_name: str,
    words: str | None,
    objection_period: str,
    *,
    is_private: bool,
) -> str:
    """Return the text about an answer.

    `words` are `None` for a sender who must not read them, and who is not asked if the matter is solved. `is_private`:
    neither words nor the agency's name. Use it only for a verdict of which `tells_citizen` is true.
    """
    is_archived = agency == TRIAGE and verdict == "closed"
    name = UNNAMED_AGENCY if is_private or not agency_name else agency_name
    opening = (_ARCHIVED if is_archived else _OPENINGS[verdict]).format(number=number, agency=name)
    paragraphs = [opening[0].upper() + opening[1:]]
    if is_private:
        paragraphs.append(_PRIVATE)
    elif plain_words := _plain(words or ""):
        paragraphs += [_ARCHIVED_WORDS if is_archived else _WORDS[verdict], plain_words]
    if is_archived:
        paragraphs.append(_ARCHIVED_NEXT)
    elif words is not None:
        paragraphs.append(_NEXT[verdict].format(period=objection_period))
    return "\n\n".join(paragraphs)


def _plain(words: str) -> str:
    """Return the words without control characters; lines stay."""
    return "".join(character for character in words if character == "\n" or character.isprintable()).strip()
