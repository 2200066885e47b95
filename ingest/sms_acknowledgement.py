"""What an SMS is answered with, whichever operator brought it: one segment of the GSM 7-bit alphabet each."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from config.database import DatabaseUnavailable
from ingest.door_store import DoorStore
from messages.shapes import RawMessage
from messages.sms import ParsedSms

# Who was asked for more is not asked again within this time: two machines must not write to each other for ever.
ASK_AGAIN_AFTER = timedelta(hours=24)

# The sentence for each state of the ledger.
_STATES: Mapping[str, str] = {
    "terverifikasi": "Laporan {number} sudah kami terima dan sedang kami teruskan ke instansi yang berwenang.",
    "terdisposisi": "Laporan {number} sudah diteruskan ke instansi yang berwenang dan menunggu ditindaklanjuti.",
    "proses": "Laporan {number} sedang ditindaklanjuti oleh instansi yang berwenang.",
    "selesai": "Laporan {number} sudah selesai ditindaklanjuti.",
}


class SmsAcknowledgements:
    """`state_of` gives the ledger's state of a tracking number, `None` where it is not there (yet)."""

    def __init__(self, store: DoorStore, state_of: Callable[[str], str | None]) -> None:
        self._store = store
        self._state_of = state_of

    def answer(self, raw: RawMessage, said: ParsedSms) -> str:
        """What to tell the sender of a message that is kept already; empty: nothing.

        The same message again gets the same answer. Of a report only its state is told, to whoever has its number.
        """
        try:
            if said.kind == "status":
                return self._status(said)
            if said.kind == "report" or self._ask(raw):
                return immediate_acknowledgement(raw.tracking, said)
        except DatabaseUnavailable:
            return immediate_acknowledgement(raw.tracking, said)
        return "" if said.kind == "nothing" else received(raw.tracking)

    def _ask(self, raw: RawMessage) -> bool:
        return self._store.claim_details_request(raw.sender, raw.id, raw.at, ASK_AGAIN_AFTER)

    def _status(self, said: ParsedSms) -> str:
        if not said.text:
            return how_to_ask()
        if said.number is None:
            return slip()
        state = self._state_of(said.number)
        return unknown(said.number) if state is None else state_is(said.number, state)


def immediate_acknowledgement(tracking: str, said: ParsedSms) -> str:
    """The answer where nothing can be looked up: the database is away, or too slow for whoever waits."""
    match said.kind:
        case "report":
            return received(tracking)
        case "unclear":
            return ask_again(tracking)
        case "nothing":
            return ask()
        case "status":
            return disturbed()


def received(tracking: str) -> str:
    """It is kept, under this number."""
    return (
        f"Laporan Anda kami terima dengan nomor {tracking}. Simpan nomor ini. "
        f"Untuk melihat perkembangannya, balas STATUS {tracking}"
    )


def ask() -> str:
    """Nothing was said."""
    return (
        "Pesan Anda kami terima, tetapi belum ada isinya. Mohon kirim LAPOR, lalu apa yang terjadi, di mana dan kapan."
    )


def ask_again(tracking: str) -> str:
    """Too little was said; what there is, is kept."""
    return (
        f"Pesan Anda kami simpan dengan nomor {tracking}, tetapi belum jelas. "
        "Mohon kirim LAPOR, lalu apa yang terjadi, di mana dan kapan."
    )


def state_is(number: str, state: str) -> str:
    """Where a report is; nothing of what stands in it."""
    return _STATES.get(state, "Laporan {number} berstatus {state}.").format(number=number, state=state)


def unknown(number: str) -> str:
    """The number has no slip in it, but is not in the ledger."""
    return (
        f"Nomor {number} belum tercatat. Mohon periksa lagi, atau coba lagi nanti. "
        "Untuk melapor, kirim LAPOR dan isinya."
    )


def slip() -> str:
    """The check symbol does not fit."""
    return (
        "Nomor ini tidak benar: nomor laporan terdiri dari 12 huruf dan angka. "
        "Mohon periksa, lalu kirim STATUS dan nomornya."
    )


def how_to_ask() -> str:
    """The keyword without a number."""
    return (
        "Untuk melihat perkembangan laporan, kirim STATUS dan nomor laporan Anda. "
        "Untuk melapor, kirim LAPOR dan isinya."
    )


def disturbed() -> str:
    """The ledger can't be looked into now."""
    return "Maaf, layanan sedang terganggu. Mohon kirim lagi beberapa saat lagi."
