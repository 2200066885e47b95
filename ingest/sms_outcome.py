"""The text about what a message does: it belongs to an earlier report, is no report, or tells of danger to life."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from messages.payloads.sms import ParsedSms
from messages.replies.emergency_texts import emergency_hint
from messages.shapes import Danger, RawMessage, SenderAct


@dataclass(frozen=True, slots=True)
class SmsOutcome:
    """What the normalizer makes of an SMS: the reason why it is no report, or its act on the report `tracking`.

    With a reason, `tracking` is the sender's latest report, if there is one.
    """

    set_aside: str = ""
    act: SenderAct = "reports"
    tracking: str = ""
    rating: int = 0


class SmsReader(Protocol):
    """Reads an SMS as the normalizer reads it."""

    def danger(self, sms: ParsedSms) -> Danger:
        """Return the danger to life that an SMS tells of. It needs no database."""
        ...

    def outcome(self, raw: RawMessage, sms: ParsedSms) -> SmsOutcome:
        """Return what becomes of a message that is stored already. Raises `DatabaseUnavailable`."""
        ...

    def latest_number(self, raw: RawMessage) -> str:
        """Return the number of the sender's latest report, "" without one. Raises `DatabaseUnavailable`."""
        ...


class NoReader:
    """Reads nothing: every message is a report of its own."""

    def danger(self, _sms: ParsedSms) -> Danger:
        """Return no danger."""
        return ""

    def outcome(self, _raw: RawMessage, _sms: ParsedSms) -> SmsOutcome:
        """Return the outcome of a report."""
        return SmsOutcome()

    def latest_number(self, _raw: RawMessage) -> str:
        """Return no number."""
        return ""


# The text about a message that belongs to the report `{number}` of its sender.
_ACTS: Mapping[SenderAct, str] = MappingProxyType(
    {
        "adds": "Tambahan untuk laporan {number} kami terima dan kami teruskan kepada yang menangani laporan itu.",
        "objects": "Kami catat: laporan {number} belum selesai menurut Anda. Keterangan Anda kami teruskan kepada "
        "yang menangani laporan itu.",
        "confirms": "Terima kasih atas kabar Anda. Kami catat: masalah dalam laporan {number} sudah beres. Beri nilai? "
        "Balas angka 1 sampai 5 (5 baik).",
        "rates": "Terima kasih. Kami catat: Anda memberi nilai {rating} dari 5 untuk penanganan laporan {number}.",
        # No consent: the sender of an SMS can be forged.
        "agrees-to-ombudsman": "Persetujuan tidak dapat lewat SMS, karena nomor pengirim dapat dipalsukan. Buka tautan "
        "di SMS kami tentang {number}, lalu setujui di sana.",
        # True also after the hand-over, which the door does not know.
        "declines-ombudsman": "Kami catat: Anda tidak setuju laporan {number} diserahkan ke Ombudsman. Berkas yang "
        "sudah kami serahkan tidak dapat ditarik.",
    }
)
# The answers to messages that are no report. A message that is set aside for another reason is not answered.
_COURTESIES: Mapping[str, str] = MappingProxyType(
    {
        "thanks": "Terima kasih kembali. Untuk melapor, tulis apa yang terjadi, di mana dan kapan.",
        "greeting": "Salam. Untuk melapor, tulis apa yang terjadi, di mana dan kapan, lalu kirim ke nomor ini.",
        "report-question": "Untuk melihat perkembangan laporan, kirim STATUS dan nomor laporan Anda. "
        "Untuk melapor, tulis apa yang terjadi dan di mana.",
        "cancel-request": "Tidak ada laporan dari telepon ini. Untuk membatalkan laporan, kirim BATAL dan nomor "
        "laporan Anda.",
        "no-content": "Untuk melapor, tulis apa yang terjadi, di mana dan kapan, lalu kirim ke nomor ini.",
        "other-service": "Nomor ini untuk laporan masyarakat, bukan untuk layanan operator. Untuk melapor, tulis apa "
        "yang terjadi, di mana dan kapan.",
    }
)


# The text about a report that its sender has just made rahasia.
_SECRECY = (
    "Kami catat: laporan {number} rahasia. Isinya tidak tampil untuk umum; instansi yang menanganinya tetap membacanya."
)


def secrecy_text(outcome: SmsOutcome) -> str:
    """Return the text about a report that is rahasia from now on."""
    return _SECRECY.format(number=outcome.tracking)


def act_text(outcome: SmsOutcome) -> str:
    """Return the text about a message that belongs to a report; "" for a report of its own."""
    return _ACTS.get(outcome.act, "").format(number=outcome.tracking, rating=outcome.rating)


def courtesy_text(reason: str) -> str:
    """Return the answer to a message that is set aside for a reason; "" if it is not answered."""
    return _COURTESIES.get(reason, "")


def cancel_text(number: str) -> str:
    """Return the text for a sender who wants to cancel a report: only the keyword does it."""
    return f"Laporan {number} belum dibatalkan. Untuk membatalkannya, balas BATAL {number}"


def danger_text(danger: Danger, number: str) -> str:
    """Return the emergency number with the receipt of a message."""
    return f"{emergency_hint(danger)} Laporan Anda kami terima: {number}. Kami tidak mengirim bantuan darurat."
