"""The one list of the service's channels: the facts of each, with the reader and the doors that belong to it.

To add a channel: a folder in `ingest/` with its `channel.py`, a reader in `normalize/readers/`, and an entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

import ingest.mobile.channel
import ingest.smpp.channel
import ingest.sms.channel
import ingest.twitter.channel
import ingest.web.channel
from app.assembly.doors.door import (
    BackgroundDoorBuilder,
    DoorNumber,
    DoorParts,
    HttpDoorBuilder,
    no_background_doors,
    no_http_doors,
)
from app.assembly.doors.mobile import mobile_doors
from app.assembly.doors.smpp import SMPP_NUMBERS, smpp_doors
from app.assembly.doors.sms import sms_doors
from app.assembly.doors.twitter import TWITTER_NUMBERS, twitter_doors
from app.assembly.doors.web import web_doors
from app.assembly.reply_providers import NO_REPLIES, PUSH_REPLIES, SMS_REPLIES, X_REPLIES, ReplyRoute
from messages import open311
from messages.channels import ChannelDirectory, ChannelFacts
from messages.shapes import Channel
from messages.smpp import JOINED_SMS
from messages.topics import ConsumerGroup, consumer_groups
from normalize.reader_table import Reader, ReaderTable
from normalize.readers import mobile, smpp, sms, twitter, web
from normalize.readers.open311 import Open311Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledChannel:
    """A channel of this service.

    `reader` makes a draft of the channel's raw messages. `format_readers` returns the readers of content types that
    have one of their own. `http_doors` and `background_doors` build the doors of a process, `numbers` are what `/ready`
    shows of them beside open and shut. `replies` is how the service writes to senders.
    """

    facts: ChannelFacts
    reader: Reader
    format_readers: Callable[[DoorParts], Mapping[str, Reader]] = lambda _parts: {}
    http_doors: HttpDoorBuilder = no_http_doors
    background_doors: BackgroundDoorBuilder = no_background_doors
    numbers: tuple[DoorNumber, ...] = ()
    replies: ReplyRoute = NO_REPLIES


CHANNELS = (
    InstalledChannel(
        facts=ingest.web.channel.CHANNEL,
        reader=web.read_report,
        format_readers=lambda parts: {open311.CONTENT_TYPE: Open311Reader(parts.services.names).read_report},
        http_doors=web_doors,
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
CONSUMER_GROUPS: Mapping[str, ConsumerGroup] = {group.name: group for group in consumer_groups(DIRECTORY.names)}


def reader_table(parts: DoorParts) -> ReaderTable:
    """Return the readers of all channels for the normalizer."""
    by_content_type = {
        content_type: reader for channel in CHANNELS for content_type, reader in channel.format_readers(parts).items()
    }
    return ReaderTable({channel.facts.name: channel.reader for channel in CHANNELS}, by_content_type)


def reply_route(channel: Channel) -> ReplyRoute:
    """Return how replies leave on a channel. Raise `LookupError` for a channel that is not installed."""
    return next(installed.replies for installed in CHANNELS if installed.facts.name == channel)


def _must_be_installed(channel: str) -> str:
    if channel not in DIRECTORY.names:
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": _expected()})
    return channel


def _expected() -> str:
    *first, last = (f"'{name}'" for name in DIRECTORY.names)
    return f"{', '.join(first)} or {last}"


# The name of an installed channel, as a field of what operators type.
InstalledChannelName = Annotated[Channel, AfterValidator(_must_be_installed)]
