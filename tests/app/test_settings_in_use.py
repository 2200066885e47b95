"""Settings reach the part of the service that they are for."""

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from starlette.types import Receive, Scope, Send

from app.assembly.channels import CHANNELS
from app.assembly.doors.smpp import smsc_settings
from app.assembly.kafka import kafka_settings
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.stages.public_port import server_config
from app.surroundings import system_surroundings
from config.settings import Settings
from ingest.smpp.adapter import SmppAdapter
from ingest.smpp.pdu import parse_deliver_sm
from tests.conftest import NOW
from tests.ingest.smpp import smsc


def test_topics_get_the_copies_that_are_set(settings: Settings) -> None:
    """The Kafka client creates topics with this replication factor."""
    assert kafka_settings(settings.model_copy(update={"kafka_replication": 3})).replication_factor == 3


@pytest.mark.parametrize(("trusted_proxies", "address"), [("127.0.0.1", "203.0.113.7"), ("10.0.0.9", "127.0.0.1")])
def test_only_a_trusted_proxy_names_the_client(settings: Settings, trusted_proxies: str, address: str) -> None:
    """X-Forwarded-For of anybody else is ignored: a sender must not choose the address that is limited."""
    clients = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        clients.append(scope["client"][0])

    config = server_config(app, settings.model_copy(update={"trusted_proxies": trusted_proxies}))
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.7")]
    scope = {"type": "http", "client": ("127.0.0.1", 50_000), "scheme": "http", "headers": headers}
    asyncio.run(config.loaded_app(scope, AsyncMock(), AsyncMock()))
    assert clients == [address]


def test_the_sms_centre_gets_our_system_type_and_rate(settings: Settings) -> None:
    """Operators demand a system type, and limit how many SMS they take in a second."""
    peer = smsc_settings(settings.model_copy(update={"smpp_system_type": "SP4N", "smpp_answers_per_second": 2.0}))
    assert (peer.system_type, peer.rate) == ("SP4N", 2.0)


def test_an_incomplete_sms_waits_ten_minutes(settings: Settings) -> None:
    """Without its other part it goes on after that time, not earlier."""
    parts = Parts(settings, CHANNELS, system_surroundings())
    migrate(parts.engine)
    adapter = SmppAdapter(parts.wrapper, parts.sealer)
    parts.doors.sms_parts.add(adapter.build_part(parse_deliver_sm(smsc.pdu(smsc.part(b"LAPOR jalan", 1, 2)))), NOW)
    assert parts.doors.sms_parts.due_messages(NOW + timedelta(seconds=599)) == []
    assert len(parts.doors.sms_parts.due_messages(NOW + timedelta(seconds=601))) == 1
