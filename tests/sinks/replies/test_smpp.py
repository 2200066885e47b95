"""SMS over SMPP: our transmitter and a loopback SMSC, with every failure of the connection between them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from struct import pack

import pytest

from messages.shapes import Contact
from sinks.replies.providers.smpp import SmppSms, Smsc
from tests.ingest.smpp.smsc import (
    QUEUE_FULL,
    SUBMIT,
    SUBMIT_RESP,
    TEMPORARY,
    THROTTLED,
    Wire,
    serving,
    with_status,
)
from tests.sinks.replies.reply_harness import PHONE, ReplyHarness, complaint, reply
from tests.support.ports import free_port

BIND_RESP = 0x80000002
_REPLY = reply(complaint())

Scenario = Callable[[Wire, Callable[[], Awaitable[None]]], Awaitable[None]]


@pytest.fixture
def run_scenario(harness: ReplyHarness) -> Callable[[Scenario], None]:
    """Return a runner: it runs a scenario with an SMSC, one due reply, and a function that sends due replies."""

    def run(scenario: Scenario) -> None:
        async def with_smsc() -> None:
            async with serving() as wire:
                provider = SmppSms(
                    Smsc("127.0.0.1", wire.port, "satupintu", "rahasia", patience=0.5), "1708", time.monotonic
                )
                harness.take(complaint(), _REPLY)
                await scenario(wire, lambda: asyncio.to_thread(harness.send, provider))

        asyncio.run(with_smsc())

    return run


def test_an_sms_is_sent_once(harness: ReplyHarness, run_scenario: Callable[[Scenario], None]) -> None:
    """The SMS comes from the short code in one segment without a receipt, and the session ends with an unbind."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        await send()
        await send()
        (sent,) = wire.smsc.accepted
        assert (sent.source_addr, sent.destination_addr, sent.dest_addr_ton) == ("1708", PHONE[1:], 1)
        assert (sent.short_message.decode(), sent.data_coding, sent.registered_delivery) == (_REPLY.text, 0, 0)
        await wire.smsc.until(lambda: wire.smsc.unbinds == 1)

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("sent", "")
    assert harness.row(_REPLY).provider_id == "loopback-1"


@pytest.mark.parametrize("status", [THROTTLED, QUEUE_FULL, TEMPORARY, 0x08])
def test_a_temporary_status_postpones_the_sms(
    harness: ReplyHarness, run_scenario: Callable[[Scenario], None], status: int
) -> None:
    """After a temporary status the SMS is sent later."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.smsc.statuses.append(status)
        await send()
        assert harness.state(_REPLY)[0] == "waiting"
        harness.clock.advance(minutes=1)
        await send()
        assert (len(wire.smsc.submitted), len(wire.smsc.accepted)) == (2, 1)

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("sent", "")


@pytest.mark.parametrize(("status", "code"), [(0x0B, "smpp_0xB"), (0x45, "smpp_0x45"), (0x4FF, "smpp_0x4FF")])
def test_a_permanent_status_fails_the_sms(
    harness: ReplyHarness, run_scenario: Callable[[Scenario], None], status: int, code: str
) -> None:
    """An unknown number, and a status of the SMSC's own, fail the reply."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(SUBMIT_RESP, with_status(status))
        await send()

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("failed", code)


def test_an_operator_error_fails_no_reply(harness: ReplyHarness, run_scenario: Callable[[Scenario], None]) -> None:
    """With a source address that is not ours every reply waits a quarter of an hour."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.smsc.statuses.append(0x0A)
        await send()
        harness.clock.advance(minutes=14)
        await send()
        assert len(wire.smsc.submitted) == 1

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("waiting", "smpp_0xA")


def test_a_refused_bind_postpones_the_sms(harness: ReplyHarness, run_scenario: Callable[[Scenario], None]) -> None:
    """After a refused bind nothing was sent; the SMS waits."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(BIND_RESP, with_status(0x0E))
        await send()
        assert harness.state(_REPLY) == ("waiting", "bind_0xE")
        harness.clock.advance(minutes=15)
        await send()
        assert len(wire.smsc.accepted) == 1

    run_scenario(scenario)


@pytest.mark.parametrize("lost", [SUBMIT, SUBMIT_RESP])
def test_without_a_response_it_is_never_sent_again(
    harness: ReplyHarness, run_scenario: Callable[[Scenario], None], lost: int
) -> None:
    """If the SMS or its response is lost, the outcome is unknown and the SMS is not sent again."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(lost, lambda _: None)
        await send()
        for _ in range(5):
            harness.clock.advance(days=1)
            harness.take(complaint(), _REPLY)
            await send()
        assert len(wire.smsc.submitted) == (lost == SUBMIT_RESP)

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("unknown", "TimeoutError")


@pytest.mark.parametrize("noise", [pack("!IIII", 16, 0x06, 0, 9), b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_broken_connection_makes_the_sms_unknown(
    harness: ReplyHarness, run_scenario: Callable[[Scenario], None], noise: bytes
) -> None:
    """An unbind during the delivery, or an answer that is not SMPP, makes the SMS unknown."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(SUBMIT_RESP, lambda _: noise)
        await send()

    run_scenario(scenario)
    assert harness.state(_REPLY)[0] == "unknown"


def test_an_enquire_link_is_answered(harness: ReplyHarness, run_scenario: Callable[[Scenario], None]) -> None:
    """An enquire_link before the response is answered, and other PDUs are ignored."""

    async def scenario(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        asks = pack("!IIII", 16, 0x15, 0, 77) + pack("!IIII", 16, 0x80000004, 0, 99)
        wire.once(SUBMIT_RESP, lambda frame: asks + frame)
        await send()
        await wire.until(lambda: pack("!IIII", 16, 0x80000015, 0, 77) in wire.frames)

    run_scenario(scenario)
    assert harness.state(_REPLY) == ("sent", "")


def test_a_missing_connection_postpones_the_sms(harness: ReplyHarness) -> None:
    """Without a connection nothing was sent; the SMS waits."""
    harness.take(complaint(), _REPLY)
    harness.send(SmppSms(Smsc("127.0.0.1", free_port(), "satupintu", "rahasia"), "1708", time.monotonic))
    assert harness.state(_REPLY) == ("waiting", "ConnectionRefusedError")


def test_a_name_gets_no_sms(harness: ReplyHarness) -> None:
    """A sender's name gets no SMS."""
    complaint_ = complaint(contact=Contact(phone="BANK"))
    harness.take(complaint_, reply(complaint_))
    harness.send(SmppSms(Smsc("127.0.0.1", free_port(), "satupintu", "rahasia"), "1708", time.monotonic))
    assert harness.state(reply(complaint_)) == ("withheld", "no_number")
