"""The one list of the service's channels: the facts of each, with the reader and the doors that belong to it.

To add a channel: a folder in `ingest/` with its `channel.py`, a reader in `normalize/readers/`, and an entry here.
Doors and providers are imported where a process builds them: most commands need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

import ingest.counter.channel
import ingest.mobile.channel
import ingest.smpp.channel
import ingest.sms.channel
import ingest.twitter.channel
import ingest.web.channel
from app.assembly.installed_channel import DoorNumber, InstalledChannel
from app.assembly.reply_providers import CONTACT_REPLIES, PUSH_REPLIES, SMS_REPLIES, X_REPLIES
from messages.channels import ChannelDirectory
from messages.payloads import follow_up, open311
from messages.payloads.smpp import JOINED_SMS
from messages.shapes import Channel
from normalize.readers import counter, mobile, smpp, sms, twitter, web
from normalize.readers import follow_up as follow_up_reader
from normalize.readers.open311 import Open311Reader

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from fastapi import APIRouter

    from app.assembly.doors.parts import DoorParts
    from app.assembly.installed_channel import BackgroundDoor, HttpDoor, HttpParts
    from bus.port import Producer
    from ingest.counter.desk import CounterDesk


def _web_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    from app.assembly.doors.web import web_doors

    return web_doors(parts, http)


def _sms_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    from app.assembly.doors.sms import sms_doors

    return sms_doors(parts, http)


def _smpp_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    from app.assembly.doors.smpp import smpp_doors

    return smpp_doors(parts, producer, stopping)


def _twitter_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    from app.assembly.doors.twitter import twitter_doors

    return twitter_doors(parts, producer, stopping)


def _x_reads_today(parts: DoorParts) -> object:
    from app.assembly.doors.twitter import reads_today

    return reads_today(parts)


def _mobile_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    from app.assembly.doors.mobile import mobile_doors

    return mobile_doors(parts, http)


def _counter_doors(parts: DoorParts, desk: CounterDesk) -> Iterable[APIRouter]:
    from app.assembly.doors.counter import counter_doors

    return counter_doors(parts, desk)


CHANNELS = (
    InstalledChannel(
        facts=ingest.web.channel.CHANNEL,
        reader=web.read_report,
        format_readers=lambda parts: {
            open311.CONTENT_TYPE: Open311Reader(parts.services.names).read_report,
            follow_up.CONTENT_TYPE: follow_up_reader.read_report,
        },
        http_doors=_web_doors,
        replies=CONTACT_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.sms.channel.CHANNEL.with_door(ingest.smpp.channel.SMPP),
        reader=sms.read_report,
        format_readers=lambda _parts: {
            JOINED_SMS: smpp.read_report,
            follow_up.CONTENT_TYPE: follow_up_reader.read_report,
        },
        http_doors=_sms_doors,
        background_doors=_smpp_doors,
        # SMS parts that wait for the remaining parts of their message, or for the bus.
        numbers=(
            DoorNumber(ingest.smpp.channel.SMPP.name, "sms_parts", lambda parts: parts.sms_parts.count_waiting()),
        ),
        replies=SMS_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.twitter.channel.CHANNEL,
        reader=twitter.read_report,
        background_doors=_twitter_doors,
        numbers=(DoorNumber(ingest.twitter.channel.MENTIONS.name, "x_reads", _x_reads_today),),
        replies=X_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.mobile.channel.CHANNEL,
        reader=mobile.read_report,
        http_doors=_mobile_doors,
        replies=PUSH_REPLIES,
    ),
    InstalledChannel(
        facts=ingest.counter.channel.CHANNEL,
        reader=counter.read_report,
        desk_doors=_counter_doors,
        replies=CONTACT_REPLIES,
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
