"""From the settings to the provider: which way out is built, what is refused, and the whole way of a message once."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.assembly.channels import CHANNELS, DIRECTORY
from app.assembly.parts import Parts
from app.assembly.reply_senders import reply_limits, reply_senders
from app.assembly.startup_checks import findings
from bus.errors import Stop
from bus.port import Outgoing
from config.settings import Settings
from ingest.wrap import accepted_record
from messages.topics import COMPLAINTS, REPLIES
from sinks.replies.decision import ReplyLimits
from sinks.replies.providers.smpp import SmppSms
from sinks.replies.providers.twilio import TwilioSms
from tests.conftest import NOW
from tests.sinks.replies.loopback_fcm import LoopbackFcm
from tests.sinks.replies.loopback_x import ACCESS, CONSUMER, LoopbackX
from tests.sinks.replies.office import PHONE, PUSH, Office, complaint, reply
from tests.sinks.replies.test_words import tweet
from tests.support import records
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_reply_sink, make_router

REPLY_ROUTES = {channel.facts.name: channel.replies for channel in CHANNELS}
X_KEYS = {
    "x_consumer_key": CONSUMER[0],
    "x_consumer_secret": CONSUMER[1],
    "x_access_token": ACCESS[0],
    "x_access_token_secret": ACCESS[1],
}


def changed(settings: Settings, **more: Any) -> Settings:
    """The settings of a test, and these."""
    return Settings.model_validate(settings.model_dump() | more)


@pytest.fixture
def all_ways(parts: Parts, tmp_path: Path, twilio: LoopbackTwilio, x: LoopbackX, fcm: LoopbackFcm) -> Parts:
    """A process with every way out, each to its loopback."""
    account = tmp_path / "account.json"
    account.write_text(json.dumps(fcm.account))
    numbers = {"twilio_account_sid": ACCOUNT, "twilio_from": "+628000001708", "twilio_base_url": twilio.url}
    pushes = {"fcm_credentials": account, "fcm_base_url": fcm.url}
    parts.settings = changed(
        parts.settings, x_base_url=x.url, public_url="https://lapor.example/", **numbers, **X_KEYS, **pushes
    )
    return parts


def report(parts: Parts) -> Outgoing:
    """A report from the app, with a push token."""
    device = "0d1f3a52-8a5e-4c1b-9d68-17080000cccc"
    body = json.dumps({"device_id": device, "text": "Kemenkes, antre lama", "push_token": PUSH}).encode()
    return accepted_record(parts.wrapper.wrap("mobile", "one", f"device:{device}", body, NOW, records.JSON))


def test_the_whole_way(
    all_ways: Parts, twilio: LoopbackTwilio, x: LoopbackX, fcm: LoopbackFcm, now: Callable[[], datetime]
) -> None:
    """An SMS, a mention and a report from the app, through every stage to the providers; replayed, nothing is said."""
    parts, office = all_ways, Office(all_ways.engine)
    sms = records.sms(parts, "Kemenkes, puskesmas tutup", PHONE, sid="SM1")
    arrivals = [at(one, n) for n, one in enumerate([sms, tweet(parts, 7), report(parts)])]
    made = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    router = make_router(parts.engine, fixed_rules_source(), now)
    routed = router.handle([at(one, n) for n, one in enumerate(made) if one.topic == COMPLAINTS])
    said = [at(one, n) for n, one in enumerate([*made, *routed]) if one.topic in {COMPLAINTS, REPLIES}]
    for _ in range(2):
        make_reply_sink(parts.engine).handle(said)
        for channel in DIRECTORY.names:
            office.send(REPLY_ROUTES[channel].provider(parts), channel, sealer=parts.sealer)
        said.reverse()
    (sent,), (post,), (pushed,) = twilio.sends, x.posts, fcm.pushed
    assert (sent["To"], post["reply"], pushed["token"]) == (PHONE, {"in_reply_to_tweet_id": "7"}, PUSH)
    assert sent["StatusCallback"].startswith("https://lapor.example/sms/twilio/status?reply=")
    assert sent["Body"].endswith("sudah kami teruskan ke Kementerian Kesehatan.")
    assert pushed["notification"]["body"].endswith("sudah kami teruskan ke Kementerian Kesehatan.")
    assert "Terima kasih" in post["text"]


def test_without_a_public_address_twilio_is_not_told_one(all_ways: Parts, twilio: LoopbackTwilio) -> None:
    """It would refuse the SMS for an address that it can't reach."""
    all_ways.settings = changed(all_ways.settings, public_url="")
    office = Office(all_ways.engine)
    office.take(complaint(), reply(complaint()))
    office.send(REPLY_ROUTES["sms"].provider(all_ways))
    assert "StatusCallback" not in twilio.sends[0]


