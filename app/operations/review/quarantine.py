"""Quarantine: messages that doors set aside. They are shown without their text, and released or dropped by a person.

Nothing is deleted from the topic. A decision is an event on `oversight` about the message; deciding twice changes
nothing.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from app.operations.recorder import Recorder
from app.operations.review.selection import equals_or_any, is_in_period, matches_id
from app.operations.staff_events import staff_event
from bus.errors import Stop
from bus.port import Bus, Outgoing
from ingest.wrap import Wrapper, accepted_record
from messages import codec
from messages.forgotten import FORGOTTEN_TEXT
from messages.payloads.sms import read_picture_urls, twilio_fields
from messages.reveals import COMMAND_ROLE, reveal_end, reveal_subject
from messages.sealing import Sealer, UnsealError
from messages.shapes import Channel, OversightEvent, Quarantined, RawMessage, WireModel, iso
from messages.topics import OVERSIGHT, QUARANTINE
from sinks.archive.tombstones import forgotten_persons

_DECISIONS = frozenset({"released", "dropped"})
# Only a value of the provider's form may leave the service unsealed as its id: an unproven sender wrote it.
_PROVIDER_ID = {"sms": re.compile(r"[A-Za-z0-9]{2,64}"), "twitter": re.compile(r"[0-9]{1,19}")}
# Names of a form's fields that may be shown. Any other name may be a citizen's text.
_SHOWN_FIELDS = frozenset(
    {"MessageSid", "AccountSid", "MessagingServiceSid", "From", "To", "Body", "NumMedia", "OptOutType", "ErrorCode"}
)

T = TypeVar("T", bound=WireModel)


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Choice of quarantined messages; a condition that is not given does not matter.

    `since` is included, `until` is not. `ids` are message ids or their beginnings. `channel` is that of the door.
    """

    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()
    channel: str | None = None

    @property
    def is_empty(self) -> bool:
        """True if no condition is given."""
        return self == QuarantineFilter()

    def matches(self, quarantined: Quarantined) -> bool:
        """Return True if the message meets every condition."""
        return (
            equals_or_any(self.reason, quarantined.reason)
            and equals_or_any(self.channel, quarantined.raw.channel)
            and is_in_period(quarantined.at, self.since, self.until)
            and (not self.ids or matches_id(quarantined.raw.id, self.ids))
        )


@dataclass(frozen=True, slots=True)
class QuarantineDecision:
    """Decision about a message. `tracking` is the number of a released one."""

    quarantined: Quarantined
    tracking: str = ""


def undecided_messages(
    quarantined: Iterable[Quarantined], events: Iterable[OversightEvent], decisions: AbstractSet[str] = _DECISIONS
) -> list[Quarantined]:
    """Return the messages about which none of these decisions was made, each once, oldest first."""
    decided_ids = {event.subject for event in events if event.event in decisions}
    undecided: dict[UUID, Quarantined] = {}
    for message in quarantined:
        if message.raw.id not in decided_ids:
            undecided.setdefault(message.raw.id, message)
    return sorted(undecided.values(), key=lambda message: message.at)


def released_message(quarantined: Quarantined, body: bytes, wrapper: Wrapper) -> RawMessage:
    """Return the message as its door would have accepted it, under the provider's own id if the body has one.

    With that id, the provider's redelivery is the same message. The message stays unproven: the release does not prove
    its sender (docs/decisions/0005), and no file that it names is fetched.
    """
    raw = quarantined.raw
    provider_id, files = _provider_id_and_files(raw, body)
    released = wrapper.wrap(raw.channel, provider_id or raw.provider_id, "", body, raw.at, raw.content_type)
    return released.model_copy(update={"unfetched": files})


def list_row(quarantined: Quarantined) -> dict[str, object]:
    """Return the message as a row of the list."""
    return {
        "id": str(quarantined.raw.id),
        "at": iso(quarantined.at),
        "channel": quarantined.raw.channel,
        "reason": quarantined.reason,
    }


def _provider_id_and_files(raw: RawMessage, body: bytes) -> tuple[str, int]:
    """Return the provider's id in the body, empty without one, and the number of files that the body names."""
    try:
        if raw.channel == "sms":
            fields = twilio_fields(raw.content_type, body)
            return _valid_provider_id(raw.channel, fields.get("MessageSid")), read_picture_urls(fields)[0]
        if raw.channel == "twitter":
            return _valid_provider_id(raw.channel, json.loads(body)["post"]["id"]), 0
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return "", 0


def _valid_provider_id(channel: Channel, candidate: object) -> str:
    return candidate if isinstance(candidate, str) and _PROVIDER_ID[channel].fullmatch(candidate) else ""


