"""What the ledger's status of a number means to Open311: open or closed, and a sentence for the citizen."""

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
    """What may be said of each tracking number; those that the ledger does not know (yet) are left out."""
    return {number: known(status) for number, status in ledger.statuses(numbers).items()}


def known(status: Status) -> PublicStatus:
    """The status, as Open311 tells it."""
    doors = [step.agency for step in status.steps if step.what == "dispatched"]
    notes = _NOTES.get(status.state, f"Status laporan: {status.state}.")
    if status.of:
        notes += f" Laporan ini tergabung dengan {status.of}."
    requested = next(step.at for step in status.steps if step.what == "received")
    updated = max(step.at for step in status.steps)
    return PublicStatus(status.state in _CLOSED, notes, doors[-1] if doors else "", requested, updated)
