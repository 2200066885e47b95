"""Facts about a channel and its doors. Each folder of `ingest/` declares its own, `app/assembly/channels.py` lists all.

A stage gets the facts that it needs by constructor. It never names a channel itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

# How a reply about an answer is written. `sms`: the sender may answer it with a keyword. `notice`: not so, as in
# the app or by e-mail. `post`: everybody may read it, and a link in it costs.
ReplyForm: TypeAlias = Literal["sms", "notice", "post"]

_NO_RATES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorFacts:
    """Facts about one door: HTTP addresses, a line to an SMS centre, or a poller.

    `name` stands in `/ready`, in metrics and in the counts of refusals; `label` in tables and `title` at the beginning
    of a sentence. All addresses of the door begin with `address_prefix`; `/` takes every address that no other door
    has, and an empty one means that the door has no address. `only_programs`: no person reads its answers, so that a
    refusal is never a page. `rates` are the default rate limits by name, as in `60/minute`. `needs_database`: the door
    is shut while the database is away; any other needs only the bus or the spool. `polled`: the door fetches messages
    from a provider, which keeps them while the door is shut. `from_provider`: one address of a provider sends the
    messages of many citizens, so requests are not counted by address. `at_desk`: its pages belong
    to the desk, because only the desk knows who is signed in; it has no spool.
    """

    name: str
    label: str
    title: str
    address_prefix: str = ""
    only_programs: bool = False
    rates: Mapping[str, str] = field(default_factory=lambda: _NO_RATES)
    needs_database: bool = False
    polled: bool = False
    from_provider: bool = False
    at_desk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """Facts about one channel. `name` matches `messages.shapes.Channel` and names the topic `raw-<name>`.

    `senders_choose_kind`: the sender has a field for the kind of report. `gets_replies`: the service writes to senders
    on this channel at all. `gets_progress`: a reply tells the sender of a dispatch and of an agency's answer; only
    where nobody else reads it. `replies_need_proof`: the service writes only to senders who proved a contact.
    `gets_answers`: a reply tells of an answer, though not of a dispatch.
    """

    name: str
    label: str
    doors: tuple[DoorFacts, ...]
    senders_choose_kind: bool
    gets_replies: bool
    gets_progress: bool
    replies_need_proof: bool = False
    gets_answers: bool = False
    reply_form: ReplyForm = "sms"

    def with_door(self, door: DoorFacts) -> "ChannelFacts":
        """Return the same channel with one more door."""
        return replace(self, doors=(*self.doors, door))


@dataclass(frozen=True)
class ChannelDirectory:
    """The channels of a service, in the order in which they are listed to people."""

    channels: tuple[ChannelFacts, ...]

    def __iter__(self) -> Iterator[ChannelFacts]:
        """Iterate over the facts of each channel."""
        return iter(self.channels)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all channels."""
        return tuple(channel.name for channel in self.channels)

    @cached_property
    def doors(self) -> Mapping[str, DoorFacts]:
        """Facts of every door by its name."""
        return {door.name: door for channel in self.channels for door in channel.doors}

    @cached_property
    def rates(self) -> Mapping[str, str]:
        """Default rate limits of every door by name."""
        return {name: rate for door in self.doors.values() for name, rate in door.rates.items()}

    @cached_property
    def without_kind_choice(self) -> frozenset[str]:
        """Channels on which the sender has no field for the kind of report."""
        return frozenset(channel.name for channel in self.channels if not channel.senders_choose_kind)

    @cached_property
    def with_replies(self) -> frozenset[str]:
        """Channels on which the service writes to senders."""
        return frozenset(channel.name for channel in self.channels if channel.gets_replies)

    @cached_property
    def with_progress(self) -> frozenset[str]:
        """Channels on which senders hear of a dispatch and of an agency's answer."""
        return frozenset(channel.name for channel in self.channels if channel.gets_progress)

    @cached_property
    def with_proof(self) -> frozenset[str]:
        """Channels on which only senders who proved an address get replies."""
        return frozenset(channel.name for channel in self.channels if channel.replies_need_proof)

    @cached_property
    def answer_forms(self) -> Mapping[str, ReplyForm]:
        """Form of a reply about an agency's answer, by the channels on which senders get one."""
        return {
            channel.name: channel.reply_form
            for channel in self.channels
            if channel.gets_progress or channel.gets_answers
        }

    def label_of(self, channel: str) -> str:
        """Return the label of a channel; its name if it is not listed."""
        return next((facts.label for facts in self.channels if facts.name == channel), channel)

    def door_label(self, door: str) -> str:
        """Return the label of a door; its name if it is not listed, as when a newer process reports it."""
        return self.doors[door].label if door in self.doors else door

    def door_title(self, door: str) -> str:
        """Return the title of a door; its name if it is not listed."""
        return self.doors[door].title if door in self.doors else door

    def is_polled(self, door: str) -> bool:
        """Return whether a door is listed as polled."""
        return door in self.doors and self.doors[door].polled

    def channel_of(self, door: str) -> str:
        """Return the channel that a door belongs to; the door's own name if it is not listed."""
        return self._channel_by_door.get(door, door)

    @cached_property
    def _channel_by_door(self) -> Mapping[str, str]:
        return {door.name: channel.name for channel in self.channels for door in channel.doors}
