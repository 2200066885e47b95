"""What the doors kept aside: shown without what it says, let out or dropped by a person who says why.

Nothing is taken from the topic. A decision is an event on `oversight`, known by what it is about: deciding twice
changes nothing.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from app.operations.audit_log import AuditLog
from bus.errors import Stop
from bus.port import Bus, Outgoing
from ingest.wrap import Wrapper, accepted_record
from messages import codec, ids
from messages.sealing import Sealer, UnsealError
from messages.shapes import Channel, OversightEvent, Quarantined, RawMessage, WireModel, iso
from messages.sms import read_picture_urls, twilio_fields
from messages.topics import OVERSIGHT, QUARANTINE

_SOURCE = "/satu-pintu/operations"
_DECISIONS = frozenset({"released", "dropped"})
# Whoever sent it wrote it: what is no provider's id must not travel unsealed as one.
_PROVIDER_ID = {"sms": re.compile(r"[A-Za-z0-9]{2,64}"), "twitter": re.compile(r"[0-9]{1,19}")}
# Of a form's fields, the names that may be shown: any other may be what somebody said.
_FIELDS = frozenset(
    {"MessageSid", "AccountSid", "MessagingServiceSid", "From", "To", "Body", "NumMedia", "OptOutType", "ErrorCode"}
)

T = TypeVar("T", bound=WireModel)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the held messages; what is left out does not matter. `since` is within, `until` is not.

    `ids` are message ids, or how they begin.
    """

    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing was left out."""
        return self == Choice()

    def takes(self, held: Quarantined) -> bool:
        """Whether it is one of them."""
        return (
            (self.reason is None or held.reason == self.reason)
            and (self.since is None or held.at >= self.since)
            and (self.until is None or held.at < self.until)
            and (not self.ids or any(begin and str(held.raw.id).startswith(begin) for begin in self.ids))
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did. `tracking` is the number of a message that was let out."""

    held: Quarantined
    tracking: str = ""


def undecided(
    held: Iterable[Quarantined], told: Iterable[OversightEvent], decisions: AbstractSet[str] = _DECISIONS
) -> list[Quarantined]:
    """What none of these decisions was made about, each message once, oldest first."""
    decided = {event.subject for event in told if event.event in decisions}
    first: dict[UUID, Quarantined] = {}
    for one in held:
        if one.raw.id not in decided:
            first.setdefault(one.raw.id, one)
    return sorted(first.values(), key=lambda one: one.at)


def let_out(held: Quarantined, body: bytes, wrapper: Wrapper) -> RawMessage:
    """The message as its door would have taken it, under the provider's own id where one can be read.

    So the provider's redelivery of it is the same message. It stays unproven: whoever it says it is from did not
    become a proven sender by this (docs/decisions/0005), and nothing that it names is fetched.
    """
    raw = held.raw
    provider_id, files = _named(raw, body)
    out = wrapper.wrap(raw.channel, provider_id or raw.provider_id, "", body, raw.at, raw.content_type)
    return out.model_copy(update={"unfetched": files})


def _named(raw: RawMessage, body: bytes) -> tuple[str, int]:
    """The provider's id in the body, empty where there is none, and how many files it names."""
    try:
        if raw.channel == "sms":
            fields = twilio_fields(raw.content_type, body)
            return _id(raw.channel, fields.get("MessageSid")), read_picture_urls(fields)[0]
        if raw.channel == "twitter":
            return _id(raw.channel, json.loads(body)["post"]["id"]), 0
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return "", 0


def _id(channel: Channel, found: object) -> str:
    return found if isinstance(found, str) and _PROVIDER_ID[channel].fullmatch(found) else ""


