"""Words of the staff pages for constants of operations: why something is not possible, and ages."""

from collections.abc import Mapping
from datetime import timedelta

from app.operations.not_possible import DecisionFault, NotPossible
from desk.acts.answers import ActFault
from messages.topics import TRIAGE
from pages.translation.message import Message, counted
from pages.translation.message import message as _

_FAULTS: Mapping[DecisionFault, Message] = {
    "not-in-ledger": _("Laporan {number} belum tercatat. Periksa nomornya, atau tunggu sebentar."),
    "not-in-queue": _("Laporan {number} belum diteruskan ke instansi mana pun. Tunggu sebentar."),
    "unknown-agency": _("Instansi {agency} tidak dikenal. Cari instansinya, lalu pilih dari daftar."),
    "no-queue": _("{agency} tidak menerima laporan sendiri. Pilih {representative}."),
    "not-at-triage": _("Laporan {number} sudah tidak di triase. Sekarang ada di {agency}."),
    "decided": _("Laporan {number} sudah diputuskan lebih dulu oleh {actor}: diteruskan ke {agency}."),
    "returned": _(
        "Laporan {number} sudah diputuskan setelah Anda membukanya, lalu kembali ke triase. Baca riwayatnya, kemudian "
        "putuskan lagi."
    ),
    "no-relation": _("Laporan {number} tidak tergabung dengan laporan lain. Tidak ada yang perlu dipisahkan."),
    "same-report": _("Laporan {number} tidak dapat digabungkan dengan dirinya sendiri."),
    "circle": _("Laporan {target} tergabung dengan {number}. Pisahkan {target} lebih dulu."),
    "together": _("Laporan {number} dan {target} sudah tergabung."),
    "unequal-anonim": _(
        "Hanya satu dari laporan {number} dan {target} yang anonim: instansi akan tahu siapa pelapornya. Gabungkan "
        "sebagai laporan warga lain."
    ),
    "no-suggestion": _("Tidak ada usulan laporan yang mungkin sama untuk {number}."),
    "suggestion-decided": _("Petugas lain sudah memutuskan tentang {number} dan {target} lebih dahulu."),
    "suggestion-not-open": _("Salah satu laporan sudah ditutup atau digabung. Tidak ada yang perlu diputuskan lagi."),
    "other-agency": _("Kedua laporan tidak berada di satu instansi. Petugas triase yang memutuskan."),
    "case-closed": _("Kasus {target} sudah ditutup: tidak ada yang akan membaca laporan {number} di sana."),
}
_CLOSED_BY = _("Laporan {number} sudah ditutup lebih dulu oleh {actor}.")
SOMEBODY = _("petugas lain")

AGENCY_MISSING = _("Pilih instansinya lebih dulu.")
TOO_LONG_FOR_SMS = _("Pertanyaan ini tidak muat dalam satu SMS. Persingkat.")
# Why an answer of triage was not given.
ANSWER_FAULTS: Mapping[ActFault, Message] = {
    "repeated": _("Ini sudah dikirim sebelumnya, dengan kata-kata yang sama. Tidak dikirim lagi."),
    "moved": _("Laporan ini sudah tidak di triase. Tidak ada yang dikirim."),
    "not-possible": _("Laporan ini sudah ditutup. Tidak ada yang dikirim."),
    "conflict": _("Laporan ini berubah sejak Anda membukanya. Baca riwayatnya, lalu kirim lagi jika masih perlu."),
    "unknown-case": _("Laporan ini belum masuk ke meja kerja. Tunggu sebentar."),
    "text-missing": _("Isi teksnya lebih dulu."),
    "unknown-agency": _("Instansi ini tidak dikenal."),
}
NOTHING_CHOSEN = _("Pilih laporan lebih dahulu, lalu tekan alasannya.")
TOO_MANY_CHOSEN = _("Terlalu banyak laporan dipilih. Pilih dari satu halaman daftar saja.")
NOT_CLOSED = _("{number} tidak ditutup. {problem}")
TEXT_TOO_LONG = _("Teks ini terlalu panjang: paling banyak 1000 karakter.")
NO_EFFECT = _("{decision} Tindakan Anda tidak berlaku.")


def fault_text(error: NotPossible) -> Message:
    """Return the sentence for a decision that is not possible."""
    if error.fault == "decided" and error.values.get("agency") == TRIAGE:
        return _CLOSED_BY.filled(number=error.values["number"], actor=error.values.get("actor") or SOMEBODY)
    values: dict[str, object] = dict(error.values)
    if "actor" in values:
        values["actor"] = values["actor"] or SOMEBODY
    return _FAULTS[error.fault].filled(**values)


def age_text(age: timedelta) -> Message:
    """Return a duration in days, hours or minutes, rounded down."""
    if age >= timedelta(days=1):
        return counted("{count} hari", age.days)
    if age >= timedelta(hours=1):
        return counted("{count} jam", age // timedelta(hours=1))
    return counted("{count} menit", max(0, age // timedelta(minutes=1)))
