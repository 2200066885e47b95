"""Devices of the mobile app for operations staff: their registration, and the revocation of their tokens.

A device's id is as good as a password. Staff type it in; it is never shown, published or stored.
"""

from contextlib import closing
from datetime import datetime
from uuid import UUID

from app.operations.audit.log import AuditLog
from app.operations.staff_events import staff_event
from bus.port import Bus
from ingest.mobile.devices import Devices, RegisteredDevice
from ingest.mobile.sequences import Sequences
from messages.shapes import iso


class DeviceDesk:
    """Shows and revokes devices. `actor` and `why` are recorded in the `log` first; neither may name a citizen."""

    def __init__(self, bus: Bus, devices: Devices, sequences: Sequences, log: AuditLog) -> None:
        self._bus = bus
        self._devices = devices
        self._sequences = sequences
        self._log = log

    def describe(self, device: UUID) -> dict[str, object] | None:
        """Return the facts about a device that do not identify its owner; `None` if it never registered."""
        registration = self._devices.find_registered(device)
        if registration is None:
            return None
        count = self._sequences.count(registration.hash)
        latest = self._sequences.latest_reports(registration.hash, 1)
        return {
            "device": registration.hash,
            "registered_at": iso(registration.registered_at),
            "revoked": registration.epoch,
            "push": registration.push,
            "latest_report_at": iso(latest[0].at) if latest else None,
            "highest": count.highest,
            "missing": count.missing,
        }

    def revoke(self, device: UUID, actor: str, why: str, at: datetime) -> RegisteredDevice | None:
        """Revoke the device's tokens at once; `None` if it never registered.

        The oversight event comes first. An interrupted revocation can be repeated: the event has the same id, and the
        same tokens are revoked.
        """
        registration = self._devices.find_registered(device)
        if registration is None:
            return None
        # The device's name in our tables has as many bits as a UUID.
        subject = UUID(registration.hash)
        self._log.append("devices.revoke", str(subject), actor, why, at)
        event = staff_event("device-revoked", subject, subject, actor, why, at, f"device-revoked:{registration.epoch}")
        with closing(self._bus.producer()) as producer:
            producer.publish([event])
        self._devices.revoke(device, registration.epoch)
        return registration
