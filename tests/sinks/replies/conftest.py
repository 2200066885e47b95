"""Providers on loopback, an office on both databases, and a look at every log line for what may not stand in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from app.database import open_database
from sinks.replies.providers.fcm import FcmPush
from sinks.replies.providers.twilio import TwilioSms
from sinks.replies.providers.x import XReplies
from tests.sinks.replies.loopback_fcm import LoopbackFcm
from tests.sinks.replies.loopback_x import ACCESS, CONSUMER, LoopbackX
from tests.sinks.replies.office import PRIVATE, Office
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio

PATIENCE = 0.3


@pytest.fixture
def office(tables: Path, tmp_path: Path) -> Iterator[Office]:
    """An office; what may depend on the database is shown on both, in `test_sender` and `test_sink`."""
    engine = open_database(f"sqlite:///{shutil.copy(tables, tmp_path)}")
    yield Office(engine)
    engine.dispose()


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A Twilio without messages."""
    with serving(LoopbackTwilio()) as made:
        yield made


@pytest.fixture
def sms(twilio: LoopbackTwilio) -> TwilioSms:
    """The way to it."""
    return sms_to(twilio.url)


def sms_to(url: str, sender: str = "+628000001708", token: str = TOKEN) -> TwilioSms:
    """The way to a Twilio."""
    return TwilioSms(ACCOUNT, token, sender, url, lambda reply: f"https://lapor.example/s?reply={reply}", PATIENCE)


@pytest.fixture
def x() -> Iterator[LoopbackX]:
    """An X without posts."""
    with serving(LoopbackX()) as made:
        yield made


@pytest.fixture
def replies(x: LoopbackX, office: Office) -> XReplies:
    """The way to it; who asked for secrecy is not answered."""
    return XReplies(x.url, CONSUMER, ACCESS, "none", office.clock, (PATIENCE, PATIENCE))


@pytest.fixture
def fcm() -> Iterator[LoopbackFcm]:
    """An FCM that has pushed nothing."""
    with serving(LoopbackFcm()) as made:
        yield made


@pytest.fixture
def push(fcm: LoopbackFcm) -> FcmPush:
    """The way to it."""
    return FcmPush(fcm.account, fcm.url, (PATIENCE, PATIENCE))


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[EventDict]]:
    """Every line that a test makes us log; at its end none may name a citizen or say where they are reached."""
    caplog.set_level("INFO")
    with capture_logs() as lines:
        yield lines
    said = f"{lines} {caplog.text}"
    assert [private for private in PRIVATE if private in said] == []
