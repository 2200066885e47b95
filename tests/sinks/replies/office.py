"""The sink and the senders of a test, with a clock that the test moves, and invented complaints to answer."""

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
    """A clock that stands until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Now."""
        return self.at

    def pass_by(self, **time: float) -> None:
        """Move on, as in `pass_by(minutes=5)`."""
        self.at += timedelta(**time)


@dataclass
class Office:
    """One database; each sender it makes is a new process to it."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def take(self, *messages: WireModel) -> None:
        """What the topics say, in this order."""
        make_reply_sink(self.engine).handle([record(message, offset) for offset, message in enumerate(messages)])

    def sender(
        self,
        way: ReplyProvider | None,
        channel: Channel = "sms",
        *,
        per_sender: int = 100,
        windows: Sequence[tuple[int, timedelta]] = (),
        sealer: Sealer = _SEALER,
        outbox: ReplyOutbox | None = None,
        pause: float = 1.0,
    ) -> ReplySender:
        """A sender; replies are too old after a week."""
        limits = ReplyLimits(per_sender, windows, timedelta(days=7))
        outbox = outbox or ReplyOutbox(self.engine)
        return ReplySender(channel, way, limits, outbox, sealer, b"a key", self.clock, self.stopping, pause)

    def send(self, way: ReplyProvider | None, channel: Channel = "sms", **limits: Any) -> None:
        """All that can be sent now."""
        sender = self.sender(way, channel, **limits)
        while sender.step():
            pass

    def row(self, reply: Reply) -> Any:
        """A reply's row."""
        with read_transaction(self.engine) as connection:
            return connection.execute(select(OutboxRow.__table__).where(OutboxRow.__table__.c.id == reply.id)).one()  # type: ignore[attr-defined]

    def state(self, reply: Reply) -> tuple[str, str]:
        """Its state, and why."""
        row = self.row(reply)
        return row.state, row.error


def complaint(
    name: str = "one",
    channel: Channel = "sms",
    contact: Contact | None = None,
    of: Complaint | None = None,
    **report: Any,
) -> Complaint:
    """A complaint of its own for each name; its sender is known by the contact."""
    message = uuid5(_SPACE, name)
    said = contact or _CONTACTS[channel]
    return Complaint(
        id=ids.complaint_id(message),
        message_id=message,
        at=NOW,
        tracking="0000-0000-0000",
        channel=channel,
        sender=hashlib.sha256((said.phone or said.account or said.push).encode()).hexdigest(),
        report=Report(text="lampu mati", **report),
        contact=_SEALER.seal(said.model_dump_json().encode(), message),
        relation=Relation(kind="repeat", of=of.id) if of else Relation(),
    )


def reply(
    to: Complaint, says: Literal["received", "dispatched", "answered"] = "dispatched", at: datetime = NOW
) -> Reply:
    """A reply to a complaint; its text is no other's."""
    return Reply(
        id=ids.reply_id(to.id, says),
        message_id=to.message_id,
        at=at,
        complaint_id=to.id,
        tracking=to.tracking,
        channel=to.channel,
        says=says,
        text=f"Laporan {to.id.hex[:12]} {says}.",
    )


def record(message: WireModel, offset: int = 0) -> Record:
    """A message as the bus hands it on."""
    topic = COMPLAINTS if isinstance(message, Complaint) else REPLIES
    return Record(topic, 0, offset, 0, *codec.encode(message, str(message.id), "/test"))
