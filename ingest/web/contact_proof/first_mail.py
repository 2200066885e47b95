"""The first mail to an address of the form: the number, and a link that confirms the address. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid5

from pages.translation.message import message as _

_SUBJECT = _("Laporan {number} sudah kami terima")
_PARAGRAPHS = (
    _("Laporan dengan nomor {number} sudah kami terima. Simpan nomor itu. Perkembangannya ada di: {status}"),
    _("Ingin kabar berikutnya lewat email? Buka tautan ini, lalu tekan tombol di halamannya: {confirm}"),
    _("Jika bukan Anda yang melapor, abaikan email ini. Kami tidak akan menulis lagi ke alamat ini."),
    _("Email ini dibuat otomatis. Mohon tidak dibalas."),
)
# Namespace of the ids of these mails: the same report gives the same mail, which is sent once.
_NAMESPACE = UUID("0e6a3a46-8a3c-4a0e-8d55-17080f1257aa")


@dataclass(frozen=True, slots=True)
class FirstMail:
    """A mail to one person. `id` follows from the report."""

    id: UUID
    to: str
    subject: str
    body: str


def first_mail(
    message_id: UUID, to: str, number: str, status_url: str, confirm_url: str, translate: Callable[[str], str]
) -> FirstMail:
    """Return the mail in the current language. It has no word of the report."""
    values = {"number": number, "status": status_url, "confirm": confirm_url}
    body = "\n\n".join(translate(paragraph.filled(**values)) for paragraph in _PARAGRAPHS)
    return FirstMail(uuid5(_NAMESPACE, str(message_id)), to, translate(_SUBJECT.filled(number=number)), f"{body}\n")
