"""Assembles the SMPP door."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from app.assembly.http import state_of
from app.assembly.parts import Parts, utc_now
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.smpp.acknowledgements import Outbox
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.connection import SmppLine
from ingest.smpp.door import SmppDoor
from ingest.smpp.session import Peer
from ingest.sms_acknowledgement import SmsAcknowledgements


def line(parts: Parts, producer: Producer, stopping: threading.Event) -> SmppLine | None:
    """What runs in a thread of its own; nothing where no SMSC is named."""
    settings = parts.settings
    if not settings.smpp_host:
        return None
    peer = Peer(
        settings.smpp_host,
        settings.smpp_port,
        settings.smpp_system_id,
        settings.smpp_password.get_secret_value(),
        settings.smpp_system_type,
        settings.smpp_answers_per_second,
    )
    return SmppLine(peer, door(parts, producer), time.monotonic, stopping)


def door(parts: Parts, producer: Producer, now: Callable[[], datetime] = utc_now) -> SmppDoor:
    """What stands behind the line."""
    answers = SmsAcknowledgements(DoorStore(parts.engine), partial(state_of, parts.ledger))
    return SmppDoor(
        SmppAdapter(parts.wrapper, parts.sealer),
        parts.sms_parts,
        Outbox(parts.engine),
        producer,
        answers.text_for,
        now,
    )
