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
    "unit-orang": _("Unit orang itu diganti. Daftar laporannya langsung mengikuti."),
}


def minutes_to_wait(seconds: int) -> int:
    """Return a waiting time in whole minutes, at least one."""
    return max(1, -(-seconds // 60))


def too_many_attempts(retry_after: int) -> Message:
    """Return the text for a limit that is reached."""
    return TOO_MANY_ATTEMPTS.filled(minutes=minutes_to_wait(retry_after))
