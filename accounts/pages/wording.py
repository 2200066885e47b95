"""Texts for persons: roles, and the reasons why something is not possible."""

from collections.abc import Mapping

from accounts.authentication.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, PasswordFault
from accounts.permissions import Role
from accounts.person_checks import NotPossibleReason
from pages.translation.message import Message
from pages.translation.message import message as _

ROLES: Mapping[Role, Message] = {
    Role.OFFICER: _("Pejabat penghubung"),
    Role.COORDINATOR: _("Koordinator instansi"),
    Role.HEAD: _("Pimpinan"),
    Role.TRIAGE: _("Petugas triase"),
    Role.OPERATOR: _("Petugas operasional"),
    Role.OVERSEER: _("Pengawas"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}
PASSWORD_FAULTS: Mapping[PasswordFault, Message] = {
    "too_short": _("Kata sandi terlalu pendek: paling sedikit {count} karakter.").filled(count=MIN_PASSWORD_LENGTH),
    "too_long": _("Kata sandi terlalu panjang: paling banyak {count} karakter.").filled(count=MAX_PASSWORD_LENGTH),
    "common": _("Kata sandi ini terlalu umum dan mudah ditebak. Gunakan yang lain."),
    "personal": _("Kata sandi ini memuat nama atau alamat email Anda. Gunakan yang lain."),
}
NOT_POSSIBLE: Mapping[NotPossibleReason, Message] = {
    "email_invalid": _("Alamat email tidak benar. Periksa lagi."),
    "name_invalid": _("Nama belum diisi, terlalu panjang, atau memuat kurung siku."),
    "agency_unknown": _("Tidak ada instansi dengan nama atau kode ini. Tulis sebagian namanya."),
    "role_without_agency": _("Peran ini tidak cocok dengan instansi yang diisi."),
    "account_exists": _("Alamat email ini sudah memiliki akun."),
    "no_such_account": _("Akun ini tidak ada atau sudah dicabut."),
    "no_such_invitation": _("Undangan ini sudah tidak berlaku."),
    "last_administrator": _("Administrator terakhir tidak dapat dicabut. Undang administrator lain dahulu."),
    "unit_unknown": _("Tidak ada unit dengan kode ini di instansi itu. Pilih unit dari daftar."),
    "nobody_without_unit": _(
        "Harus ada koordinator, atau petugas tanpa unit, yang melihat laporan tanpa unit. Undang orang itu dahulu."
    ),
    "last_without_unit": _(
        "Orang terakhir yang melihat laporan tanpa unit tidak dapat dicabut. Undang koordinator lain dahulu."
    ),
    "unit_not_for_role": _(
        "Hanya pejabat penghubung dan pimpinan dapat ditempatkan di unit. Koordinator melihat seluruh instansi."
    ),
    "decree_invalid": _("Nomor SK terlalu panjang atau memuat karakter yang tidak terlihat. Tulis dalam satu baris."),
    "decree_in_future": _("Tanggal SK belum tiba. Isi tanggal yang tertulis di SK itu."),
    "end_in_past": _("Hari terakhir itu sudah lewat. Isi hari ini atau sesudahnya, atau pilih Cabut akses."),
    "end_too_late": _("Tanggal itu terlalu jauh. Periksa tahunnya."),
    "no_leave": _("Orang ini tidak sedang atau akan cuti."),
    "no_leave_for_role": _("Peran ini tidak memegang laporan, jadi tidak memerlukan wakil."),
    "leave_days_missing": _("Isi hari pertama dan hari terakhir cuti."),
    "leave_reversed": _("Cuti berakhir sebelum dimulai. Periksa kedua tanggalnya."),
    "leave_over": _("Cuti itu sudah lewat. Isi hari terakhir yang belum lewat."),
    "stand_in_missing": _("Pilih wakil selama cuti."),
    "stand_in_self": _("Orang yang cuti tidak dapat menjadi wakilnya sendiri. Pilih orang lain."),
    "stand_in_unknown": _("Wakil itu tidak ada di instansi yang sama. Pilih orang dari instansi itu."),
    "stand_in_gone": _(
        "Akses wakil itu dicabut, atau tugasnya berakhir sebelum cuti selesai. Pilih orang lain, atau persingkat cuti."
    ),
    "stand_in_tier": _(
        "Wakil itu tidak melihat semua laporan orang yang cuti. Pilih orang dari unit yang sama atau di atasnya."
    ),
    "stand_in_away": _("Wakil itu sendiri cuti pada hari-hari itu. Pilih orang lain."),
    "stands_in_itself": _(
        "Orang ini menjadi wakil bagi orang lain pada hari-hari itu. Ganti dahulu wakil orang itu, atau ubah harinya."
    ),
}
AGENCY_CHOICE = _("Beberapa instansi cocok. Pilih satu.")
# The same text for a wrong name, a wrong password and a revoked account: nobody learns who has an account.
SIGN_IN_REFUSED = _("Email atau kata sandi salah.")
CODE_REFUSED = _("Kode salah atau sudah dipakai. Tunggu kode berikutnya, lalu coba lagi.")
PASSWORD_REFUSED = _("Kata sandi Anda yang sekarang salah.")
PASSWORDS_DIFFER = _("Kedua kata sandi tidak sama.")
TOO_MANY_ATTEMPTS = _("Terlalu banyak percobaan. Coba lagi dalam {minutes} menit.")
PENDING_ENDED = _("Waktu untuk masuk sudah habis. Masuklah dari awal.")
SECOND_FACTOR_NEEDED = _("Peran Anda memerlukan verifikasi dua langkah. Langkah ini tidak dapat dimatikan.")
REASON_MISSING = _("Tulis alasannya dalam satu baris. Alasan dicatat dalam log audit.")
ENDED = _("Tugas Anda berakhir pada {day}, jadi Anda tidak dapat masuk. {advice}")
ASK_COORDINATORS = _("Hubungi koordinator instansi Anda agar tugas diperpanjang: {names}.")
ASK_ADMINISTRATOR = _("Hubungi administrator layanan agar tugas diperpanjang.")
DATE_INVALID = _("Tanggal tidak benar. Tulis tahun-bulan-hari, misalnya 2026-12-31.")
OIDC_REFUSED = _("Anda tidak dapat masuk dengan akun tersebut. Hubungi koordinator atau administrator.")
OIDC_UNAVAILABLE = _("Layanan masuk instansi sedang tidak dapat dihubungi. Coba lagi sebentar.")

# Notices after an act, by the value of `selesai` in the address of the page.
NOTICES: Mapping[str, Message] = {
    "keluar": _("Anda sudah keluar."),
    "sandi": _("Kata sandi tersimpan. Silakan masuk."),
    "sandi-diganti": _("Kata sandi diganti. Sesi Anda di perangkat lain sudah diakhiri."),
    "sesi": _("Sesi diakhiri."),
    "kode-dimatikan": _("Verifikasi dua langkah dimatikan."),
    "surat": _("Pilihan Anda tersimpan."),
    "dicabut": _("Akses orang itu dicabut. Semua sesinya sudah diakhiri."),
    "sesi-orang": _("Semua sesi orang itu diakhiri."),
    "kode-orang": _("Verifikasi dua langkah orang itu dimatikan. Semua sesinya sudah diakhiri."),
    "undangan": _("Undangan dibatalkan."),
    "tugas": _("Penugasan orang itu tersimpan."),
    "cuti": _("Cuti tersimpan. Selama cuti, wakil melihat laporan orang itu sebagai miliknya."),
    "cuti-batal": _("Cuti diakhiri."),
    "unit-orang": _("Unit orang itu diganti. Daftar laporannya langsung mengikuti."),
}


def minutes_to_wait(seconds: int) -> int:
    """Return a waiting time in whole minutes, at least one."""
    return max(1, -(-seconds // 60))


def too_many_attempts(retry_after: int) -> Message:
    """Return the text for a limit that is reached."""
    return TOO_MANY_ATTEMPTS.filled(minutes=minutes_to_wait(retry_after))
