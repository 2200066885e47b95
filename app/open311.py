"""What the ledger's status of a number means to Open311: open or closed, and a sentence for the citizen."""

from ingest.web.open311.door import Known
from sinks.ledger.status import Ledger, Status

_NOTES = {
    "terverifikasi": "Laporan diterima dan sedang dicarikan instansi yang berwenang.",
    "terdisposisi": "Laporan sudah diteruskan dan menunggu tanggapan instansi.",
    "proses": "Laporan sedang ditindaklanjuti oleh instansi.",
    "selesai": "Laporan selesai ditindaklanjuti.",
}
_CLOSED = {"selesai"}


def look_up(ledger: Ledger, tracking: str) -> Known | None:
    """What may be said of a tracking number; `None` when the ledger does not know it (yet)."""
    status = ledger.status(tracking)
    return known(status) if status else None


def known(status: Status) -> Known:
    """The status, as Open311 tells it."""
    doors = [step.agency for step in status.steps if step.what == "dispatched"]
    notes = _NOTES.get(status.state, f"Status laporan: {status.state}.")
    if status.of:
        notes += f" Laporan ini tergabung dengan {status.of}."
    requested = next(step.at for step in status.steps if step.what == "received")
    updated = max(step.at for step in status.steps)
    return Known(status.state in _CLOSED, notes, doors[-1] if doors else "", requested, updated)
