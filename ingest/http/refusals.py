"""All reasons for which a door refuses a request, with the HTTP status and the sentence for the sender.

The reason is also the code in the log (`door.refused`). docs/runbook.md says for each reason what operations staff do.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Refusal(NamedTuple):
    """An HTTP status and one plain sentence. `Refused` fills the placeholders in braces."""

    status: int
    message: str


REFUSALS: Mapping[str, Refusal] = {
    # The sender can correct these.
    "invalid_submission": Refusal(400, "Ada isian yang perlu diperbaiki."),
    "invalid_idempotency_key": Refusal(400, "Idempotency-Key tidak dapat dipakai."),
    "missing_idempotency_key": Refusal(400, "Header Idempotency-Key belum ada."),
    "idempotency_key_reused": Refusal(422, "Kunci ini sudah dipakai untuk kiriman lain."),
    "not_a_form": Refusal(415, "Kirim sebagai application/x-www-form-urlencoded."),
    "not_json": Refusal(415, "Kirim sebagai application/json."),
    "unknown_api_key": Refusal(403, "api_key belum ada atau tidak dikenal. Mintalah kepada pengelola layanan ini."),
    "no_such_service": Refusal(404, "service_code ini tidak ada; lihat daftarnya di services."),
    "no_such_jurisdiction": Refusal(404, "jurisdiction_id ini tidak ada; di sini hanya lapor.go.id."),
    "no_such_number": Refusal(404, "Nomor ini tidak benar; periksa lagi."),
    "too_large": Refusal(413, "Kiriman terlalu besar: paling banyak {limit}."),
    "file_too_large": Refusal(413, "Berkas terlalu besar: paling banyak {limit}."),
    "unknown_file_type": Refusal(415, "Berkas ini tidak dapat diterima. Kirim foto (JPEG, PNG, WebP) atau PDF."),
    "file_unreadable": Refusal(400, "Berkas ini rusak atau tidak dapat dibaca. Pilih berkas lain."),
    "too_many_files": Refusal(413, "Paling banyak {limit} berkas."),
    "broken_off": Refusal(400, "Kiriman terputus sebelum lengkap. Mohon kirim lagi."),
    "no_such_region": Refusal(404, "Wilayah ini tidak dikenal."),
    # The app can correct these, or ask its user.
    "token_missing": Refusal(401, "Token perangkat belum ada. Daftarkan perangkat ini dahulu."),
    "token_invalid": Refusal(401, "Token ini tidak benar. Daftarkan perangkat ini lagi."),
    "token_expired": Refusal(401, "Token ini sudah kedaluwarsa. Daftarkan perangkat ini lagi."),
    "token_revoked": Refusal(401, "Token ini sudah dicabut. Daftarkan perangkat ini lagi."),
    "other_device": Refusal(403, "Token ini milik perangkat lain."),
    "sequence_reused": Refusal(409, "Nomor urut ini sudah dipakai; laporan ini belum diterima."),
    "about_unknown": Refusal(409, "Laporan yang dimaksud belum kami terima dari perangkat ini."),
    "upload_id_reused": Refusal(409, "UUID ini sudah dipakai untuk berkas lain."),
    "upload_quota": Refusal(429, "Terlalu banyak berkas: paling banyak {limit} dalam tiga hari."),
    "unknown_upload": Refusal(404, "Unggahan ini tidak dikenal, atau sudah kedaluwarsa. Unggah lagi dari awal."),
    "unfinished_upload": Refusal(409, "Unggahan ini belum selesai. Lanjutkan, lalu kirim lagi."),
    "wrong_offset": Refusal(409, "Unggahan ini tidak dapat dilanjutkan dari sini."),
    # The sender may be a program or another site. Pressing the button a second time sends the form.
    "form_unknown": Refusal(400, "Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi."),
    "form_expired": Refusal(400, "Halaman ini sudah lama terbuka. Mohon tekan Kirim laporan sekali lagi."),
    "form_foreign": Refusal(403, "Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi."),
    "form_trapped": Refusal(400, "Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi."),
    "form_too_quick": Refusal(400, "Mohon periksa laporan Anda, lalu tekan Kirim laporan sekali lagi."),
    "foreign_site": Refusal(403, "Kiriman dari halaman situs lain ditolak. Kirim dari aplikasi Anda sendiri."),
    # The message is quarantined; a person decides about it.
    "unsigned": Refusal(403, "Pesan ini tidak terbukti datang dari Twilio; disimpan untuk diperiksa."),
    "bad_signature": Refusal(403, "Pesan ini tidak terbukti datang dari Twilio; disimpan untuk diperiksa."),
    "malformed": Refusal(400, "Pesan ini tidak lengkap; disimpan untuk diperiksa."),
    # The message is not stored: the quarantine's budget of the day is used up.
    "quarantine_full": Refusal(429, "Pesan ini tidak terbukti datang dari Twilio, dan batas simpan hari ini tercapai."),
    "not_a_post": Refusal(502, "X mengirim sesuatu yang bukan kiriman."),
    # The same request can succeed later.
    "too_many_requests": Refusal(429, "Terlalu banyak kiriman dalam waktu singkat. Mohon coba lagi sebentar lagi."),
    "busy": Refusal(503, "Maaf, layanan sedang sangat ramai. Mohon coba lagi sebentar lagi."),
    "files_full": Refusal(503, "Foto dan PDF tidak dapat kami terima saat ini. Laporan tanpa berkas tetap diterima."),
    "away": Refusal(503, "Maaf, layanan sedang terganggu dan belum ada yang tersimpan. Mohon coba lagi sebentar lagi."),
    "unexpected": Refusal(503, "Maaf, ada gangguan di pihak kami dan laporan ini belum tersimpan. Mohon kirim lagi."),
    # The service has no such address or method.
    "no_such_address": Refusal(404, "Alamat ini tidak ada."),
    "wrong_method": Refusal(405, "Cara ini tidak berlaku di alamat ini."),
    "not_accepted": Refusal(400, "Permintaan ditolak."),
}