class Quarantine:
    """Reads the quarantine topic, and decides about its messages.

    `actor` and `why` are recorded in the `log` before each decision and each reveal; neither may name a citizen.
    """

    def __init__(self, bus: Bus, wrapper: Wrapper, sealer: Sealer, log: Recorder) -> None:
        self._bus = bus
        self._wrapper = wrapper
        self._sealer = sealer
        self._log = log

    def undecided(self, choice: QuarantineFilter, decisions: AbstractSet[str] = _DECISIONS) -> list[Quarantined]:
        """Return the chosen messages without a decision."""
        events = self._read(OVERSIGHT, OversightEvent)
        messages = undecided_messages(self._read(QUARANTINE, Quarantined), events, decisions)
        return [message for message in messages if choice.matches(message)]

    def release(self, choice: QuarantineFilter, actor: str, why: str, at: datetime) -> Iterator[QuarantineDecision]:
        """Release the chosen messages one by one: the message first, then its event.

        An interrupted release can be repeated: the message has the same id. A message that was dropped by mistake is
        released if its id is given. Raises `Stop` for a message that is sealed with another key.
        """
        with self._publisher() as publish:
            for quarantined in self.undecided(choice, {"released"} if choice.ids else _DECISIONS):
                message = released_message(quarantined, self._opened_body(quarantined), self._wrapper)
                message_id = quarantined.raw.id
                self._log.append("quarantine.release", str(message_id), actor, why, at)
                publish(accepted_record(message))
                publish(staff_event("released", message_id, message.id, actor, why, at))
                yield QuarantineDecision(quarantined, message.tracking)

    def drop(self, choice: QuarantineFilter, actor: str, why: str, at: datetime) -> Iterator[QuarantineDecision]:
        """Drop the chosen messages. Their bytes stay on the topic until the retention ends."""
        with self._publisher() as publish:
            for quarantined in self.undecided(choice):
                message_id = quarantined.raw.id
                self._log.append("quarantine.drop", str(message_id), actor, why, at)
                publish(staff_event("dropped", message_id, message_id, actor, why, at))
                yield QuarantineDecision(quarantined)

    def find(self, id_prefix: str) -> Quarantined:
        """Return the only message whose id has this prefix, with or without a decision. Raises `Stop`."""
        matches = {
            quarantined.raw.id: quarantined
            for quarantined in self._read(QUARANTINE, Quarantined)
            if matches_id(quarantined.raw.id, (id_prefix,))
        }
        if len(matches) != 1:
            raise Stop(
                f"{len(matches)} quarantined messages have an id that begins with {id_prefix}. "
                "`satupintu quarantine list` shows the ids."
            )
        return next(iter(matches.values()))

    def reveal(self, quarantined: Quarantined, actor: str, why: str, at: datetime, role: str = COMMAND_ROLE) -> bytes:
        """Return the body. The rows of the audit log and of oversight come first. Raises `Stop`.

        If it was released and its person is forgotten, only a sentence is returned: the topic keeps the sealed body
        until its retention ends.
        """
        body = self._opened_body(quarantined)
        message_id = quarantined.raw.id
        subject = reveal_subject(str(message_id), role, iso(reveal_end(role, at)))
        self._log.append("quarantine.reveal", subject, actor, why, at)
        with self._publisher() as publish:
            publish(staff_event("revealed", message_id, message_id, actor, why, at))
        return FORGOTTEN_TEXT.encode() if self._is_of_forgotten_person(message_id) else body

    def _is_of_forgotten_person(self, message_id: UUID) -> bool:
        events = self._read(OVERSIGHT, OversightEvent)
        released = [event.message_id for event in events if (event.event, event.subject) == ("released", message_id)]
        with closing(self._bus.reader()) as reader:
            persons = forgotten_persons(reader)
        return any(map(persons.has_message, released))

    def describe(self, quarantined: Quarantined) -> dict[str, object]:
        """Return the facts about a message without its text. Raises `Stop`."""
        raw = quarantined.raw
        body = self._opened_body(quarantined)
        fields = _form_fields(raw, body)
        provider_id, files = _provider_id_and_files(raw, body)
        shown_fields = sorted(fields & _SHOWN_FIELDS)
        return {
            **list_row(quarantined),
            "content_type": raw.content_type,
            "bytes": len(body),
            "files": files,
            "has_provider_id": bool(provider_id),
            "fields": shown_fields,
            "other_fields": len(fields) - len(shown_fields),
        }

    def _opened_body(self, quarantined: Quarantined) -> bytes:
        try:
            return self._sealer.open(quarantined.raw.body, quarantined.raw.id)
        except UnsealError as error:
            raise Stop(
                f"Message {quarantined.raw.id} cannot be opened. Check SATUPINTU_SECRET_KEY: it was changed."
            ) from error

    @contextmanager
    def _publisher(self) -> Iterator[Callable[[Outgoing], None]]:
        with closing(self._bus.producer()) as producer:
            yield lambda message: producer.publish([message])

    def _read(self, topic: str, shape: type[T]) -> Sequence[T]:
        """Return the messages of a topic without unreadable ones, which `satupintu tail` shows."""
        messages: list[T] = []
        with closing(self._bus.reader()) as reader:
            for record in reader.read([topic]):
                try:
                    messages.append(codec.decode(shape, record.value, record.headers))
                except codec.CodecError:
                    continue
        return messages


def _form_fields(raw: RawMessage, body: bytes) -> set[str]:
    if raw.channel != "sms":
        return set()
    try:
        return set(twilio_fields(raw.content_type, body))
    except ValueError:
        return set()
