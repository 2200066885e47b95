"""Harness with the reply sink and senders of a test, a clock that the test moves, and invented complaints."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import Engine, select

from bus.port import Record
from config.database import read_transaction
from messages import codec, ids
from messages.sealing import Sealer
from messages.shapes import Channel, Complaint, Contact, Relation, Reply, Report, WireModel
from messages.topics import COMPLAINTS, REPLIES
from sinks.replies.decision import ReplyLimits
from sinks.replies.outbox import ReplyOutbox
from sinks.replies.providers.provider import ReplyProvider
from sinks.replies.sender import ReplySender
from sinks.replies.tables import OutboxRow
from tests.conftest import NOW
from tests.support.stages import make_reply_sink

PHONE = "+628000000031"
OTHER_PHONE = "+628000000032"
POST = "1990000000000000042"
ACCOUNT = "900000000000042"
PUSH = "push-token-of-a-phone"
PRIVATE = (PHONE, OTHER_PHONE, POST, ACCOUNT, PUSH)

_SPACE = UUID("00000000-0000-4000-8000-000000001708")
_SEALER = Sealer([b"k" * 64])
_CONTACTS = {
    "web": Contact(),
    "sms": Contact(phone=PHONE),
    "twitter": Contact(post=POST, account=ACCOUNT),
    "mobile": Contact(push=PUSH),
}


@dataclass
class Clock:
    """Clock that stands still until it is advanced."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def advance(self, **time: float) -> None:
        """Move the clock forward, as in `advance(minutes=5)`."""
        self.at += timedelta(**time)


@dataclass
class ReplyHarness:
    """One database with the reply sink and its senders. Each sender is a new process to the database."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def take(self, *messages: WireModel) -> None:
        """Let the sink process these messages in this order."""
        make_reply_sink(self.engine).handle([record(message, offset) for offset, message in enumerate(messages)])

    def sender(
        self,
        provider: ReplyProvider | None,
        channel: Channel = "sms",
        *,
        per_sender: int = 100,
        windows: Sequence[tuple[int, timedelta]] = (),
        sealer: Sealer = _SEALER,
        outbox: ReplyOutbox | None = None,
        pause: float = 1.0,
    ) -> ReplySender:
        """Return a sender. Replies expire after a week."""
        limits = ReplyLimits(per_sender, windows, timedelta(days=7))
        outbox = outbox or ReplyOutbox(self.engine)
        return ReplySender(channel, provider, limits, outbox, sealer, b"a key", self.clock, self.stopping, pause)

    def send(self, provider: ReplyProvider | None, channel: Channel = "sms", **limits: Any) -> None:
        """Send everything that is due."""
        sender = self.sender(provider, channel, **limits)
        while sender.step():
            pass

    def row(self, reply: Reply) -> Any:
        """Return a reply's row."""
        with read_transaction(self.engine) as connection:
            return connection.execute(select(OutboxRow.__table__).where(OutboxRow.__table__.c.id == reply.id)).one()  # type: ignore[attr-defined]

    def state(self, reply: Reply) -> tuple[str, str]:
        """Return a reply's state and its reason."""
        row = self.row(reply)
        return row.state, row.error


def complaint(
    name: str = "one",
    channel: Channel = "sms",
    contact: Contact | None = None,
    of: Complaint | None = None,
    **report: Any,
) -> Complaint:
    """Return a complaint that is different for each name. Its sender follows from the contact."""
    message = uuid5(_SPACE, name)
    sealed_contact = contact or _CONTACTS[channel]
    return Complaint(
        id=ids.complaint_id(message),
        message_id=message,
        at=NOW,
        tracking="0000-0000-0000",
        channel=channel,
        sender=hashlib.sha256(
            (sealed_contact.phone or sealed_contact.account or sealed_contact.push).encode()
        ).hexdigest(),
        report=Report(**{"text": "lampu mati", **report}),
        contact=_SEALER.seal(sealed_contact.model_dump_json().encode(), message),
        relation=Relation(kind="repeat", of=of.id) if of else Relation(),
    )


def reply(
    to: Complaint, event: Literal["received", "dispatched", "answered"] = "dispatched", at: datetime = NOW
) -> Reply:
    """Return a reply with a text of its own."""
    return Reply(
        id=ids.reply_id(to.id, event),
        message_id=to.message_id,
        at=at,
        complaint_id=to.id,
        tracking=to.tracking,
        channel=to.channel,
        kind=event,
        text=f"Laporan {to.id.hex[:12]} {event}.",
    )


def record(message: WireModel, offset: int = 0) -> Record:
    """Return a message as the bus delivers it."""
    topic = COMPLAINTS if isinstance(message, Complaint) else REPLIES
    return Record(topic, 0, offset, 0, *codec.encode(message, str(message.id), "/test"))
