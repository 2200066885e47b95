"""Sentences about what a request did, from the actions that it recorded in the audit log."""

from collections.abc import Mapping

from config.translation.message import Message
from config.translation.message import message as _

# By the action in the audit log.
_RESULTS: Mapping[str, Message] = {
    "triage.decide": _("{count} laporan diputuskan. Keputusan berlaku setelah sistem memprosesnya."),
    "triage.suggest": _("{count} usulan ditulis untuk peninjau."),
    "desk.ask": _("{count} pertanyaan dikirim kepada pelapor."),
    "desk.close": _("{count} laporan ditutup tanpa diteruskan. Pelapor diberi tahu."),
    "quarantine.release": _("{count} pesan diterima."),
    "quarantine.drop": _("{count} pesan dibuang."),
    "letters.redrive": _("{count} rekaman dikirim ulang."),
    "letters.drop": _("{count} rekaman dibuang."),
    "complaints.merge": _("{count} laporan digabungkan. Penggabungan berlaku setelah sistem memprosesnya."),
    "complaints.split": _("{count} laporan dipisahkan. Pemisahan berlaku setelah sistem memprosesnya."),
}
_OTHER_RESULT = _("{count} tindakan tercatat.")


def result_text(action: str, count: int) -> Message:
    """Return the sentence about the acts of a request."""
    return _RESULTS.get(action, _OTHER_RESULT).filled(count=count)
