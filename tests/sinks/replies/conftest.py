"""Loopback providers, a reply harness, and a check of every log line for private data."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs
from structlog.types import EventDict

from sinks.replies.providers.fcm import FcmPush
from sinks.replies.providers.twilio import TwilioSms
from sinks.replies.providers.x import XReplies
from tests.sinks.replies.loopback_fcm import LoopbackFcm
from tests.sinks.replies.loopback_x import ACCESS, CONSUMER, LoopbackX
from tests.sinks.replies.reply_harness import PRIVATE, ReplyHarness
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio

PATIENCE = 0.3


@pytest.fixture
def harness(engine: Engine) -> ReplyHarness:
    """Return a harness on an empty database."""
    return ReplyHarness(engine)


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """Return a loopback Twilio without messages."""
    with serving(LoopbackTwilio()) as twilio_:
        yield twilio_


@pytest.fixture
def sms(twilio: LoopbackTwilio) -> TwilioSms:
    """Return the provider that sends to it."""
    return sms_to(twilio.url)


def sms_to(url: str, sender: str = "+628000001708", token: str = TOKEN) -> TwilioSms:
    """Return a provider that sends to a Twilio."""
    return TwilioSms(ACCOUNT, token, sender, url, lambda reply: f"https://lapor.example/s?reply={reply}", PATIENCE)


@pytest.fixture
def x() -> Iterator[LoopbackX]:
    """Return a loopback X without posts."""
    with serving(LoopbackX()) as loopback_x:
        yield loopback_x


@pytest.fixture
def replies(x: LoopbackX, harness: ReplyHarness) -> XReplies:
    """Return the provider that sends to it. Secret reports have no reply."""
    return XReplies(x.url, CONSUMER, ACCESS, "none", harness.clock, (PATIENCE, PATIENCE))


@pytest.fixture
def fcm() -> Iterator[LoopbackFcm]:
    """Return a loopback FCM without pushes."""
    with serving(LoopbackFcm()) as loopback_fcm:
        yield loopback_fcm


@pytest.fixture
def push(fcm: LoopbackFcm) -> FcmPush:
    """Return the provider that sends to it."""
    return FcmPush(fcm.account, fcm.url, (PATIENCE, PATIENCE))


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[EventDict]]:
    """Capture all log lines. At the end of the test, none may name a citizen or an address."""
    caplog.set_level("INFO")
    with capture_logs() as lines:
        yield lines
    logged_text = f"{lines} {caplog.text}"
    assert [private for private in PRIVATE if private in logged_text] == []
