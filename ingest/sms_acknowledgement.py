"""Acknowledgements of SMS, the same for every operator: each fits one segment of the GSM 7-bit alphabet."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from config.database import DatabaseUnavailable
from ingest.door_store import DoorStore
from messages.payloads.sms import ParsedSms
from messages.shapes import RawMessage

# A sender who was asked for details is not asked again within this time. Otherwise two automatic systems could write
# to each other without end.
ASK_AGAIN_AFTER = timedelta(hours=24)

# The sentence for each state of the ledger.
_STATES: Mapping[str, str] = {
    "terverifikasi": "Laporan {number} sudah kami terima dan sedang kami teruskan ke instansi yang berwenang.",
    "terdisposisi": "Laporan {number} sudah diteruskan ke instansi yang berwenang dan menunggu ditindaklanjuti.",
    "proses": "Laporan {number} sedang ditindaklanjuti oleh instansi yang berwenang.",
    "tunda": "Laporan {number} menunggu keterangan dari Anda. Balas pesan ini dengan keterangan itu.",
    "selesai": "Laporan {number} sudah selesai ditindaklanjuti.",
    "arsip": "Laporan {number} tidak kami teruskan ke instansi. Anda boleh melapor lagi dengan keterangan lengkap.",
}
# The answers to keywords. STOP reaches this door only where the operator does not answer it itself.
_FIXED_TEXTS: Mapping[str, str] = {
    "help": "Tulis apa yang terjadi, di mana dan kapan, lalu kirim. STATUS + nomor: perkembangan. "
    "TAMBAH/BELUM + nomor: tambahan. Awali ANONIM atau RAHASIA bila perlu.",
    "registration": "Tidak perlu mendaftar. Tulis apa yang terjadi, di mana dan kapan, lalu kirim ke nomor ini. "
    "STATUS + nomor: perkembangan laporan.",
    "stop": "Kami hanya mengirim SMS tentang laporan yang Anda kirim, bukan iklan. Untuk melapor lagi, tulis apa yang "
    "terjadi dan di mana.",
}


class SmsAcknowledgements:
    """Chooses the acknowledgement of an SMS.

    `state_of` returns the ledger's state of a tracking number, or `None` if the ledger does not have it (yet).
    """

    def __init__(self, store: DoorStore, state_of: Callable[[str], str | None]) -> None:
        self._store = store
        self._state_of = state_of

    def text_for(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the text for the sender of a message that is stored already; empty if nothing is to be sent.

        The same message gets the same text again. A status text contains only the state of the report, because
        anybody may ask for any number.
        """
        try:
            if sms.kind in _FIXED_TEXTS:
                return _FIXED_TEXTS[sms.kind]
            if sms.kind == "status":
                return self._status_text(sms)
            if sms.kind == "report" or self._may_ask_for_details(raw):
                return immediate_acknowledgement(raw.tracking, sms)
        except DatabaseUnavailable:
            return immediate_acknowledgement(raw.tracking, sms)
        return "" if sms.kind == "nothing" else received(raw.tracking)

    def _may_ask_for_details(self, raw: RawMessage) -> bool:
        return self._store.claim_details_request(raw.sender, raw.id, raw.at, ASK_AGAIN_AFTER)

    def _status_text(self, sms: ParsedSms) -> str:
        if not sms.text:
            return status_usage()
        if sms.number is None:
            return invalid_number()
        state = self._state_of(sms.number)
        return unknown_number(sms.number) if state is None else report_state(sms.number, state)


def immediate_acknowledgement(tracking: str, sms: ParsedSms) -> str:
    """Return the text that needs no database: it is away, or too slow for the operator's deadline."""
    match sms.kind:
        case "report":
            return received(tracking)
        case "unclear":
            return stored_but_unclear(tracking)
        case "nothing":
            return report_usage()
        case "status":
            return service_disturbed()
        case _:
            return _FIXED_TEXTS[sms.kind]


def received(tracking: str) -> str:
    """Return the text that confirms a report under its number."""
    return (
        f"Laporan Anda kami terima dengan nomor {tracking}. Simpan nomor ini. "
        f"Untuk melihat perkembangannya, balas STATUS {tracking}"
    )


def report_usage() -> str:
    """Return the text for a message without content: how to report."""
    return (
        "Pesan Anda kami terima, tetapi belum ada isinya. Mohon kirim LAPOR, lalu apa yang terjadi, di mana dan kapan."
    )


def stored_but_unclear(tracking: str) -> str:
    """Return the text for a message that is too short to understand. The message is stored."""
    return (
        f"Pesan Anda kami simpan dengan nomor {tracking}, tetapi belum jelas. "
        "Mohon kirim LAPOR, lalu apa yang terjadi, di mana dan kapan."
    )


def report_state(number: str, state: str) -> str:
    """Return the text with the state of a report, without its content."""
    return _STATES.get(state, "Laporan {number} berstatus {state}.").format(number=number, state=state)


def unknown_number(number: str) -> str:
    """Return the text for a valid number that the ledger does not have."""
    return (
        f"Nomor {number} belum tercatat. Mohon periksa lagi, atau coba lagi nanti. "
        "Untuk melapor, kirim LAPOR dan isinya."
    )


def invalid_number() -> str:
    """Return the text for a number whose check symbol is wrong."""
    return (
        "Nomor ini tidak benar: nomor laporan terdiri dari 12 huruf dan angka. "
        "Mohon periksa, lalu kirim STATUS dan nomornya."
    )


def status_usage() -> str:
    """Return the text for the keyword STATUS without a number."""
    return (
        "Untuk melihat perkembangan laporan, kirim STATUS dan nomor laporan Anda. "
        "Untuk melapor, kirim LAPOR dan isinya."
    )


def service_disturbed() -> str:
    """Return the text for a status request while the ledger cannot be read."""
    return "Maaf, layanan sedang terganggu. Mohon kirim lagi beberapa saat lagi."
