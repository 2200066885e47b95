"""Builds the SMPP door and its line to the operator's SMS centre."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from app.assembly.installed_channel import BackgroundDoor, DoorNumber, DoorParts, state_of
from bus.port import Producer
from config.settings import Settings
from ingest.door_store import DoorStore
from ingest.smpp.acknowledgements import Outbox
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.channel import SMPP
from ingest.smpp.connection import SmppLine
from ingest.smpp.door import SmppDoor
from ingest.smpp.session import Peer
from ingest.sms_acknowledgement import SmsAcknowledgements


def smpp_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return the SMPP door; none where the settings name no SMS centre."""
    if smpp_line := line(parts, producer, stopping):
        yield BackgroundDoor(SMPP.name, smpp_line.shut, ((SMPP.name, smpp_line.run),))


def line(parts: DoorParts, producer: Producer, stopping: threading.Event) -> SmppLine | None:
    """Return the line, to be run in a thread of its own; `None` where the settings name no SMS centre."""
    if not parts.settings.smpp_host:
        return None
    return SmppLine(smsc_peer(parts.settings), door(parts, producer), time.monotonic, stopping)


def smsc_peer(settings: Settings) -> Peer:
    """Return the SMS centre of these settings."""
    return Peer(
        settings.smpp_host,
        settings.smpp_port,
        settings.smpp_system_id,
        settings.smpp_password.get_secret_value(),
        settings.smpp_system_type,
        settings.smpp_answers_per_second,
    )


def door(parts: DoorParts, producer: Producer, now: Callable[[], datetime] | None = None) -> SmppDoor:
    """Return the door that the line hands its messages to."""
    acknowledgements = SmsAcknowledgements(DoorStore(parts.engine), partial(state_of, parts.ledger))
    return SmppDoor(
        SmppAdapter(parts.wrapper, parts.sealer),
        parts.sms_parts,
        Outbox(parts.engine),
        producer,
        acknowledgements.text_for,
        now or parts.now,
    )


# SMS parts that wait for the others of their message, or for the bus.
SMPP_NUMBERS = (DoorNumber(SMPP.name, "sms_parts", lambda parts: parts.sms_parts.waiting()),)
