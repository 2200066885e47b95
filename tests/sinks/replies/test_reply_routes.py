"""Providers from the settings: which one is built, which settings are refused, and one message through all stages."""

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
from app.assembly.stages.sinks import reply_limits, reply_senders
from app.assembly.startup.checks import check_all
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
from tests.sinks.replies.reply_harness import PHONE, PUSH, ReplyHarness, complaint, reply
from tests.sinks.replies.test_reply_texts import tweet
from tests.support import records
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_reply_sink, make_router

pytestmark = pytest.mark.slow

REPLY_ROUTES = {channel.facts.name: channel.replies for channel in CHANNELS}
X_KEYS = {
    "x_consumer_key": CONSUMER[0],
    "x_consumer_secret": CONSUMER[1],
    "x_access_token": ACCESS[0],
    "x_access_token_secret": ACCESS[1],
}


def changed(settings: Settings, **changes: Any) -> Settings:
    """Return the settings with these changes."""
    return Settings.model_validate(settings.model_dump() | changes)


@pytest.fixture
def all_providers(parts: Parts, tmp_path: Path, twilio: LoopbackTwilio, x: LoopbackX, fcm: LoopbackFcm) -> Parts:
    """Parts with every provider, each on its loopback."""
    account = tmp_path / "account.json"
    account.write_text(json.dumps(fcm.account))
    numbers = {"twilio_account_sid": ACCOUNT, "twilio_from": "+628000001708", "twilio_base_url": twilio.url}
    pushes = {"fcm_credentials": account, "fcm_base_url": fcm.url}
    parts.core.settings = changed(
        parts.settings, x_base_url=x.url, public_url="https://lapor.example/", **numbers, **X_KEYS, **pushes
    )
    return parts


def report(parts: Parts) -> Outgoing:
    """Return a report from the app, with a push token."""
    device = "0d1f3a52-8a5e-4c1b-9d68-17080000cccc"
    body = json.dumps({"device_id": device, "text": "Kemenkes, antre lama", "push_token": PUSH}).encode()
    return accepted_record(parts.wrapper.wrap("mobile", "one", f"device:{device}", body, NOW, records.JSON))


def test_one_message_through_all_stages(
    all_providers: Parts, twilio: LoopbackTwilio, x: LoopbackX, fcm: LoopbackFcm, now: Callable[[], datetime]
) -> None:
    """An SMS, a mention and an app report pass every stage up to their providers. A replay sends nothing."""
    parts, harness = all_providers, ReplyHarness(all_providers.engine)
    sms = records.sms(parts, "Kemenkes, puskesmas tutup", PHONE, sid="SM1")
    arrivals = [at(message, offset) for offset, message in enumerate([sms, tweet(parts, 7), report(parts)])]
    normalized = make_normalizer(parts.engine, parts.sealer).handle(arrivals)
    router = make_router(parts.engine, fixed_rules_source(), now)
    routed = router.handle(
        [at(message, offset) for offset, message in enumerate(normalized) if message.topic == COMPLAINTS]
    )
    replies_and_complaints = [
        at(message, offset)
        for offset, message in enumerate([*normalized, *routed])
        if message.topic in {COMPLAINTS, REPLIES}
    ]
    for _ in range(2):
        make_reply_sink(parts.engine).handle(replies_and_complaints)
        for channel in DIRECTORY.names:
            harness.send(REPLY_ROUTES[channel].provider(parts.doors), channel, sealer=parts.sealer)
        replies_and_complaints.reverse()
    (sms_request,), (post,), (pushed,) = twilio.sends, x.posts, fcm.pushed
    assert (sms_request["To"], post["reply"], pushed["token"]) == (PHONE, {"in_reply_to_tweet_id": "7"}, PUSH)
    assert sms_request["StatusCallback"].startswith("https://lapor.example/sms/twilio/status?reply=")
    assert sms_request["Body"].endswith("sudah kami teruskan ke Kementerian Kesehatan.")
    assert pushed["notification"]["body"].endswith("sudah kami teruskan ke Kementerian Kesehatan.")
    assert "Terima kasih" in post["text"]


