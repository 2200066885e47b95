"""Words of the pages of quarantine and dead letters for constants of the doors and the stages."""

from collections.abc import Mapping
from typing import NamedTuple

from pages.translation.message import Message
from pages.translation.message import message as _

GONE = _("Pesan ini tidak ada (lagi). Mungkin masa simpannya sudah habis.")
UNKNOWN_ACT = _("Pilih tindakannya lebih dulu.")
# Records a second, by the text of the choice. Without a choice there is no pause.
RATES: Mapping[str, float] = {"1": 1.0, "10": 10.0, "50": 50.0}

_QUARANTINE_REASONS: Mapping[str, Message] = {
    "bad_signature": _("tanda tangan penyedia tidak cocok"),
    "unsigned": _("tanpa tanda tangan penyedia"),
    "unexpected": _("kesalahan program saat membacanya"),
}
# By the reasons of `app.operations.review.redrive.NOT_REDRIVEN`.
NOT_REDRIVEN_TEXTS: Mapping[str, Message] = {
    "gone": _("Rekaman aslinya sudah terhapus, dan terlalu besar untuk disimpan di sini."),
    "unknown_topic": _("Topik asalnya tidak dibaca di sini."),
    "unknown_version": _("Versinya tidak dapat diubah ke versi sekarang."),
    "not_the_shape": _("Setelah diubah ke versi sekarang, bentuknya tidak cocok dengan topiknya."),
    "too_large": _("Terlalu besar untuk dikirim ulang."),
    "overtaken": _("Sesudahnya ada keputusan lain tentang laporan itu; kirim ulang akan membatalkannya."),
    "worked": _("Sudah diproses; hasilnya terlalu besar. Kirim ulang tidak berpengaruh."),
}
_FACT_LABELS: Mapping[str, Message] = {
    "at": _("Waktu"),
    "channel": _("Saluran"),
    "reason": _("Alasan"),
    "content_type": _("Jenis isi"),
    "bytes": _("Ukuran (bita)"),
    "files": _("Jumlah berkas"),
    "has_provider_id": _("Ada nomor penyedia"),
    "fields": _("Isian yang ada"),
    "other_fields": _("Isian lain"),
    "stage": _("Tahap"),
    "field": _("Bidang yang salah"),
    "topic": _("Topik"),
    "was_at": _("Letak asal"),
    "decided": _("Keputusan"),
    "stub": _("Hanya sidik isi"),
    "position": _("Letak"),
    "timestamp": _("Cap waktu"),
    "headers": _("Tajuk"),
    "value": _("Isi, disamarkan"),
}


class Fact(NamedTuple):
    """A fact for the page. `lines` are the parts of a value with several ones."""

    label: str
    lines: list[str]


def quarantine_reason(reason: str) -> str:
    """Return in words why a message is in quarantine; an unknown reason unchanged."""
    return _QUARANTINE_REASONS.get(reason, reason)


def fact_rows(facts: Mapping[str, object]) -> list[Fact]:
    """Return the facts of `describe`, without the id, in its order."""
    return [Fact(_FACT_LABELS.get(name, name), _lines(value)) for name, value in facts.items() if name != "id"]


def _lines(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name}: {part}" for name, part in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [str(part) for part in value] or ["-"]
    return [str(value) if value not in ("", None) else "-"]
