"""States of a report as its sender hears them: one vocabulary for pages, SMS, the app's feed, the API and replies.

`cases/course/report_state.py` says which state a report has. Pages translate the sentences: `make translations`
collects `STATE_SENTENCES` and `SET_ASIDE_SENTENCES`. Pure.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from messages.gsm_alphabet import fits_one_sms

# `diterima`: not dispatched yet. `diteliti`: at triage. `diteruskan`: at an agency that has not reacted. `ditangani`:
# the agency works on it. `menunggu-anda`: it asked the sender. `dijawab`: it responded and has not closed the case.
# `selesai`: an agency closed it. `dibuka-lagi`: the sender objected, and the agency has not reacted since.
# `bukan-laporan`: set aside, or closed at triage. `ditarik`: the sender withdrew it.
ReportState: TypeAlias = Literal[
    "diterima",
    "diteliti",
    "diteruskan",
    "ditangani",
    "menunggu-anda",
    "dijawab",
    "selesai",
    "dibuka-lagi",
    "bukan-laporan",
    "ditarik",
]


# States in which nobody works on the report any more.
ENDED_STATES: frozenset[ReportState] = frozenset({"selesai", "bukan-laporan", "ditarik"})


class StateSentence(NamedTuple):
    """Sentence of a state with the placeholders `{number}` and `{agency}`; `unnamed` has no `{agency}`."""

    named: str
    unnamed: str


def _without_agency(sentence: str) -> StateSentence:
    return StateSentence(sentence, sentence)


# The sentences are true for everybody who knows the number: the reader may be another person than the sender.
STATE_SENTENCES: Mapping[ReportState, StateSentence] = MappingProxyType(
    {
        "diterima": _without_agency("Laporan {number} sudah kami terima dan sedang kami baca."),
        "diteliti": _without_agency(
            "Laporan {number} sedang kami teliti untuk mencari instansi yang berwenang. Tidak perlu melapor ulang."
        ),
        "diteruskan": StateSentence(
            "Laporan {number} sudah kami teruskan ke {agency}. Kami menunggu tanggapannya.",
            "Laporan {number} sudah kami teruskan ke instansi yang berwenang. Kami menunggu tanggapannya.",
        ),
        "ditangani": StateSentence(
            "Laporan {number} sedang ditangani {agency}.",
            "Laporan {number} sedang ditangani instansi yang berwenang.",
        ),
        "menunggu-anda": StateSentence(
            "Laporan {number} menunggu keterangan pelapor. {agency} bertanya.",
            "Laporan {number} menunggu keterangan pelapor. Instansi bertanya.",
        ),
        "dijawab": StateSentence(
            "Laporan {number} sudah dijawab {agency} dan belum ditutup.",
            "Laporan {number} sudah dijawab instansi yang berwenang dan belum ditutup.",
        ),
        "selesai": StateSentence(
            "Laporan {number} dinyatakan selesai oleh {agency}.",
            "Laporan {number} dinyatakan selesai oleh instansi yang berwenang.",
        ),
        "dibuka-lagi": StateSentence(
            "Laporan {number} dibuka lagi di {agency} karena pelapor menyatakan belum selesai.",
            "Laporan {number} dibuka lagi karena pelapor menyatakan belum selesai.",
        ),
        "bukan-laporan": _without_agency(
            "Laporan {number} tidak kami teruskan ke instansi. Silakan melapor lagi: apa yang terjadi, di mana, kapan."
        ),
        "ditarik": _without_agency("Laporan {number} sudah ditarik oleh pelapornya."),
    }
)

# For the sender alone.
SENDER_SENTENCES: Mapping[ReportState, StateSentence] = MappingProxyType(
    {
        **STATE_SENTENCES,
        "menunggu-anda": StateSentence(
            "Laporan {number} menunggu keterangan Anda. {agency} bertanya.",
            "Laporan {number} menunggu keterangan Anda. Instansi bertanya.",
        ),
        "dibuka-lagi": StateSentence(
            "Laporan {number} dibuka lagi di {agency} karena Anda menyatakan belum selesai.",
            "Laporan {number} dibuka lagi karena Anda menyatakan belum selesai.",
        ),
        "ditarik": _without_agency("Laporan {number} sudah Anda tarik."),
    }
)


_SET_ASIDE_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "pesan itu kosong",
        "greeting": "isinya terbaca sebagai salam",
        "thanks": "isinya terbaca sebagai ucapan terima kasih",
        "test": "isinya terbaca sebagai percobaan",
        "promotion": "isinya terbaca sebagai iklan",
        "fraud": "isinya terbaca sebagai penipuan",
        "publicity": "isinya terbaca sebagai publikasi",
        "opt-out": "isinya kata kunci SMS",
        "status-request": "isinya pertanyaan tentang status",
        "help-request": "isinya pertanyaan tentang layanan",
        "no-content": "isinya tidak menyebut masalah",
        "report-question": "isinya pertanyaan tentang laporan",
        "cancel-request": "isinya permintaan membatalkan laporan",
        "other-service": "isinya perintah untuk layanan lain",
        "act-request": "isinya permintaan atau kode",
        "": "isinya tidak terbaca sebagai laporan",
    }
)
# Sentence for the sender of a message that was set aside, by the reason; "" for any other reason.
SET_ASIDE_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        **{
            reason: f"Pesan {{number}} tidak kami teruskan: {words}."
            " Keliru? Kirim lagi: apa yang terjadi, di mana, kapan."
            for reason, words in _SET_ASIDE_REASONS.items()
        },
        "forgotten": "Isi pesan {number} sudah dihapus: atas permintaan pelapor atau karena masa simpannya habis.",
    }
)


# A state in the list of the parts of a report: five of them fit one SMS.
_STATES_OF_PARTS: Mapping[ReportState, str] = MappingProxyType(
    {
        "diterima": "diterima",
        "diteliti": "diteliti",
        "diteruskan": "diteruskan",
        "ditangani": "ditangani",
        "menunggu-anda": "menunggu pelapor",
        "dijawab": "dijawab",
        "selesai": "selesai",
        "dibuka-lagi": "dibuka lagi",
        "bukan-laporan": "tidak diteruskan",
        "ditarik": "ditarik",
    }
)


def divided_sentence(number: str, states: Sequence[ReportState]) -> str:
    """Return the sentence about a report with the states of its parts in their order: one SMS, in Indonesian."""
    listed = ", ".join(f"{part} {_STATES_OF_PARTS[state]}" for part, state in enumerate(states, start=1))
    return f"Laporan {number} dibagi menjadi {len(states)} bagian: {listed}."


class ShownState(NamedTuple):
    """State of a number, and the sentence that everybody may read who has the number."""

    state: ReportState
    sentence: str


def set_aside_sentence(reason: str, number: str) -> str:
    """Return the sentence about a message that is no report: one SMS, in Indonesian."""
    return SET_ASIDE_SENTENCES.get(reason, SET_ASIDE_SENTENCES[""]).format(number=number)


def state_sentence(
    state: ReportState,
    number: str,
    agency_name: str = "",
    sentences: Mapping[ReportState, StateSentence] = STATE_SENTENCES,
) -> str:
    """Return the sentence of a state: one SMS, in Indonesian.

    `agency_name` is empty for a report whose sender is anonymous or confidential. A name that does not fit is left out.
    """
    sentence = sentences[state]
    named = sentence.named.format(number=number, agency=agency_name)
    return named if agency_name and fits_one_sms(named) else sentence.unnamed.format(number=number)
