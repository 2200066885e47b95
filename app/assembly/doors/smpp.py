"""Builds the SMPP door and its connection to the operator's SMS centre."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from app.assembly.doors.parts import DoorParts
from app.assembly.doors.sms_acts import coded_acts, published_by
from app.assembly.doors.sms_reading import PreviewedSms, own_page, sms_link
from app.assembly.installed_channel import BackgroundDoor, state_of
from bus.port import Producer
from config.settings import Settings
from ingest.door_store import DoorStore
from ingest.smpp.acknowledgements import AcknowledgementQueue
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.channel import SMPP
from ingest.smpp.connection import SmppConnection
from ingest.smpp.door import SmppDoor
from ingest.smpp.session import SmscSettings
from ingest.sms_acknowledgement import SmsAcknowledgements


def smpp_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return the SMPP door, or nothing if the settings name no SMS centre."""
    if smpp_connection := connection(parts, producer, stopping):
        yield BackgroundDoor(SMPP.name, smpp_connection.why_shut, ((SMPP.name, smpp_connection.run),))


def connection(parts: DoorParts, producer: Producer, stopping: threading.Event) -> SmppConnection | None:
    """Return the connection, to be run in its own thread; `None` if the settings name no SMS centre."""
    if not parts.settings.smpp_host:
        return None
    return SmppConnection(smsc_settings(parts.settings), door(parts, producer), parts.clock.monotonic, stopping)


def smsc_settings(settings: Settings) -> SmscSettings:
    """Return the address of the SMS centre and our account there."""
    return SmscSettings(
        settings.smpp_host,
        settings.smpp_port,
        settings.smpp_system_id,
        settings.smpp_password.get_secret_value(),
        settings.smpp_system_type,
        settings.smpp_answers_per_second,
    )


def door(parts: DoorParts, producer: Producer, now: Callable[[], datetime] | None = None) -> SmppDoor:
    """Return the door that receives the messages of the connection."""
    reader = PreviewedSms(parts)
    acknowledgements = SmsAcknowledgements(
        DoorStore(parts.engine),
        partial(state_of, parts.ledger, parts.now),
        reader,
        sms_link(parts),
        has_public_view=parts.settings.public_view,
        acts=coded_acts(parts, published_by(producer, parts.wrapper), now),
        own_page=own_page(parts),
    )
    return SmppDoor(
        SmppAdapter(parts.wrapper, parts.sealer),
        parts.sms_parts,
        AcknowledgementQueue(parts.engine),
        producer,
        acknowledgements.text_for,
        now or parts.now,
    )
