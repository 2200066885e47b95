"""Acts by SMS that a sender cannot take back: withdrawing a report, and being forgotten.

The sender of an SMS can be forged. So the first message does nothing: its answer, which goes to the number, has a code
that counts for ten minutes, and the act is done when the code comes back from that number. Each text is one segment.
"""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from messages.payloads.sms import ParsedSms
from messages.shapes import RawMessage, SenderAct
from messages.tracking import NUMBER_SYMBOLS, typed_symbols

_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report of the sender of a message: the id of its raw message, and its tracking number."""

    message_id: UUID
    tracking: str


@dataclass(frozen=True, slots=True)
class CodedAct:
    """What became of a code. `done`: the act on the report `tracking` is accepted. `repeated`: it was, before."""

    result: Literal["done", "repeated", "wrong", "over"]
    act: SenderAct = "reports"
    tracking: str = ""


class TooManyCodes(Exception):
    """No code can be sent now. `wait` is the number of seconds until one may be sent."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many codes")
        self.wait = wait


class ActsUnavailable(Exception):
    """The bus cannot take the act now. The code still counts."""


class SmsActs(Protocol):
    """Knows the reports of a telephone, and does acts with a code. Each method may raise `DatabaseUnavailable`."""

    def own_report(self, raw: RawMessage, number: str) -> OwnReport | None:
        """Return the report with this number if it came by SMS from the sender of a message."""
        ...

    def report_with_contact(self, raw: RawMessage, number: str) -> OwnReport | None:
        """Return the report with this number if its sender wrote the telephone of a message into it as contact."""
        ...

    def newest_report(self, raw: RawMessage) -> OwnReport | None:
        """Return the newest report that came by SMS from the sender of a message."""
        ...

    def new_code(self, raw: RawMessage, act: SenderAct, report: OwnReport) -> str:
        """Return the code for an act; the same message gets the same code. Raises `TooManyCodes`."""
        ...

    def do(self, raw: RawMessage, act: SenderAct | None, code: str) -> CodedAct:
        """Do the act of the last code that was sent to the sender of a message. `act` is what the sender named.

        Raises `ActsUnavailable`.
        """
        ...


class NoActs:
    """Knows no report. Then no act is possible."""

    def own_report(self, _raw: RawMessage, _number: str) -> OwnReport | None:
        """Return no report."""
        return None

    def report_with_contact(self, _raw: RawMessage, _number: str) -> OwnReport | None:
        """Return no report."""
        return None

    def newest_report(self, _raw: RawMessage) -> OwnReport | None:
        """Return no report."""
        return None

    def new_code(self, _raw: RawMessage, _act: SenderAct, _report: OwnReport) -> str:
        """Raise `TooManyCodes`."""
        raise TooManyCodes(_MINUTE_SECONDS)

    def do(self, _raw: RawMessage, _act: SenderAct | None, _code: str) -> CodedAct:
        """Return that no code counts."""
        return CodedAct("over")


def withdrawal_code(number: str, code: str) -> str:
    """Return the text with the code by which the sender withdraws a report."""
    return (
        f"Tarik laporan {number}? Balas BATAL KODE {code} dalam 10 menit. "
        "Bukan Anda yang meminta? Abaikan SMS ini, dan jangan beri tahu kode ini."
    )


def forgetting_code(code: str) -> str:
    """Return the text with the code by which the sender is forgotten."""
    return (
        f"Hapus semua laporan dan data Anda? Tidak dapat dikembalikan. Balas HAPUS KODE {code} dalam 10 menit. "
        "Bukan Anda? Abaikan, jangan beri tahu kode."
    )


def code_pause(wait: int) -> str:
    """Return the text for a sender to whom no code can be sent for `wait` seconds."""
    if wait <= _MINUTE_SECONDS:
        return "Kode sudah kami kirim. Pakai kode itu, atau minta lagi setelah satu menit."
    return "Terlalu banyak kode diminta untuk telepon ini. Coba lagi besok, atau buka tautan laporan Anda di SMS kami."


def act_result(done: CodedAct) -> str:
    """Return the text about a code that came back."""
    match done.result:
        case "wrong":
            return "Kode ini tidak benar. Periksa SMS terakhir dari kami, lalu kirim lagi kata dan kodenya."
        case "over":
            return (
                "Kode ini tidak berlaku lagi. Untuk meminta kode baru, kirim BATAL dan nomor laporan, "
                "atau HAPUS DATA SAYA."
            )
        case "repeated":
            return "Permintaan dengan kode ini sudah kami terima. Kode hanya berlaku satu kali."
    if done.act == "withdraws":
        return f"Kami catat: laporan {done.tracking} ditarik oleh Anda. Terima kasih atas kabarnya."
    return (
        "Kami catat: laporan dan data dari telepon ini dihapus. Nomor laporan dan jawaban instansi tetap ada, "
        "tanpa data Anda."
    )


