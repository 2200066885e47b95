"""Words of the integration pages for kinds of changes, deliveries, states and faults. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from desk.api.keys.agency_keys import MAX_VALID_KEYS, AgencyKey
from desk.api.keys.scopes import Scope
from desk.changes import ChangeKind
from desk.webhooks.webhooks import MAX_WEBHOOKS, ROTATION_PERIOD, Delivery, Webhook
from pages.translation.message import Message, counted, joined
from pages.translation.message import message as _

# Names of classes in the style sheet of the desk.
Tone: TypeAlias = Literal["calm", "soon", "late", "state"]

KIND_NAMES: Mapping[ChangeKind, Message] = {
    "received": _("Laporan masuk ke instansi"),
    "danger": _("Laporan menyebut bahaya bagi nyawa"),
    "answered": _("Jawaban instansi tercatat"),
    "citizen-wrote": _("Pelapor menambahkan keterangan"),
    "moved": _("Laporan pindah dari instansi"),
    "due": _("Tenggat laporan tinggal satu hari kerja"),
    "overdue": _("Laporan lewat tenggat"),
    "twice-overdue": _("Laporan lewat dua kali tenggat"),
    "three-times-overdue": _("Laporan lewat tiga kali tenggat"),
    "recommended": _("Rekomendasi pengawas masuk"),
    "recommendation-due": _("Tenggat menjawab rekomendasi tinggal satu hari kerja"),
    "recommendation-overdue": _("Rekomendasi belum dijawab dan lewat tenggat"),
    "unit-due": _("Tenggat unit tinggal satu hari kerja"),
    "unit-overdue": _("Laporan lewat tenggat unit"),
    "contribution-asked": _("Unit diminta kontribusi"),
    "contribution-given": _("Unit memberi kontribusi"),
}
_DELIVERY_KINDS: Mapping[str, Message] = {
    **{str(kind): name for kind, name in KIND_NAMES.items()},
    "test": _("Uji coba"),
}
_OFF_REASONS: Mapping[str, Message] = {
    "by_person": _("Dinonaktifkan petugas. Pemberitahuan menunggu sampai webhook ini diaktifkan, paling lama 30 hari."),
    "failing": _("Dinonaktifkan otomatis: selama tiga hari tidak ada pengiriman yang berhasil."),
    "gone": _("Dinonaktifkan otomatis: alamat itu menjawab bahwa ia tidak dipakai lagi (410)."),
}
# Faults of an address and of an attempt, by their constants in `desk.webhooks`.
ERRORS: Mapping[str, Message] = {
    "not_an_address": _(
        "Alamat ini tidak dapat dipakai. Tulis seperti https://lapor.contoh.id/masuk, tanpa nama pengguna dan tanpa #."
    ),
    "not_https": _("Alamat harus diawali https://."),
    "port_not_allowed": _("Port harus 443, atau 1024 ke atas."),
    "name_not_resolved": _("Nama host di alamat ini tidak ditemukan. Periksa ejaannya."),
    "private_network": _(
        "Alamat ini ada di jaringan internal. Webhook hanya dikirim ke alamat di internet. "
        "Hubungi administrator bila jaringan itu perlu diizinkan."
    ),
    "redirect": _("Alamat itu mengalihkan ke alamat lain. Pengalihan tidak diikuti: daftarkan alamat tujuannya."),
    "http_error": _("Alamat itu menjawab dengan kesalahan."),
    "certificate": _("Sertifikat TLS alamat itu tidak sah."),
    "tls_failed": _("Sambungan TLS dengan alamat itu gagal."),
    "connect_timeout": _("Sambungan ke alamat itu tidak terbentuk dalam batas waktu."),
    "connect_failed": _("Alamat itu tidak dapat dihubungi."),
    "connection_broken": _("Sambungan terputus sebelum jawaban lengkap."),
    "late": _("Jawaban alamat itu tidak lengkap dalam batas waktu."),
    "secret_unreadable": _("Rahasia webhook ini tidak dapat dibuka. Ganti rahasianya."),
}
_UNKNOWN_ERROR = _("Pengiriman gagal ({code}).")
_WITH_STATUS = _("{error} Status HTTP: {status}.")
SCOPE_NAMES: Mapping[Scope, Message] = {
    "read": _("membaca laporan"),
    "answer": _("menjawab laporan"),
    "pictures": _("mengambil gambar"),
    "units": _("mengubah unit"),
}
# Days after which a new key expires, 0 for never.
KEY_PERIODS: Mapping[int, Message] = {
    90: _("90 hari"),
    365: _("satu tahun"),
    730: _("dua tahun"),
    0: _("tanpa batas waktu"),
}
USUAL_KEY_PERIOD = 365
ROTATION_HOURS = int(ROTATION_PERIOD.total_seconds()) // 3600

KINDS_MISSING = _("Pilih paling sedikit satu jenis perubahan.")
ADDRESS_REPEATED = _(
    "Alamat ini sudah terdaftar. Rahasianya hanya ditampilkan sekali. "
    "Bila hilang, buka webhook itu dan ganti rahasianya."
)
TOO_MANY_WEBHOOKS = _("Instansi Anda sudah memiliki {limit} webhook. Hapus satu lebih dahulu.").filled(
    limit=MAX_WEBHOOKS
)
SECRET_CHANGED = _("Rahasia ini sudah diganti sejak halaman dibuka. Tidak ada yang diganti lagi.")
TEST_RUNNING = _("Uji coba lain masih berjalan. Tunggu sebentar, lalu coba lagi.")
SCOPES_MISSING = _("Pilih paling sedikit satu hak.")
TOO_MANY_KEYS = _("Instansi Anda sudah memiliki {limit} kunci yang berlaku. Cabut satu lebih dahulu.").filled(
    limit=MAX_VALID_KEYS
)
TOO_MANY_KEYS_OF_UNIT = _("Unit ini sudah memiliki {limit} kunci yang berlaku. Cabut satu lebih dahulu.").filled(
    limit=MAX_VALID_KEYS
)
UNIT_UNKNOWN = _("Unit itu tidak ada lagi. Pilih unit lain, atau seluruh instansi.")
KEYS_CHANGED = _(
    "Daftar kunci sudah berubah sejak halaman dibuka. Tidak ada kunci baru yang dibuat. "
    "Sebuah kunci hanya ditampilkan sekali. Bila hilang, cabut kunci itu dan buat yang baru."
)
# Notices after an act, by the value of `selesai` in the address of the page.
NOTICES: Mapping[str, Message] = {
    "hapus": _("Webhook dihapus."),
    "cabut": _("Kunci dicabut. Program yang memakainya tidak dapat masuk lagi."),
    "nyala": _("Webhook diaktifkan. Pemberitahuan yang menunggu segera dikirim."),
    "mati": _("Webhook dinonaktifkan."),
    "kirim-ulang": _("Pemberitahuan itu segera dikirim lagi."),
    "email": _("Pilihan email disimpan."),
}
REDELIVERED_LATER = _("Pemberitahuan itu menunggu. Ia dikirim setelah webhook ini diaktifkan.")
_TEST_PASSED = _("Uji coba berhasil: alamat itu menerima pemberitahuan ({status}).")
_TEST_FAILED = _("Uji coba gagal. {error}")


class StateInWords(NamedTuple):
    """State of a webhook, a delivery or a key: its name, the class for its colour, and an explanation or ""."""

    name: Message
    tone: Tone
    detail: str = ""


def webhook_state(webhook: Webhook) -> StateInWords:
    """Return whether notices are sent, and why not."""
    if not webhook.active:
        tone: Tone = "state" if webhook.off_reason == "by_person" else "late"
        return StateInWords(_("nonaktif"), tone, _OFF_REASONS.get(webhook.off_reason, ""))
    if webhook.failures:
        failures = counted("{count} percobaan gagal sejak pengiriman terakhir yang berhasil.", webhook.failures)
        return StateInWords(_("aktif, bermasalah"), "soon", failures)
    return StateInWords(_("aktif"), "calm")


def delivery_state(delivery: Delivery) -> StateInWords:
    """Return the state of a delivery, and the fault of its last attempt."""
    states: Mapping[str, StateInWords] = {
        "waiting": StateInWords(_("menunggu"), "soon"),
        "delivered": StateInWords(_("terkirim"), "calm"),
        "failed": StateInWords(_("gagal"), "late"),
        "expired": StateInWords(_("kedaluwarsa"), "late", _("Tidak terkirim dalam 30 hari.")),
    }
    state = states[delivery.status]
    return state._replace(detail=error_in_words(delivery.error, delivery.http_status)) if delivery.error else state


def delivery_kind(kind: str) -> str:
    """Return the name of the change that a delivery tells of."""
    return _DELIVERY_KINDS.get(kind, kind)


def error_in_words(error: str, status: int) -> Message:
    """Return the fault of an attempt. `status` is that of the HTTP answer, 0 without one."""
    text = ERRORS.get(error) or _UNKNOWN_ERROR.filled(code=error)
    return _WITH_STATUS.filled(error=text, status=status) if status else text


def attempts_in_words(delivery: Delivery) -> Message | None:
    """Return the number of attempts; `None` before the first."""
    return counted("{count} percobaan", delivery.attempts) if delivery.attempts else None


def result_in_words(error: str, status: int) -> Message:
    """Return the result of a test."""
    if error:
        return _TEST_FAILED.filled(error=error_in_words(error, status))
    return _TEST_PASSED.filled(status=status)


def key_state(key: AgencyKey, now: datetime) -> StateInWords:
    """Return whether a key opens the interface."""
    if key.is_valid(now):
        return StateInWords(_("berlaku"), "calm")
    return StateInWords(_("dicabut") if key.revoked_at else _("lewat masa berlaku"), "state")


def beginning_of_key(key: AgencyKey) -> str:
    """Return the beginning of a key's text, by which persons tell keys apart. It is no part of the secret."""
    return f"sp_{key.id.hex[:8]}…"


def scopes_in_words(key: AgencyKey) -> Message:
    """Return the rights of a key."""
    return joined((name for scope, name in SCOPE_NAMES.items() if scope in key.scopes), ", ")
