"""Acknowledgements of SMS, the same for every operator: each fits one segment of the GSM 7-bit alphabet."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import structlog

from config.database import DatabaseUnavailable
from ingest.door_store import DoorStore
from ingest.sms_acts import (
    ActAnswers,
    ActsUnavailable,
    NoActs,
    SmsActs,
    invalid_number,
    other_number_received,
    wrong_number_received,
)
from ingest.sms_outcome import (
    NoReader,
    SmsOutcome,
    SmsReader,
    act_text,
    cancel_text,
    courtesy_text,
    danger_text,
    secrecy_text,
)
from messages.gsm_alphabet import fits_one_sms
from messages.payloads.sms import ParsedSms, number_with_slip, stated_act
from messages.replies.report_states import ENDED_STATES, ReportState, ShownState
from messages.shapes import RawMessage
from messages.tracking import find_tracking_numbers

# A sender who was asked for details is not asked again within this time. Otherwise two automatic systems could write
# to each other without end.
ASK_AGAIN_AFTER = timedelta(hours=24)

_NO_READER = NoReader()
_NO_ACTS = NoActs()

_log = structlog.get_logger()

# Kinds of SMS that ask for an act with a code, or about one.
_ACT_KINDS = frozenset({"withdrawal", "forgetting", "code", "rating"})
# The answers to keywords. STOP reaches this door only where the operator does not answer it itself.
_FIXED_TEXTS: Mapping[str, str] = {
    "help": "Tulis apa, di mana, kapan. Dengan nomor: STATUS TAMBAH BELUM SUDAH NILAI BATAL. Awali ANONIM/RAHASIA "
    "bila perlu. Laporan Anda: /laporan-saya di situs kami.",
    "registration": "Tidak perlu mendaftar. Tulis apa yang terjadi, di mana dan kapan, lalu kirim ke nomor ini. "
    "STATUS + nomor: perkembangan laporan.",
    "stop": "Kami hanya mengirim SMS tentang laporan yang Anda kirim, bukan iklan. Untuk melapor lagi, tulis apa yang "
    "terjadi dan di mana.",
}
# The answer to BANTUAN with the page of own reports; it is given where one SMS holds both.
_HELP_WITH_PAGE = (
    "Tulis apa, di mana, kapan. Dengan nomor: STATUS TAMBAH BELUM SUDAH NILAI BATAL. Awali ANONIM/RAHASIA. "
    "Laporan Anda: {page}"
)
# What the sender can do by SMS in a state. It follows the sentence of the state where one SMS holds both.
_STATE_HINTS: Mapping[ReportState, str] = MappingProxyType(
    {
        "menunggu-anda": " Balas pesan ini dengan keterangan itu.",
        "dijawab": " Belum selesai? Balas BELUM {number}",
        "selesai": " Belum selesai? Balas BELUM {number}",
    }
)


class SmsAcknowledgements:
    """Chooses the acknowledgement of an SMS.

    `state_of` returns the ledger's state of a tracking number with its sentence; `None` if the ledger does not have it.
    `reader` reads a message as the normalizer does. `link_of` returns the sender's own link to the report of a message;
    `None` where phones cannot reach the service. `has_public_view`: everybody may read reports, and each sender is told
    once. `acts` does what needs a code. `own_page` is the address of the page of own reports; empty as `link_of`.
    """

    def __init__(
        self,
        store: DoorStore,
        state_of: Callable[[str], ShownState | None],
        reader: SmsReader = _NO_READER,
        link_of: Callable[[UUID], str] | None = None,
        *,
        has_public_view: bool = False,
        acts: SmsActs = _NO_ACTS,
        own_page: str = "",
    ) -> None:
        self._acts = ActAnswers(acts)
        self._own_page = own_page
        self._store = store
        self._state_of = state_of
        self._reader = reader
        self._link_of = link_of
        self._has_public_view = has_public_view

    def text_for(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the text for the sender of a message that is stored already; empty if nothing is to be sent.

        The same message gets the same text again. A status text contains only the state of the report, because
        anybody may ask for any number.
        """
        try:
            if sms.kind in _FIXED_TEXTS:
                return self._help_text() if sms.kind == "help" else _FIXED_TEXTS[sms.kind]
            if sms.kind in _ACT_KINDS:
                return self._act_text(raw, sms)
            return self._status_text(raw, sms) if sms.kind == "status" else self._report_text(raw, sms)
        except (DatabaseUnavailable, ActsUnavailable):
            return self.immediate_text(raw, sms)
        except Exception as error:  # noqa: BLE001 - the message is stored: its sender must have the number
            _log.error("sms.acknowledgement_failed", message_id=str(raw.id), exc_info=error)
            return immediate_acknowledgement(raw.tracking, sms)

    def immediate_text(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the text that needs no database: it is away, or too slow for the operator's deadline."""
        danger = self._reader.danger(sms)
        if danger:
            return danger_text(danger, raw.tracking)
        return self._received(raw) if sms.kind == "report" else immediate_acknowledgement(raw.tracking, sms)

    def _report_text(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the text about a message that asks for nothing."""
        outcome = self._reader.outcome(raw, sms)
        if danger := self._reader.danger(sms):
            return danger_text(danger, outcome.tracking or raw.tracking)
        if text := secrecy_text(outcome) if outcome.act == "adds" and sms.rahasia else act_text(outcome):
            return text
        if outcome.set_aside:
            return self._set_aside_text(raw, outcome)
        if sms.kind == "report":
            return self._text_about_number(raw, sms) or self._receipt(raw, sms)
        # Nobody's program sends the keyword alone: a person is answered each time.
        if sms.has_keyword or self._may_ask_for_details(raw):
            return immediate_acknowledgement(raw.tracking, sms)
        return "" if sms.kind == "nothing" else received(raw.tracking)

    def _set_aside_text(self, raw: RawMessage, outcome: SmsOutcome) -> str:
        """Return the text about a message that is no report. Senders with a report hear about that report."""
        if outcome.tracking and outcome.set_aside == "no-content":
            # "ok" after a receipt needs no answer.
            return ""
        if outcome.tracking and outcome.set_aside == "report-question":
            return self._state_text(outcome.tracking)
        if outcome.tracking and outcome.set_aside == "cancel-request":
            return cancel_text(outcome.tracking)
        courtesy = courtesy_text(outcome.set_aside)
        return courtesy if courtesy and self._may_ask_for_details(raw) else ""

    def _receipt(self, raw: RawMessage, sms: ParsedSms) -> str:
        return self._received_and_public(raw) if self._tells_public(raw, sms) else self._received(raw)

    def _act_text(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the answer to a request for an act, or to its code. Raises `ActsUnavailable`."""
        if sms.kind == "withdrawal":
            shown_state = self._state_of(sms.number) if sms.number else None
            return self._acts.withdrawal(raw, sms, has_ended=bool(shown_state and shown_state.state in ENDED_STATES))
        if sms.kind == "forgetting":
            return self._acts.forgetting(raw)
        return self._acts.code(raw, sms) if sms.kind == "code" else self._acts.rating(raw, sms.number or "")

    def _text_about_number(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Return the text about a keyword with a number that is not the sender's or has a slip; "" for other words."""
        numbers = find_tracking_numbers(sms.text)
        if numbers and (sms.rahasia or stated_act(sms.text)):
            return "" if self._acts.owns_one(raw, numbers) else other_number_received(raw.tracking)
        typed = "" if numbers else number_with_slip(sms.text)
        return wrong_number_received(typed, raw.tracking) if typed else ""

    def _help_text(self) -> str:
        with_page = _HELP_WITH_PAGE.format(page=self._own_page)
        return with_page if self._own_page and fits_one_sms(with_page) else _FIXED_TEXTS["help"]

    def _received(self, raw: RawMessage) -> str:
        """Return the confirmation of a report, with the sender's own link where one SMS holds it."""
        with_link = received_with_link(raw.tracking, self._link_of(raw.id)) if self._link_of else ""
        return with_link if with_link and fits_one_sms(with_link) else received(raw.tracking)

    def _received_and_public(self, raw: RawMessage) -> str:
        """Return the confirmation that also says that the words become public, and how to prevent it."""
        with_link = received_and_public(raw.tracking, self._link_of(raw.id)) if self._link_of else ""
        return with_link if with_link and fits_one_sms(with_link) else received_and_public(raw.tracking)

    def _tells_public(self, raw: RawMessage, sms: ParsedSms) -> bool:
        """Return True if the sender's words may become public, and no earlier confirmation said so."""
        may_be_public = self._has_public_view and not sms.rahasia
        return may_be_public and self._store.claim_public_notice(raw.sender, raw.id, raw.at)

    def _may_ask_for_details(self, raw: RawMessage) -> bool:
        return self._store.claim_details_request(raw.sender, raw.id, raw.at, ASK_AGAIN_AFTER)

    def _status_text(self, raw: RawMessage, sms: ParsedSms) -> str:
        if not sms.text:
            number = self._reader.latest_number(raw)
            return self._state_text(number) if number else status_usage()
        if sms.number is None:
            return invalid_number(sms.text)
        shown_state = self._state_of(sms.number)
        return status_answer(sms.number, shown_state) if shown_state else unknown_number(sms.number)

    def _state_text(self, number: str) -> str:
        """Return the state of an own report, which the ledger may not have yet."""
        shown_state = self._state_of(number)
        return status_answer(number, shown_state) if shown_state else received(number)


def immediate_acknowledgement(tracking: str, sms: ParsedSms) -> str:
    """Return the text that needs no database: it is away, or too slow for the operator's deadline."""
    match sms.kind:
        case "report":
            return received(tracking)
        case "unclear":
            return stored_but_unclear(tracking)
        case "nothing":
            return report_usage()
        case "status" | "withdrawal" | "forgetting" | "code" | "rating":
            return service_disturbed()
        case _:
            return _FIXED_TEXTS[sms.kind]


def received(tracking: str) -> str:
    """Return the text that confirms a report under its number."""
    return (
        f"Laporan Anda kami terima dengan nomor {tracking}. Simpan nomor ini. "
        f"Untuk melihat perkembangannya, balas STATUS {tracking}"
    )


def received_with_link(tracking: str, link: str) -> str:
    """Return the text that confirms a report under its number, with the sender's own link."""
    return f"Laporan Anda kami terima dengan nomor {tracking}. Simpan nomor ini. Lihat/tambah: {link}"


def received_and_public(tracking: str, link: str = "") -> str:
    """Return the text that confirms a report and says that everybody may read it, with the own link if there is one."""
    if link:
        return f"Laporan diterima: {tracking}. Dapat dibaca umum; tidak mau? Balas RAHASIA dan nomor itu. {link}"
    return (
        f"Laporan diterima: {tracking}. Isinya dapat dibaca umum. Tidak mau? Balas RAHASIA {tracking}. "
        f"Perkembangan: balas STATUS {tracking}"
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


def status_answer(number: str, shown_state: ShownState) -> str:
    """Return the text with the state of a report, without its content."""
    text = shown_state.sentence + _STATE_HINTS.get(shown_state.state, "").format(number=number)
    return text if fits_one_sms(text) else shown_state.sentence


def unknown_number(number: str) -> str:
    """Return the text for a valid number that the ledger does not have."""
    return (
        f"Nomor {number} tidak ada di catatan kami. Mohon periksa nomornya. "
        "Laporan yang baru dikirim tercatat dalam beberapa menit."
    )


def status_usage() -> str:
    """Return the text for the keyword STATUS without a number."""
    return (
        "Untuk melihat perkembangan laporan, kirim STATUS dan nomor laporan Anda. "
        "Untuk melapor, kirim LAPOR dan isinya."
    )


def service_disturbed() -> str:
    """Return the text for a request while the ledger cannot be read, or the bus cannot take it."""
    return "Maaf, layanan sedang terganggu. Mohon kirim lagi beberapa saat lagi."
