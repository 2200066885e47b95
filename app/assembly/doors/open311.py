"""Translates the ledger's status of a number for Open311: open or closed, and a sentence for the citizen."""

from collections.abc import Collection, Mapping

from ingest.web.open311.door import PublicStatus
from sinks.ledger.status import ReportStatus, StatusReader

_NOTES = {
    "terverifikasi": "Laporan diterima dan sedang dicarikan instansi yang berwenang.",
    "terdisposisi": "Laporan sudah diteruskan dan menunggu tanggapan instansi.",
    "proses": "Laporan sedang ditindaklanjuti oleh instansi.",
    "tunda": "Instansi menunggu keterangan dari pelapor.",
    "selesai": "Laporan selesai ditindaklanjuti.",
    "arsip": "Laporan tidak diteruskan ke instansi.",
}
_CLOSED = {"selesai", "arsip"}


def look_up(ledger: StatusReader, numbers: Collection[str]) -> Mapping[str, PublicStatus]:
    """Return the public status of each tracking number, without those that the ledger does not know (yet)."""
    return {number: open311_status(status) for number, status in ledger.statuses(numbers).items()}


def open311_status(status: ReportStatus) -> PublicStatus:
    """Return the status in Open311's terms."""
    agencies = [step.agency for step in status.steps if step.kind == "dispatched"]
    notes = _NOTES.get(status.state, f"Status laporan: {status.state}.")
    if status.repeated_number:
        notes += f" Laporan ini tergabung dengan {status.repeated_number}."
    requested = next(step.at for step in status.steps if step.kind == "received")
    updated = max(step.at for step in status.steps)
    return PublicStatus(status.state in _CLOSED, notes, agencies[-1] if agencies else "", requested, updated)
