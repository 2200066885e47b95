"""The exception that refuses a request, and all reasons, with the HTTP status and the sentence for the sender.

The reason is also the code in the log (`door.refused`). docs/reference.md says for each reason what staff do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pages.translation.message import Message
from pages.translation.message import message as _

_RETRY_AFTER_SECONDS = 30


class Refusal(NamedTuple):
    """An HTTP status and one plain sentence. `Refused` fills the placeholders in braces."""

    status: int
    message: Message


REFUSALS: Mapping[str, Refusal] = {
    # The sender can correct these.
    "invalid_submission": Refusal(400, _("Ada isian yang perlu diperbaiki.")),
    "invalid_idempotency_key": Refusal(400, _("Idempotency-Key tidak dapat dipakai.")),
    "missing_idempotency_key": Refusal(400, _("Header Idempotency-Key belum ada.")),
    "idempotency_key_reused": Refusal(422, _("Kunci ini sudah dipakai untuk kiriman lain.")),
    "not_a_form": Refusal(415, _("Kirim sebagai application/x-www-form-urlencoded.")),
    "not_json": Refusal(415, _("Kirim sebagai application/json.")),
    "unknown_api_key": Refusal(403, _("api_key belum ada atau tidak dikenal. Mintalah kepada pengelola layanan ini.")),
    "no_such_service": Refusal(404, _("service_code ini tidak ada; lihat daftarnya di services.")),
    "no_such_jurisdiction": Refusal(404, _("jurisdiction_id ini tidak ada; di sini hanya lapor.go.id.")),
    "no_such_number": Refusal(404, _("Nomor ini tidak benar; periksa lagi.")),
    "no_such_link": Refusal(404, _("Tautan ini tidak benar. Buka lagi tautan di tanda terima Anda.")),
    "too_large": Refusal(413, _("Kiriman terlalu besar: paling banyak {limit}.")),
    "file_too_large": Refusal(413, _("Berkas terlalu besar: paling banyak {limit}.")),
    "unknown_file_type": Refusal(415, _("Berkas ini tidak dapat diterima. Kirim foto (JPEG, PNG, WebP).")),
    "pdf_not_accepted": Refusal(
        415,
        _(
            "PDF tidak dapat kami terima, karena dapat menyimpan nama pembuatnya dan program. "
            "Kirim foto setiap halamannya."
        ),
    ),
    "document_not_plain": Refusal(
        415,
        _(
            "PDF ini terkunci, atau berisi isian, tanda tangan digital, catatan, atau lapisan. "
            "Cetak ke PDF, lalu kirim hasilnya."
        ),
    ),
    "file_unreadable": Refusal(400, _("Berkas ini rusak atau tidak dapat dibaca. Pilih berkas lain.")),
    "too_many_files": Refusal(413, _("Paling banyak {limit} berkas.")),
    "sender_forgotten": Refusal(409, _("Pelapor meminta datanya dihapus. Foto untuk laporan ini tidak kami simpan.")),
    "broken_off": Refusal(400, _("Kiriman terputus sebelum lengkap. Mohon kirim lagi.")),
    "no_such_region": Refusal(404, _("Wilayah ini tidak dikenal.")),
    # The app can correct these, or ask its user.
    "token_missing": Refusal(401, _("Token perangkat belum ada. Daftarkan perangkat ini dahulu.")),
    "token_invalid": Refusal(401, _("Token ini tidak benar. Daftarkan perangkat ini lagi.")),
    "token_expired": Refusal(401, _("Token ini sudah kedaluwarsa. Daftarkan perangkat ini lagi.")),
    "token_revoked": Refusal(401, _("Token ini sudah dicabut. Daftarkan perangkat ini lagi.")),
    "other_device": Refusal(403, _("Token ini milik perangkat lain.")),
    "sequence_reused": Refusal(409, _("Nomor urut ini sudah dipakai; laporan ini belum diterima.")),
    "about_unknown": Refusal(409, _("Laporan yang dimaksud belum kami terima dari perangkat ini.")),
    "upload_id_reused": Refusal(409, _("UUID ini sudah dipakai untuk berkas lain.")),
    "upload_quota": Refusal(429, _("Terlalu banyak berkas: paling banyak {limit} dalam tiga hari.")),
    "unknown_upload": Refusal(404, _("Unggahan ini tidak dikenal, atau sudah kedaluwarsa. Unggah lagi dari awal.")),
    "unfinished_upload": Refusal(409, _("Unggahan ini belum selesai. Lanjutkan, lalu kirim lagi.")),
    "wrong_offset": Refusal(409, _("Unggahan ini tidak dapat dilanjutkan dari sini.")),
    # The sender may be a program or another site. Pressing the button a second time sends the form.
    "form_unknown": Refusal(400, _("Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi.")),
    "form_expired": Refusal(400, _("Halaman ini sudah lama terbuka. Mohon tekan Kirim laporan sekali lagi.")),
    "form_foreign": Refusal(403, _("Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi.")),
    "form_trapped": Refusal(400, _("Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi.")),
    "form_too_quick": Refusal(400, _("Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi.")),
    # The sender of a report proves a contact.
    "code_wrong": Refusal(400, _("Kode ini tidak benar. Periksa SMS terakhir dari kami.")),
    "code_over": Refusal(400, _("Kode ini tidak berlaku lagi. Minta kode baru.")),
    "code_limit": Refusal(429, _("Terlalu banyak kode dalam waktu singkat. Mohon coba lagi nanti.")),
    "code_unsent": Refusal(503, _("SMS dengan kode tidak dapat dikirim saat ini. Mohon coba lagi nanti.")),
    "foreign_site": Refusal(403, _("Kiriman dari halaman situs lain ditolak. Kirim dari aplikasi Anda sendiri.")),
    # The message is quarantined; a person decides about it.
    "unsigned": Refusal(403, _("Pesan ini tidak terbukti datang dari Twilio; disimpan untuk diperiksa.")),
    "bad_signature": Refusal(403, _("Pesan ini tidak terbukti datang dari Twilio; disimpan untuk diperiksa.")),
    "malformed": Refusal(400, _("Pesan ini tidak lengkap; disimpan untuk diperiksa.")),
    # The message is not stored: the quarantine's budget of the day is used up.
    "quarantine_full": Refusal(
        429, _("Pesan ini tidak terbukti datang dari Twilio, dan batas simpan hari ini tercapai.")
    ),
    "not_a_post": Refusal(502, _("X mengirim sesuatu yang bukan kiriman.")),
    # The same request can succeed later.
    "too_many_requests": Refusal(429, _("Terlalu banyak kiriman dalam waktu singkat. Mohon coba lagi sebentar lagi.")),
    "busy": Refusal(503, _("Maaf, layanan sedang sangat ramai. Mohon coba lagi sebentar lagi.")),
    "too_many_pictures": Refusal(
        429, _("Terlalu banyak foto dari jaringan Anda dalam waktu singkat. Mohon coba lagi sebentar lagi.")
    ),
    "files_full": Refusal(503, _("Foto tidak dapat kami terima saat ini. Laporan tanpa foto tetap diterima.")),
    "away": Refusal(
        503, _("Maaf, layanan sedang terganggu dan belum ada yang tersimpan. Mohon coba lagi sebentar lagi.")
    ),
    "unexpected": Refusal(
        503, _("Maaf, ada gangguan di pihak kami dan laporan ini belum tersimpan. Mohon kirim lagi.")
    ),
    "unusable_text": Refusal(400, _("Alamat atau isian memuat tanda yang tidak dapat dibaca. Hapus, lalu kirim lagi.")),
    # The service has no such address or method.
    "no_such_address": Refusal(404, _("Alamat ini tidak ada.")),
    "wrong_method": Refusal(405, _("Cara ini tidak berlaku di alamat ini.")),
    "not_accepted": Refusal(400, _("Permintaan ditolak.")),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field. `detail` explains it; pages translate it if it is a `Message`."""

    field: str
    detail: str


class Refused(Exception):
    """The door did not accept the request and promised nothing.

    `reason` is a key of `REFUSALS`. `message` is the sentence for the sender; `values` fill its placeholders.
    `retry_after` is in seconds, and given only if the same request can succeed later.
    """

    def __init__(
        self,
        reason: str,
        field_errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(reason)
        refusal = REFUSALS[reason]
        self.status = refusal.status
        self.reason = reason
        self.message: Message = refusal.message.filled(**values)
        self.field_errors = field_errors
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, if the same request can succeed later."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


def unavailable() -> Refused:
    """Return the refusal (503) for a dependency that is away.

    The sender may repeat the request under the same key; both are one message.
    """
    return Refused("away", retry_after=_RETRY_AFTER_SECONDS)
