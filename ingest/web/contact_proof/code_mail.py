"""The e-mail with a code that proves a mail address. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from pages.translation.message import message as _

_SUBJECT = _("Kode untuk melihat laporan Anda")
_PARAGRAPHS = (
    _("Kode SP4N-LAPOR! Anda: {code}"),
    _("Kode berlaku 10 menit. Ketik kode ini di halaman Laporan saya. Jangan berikan kode ini kepada siapa pun."),
    _("Bukan Anda yang meminta? Abaikan email ini."),
    _("Email ini dibuat otomatis. Mohon tidak dibalas."),
)


class CodeMail(NamedTuple):
    """Subject and text of an e-mail. The subject has no code: a locked screen shows it."""

    subject: str
    body: str


def code_mail(code: str, translate: Callable[[str], str]) -> CodeMail:
    """Return the e-mail with a code in the current language."""
    body = "\n\n".join(translate(paragraph.filled(code=code)) for paragraph in _PARAGRAPHS)
    return CodeMail(translate(_SUBJECT), f"{body}\n")
