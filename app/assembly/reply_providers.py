"""Builds the provider that carries a channel's replies, and the limits that hold on the channel."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import ingest.twitter.channel
from app.assembly.installed_channel import ReplyRoute, no_windows
from bus.errors import Stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from app.assembly.doors.parts import DoorParts
    from app.assembly.installed_channel import Window
    from config.settings import Settings
    from desk.mail.smtp import SmtpClient
    from messages.shapes import Channel
    from sinks.replies.providers.email import MailFault, MailTransport
    from sinks.replies.providers.provider import ReplyProvider

# X's own limit for one account: docs.x.com, “Rate limits”, POST /2/tweets.
_X_LIMIT: Window = (100, timedelta(minutes=15))


def sms_provider(parts: DoorParts) -> ReplyProvider | None:
    """Return Twilio where it is set, else the operator's SMS centre where that is set."""
    settings = parts.settings
    if settings.twilio_from:
        from sinks.replies.providers.twilio import TwilioSms
        from sinks.replies.status_callback import callback_for

        callback = partial(callback_for, settings.reached_at) if settings.public_url else (lambda _: "")
        token = parts.secrets.twilio_tokens[0]
        return TwilioSms(settings.twilio_account_sid, token, settings.twilio_from, settings.twilio_base_url, callback)
    if settings.smpp_host:
        from sinks.replies.providers.smpp import SmppSms, Smsc

        password = settings.smpp_password.get_secret_value()
        centre = Smsc(
            settings.smpp_host, settings.smpp_port, settings.smpp_system_id, password, settings.smpp_system_type
        )
        return SmppSms(centre, settings.smpp_from, parts.clock.monotonic)
    return None


def x_provider(parts: DoorParts) -> ReplyProvider | None:
    """Return X where the keys of the account are set."""
    settings = parts.settings
    if not settings.x_consumer_key.get_secret_value():
        return None
    from sinks.replies.providers.x import XReplies

    consumer = settings.x_consumer_key.get_secret_value(), settings.x_consumer_secret.get_secret_value()
    access = settings.x_access_token.get_secret_value(), settings.x_access_token_secret.get_secret_value()
    return XReplies(settings.x_url, consumer, access, settings.x_secret_replies, parts.now)


def direct_message_channels(settings: Settings) -> frozenset[Channel]:
    """Return the channels on which a sender who asked for secrecy gets a direct message; see `XReplies`."""
    is_by_message = settings.x_secret_replies == "message"  # noqa: S105 - a setting's value
    return frozenset({ingest.twitter.channel.CHANNEL.name} if is_by_message else ())


def fcm_provider(parts: DoorParts) -> ReplyProvider | None:
    """Return Firebase Cloud Messaging where a service account is set. Raise `Stop` if its file can't be used."""
    path = parts.settings.fcm_credentials
    if path is None:
        return None
    from sinks.replies.providers.fcm import GOOGLE, FcmPush

    try:
        return FcmPush(json.loads(path.read_text()), parts.settings.fcm_base_url or GOOGLE)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Stop(f"SATUPINTU_FCM_CREDENTIALS: {path} is not the JSON of a service account") from error


def contact_provider(parts: DoorParts) -> ReplyProvider | None:
    """Return SMS and e-mail for senders of the form or of a counter who proved a contact, as far as they are set."""
    sms, email = sms_provider(parts), _email_provider(parts)
    if sms is None and email is None:
        return None
    from ingest.web.contact_proof.contacts import ContactStore
    from sinks.replies.providers.email import ProvenContactReplies

    contacts = ContactStore(parts.engine, parts.sealer, parts.secrets.sender_key, parts.now)
    return ProvenContactReplies(sms, email, contacts.proven_ways)


def _email_provider(parts: DoorParts) -> ReplyProvider | None:
    if not parts.settings.smtp_host:
        return None
    from app.assembly.smtp import smtp_server
    from desk.mail.smtp import SmtpClient
    from sinks.replies.providers.email import EmailReplies

    transport = mail_transport(SmtpClient(smtp_server(parts.settings), parts.now), parts.now)
    return EmailReplies(transport, lambda number: f"{parts.settings.reached_at}/status/{number}", parts.link_of)


def mail_transport(client: SmtpClient, now: Callable[[], datetime]) -> MailTransport:
    """Return the mail server as the port of the replies."""
    from desk.mail.message import DEFAULT_LIFETIME, Mail
    from sinks.replies.providers.email import MailFault

    def send(message_id: UUID, to: str, subject: str, body: str) -> MailFault | None:
        result = client.send(Mail(message_id, "reply", to, subject, body, now() + DEFAULT_LIFETIME))
        return MailFault(result.error, result.permanent) if result.error else None

    return send


CONTACT_REPLIES = ReplyRoute(contact_provider, lambda settings: [(settings.sms_per_minute, timedelta(minutes=1))])
SMS_REPLIES = ReplyRoute(sms_provider, lambda settings: [(settings.sms_per_minute, timedelta(minutes=1))])
X_REPLIES = ReplyRoute(x_provider, lambda settings: [_X_LIMIT, (settings.x_replies_per_day, timedelta(days=1))])
PUSH_REPLIES = ReplyRoute(fcm_provider, no_windows)
