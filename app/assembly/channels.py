"""The one list of the service's channels: the facts of each, with the reader and the doors that belong to it.

To add a channel: a folder in `ingest/` with its `channel.py`, a reader in `normalize/readers/`, and an entry here.
"""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

import ingest.mobile.channel
import ingest.smpp.channel
import ingest.sms.channel
import ingest.twitter.channel
import ingest.web.channel
from app.assembly.doors.mobile import mobile_doors
from app.assembly.doors.smpp import SMPP_NUMBERS, smpp_doors
from app.assembly.doors.sms import sms_doors
from app.assembly.doors.twitter import TWITTER_NUMBERS, twitter_doors
from app.assembly.doors.web import web_doors
from app.assembly.installed_channel import InstalledChannel
from app.assembly.replies.providers import PUSH_REPLIES, SMS_REPLIES, WEB_REPLIES, X_REPLIES
from messages.channels import ChannelDirectory
from messages.payloads import follow_up, open311
from messages.payloads.smpp import JOINED_SMS
from messages.shapes import Channel
from normalize.readers import follow_up as follow_up_reader
from normalize.readers import mobile, smpp, sms, twitter, web
from normalize.readers.open311 import Open311Reader

CHANNELS = (
    InstalledChannel(
        facts=ingest.web.channel.CHANNEL,
        reader=web.read_report,
        format_readers=lambda parts: {
            open311.CONTENT_TYPE: Open311Reader(parts.services.names).read_report,
            follow_up.CONTENT_TYPE: follow_up_reader.read_report,
        },
        http_doors=web_doors,
        replies=WEB_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.sms.channel.CHANNEL.with_door(ingest.smpp.channel.SMPP),
        reader=sms.read_report,
        format_readers=lambda _parts: {JOINED_SMS: smpp.read_report},
        http_doors=sms_doors,
        background_doors=smpp_doors,
        numbers=SMPP_NUMBERS,
        replies=SMS_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.twitter.channel.CHANNEL,
        reader=twitter.read_report,
        background_doors=twitter_doors,
        numbers=TWITTER_NUMBERS,
        replies=X_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.mobile.channel.CHANNEL,
        reader=mobile.read_report,
        http_doors=mobile_doors,
        replies=PUSH_REPLIES,
    ),
)
DIRECTORY = ChannelDirectory(tuple(channel.facts for channel in CHANNELS))


def _must_be_installed(channel: str) -> str:
    if channel not in DIRECTORY.names:
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": _expected()})
    return channel


def _expected() -> str:
    *first, last = (f"'{name}'" for name in DIRECTORY.names)
    return f"{', '.join(first)} or {last}"


# The name of an installed channel, as a field of what operators type.
InstalledChannelName = Annotated[Channel, AfterValidator(_must_be_installed)]