class Quarantine:
    """Reads the topic and decides. `actor` is who decides, `why` is kept with it; neither may name a citizen.

    Each decision and each look stands in the `log` first.
    """

    def __init__(self, bus: Bus, wrapper: Wrapper, sealer: Sealer, log: AuditLog) -> None:
        self._bus = bus
        self._wrapper = wrapper
        self._sealer = sealer
        self._log = log

    def waiting(self, choice: Choice, decisions: AbstractSet[str] = _DECISIONS) -> list[Quarantined]:
        """What waits for a decision."""
        told = self._read(OVERSIGHT, OversightEvent)
        held = undecided(self._read(QUARANTINE, Quarantined), told, decisions)
        return [one for one in held if choice.takes(one)]

    def release(self, choice: Choice, actor: str, why: str, at: datetime) -> Iterator[Decided]:
        """Let out what is chosen, one by one: the message first, then the event that says so.

        Whoever is interrupted between the two does it again: the message has the same id. What was dropped by mistake
        is let out where its id is named. Raises `Stop` on a message that was sealed with another key.
        """
        with self._publishing() as publish:
            for held in self.waiting(choice, {"released"} if choice.ids else _DECISIONS):
                out = let_out(held, self._open(held), self._wrapper)
                self._log.append("quarantine.release", str(held.raw.id), actor, why, at)
                publish(accepted_record(out))
                publish(_told(held, "released", actor, why, at, out.id))
                yield Decided(held, out.tracking)

    def drop(self, choice: Choice, actor: str, why: str, at: datetime) -> Iterator[Decided]:
        """Decide that what is chosen is no message; its bytes stay where they are until their retention ends."""
        with self._publishing() as publish:
            for held in self.waiting(choice):
                self._log.append("quarantine.drop", str(held.raw.id), actor, why, at)
                publish(_told(held, "dropped", actor, why, at, held.raw.id))
                yield Decided(held)

    def find(self, begin: str) -> Quarantined:
        """The one message whose id begins so, decided or not. Raises `Stop`."""
        found = {held.raw.id: held for held in self._read(QUARANTINE, Quarantined) if Choice(ids=(begin,)).takes(held)}
        if len(found) != 1:
            raise Stop(f"{len(found)} held messages have an id that begins with {begin}; `satupintu quarantine list`")
        return next(iter(found.values()))

    def reveal(self, held: Quarantined, actor: str, why: str, at: datetime) -> bytes:
        """What it says. That somebody looked is told to oversight before it is shown. Raises `Stop`."""
        body = self._open(held)
        self._log.append("quarantine.reveal", str(held.raw.id), actor, why, at)
        with self._publishing() as publish:
            publish(_told(held, "revealed", actor, why, at, held.raw.id, f"revealed:{actor}:{iso(at)}"))
        return body

    def about(self, held: Quarantined) -> dict[str, object]:
        """What can be said of it without saying what it says. Raises `Stop`."""
        raw = held.raw
        body = self._open(held)
        try:
            fields = set(twilio_fields(raw.content_type, body)) if raw.channel == "sms" else set()
        except ValueError:
            fields = set()
        provider_id, files = _named(raw, body)
        known = sorted(fields & _FIELDS)
        return {
            **row(held),
            "content_type": raw.content_type,
            "bytes": len(body),
            "files": files,
            "has_provider_id": bool(provider_id),
            "fields": known,
            "other_fields": len(fields) - len(known),
        }

    def _open(self, held: Quarantined) -> bytes:
        try:
            return self._sealer.open(held.raw.body, held.raw.id)
        except UnsealError as error:
            raise Stop(f"{held.raw.id} can't be opened: is SATUPINTU_SECRET_KEY another one?") from error

    @contextmanager
    def _publishing(self) -> Iterator[Callable[[Outgoing], None]]:
        producer = self._bus.producer()
        try:
            yield lambda message: producer.publish([message])
        finally:
            producer.close()

    def _read(self, topic: str, shape: type[T]) -> Sequence[T]:
        """What stands on a topic; what can't be read is for `satupintu tail`."""
        found: list[T] = []
        reader = self._bus.reader()
        try:
            for record in reader.read([topic]):
                try:
                    found.append(codec.decode(shape, record.value, record.headers))
                except codec.CodecError:
                    continue
        finally:
            reader.close()
        return found


def _told(
    held: Quarantined,
    event: Literal["released", "dropped", "revealed"],
    actor: str,
    why: str,
    at: datetime,
    message: UUID,
    key: str = "",
) -> Outgoing:
    told = OversightEvent(
        id=ids.event_id(held.raw.id, key or event),
        message_id=message,
        at=at,
        event=event,
        subject=held.raw.id,
        reason=why,
        actor=actor,
    )
    return Outgoing(OVERSIGHT, *codec.encode(told, str(held.raw.id), _SOURCE))


def row(held: Quarantined) -> dict[str, object]:
    """A line of the list."""
    return {"id": str(held.raw.id), "at": iso(held.at), "channel": held.raw.channel, "reason": held.reason}
