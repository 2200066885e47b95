"""Translates the ledger's status of a number for Open311: open or closed, and a sentence for the citizen."""

from collections.abc import Collection, Mapping

from ingest.web.open311.door import PublicStatus
from sinks.ledger.status import Ledger, Status

_NOTES = {
    "terverifikasi": "Laporan diterima dan sedang dicarikan instansi yang berwenang.",
    "terdisposisi": "Laporan sudah diteruskan dan menunggu tanggapan instansi.",
    "proses": "Laporan sedang ditindaklanjuti oleh instansi.",
    "selesai": "Laporan selesai ditindaklanjuti.",
}
_CLOSED = {"selesai"}


def look_up(ledger: Ledger, numbers: Collection[str]) -> Mapping[str, PublicStatus]:
    """Return what may be shown of each tracking number, without those that the ledger does not know (yet)."""
    return {number: open311_status(status) for number, status in ledger.statuses(numbers).items()}


def open311_status(status: Status) -> PublicStatus:
    """Return the status in Open311's terms."""
    agencies = [step.agency for step in status.steps if step.what == "dispatched"]
    notes = _NOTES.get(status.state, f"Status laporan: {status.state}.")
    if status.of:
        notes += f" Laporan ini tergabung dengan {status.of}."
    requested = next(step.at for step in status.steps if step.what == "received")
    updated = max(step.at for step in status.steps)
    return PublicStatus(status.state in _CLOSED, notes, agencies[-1] if agencies else "", requested, updated)