def not_withdrawable(number: str) -> str:
    """Return the text for the withdrawal of a report that has ended."""
    return (
        f"Laporan {number} tidak dapat ditarik: sudah selesai atau sudah ditarik. "
        f"Untuk melihat keadaannya, balas STATUS {number}"
    )


def withdrawal_usage() -> str:
    """Return the text for BATAL without a number."""
    return "Untuk menarik laporan Anda, kirim BATAL dan nomor laporan. Kami balas dengan kode."


def nothing_to_forget() -> str:
    """Return the text for HAPUS DATA SAYA from a telephone that has sent no report."""
    return (
        "Tidak ada laporan dari telepon ini di catatan kami. "
        "Laporan yang baru dikirim tercatat dalam beberapa menit; kirim lagi setelah itu."
    )


def other_number() -> str:
    """Return the text for a number that is not the sender's, whether anybody has it or not."""
    return (
        "Nomor ini bukan dari telepon Anda, atau belum tercatat. Periksa nomornya. "
        "Laporan lewat web atau aplikasi diurus di sana."
    )


def other_number_received(tracking: str) -> str:
    """Return the text for words beside a number that is not the sender's: they are a report of their own."""
    return f"Nomor ini bukan dari telepon Anda. Pesan Anda kami terima sebagai laporan baru dengan nomor {tracking}."


def wrong_number_received(typed: str, tracking: str) -> str:
    """Return the text for words beside a number with a slip: they are a report of their own."""
    return f"{number_fault(typed)} Pesan Anda kami terima sebagai laporan baru dengan nomor {tracking}."


def rating_usage(number: str) -> str:
    """Return the text for NILAI without a digit from 1 to 5."""
    return f"Nilai dari 1 sampai 5: 1 buruk, 5 baik. Kirim misalnya NILAI {number} 4"


def number_fault(typed: str) -> str:
    """Return the sentence that says which part of a typed number is wrong."""
    if (count := typed_symbols(typed)) != NUMBER_SYMBOLS:
        return f"Nomor itu {count} huruf dan angka, seharusnya {NUMBER_SYMBOLS}."
    return "Nomor itu salah: huruf atau angka terakhir tidak cocok dengan yang lain."


def invalid_number(typed: str, keyword: str = "STATUS") -> str:
    """Return the text for a number with a slip, typed behind a keyword."""
    return f"{number_fault(typed)} Periksa satu per satu, lalu kirim {keyword} dan nomornya."


class ActAnswers:
    """Answers SMS about acts with a code, and about numbers that are not the sender's."""

    def __init__(self, acts: SmsActs) -> None:
        self._acts = acts

    def withdrawal(self, raw: RawMessage, sms: ParsedSms, *, has_ended: bool) -> str:
        """Return the answer to BATAL. `has_ended`: the report can no longer be withdrawn."""
        if sms.number is None:
            return invalid_number(sms.text, "BATAL") if sms.text else withdrawal_usage()
        report = self._acts.own_report(raw, sms.number) or self._acts.report_with_contact(raw, sms.number)
        if report is None:
            return other_number()
        if has_ended:
            return not_withdrawable(sms.number)
        return self._asked(raw, "withdraws", report)

    def forgetting(self, raw: RawMessage) -> str:
        """Return the answer to HAPUS DATA SAYA."""
        report = self._acts.newest_report(raw)
        return self._asked(raw, "asks-to-be-forgotten", report) if report else nothing_to_forget()

    def code(self, raw: RawMessage, sms: ParsedSms) -> str:
        """Do the act of a code. Return the answer. Raises `ActsUnavailable`."""
        return act_result(self._acts.do(raw, sms.act, sms.text))

    def rating(self, raw: RawMessage, number: str) -> str:
        """Return the answer to NILAI without a digit from 1 to 5."""
        return rating_usage(number) if self._acts.own_report(raw, number) else other_number()

    def owns_one(self, raw: RawMessage, numbers: tuple[str, ...]) -> bool:
        """Return whether one of the numbers is of a report of the sender."""
        return any(self._acts.own_report(raw, number) for number in numbers)

    def _asked(self, raw: RawMessage, act: SenderAct, report: OwnReport) -> str:
        try:
            code = self._acts.new_code(raw, act, report)
        except TooManyCodes as error:
            return code_pause(error.wait)
        return withdrawal_code(report.tracking, code) if act == "withdraws" else forgetting_code(code)
