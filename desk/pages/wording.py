"""Words of the desk's pages for tabs, acts, deadlines and faults. Pure. Pages translate them when rendered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from config.time_zones import time_zone
from desk.acts.answers import ActFault
from desk.acts.saved_filters import MAX_FILTERS, SavedFilterFault
from desk.read_model.queries import MAX_COUNT, ListOrder, ListTab
from messages.shapes import Verdict
from pages.translation.message import Message, counted
from pages.translation.message import message as _
from pages.wording.cases import CASE_STATES

# Names of classes in the pages' style sheet.
Urgency: TypeAlias = Literal["late", "soon", "calm", "stopped"]
# A deadline that is at most so many days away is shown as close.
_SOON_DAYS = 2

TAB_NAMES: Mapping[ListTab, Message] = {
    "new": CASE_STATES["terdisposisi"],
    "working": CASE_STATES["proses"],
    "waiting": CASE_STATES["tunda"],
    "soon": _("Tenggat 24 jam"),
    "overdue": _("Lewat tenggat"),
    "done": CASE_STATES["selesai"],
}
EMPTY_TABS: Mapping[ListTab, Message] = {
    "new": _("Tidak ada laporan baru. Laporan yang sudah Anda terima ada di Dikerjakan."),
    "working": _("Tidak ada laporan yang sedang dikerjakan. Buka Baru, lalu terima laporan yang masuk."),
    "waiting": _("Tidak ada laporan yang menunggu keterangan pelapor."),
    "soon": _("Tidak ada laporan yang jatuh tempo dalam 24 jam."),
    "overdue": _("Tidak ada laporan yang lewat tenggat. Lihat Baru: tenggat terdekat ada paling atas."),
    "done": _("Belum ada laporan yang selesai."),
}
# Names of the acts: titles of their forms.
ACT_NAMES: Mapping[Verdict, Message] = {
    "accepted": _("Terima"),
    "refused": _("Bukan kewenangan"),
    "asked": _("Minta keterangan"),
    "extended": _("Perpanjang batas waktu"),
    "responded": _("Tanggapi"),
    "closed": _("Tutup"),
}
ACTS_DONE: Mapping[Verdict, Message] = {
    "accepted": _("Laporan {number} diterima untuk dikerjakan."),
    "refused": _("Laporan {number} dinyatakan bukan kewenangan instansi Anda."),
    "asked": _("Pertanyaan tentang laporan {number} dikirim."),
    "extended": _("Batas waktu laporan {number} diperpanjang."),
    "responded": _("Tanggapan atas laporan {number} dikirim."),
    "closed": _("Laporan {number} ditutup."),
}
CONFIDENTIAL = _("rahasia")
BEING_SENT = _("sedang dikirim")
ACT_WAITS = _("Tindakan ini sudah tersimpan dan dikirim segera setelah sistem pusat dapat dihubungi.")
# An answer that came to nothing, in the history of a case.
NOT_COUNTED = _("Tidak berlaku: datang terlambat atau tidak mungkin pada keadaan itu.")
FAULTS: Mapping[ActFault, Message] = {
    "repeated": _("Tindakan yang sama dengan teks yang sama sudah tercatat. Tidak ada yang dikirim lagi."),
    "moved": _("Laporan ini sudah tidak di instansi Anda. Tindakan Anda tidak dikirim."),
    "not-possible": _("Tindakan ini tidak mungkin lagi pada keadaan laporan sekarang. Tindakan Anda tidak dikirim."),
    "conflict": _("Laporan ini berubah sejak Anda membukanya. Tindakan Anda belum dikirim."),
    "unknown-case": _("Laporan ini tidak ada di instansi Anda."),
    "text-missing": _("Isi teks lebih dahulu."),
    "unknown-agency": _("Instansi yang dipilih tidak menerima laporan. Pilih instansi lain."),
    "unknown-document": _("Dokumen yang dipilih tidak tersimpan lagi. Pilih dokumen itu sekali lagi."),
    "misplaced-field": _("Sebagian isian tidak berlaku untuk tindakan ini. Buka laporan ini lagi, lalu ulangi."),
    "unknown-picture": _("Foto yang dipilih tidak tersimpan lagi. Pilih foto itu sekali lagi."),
    "not-extendable": _("Batas waktu laporan jenis ini tidak dapat diperpanjang. Jawab laporan ini."),
    "already-extended": _("Batas waktu laporan ini sudah pernah diperpanjang. Jawab sebelum batas waktu yang baru."),
    "answered-already": _("Laporan ini sudah ditanggapi. Batas waktunya tidak perlu diperpanjang."),
    "deadline-passed": _("Batas waktu sudah lewat dan tidak dapat diperpanjang lagi. Jawab laporan ini segera."),
    "extension-days-missing": _("Isi jumlah hari kerja perpanjangan, mulai dari 1."),
    "extension-too-long": _(
        "Perpanjangan terlalu lama. Isi paling banyak jumlah hari kerja yang tertulis di formulir."
    ),
}
FILTER_FAULTS: Mapping[SavedFilterFault, Message] = {
    "name-missing": _("Isi nama saringan."),
    "too-many": _("Anda sudah punya {limit} saringan. Hapus satu lebih dahulu.").filled(limit=MAX_FILTERS),
}
TOO_LONG = _("Teks terlalu panjang: paling banyak {limit} karakter.")
SMS_TOO_LONG = _("Pertanyaan ini tidak muat dalam satu SMS: kurangi {count} karakter.")
TOO_MANY_PICTURES = _("Paling banyak lima foto dalam satu tanggapan. Hapus centang pada yang lain.")


# Orders of a list. The first one is by the last change in a list of finished cases.
ORDER_NAMES: Mapping[ListOrder, Message] = {
    "due": _("tenggat terdekat"),
    "newest": _("terbaru masuk"),
    "oldest": _("terlama masuk"),
}
LAST_CHANGE = _("perubahan terakhir")


class Deadline(NamedTuple):
    """A deadline in words, and its urgency as a class for colours."""

    text: Message
    urgency: Urgency


def deadline_in_words(due_at: datetime, now: datetime, region_code: str, *, clock_stopped: bool) -> Deadline:
    """Return the time left until a deadline, in days of the calendar where the agency is.

    `region_code` is the code of the agency's region, "" for one without (WIB).
    """
    if clock_stopped:
        return Deadline(_("tenggat berhenti"), "stopped")
    zone = time_zone(region_code).value
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if due_at < now:
        return Deadline(counted("lewat {count} hari", -days) if days else _("lewat tenggat hari ini"), "late")
    if days == 0:
        return Deadline(_("tenggat hari ini"), "soon")
    if days == 1:
        return Deadline(_("tenggat besok"), "soon")
    return Deadline(counted("sisa {count} hari", days), "soon" if days <= _SOON_DAYS else "calm")


# Mark of a case that its sender had opened again after it was closed.
REOPENED = _("dibuka lagi")
# Mark of a case whose sender wrote, and nobody has answered since.
SENDER_WROTE = _("pelapor menulis")
# Mark of a case on which the agency works, and whose sender has no answer yet.
UNANSWERED = _("belum dijawab")
PERHAPS_SAME = _("mungkin sama")
SECOND_MATTER = _("menyebut hal lain")
# Mark of a case that owes an answer to an overseer.
RECOMMENDED = _("rekomendasi pengawas")


# Mark of a case of another unit, which asks the own one, and of a case whose unit waits for what it asked.
ASKED = _("unit Anda diminta kontribusi")
WAITS_FOR_CONTRIBUTION = _("menunggu kontribusi")
# Name of the mark that lists have only with units.
CONTRIBUTION_MARK = "kontribusi"
# By their names in addresses.
MARK_NAMES: Mapping[str, Message] = {
    "bahaya": _("bahaya"),
    "menulis": SENDER_WROTE,
    "belum-dijawab": UNANSWERED,
    "dibuka-lagi": REOPENED,
    CONTRIBUTION_MARK: _("kontribusi diminta"),
}


# By `messages.shapes.CounterWay`.
COUNTER_WAYS: Mapping[str, Message] = {
    "visit": _("warga datang"),
    "call": _("warga menelepon"),
    "letter": _("surat"),
}


def transfers_in_words(transfers: int) -> Message | None:
    """Return how often the complaint went to another institution before it came here; `None` for the first one."""
    return _("alihan ke-{hop}").filled(hop=transfers) if transfers else None


def joined_in_words(joined: int) -> Message | None:
    """Return the number of other citizens who reported the same; `None` for none."""
    return counted("{count} warga lain", joined) if joined else None


def pictures_in_words(pictures: int) -> Message | None:
    """Return the number of pictures and documents; `None` for none."""
    return counted("{count} berkas", pictures) if pictures else None


def count_in_words(count: int, limit: int = MAX_COUNT, *, is_part: bool = False) -> str:
    """Return a count. Counting stops at a limit, or counts a part of the matches only."""
    return f"{count}+" if is_part or count >= limit else str(count)
