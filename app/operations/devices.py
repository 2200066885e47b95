"""A device of the mobile app as operations see it, and the end of its tokens by a person who says why.

A device's id is as good as a password: it is asked for, and stands nowhere in what is shown, told or kept.
"""

from datetime import datetime
from uuid import UUID

from app.operations.audit_log import AuditLog
from bus.port import Bus, Outgoing
from ingest.mobile.devices import Devices, RegisteredDevice
from ingest.mobile.sequences import Sequences
from messages import codec, ids
from messages.shapes import OversightEvent, iso
from messages.topics import OVERSIGHT

_SOURCE = "/satu-pintu/operations"


class DeviceDesk:
    """`actor` is who decides, `why` is kept with it, first in the `log`; neither may name a citizen."""

    def __init__(self, bus: Bus, devices: Devices, sequences: Sequences, log: AuditLog) -> None:
        self._bus = bus
        self._devices = devices
        self._sequences = sequences
        self._log = log

    def about(self, device: UUID) -> dict[str, object] | None:
        """What can be said of a device without saying who has it; `None` where it never registered."""
        found = self._devices.find_registered(device)
        if found is None:
            return None
        count = self._sequences.count(found.hash)
        latest = self._sequences.latest_reports(found.hash, 1)
        return {
            "device": found.hash,
            "registered_at": iso(found.registered_at),
            "revoked": found.epoch,
            "push": found.push,
            "latest_report_at": iso(latest[0].at) if latest else None,
            "highest": count.highest,
            "missing": count.missing,
        }

    def revoke(self, device: UUID, actor: str, why: str, at: datetime) -> RegisteredDevice | None:
        """End its tokens, at once; `None` where it never registered.

        Oversight is told first. Whoever is interrupted between the two does it again: the event has the same id, and
        the same tokens are ended.
        """
        found = self._devices.find_registered(device)
        if found is None:
            return None
        self._log.append("devices.revoke", str(UUID(found.hash)), actor, why, at)
        producer = self._bus.producer()
        try:
            producer.publish([_told(found, actor, why, at)])
        finally:
            producer.close()
        self._devices.revoke(device, found.epoch)
        return found


def _told(found: RegisteredDevice, actor: str, why: str, at: datetime) -> Outgoing:
    # The device's name in our tables has as many bits as a UUID.
    subject = UUID(found.hash)
    event_id = ids.event_id(subject, f"device-revoked:{found.epoch}")
    told = OversightEvent(
        id=event_id, message_id=subject, at=at, event="device-revoked", subject=subject, reason=why, actor=actor
    )
    return Outgoing(OVERSIGHT, *codec.encode(told, str(subject), _SOURCE))
