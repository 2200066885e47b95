"""Sentences about faults of units. Pure. Each says what to do."""

from collections.abc import Mapping

from desk.units.contributions import MAX_CONTRIBUTION_LENGTH, MAX_QUESTION_LENGTH, ContributionFault, ContributionState
from desk.units.passing import PassingFault
from desk.units.proposals import ProposalReason
from desk.units.tree import MAX_DECREE_LENGTH, MAX_NAME_LENGTH, MAX_UNITS, UnitFault, UnitFaultReason
from desk.units.unit_file import MAX_FILE_BYTES
from pages.sizes import readable_size
from pages.translation.message import Message
from pages.translation.message import message as _

_FAULTS: Mapping[UnitFaultReason, Message] = {
    "code-invalid": _(
        "Kode unit {code} tidak dapat dipakai. Tulis huruf, angka, titik, garis bawah atau tanda hubung, "
        "paling banyak 40 karakter."
    ),
    "code-taken": _("Kode unit {code} sudah ada. Pakai kode lain, atau ubah unit yang sudah ada."),
    "name-invalid": _("Isi nama unit {code}, satu baris, paling banyak {name_limit} karakter."),
    "decree-invalid": _("Tulis nomor SK unit {code} dalam satu baris, paling banyak {decree_limit} karakter."),
    "parent-unknown": _("Tidak ada unit dengan kode {code}. Buat unit induk itu dahulu, atau kosongkan kolom induk."),
    "cycle": _("Unit {code} akan berada di bawah dirinya sendiri. Pilih unit induk yang lain."),
    "days-reversed": _("Hari terakhir unit {code} lebih awal dari hari pertamanya. Periksa kedua tanggal."),
    "too-many": _("Satu instansi dapat memiliki paling banyak {unit_limit} unit."),
    "unknown-unit": _("Tidak ada unit dengan kode {code}. Buka lagi halaman Unit."),
    "has-units": _("Unit {code} memiliki unit di bawahnya. Pindahkan atau hapus unit di bawahnya dahulu."),
    "has-open-cases": _("Unit {code} masih memegang laporan. Teruskan laporannya ke unit lain dahulu."),
    "has-requests": _("Unit {code} masih diminta kontribusi. Tarik permintaan itu di laporannya dahulu."),
    "has-officers": _("Unit {code} masih memiliki petugas atau undangan. Ganti unit mereka di halaman Akun dahulu."),
    "has-keys": _("Unit {code} masih memiliki kunci program atau webhook. Cabut di halaman Integrasi dahulu."),
    "file-encoding": _("Berkas ini bukan UTF-8. Simpan lagi di lembar kerja sebagai CSV UTF-8, lalu unggah."),
    "file-columns": _("Baris pertama berkas harus memuat tiga kolom: kode, nama, induk."),
    "file-unreadable": _("Berkas ini bukan CSV yang benar: ada tanda kutip yang tidak ditutup."),
    "file-empty": _("Berkas ini tidak memuat unit. Pilih berkas CSV dengan kolom kode, nama, induk."),
    "file-too-large": _("Berkas terlalu besar: paling besar {file_limit}."),
}
# Sentences about a step that was not done.
PASSING_FAULTS: Mapping[PassingFault, Message] = {
    "moved": _("Laporan ini sudah tidak di instansi Anda. Tidak ada yang diteruskan."),
    "unknown-unit": _("Pilih unit dari daftar. Anda dapat meneruskan ke unit Anda dan unit di bawahnya."),
    "not-in-force": _("Unit itu tidak berlaku hari ini. Pilih unit lain."),
    "day-over": _("Tenggat unit sudah lewat. Pilih hari ini atau sesudahnya, atau kosongkan."),
    "day-too-late": _("Tenggat unit tidak boleh sesudah tenggat laporan ini. Pilih hari lebih awal, atau kosongkan."),
    "why-missing": _("Tulis alasan mengembalikan laporan ini."),
    "not-accountable": _("Laporan ini tidak sedang dipegang unit Anda, jadi tidak dapat Anda kembalikan."),
    "not-seen": _("Laporan ini baru saja diteruskan ke unit lain."),
}
PROPOSAL_REASONS: Mapping[ProposalReason, Message] = {
    "named": _("Laporan ini menyebut unit itu."),
    "topic": _("Laporan terakhir dengan topik yang sama selesai di unit itu."),
    "unit-named": _("Laporan ini menyebut jenis unit itu."),
    "unit-topic": _("Topik laporan ini biasanya ditangani jenis unit itu."),
}
CONTRIBUTION_STATES: Mapping[ContributionState, Message] = {
    "open": _("menunggu"),
    "given": _("sudah diberikan"),
    "withdrawn": _("ditarik"),
    "over": _("tidak diperlukan lagi"),
}
CONTRIBUTION_FAULTS: Mapping[ContributionFault, Message] = {
    "over": _("Laporan ini sudah selesai atau sudah tidak di instansi Anda. Tidak ada yang dikirim."),
    "not-accountable": _("Laporan ini baru saja diteruskan ke unit lain. Hanya unit yang memegangnya dapat bertanya."),
    "unknown-unit": _("Pilih unit dari daftar."),
    "not-in-force": _("Unit itu tidak berlaku hari ini. Pilih unit lain."),
    "is-accountable": _("Unit itu sudah memegang laporan ini. Pilih unit lain."),
    "asked-already": _("Unit itu sudah diminta kontribusi untuk laporan ini. Tarik permintaan itu dahulu."),
    "question-missing": _("Tulis pertanyaan untuk unit itu."),
    "question-too-long": _("Pertanyaan terlalu panjang: paling banyak {limit} karakter.").filled(
        limit=MAX_QUESTION_LENGTH
    ),
    "text-missing": _("Tulis kontribusi unit Anda."),
    "text-too-long": _("Teks terlalu panjang: paling banyak {limit} karakter.").filled(limit=MAX_CONTRIBUTION_LENGTH),
    "day-over": _("Tenggat kontribusi sudah lewat. Pilih hari ini atau sesudahnya, atau kosongkan."),
    "day-too-late": _(
        "Tenggat kontribusi tidak boleh sesudah tenggat laporan ini. Pilih hari lebih awal, atau kosongkan."
    ),
    "not-asked": _("Permintaan ini sudah ditarik atau sudah dijawab. Tulisan Anda tidak dikirim."),
}
CONTRIBUTION_DAY_INVALID = _("Tulis tenggat kontribusi sebagai tahun-bulan-hari, misalnya 2026-01-31.")
DAY_INVALID = _("Tulis tenggat unit sebagai tahun-bulan-hari, misalnya 2026-01-31.")
_AT_LINE = _("Baris {line}: {fault}")


def fault_sentence(fault: UnitFault) -> Message:
    """Return the sentence about a fault."""
    sentence = _FAULTS[fault.reason].filled(
        code=fault.code,
        name_limit=MAX_NAME_LENGTH,
        decree_limit=MAX_DECREE_LENGTH,
        unit_limit=MAX_UNITS,
        file_limit=readable_size(MAX_FILE_BYTES),
    )
    return _AT_LINE.filled(line=fault.line, fault=sentence) if fault.line else sentence
