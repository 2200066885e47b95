"""The ways out that the settings name, and the senders that use them."""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from app.assembly.parts import Parts, utc_now
from bus.errors import Stop
from config.settings import Settings
from messages.shapes import Channel
from sinks.replies.decision import DAY, Limits
from sinks.replies.outbox import Outbox
from sinks.replies.providers.fcm import GOOGLE, FcmPush
from sinks.replies.providers.provider import Way
from sinks.replies.providers.smpp import SmppSms, Smsc
from sinks.replies.providers.twilio import TwilioSms
from sinks.replies.providers.x import XReplies
from sinks.replies.sender import Sender
from sinks.replies.status_callback import callback_for

# What X itself lets one account post: docs.x.com, “Rate limits”, POST /2/tweets.
_X_AT_ONCE = (100, timedelta(minutes=15))


def runs(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """A sender for each channel, to be run in a thread: one that waits holds up no other."""
    outbox = Outbox(parts.engine)
    key = parts.secrets.sender_key
    for channel in Channel:
        limits = limits_of(parts.settings, channel)
        sender = Sender(channel, way_out(parts, channel), limits, outbox, parts.sealer, key, utc_now, stopping)
        yield f"replies-{channel.value}", sender.run


def way_out(parts: Parts, channel: Channel) -> Way | None:
    """How a channel's senders are reached; `None` where nothing is set. Raises `Stop` on what can't be used."""
    settings = parts.settings
    if channel is Channel.SMS and settings.twilio_from:
        callback = partial(callback_for, settings.reached_at) if settings.public_url else (lambda _: "")
        token = parts.secrets.twilio_tokens[0]
        return TwilioSms(settings.twilio_account_sid, token, settings.twilio_from, settings.twilio_base_url, callback)
    if channel is Channel.SMS and settings.smpp_host:
        password = settings.smpp_password.get_secret_value()
        who = Smsc(settings.smpp_host, settings.smpp_port, settings.smpp_system_id, password, settings.smpp_system_type)
        return SmppSms(who, settings.smpp_from)
    if channel is Channel.TWITTER and settings.x_consumer_key.get_secret_value():
        return _x(settings)
    if channel is Channel.MOBILE and settings.fcm_credentials:
        return _fcm(settings)
    return None


def limits_of(settings: Settings, channel: Channel) -> Limits:
    """What may be sent on a channel."""
    windows = {
        Channel.SMS: [(settings.sms_per_minute, timedelta(minutes=1))],
        Channel.TWITTER: [_X_AT_ONCE, (settings.x_replies_per_day, DAY)],
    }
    return Limits(settings.replies_per_sender, windows.get(channel, []), timedelta(days=settings.replies_days))


def _x(settings: Settings) -> XReplies:
    consumer = settings.x_consumer_key.get_secret_value(), settings.x_consumer_secret.get_secret_value()
    access = settings.x_access_token.get_secret_value(), settings.x_access_token_secret.get_secret_value()
    return XReplies(settings.x_url, consumer, access, settings.x_secret_replies, utc_now)


def _fcm(settings: Settings) -> FcmPush:
    path = settings.fcm_credentials
    try:
        account = json.loads(path.read_text()) if path else {}
        return FcmPush(account, settings.fcm_base_url or GOOGLE)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Stop(f"SATUPINTU_FCM_CREDENTIALS: {path} is not the JSON of a service account") from error
