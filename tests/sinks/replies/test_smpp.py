"""SMS over SMPP: our transmitter against an SMSC on loopback, and all that can happen on the line between them."""

import asyncio
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
from tests.sinks.replies.office import PHONE, Office, complaint, reply
from tests.support.ports import free_port

BIND_RESP = 0x80000002
_TOLD = reply(complaint())

Play = Callable[[Wire, Callable[[], Awaitable[None]]], Awaitable[None]]


@pytest.fixture
def played(office: Office) -> Callable[[Play], None]:
    """Plays a test on a wire to an SMSC, with one reply to send and a way to send all that is due."""

    def run(play: Play) -> None:
        async def whole() -> None:
            async with serving() as wire:
                way = SmppSms(Smsc("127.0.0.1", wire.port, "satupintu", "rahasia", patience=0.5), "1708")
                office.take(complaint(), _TOLD)
                await play(wire, lambda: asyncio.to_thread(office.send, way))

        asyncio.run(whole())

    return run


def test_an_sms_is_sent_once(office: Office, played: Callable[[Play], None]) -> None:
    """From the short code, in one segment, without a receipt; and the line is left as it should be."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        await send()
        await send()
        (sent,) = wire.smsc.sent
        assert (sent.source_addr, sent.destination_addr, sent.dest_addr_ton) == ("1708", PHONE[1:], 1)
        assert (sent.short_message.decode(), sent.data_coding, sent.registered_delivery) == (_TOLD.text, 0, 0)
        await wire.smsc.until(lambda: wire.smsc.unbinds == 1)

    played(play)
    assert office.state(_TOLD) == ("sent", "")
    assert office.row(_TOLD).provider_id == "loopback-1"


@pytest.mark.parametrize("status", [THROTTLED, QUEUE_FULL, TEMPORARY, 0x08])
def test_what_the_smsc_puts_off_goes_later(office: Office, played: Callable[[Play], None], status: int) -> None:
    """It says that it has not taken it."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.smsc.answers.append(status)
        await send()
        assert office.state(_TOLD)[0] == "waiting"
        office.clock.pass_by(minutes=1)
        await send()
        assert (len(wire.smsc.asked), len(wire.smsc.sent)) == (2, 1)

    played(play)
    assert office.state(_TOLD) == ("sent", "")


@pytest.mark.parametrize(("status", "code"), [(0x0B, "smpp_0xB"), (0x45, "smpp_0x45"), (0x4FF, "smpp_0x4FF")])
def test_what_the_smsc_never_takes_is_given_up(
    office: Office, played: Callable[[Play], None], status: int, code: str
) -> None:
    """A number that it does not know, and codes of its own."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(SUBMIT_RESP, with_status(status))
        await send()

    played(play)
    assert office.state(_TOLD) == ("failed", code)


def test_our_own_mistake_fails_no_reply(office: Office, played: Callable[[Play], None]) -> None:
    """A source address that is not ours: all waits a quarter of an hour."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.smsc.answers.append(0x0A)
        await send()
        office.clock.pass_by(minutes=14)
        await send()
        assert len(wire.smsc.asked) == 1

    played(play)
    assert office.state(_TOLD) == ("waiting", "smpp_0xA")


def test_a_bind_that_is_refused_sends_nothing(office: Office, played: Callable[[Play], None]) -> None:
    """A wrong password, or too many of us: nothing was said yet."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(BIND_RESP, with_status(0x0E))
        await send()
        assert office.state(_TOLD) == ("waiting", "bind_0xE")
        office.clock.pass_by(minutes=15)
        await send()
        assert len(wire.smsc.sent) == 1

    played(play)


@pytest.mark.parametrize("lost", [SUBMIT, SUBMIT_RESP])
def test_without_a_response_it_is_never_sent_again(office: Office, played: Callable[[Play], None], lost: int) -> None:
    """Neither the SMS lost nor its response: nobody can tell which."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(lost, lambda _: None)
        await send()
        for _ in range(5):
            office.clock.pass_by(days=1)
            office.take(complaint(), _TOLD)
            await send()
        assert len(wire.smsc.asked) == (lost == SUBMIT_RESP)

    played(play)
    assert office.state(_TOLD) == ("unknown", "TimeoutError")


@pytest.mark.parametrize("noise", [pack("!IIII", 16, 0x06, 0, 9), b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_line_that_ends_is_unknown(office: Office, played: Callable[[Play], None], noise: bytes) -> None:
    """The SMSC unbinds us in the middle, or something else than an SMSC answers."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        wire.once(SUBMIT_RESP, lambda _: noise)
        await send()

    played(play)
    assert office.state(_TOLD)[0] == "unknown"


def test_the_smsc_may_ask_first(office: Office, played: Callable[[Play], None]) -> None:
    """An enquire_link before the response is answered, and what is not for us is passed over."""

    async def play(wire: Wire, send: Callable[[], Awaitable[None]]) -> None:
        asks = pack("!IIII", 16, 0x15, 0, 77) + pack("!IIII", 16, 0x80000004, 0, 99)
        wire.once(SUBMIT_RESP, lambda frame: asks + frame)
        await send()
        assert pack("!IIII", 16, 0x80000015, 0, 77) in wire.seen

    played(play)
    assert office.state(_TOLD) == ("sent", "")


def test_nobody_there_is_no_attempt(office: Office) -> None:
    """Where nothing can have left, the SMS goes later."""
    office.take(complaint(), _TOLD)
    office.send(SmppSms(Smsc("127.0.0.1", free_port(), "satupintu", "rahasia"), "1708"))
    assert office.state(_TOLD) == ("waiting", "ConnectionRefusedError")


def test_what_is_no_number_gets_no_sms(office: Office) -> None:
    """A sender's name can't be written to."""
    one = complaint(contact=Contact(phone="BANK"))
    office.take(one, reply(one))
    office.send(SmppSms(Smsc("127.0.0.1", free_port(), "satupintu", "rahasia"), "1708"))
    assert office.state(reply(one)) == ("withheld", "no_number")
