"""Texts of replies by e-mail: about an agency's answer all of its words, and what can be done next. Pure.

The provider sends them, and the desk shows them to the officer before they are sent.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from messages.replies.reply_texts import UNNAMED_AGENCY, AttachedFiles
from messages.shapes import Verdict
from messages.topics import TRIAGE

_SUBJECT = "Kabar laporan {number}"
_BODY = """\
{text}

Halaman Anda sendiri, dengan seluruh percakapan. Jangan bagikan tautan ini:
{link}

Untuk orang lain cukup status laporan: {status}

Email ini dibuat otomatis. Mohon tidak dibalas.
"""
_OPENINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "{agency} meminta keterangan tentang laporan {number}.",
        "extended": "Batas waktu {agency} untuk menjawab laporan {number} diperpanjang.",
        "responded": "Laporan {number} sudah ditanggapi oleh {agency}.",
        "closed": "Laporan {number} sudah selesai ditangani oleh {agency}.",
    }
)
_WORDS: Mapping[Verdict, str] = MappingProxyType(
    {"asked": "Pertanyaannya:", "extended": "Perpanjangannya:", "responded": "Jawabannya:", "closed": "Jawabannya:"}
)
_NEXT: Mapping[Verdict, str] = MappingProxyType(
    {
        "asked": "Jawab di halaman Anda.",
        "extended": "Anda tidak perlu melapor lagi. Di halaman Anda, Anda dapat menambah keterangan.",
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
_FILES = "Ada {files} di halaman Anda."
_ARCHIVED = "Laporan {number} tidak kami teruskan ke instansi."
_ARCHIVED_WORDS = "Alasannya:"
_ARCHIVED_NEXT = "Anda boleh melapor lagi dengan keterangan yang lebih lengkap."
# Another person may read a mailbox: the words are on the own page alone.
_PRIVATE = "Laporan ini anonim atau rahasia. Isi jawaban hanya ada di halaman Anda."


class ReplyMail(NamedTuple):
    """Subject and text of a mail."""

    subject: str
    body: str


def answer_mail(
    verdict: Verdict,
    number: str,
    agency: str,
    agency_name: str,
    words: str | None,
    objection_period: str,
    *,
    is_private: bool,
    files: AttachedFiles = "",
) -> str:
    """Return the text about an answer.

    `words` are `None` for a sender who must not read them, and who is not asked if the matter is solved. `is_private`:
    neither words nor the agency's name. `files` are those of the answer, on the own page. Use it only for a verdict of
    which `tells_citizen` is true.
    """
    is_archived = agency == TRIAGE and verdict == "closed"
    name = UNNAMED_AGENCY if is_private or not agency_name else agency_name
    opening = (_ARCHIVED if is_archived else _OPENINGS[verdict]).format(number=number, agency=name)
    paragraphs = [opening[0].upper() + opening[1:]]
    if is_private:
        paragraphs.append(_PRIVATE)
    elif plain_words := _plain(words or ""):
        paragraphs += [_ARCHIVED_WORDS if is_archived else _WORDS[verdict], plain_words]
    if files:
        paragraphs.append(_FILES.format(files=files))
    if is_archived:
        paragraphs.append(_ARCHIVED_NEXT)
    elif words is not None:
        paragraphs.append(_NEXT[verdict].format(period=objection_period))
    return "\n\n".join(paragraphs)


def reply_mail(number: str, text: str, link: str, status: str) -> ReplyMail:
    """Return the mail with a reply. `link` is the sender's own link to the report, `status` the public status page."""
    return ReplyMail(_SUBJECT.format(number=number), _BODY.format(text=text, link=link, status=status))


def _plain(words: str) -> str:
    """Return the words without control characters; lines stay."""
    return "".join(character for character in words if character == "\n" or character.isprintable()).strip()