def test_no_callback_without_a_public_address(all_providers: Parts, twilio: LoopbackTwilio) -> None:
    """Twilio would refuse an SMS with a callback address that it cannot reach."""
    all_providers.core.settings = changed(all_providers.settings, public_url="")
    harness = ReplyHarness(all_providers.engine)
    harness.take(complaint(), reply(complaint()))
    harness.send(REPLY_ROUTES["sms"].provider(all_providers.doors))
    assert "StatusCallback" not in twilio.sends[0]


def test_no_provider_without_settings(parts: Parts) -> None:
    """Without settings no channel has a provider; each channel has a sender."""
    assert [REPLY_ROUTES[channel].provider(parts.doors) for channel in DIRECTORY.names] == [None] * 5
    senders = [name for name, _ in reply_senders(parts, threading.Event())]
    assert senders == ["replies-web", "replies-sms", "replies-twitter", "replies-mobile", "replies-counter"]


def test_smpp_carries_sms_without_twilio(parts: Parts, all_providers: Parts) -> None:
    """SMPP carries the SMS unless Twilio is set."""
    smpp = {"smpp_host": "127.0.0.1", "smpp_system_id": "satupintu"}
    all_providers.core.settings = changed(all_providers.settings, **smpp)
    assert isinstance(REPLY_ROUTES["sms"].provider(all_providers.doors), TwilioSms)
    all_providers.core.settings = changed(all_providers.settings, twilio_from="")
    assert isinstance(REPLY_ROUTES["sms"].provider(all_providers.doors), SmppSms)


def test_the_check_names_the_providers(parts: Parts, all_providers: Parts) -> None:
    """`satupintu check` names the provider of each channel."""
    (finding,) = [finding for finding in check_all(all_providers) if finding.name == "replies"]
    assert (finding.ok, finding.text) == (
        True,
        (
            "web by ProvenContactReplies, sms by TwilioSms, twitter by XReplies, mobile by FcmPush, "
            "counter by ProvenContactReplies"
        ),
    )


@pytest.mark.parametrize("content", ["{}", "[]", "no", '{"private_key": 7}'])
def test_a_file_without_an_account_is_refused(parts: Parts, tmp_path: Path, content: str) -> None:
    """The error names the setting."""
    path = tmp_path / "account.json"
    path.write_text(content)
    parts.core.settings = changed(parts.settings, fcm_credentials=path)
    with pytest.raises(Stop, match="SATUPINTU_FCM_CREDENTIALS"):
        REPLY_ROUTES["mobile"].provider(parts.doors)
    (finding,) = [finding for finding in check_all(parts) if finding.name == "replies"]
    assert not finding.ok


def test_limits_follow_the_settings(parts: Parts) -> None:
    """The limits are those of the settings, and X's own."""
    settings = changed(parts.settings, sms_per_minute=7, x_replies_per_day=50, replies_per_sender=2, replies_days=1.5)
    sms, x, app = (reply_limits(settings, REPLY_ROUTES[channel]) for channel in ("sms", "twitter", "mobile"))
    assert sms == ReplyLimits(2, [(7, timedelta(minutes=1))], timedelta(hours=36))
    assert x == ReplyLimits(2, [(100, timedelta(minutes=15)), (50, timedelta(days=1))], timedelta(hours=36))
    assert app.windows == []


@pytest.mark.parametrize(
    ("changes", "named_setting"),
    [
        ({"twilio_from": "+628000001708"}, "SATUPINTU_TWILIO_ACCOUNT_SID"),
        ({"twilio_from": "LAPOR", "twilio_account_sid": ACCOUNT}, "twilio_from"),
        (X_KEYS | {"x_access_token_secret": ""}, "SATUPINTU_X_ACCESS_TOKEN_SECRET"),
        ({"x_secret_replies": "public"}, "x_secret_replies"),
        ({"fcm_base_url": "ftp://x"}, "SATUPINTU_FCM_BASE_URL"),
    ],
)
def test_incomplete_settings_are_refused(settings: Settings, changes: dict[str, Any], named_setting: str) -> None:
    """Incomplete settings are refused at the start with the missing one's name."""
    with pytest.raises(ValidationError, match=named_setting):
        changed(settings, **changes)
