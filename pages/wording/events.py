"""Sentences about what happened to a case, for officers, overseers and staff. Pure."""

from collections.abc import Callable, Mapping

from messages.shapes import AnswerContent
from pages.translation.message import Message, counted
from pages.translation.message import message as _

# By `desk.read_model.case_view.EventKind`; the first seven also by the verdict of an agency.
EVENTS: Mapping[str, Message] = {
    "dispatched": _("Diteruskan ke {agency}."),
    "accepted": _("{agency} menerima laporan ini untuk dikerjakan."),
    "refused": _("{agency} menyatakan laporan ini bukan kewenangannya."),
    "asked": _("{agency} meminta keterangan dari pelapor."),
    "extended": _("{agency} memperpanjang batas waktu."),
    "responded": _("{agency} memberi tanggapan."),
    "closed": _("{agency} menutup laporan ini."),
    "wrote": _("Pelapor menambahkan keterangan."),
    "objects": _("Pelapor menyatakan masalah belum selesai."),
    "confirms": _("Pelapor menyatakan masalah sudah beres."),
    "rates": _("Pelapor menilai penanganan."),
    "withdraws": _("Pelapor menarik laporan ini."),
    "asks-to-be-forgotten": _("Pelapor meminta datanya dihapus."),
    "agrees-to-ombudsman": _("Pelapor setuju laporan ini diserahkan ke Ombudsman."),
    "declines-ombudsman": _("Pelapor tidak setuju laporan ini diserahkan ke Ombudsman."),
    "corrected": _("Petugas mengubah hubungan laporan ini dengan laporan lain."),
    "kept-apart": _("Petugas memutuskan bahwa laporan ini tidak sama dengan laporan lain yang mirip."),
}
_SUGGESTION = _("{agency} menyatakan laporan ini bukan kewenangannya dan menunjuk {suggested}.")


def event_sentence(kind: str, agency: str, answer: AnswerContent | None, agency_name: Callable[[str], str]) -> Message:
    """Return an event in words. `agency_name` returns the name of an institution by its code."""
    name = agency_name(agency) if agency else ""
    if answer is not None and answer.verdict == "extended":
        return counted("{agency} memperpanjang batas waktu {count} hari kerja.", answer.extension_days, agency=name)
    if answer is not None and answer.verdict == "refused" and answer.suggested_agency:
        return _SUGGESTION.filled(agency=name, suggested=agency_name(answer.suggested_agency))
    return EVENTS[kind].filled(agency=name)
