"""Sentences about rows of the retention table for pages."""

from collections.abc import Mapping

from config.reference.retention import Action, RetentionRow
from pages.translation.language import DEFAULT_LANGUAGE, current_language
from pages.translation.message import Message
from pages.translation.message import message as _

_END_OF_CASE = _("{days} hari setelah laporan selesai")
_UNUSED = _("{days} hari setelah pemakaian terakhir")
_AGE = _("{days} hari")
_UNLIMITED: Mapping[Action, Message] = {
    "keep": _("selama layanan berjalan"),
    "contents": _("seperti isinya"),
}
_ACTIONS: Mapping[Action, Message] = {
    "empty": _("Isinya dihapus; nomor dan waktunya tetap."),
    "delete": _("Dihapus."),
    "destroy-key": _("Kuncinya dimusnahkan, sehingga segelnya tidak dapat dibuka lagi."),
    "writer": _("Dihapus oleh bagian yang menulisnya."),
    "bus": _("Terhapus sendiri di jalur antarsistem."),
    "operator": _("Dihapus oleh pengelola."),
    "contents": _("Isinya dihapus menurut kelasnya masing-masing."),
    "keep": _("Tetap: tidak memuat data pelapor."),
}


def data_text(row: RetentionRow) -> str:
    """Return what the data are, in the language of the request."""
    return row.data if current_language() == DEFAULT_LANGUAGE else row.data_en


def limit_text(row: RetentionRow) -> Message:
    """Return until when the data stay."""
    if row.days is None:
        return _UNLIMITED[row.action]
    sentence = {"case-end": _END_OF_CASE, "unused": _UNUSED, "row-time": _AGE}[row.starts]
    return sentence.filled(days=row.days)


def action_text(row: RetentionRow) -> Message:
    """Return what happens to the data then."""
    return _ACTIONS[row.action]