def test_nothing_set_is_no_way(parts: Parts) -> None:
    """On one machine nothing leaves it; there is a sender for each channel all the same."""
    assert [REPLY_ROUTES[channel].provider(parts) for channel in DIRECTORY.names] == [None] * 4
    senders = [name for name, _ in reply_senders(parts, threading.Event())]
    assert senders == ["replies-web", "replies-sms", "replies-twitter", "replies-mobile"]


def test_smpp_is_the_way_where_twilio_is_not(parts: Parts, all_ways: Parts) -> None:
    """A short code's operator is reached over SMPP; Twilio, where it is set, comes first."""
    smpp = {"smpp_host": "127.0.0.1", "smpp_system_id": "satupintu"}
    all_ways.settings = changed(all_ways.settings, **smpp)
    assert isinstance(REPLY_ROUTES["sms"].provider(all_ways), TwilioSms)
    all_ways.settings = changed(all_ways.settings, twilio_from="")
    assert isinstance(REPLY_ROUTES["sms"].provider(all_ways), SmppSms)


def test_the_check_names_the_ways(parts: Parts, all_ways: Parts) -> None:
    """`satupintu check` says how each channel is answered."""
    (found,) = [found for found in findings(all_ways) if found.what == "replies"]
    assert (found.ok, found.says) == (True, "sms by TwilioSms, twitter by XReplies, mobile by FcmPush")


@pytest.mark.parametrize("content", ["{}", "[]", "no", '{"private_key": 7}'])
def test_a_file_that_is_no_account_is_named_before_the_start(parts: Parts, tmp_path: Path, content: str) -> None:
    """The setting, and what is wrong with it."""
    path = tmp_path / "account.json"
    path.write_text(content)
    parts.settings = changed(parts.settings, fcm_credentials=path)
    with pytest.raises(Stop, match="SATUPINTU_FCM_CREDENTIALS"):
        REPLY_ROUTES["mobile"].provider(parts)
    (found,) = [found for found in findings(parts) if found.what == "replies"]
    assert not found.ok


def test_limits_are_the_settings(parts: Parts) -> None:
    """What an operator sets is what holds; X's own limit holds beside it."""
    settings = changed(parts.settings, sms_per_minute=7, x_replies_per_day=50, replies_per_sender=2, replies_days=1.5)
    sms, x, app = (reply_limits(settings, REPLY_ROUTES[channel]) for channel in ("sms", "twitter", "mobile"))
    assert sms == ReplyLimits(2, [(7, timedelta(minutes=1))], timedelta(hours=36))
    assert x == ReplyLimits(2, [(100, timedelta(minutes=15)), (50, timedelta(days=1))], timedelta(hours=36))
    assert app.windows == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"twilio_from": "+628000001708"}, "SATUPINTU_TWILIO_ACCOUNT_SID"),
        ({"twilio_from": "LAPOR", "twilio_account_sid": ACCOUNT}, "twilio_from"),
        (X_KEYS | {"x_access_token_secret": ""}, "SATUPINTU_X_ACCESS_TOKEN_SECRET"),
        ({"x_secret_replies": "public"}, "x_secret_replies"),
        ({"fcm_base_url": "ftp://x"}, "SATUPINTU_FCM_BASE_URL"),
    ],
)
def test_half_a_way_is_refused(settings: Settings, more: dict[str, Any], says: str) -> None:
    """At the start, naming what is missing."""
    with pytest.raises(ValidationError, match=says):
        changed(settings, **more)
