"""Messages that the normalizer set aside as no complaints. A person lists, reads and releases them.

A release publishes the raw message again, marked `reviewed`, so that no rule sets it aside. It becomes the complaint
that its arrival would have been: with the same number, sender, times and link. Nothing is deleted. A second release
publishes the same message, which the normalizer takes once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Connection, Engine, exists
from sqlmodel import col, select

from app.operations.recorder import Recorder
from app.operations.staff_events import staff_event
from bus.errors import Stop
from bus.port import Bus, Partition, Record
from cases.facts.conditions import IS_SET_ASIDE
from cases.facts.tables import ComplaintFact, EventFact
from config.conditions import is_one_of
from config.database import has_row, read_transaction
from ingest.wrap import accepted_record
from language.masking import mask_text
from messages import codec, ids, topics
from messages.sealing import Sealer, UnsealError
from messages.shapes import OversightEvent, RawMessage, iso
from normalize.classification.classifier import Reason
from normalize.decision_store import Decision
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.reader_table import ReaderTable
from privacy.forgotten import forgotten_complaints

# The classifier's reasons, which a person may judge otherwise. For any other reason the message has no text of a
# complaint: it asks for a status or help, is empty, or is a copy of another post.
RELEASABLE_REASONS: tuple[Reason, ...] = get_args(Reason)
# A message was appended to its topic after it arrived, by the clocks of two hosts.
_CLOCK_DIFFERENCE = timedelta(days=1)


class NotReleasable(Exception):
    """The message cannot be released. The text gives the reason and what to do."""


@dataclass(frozen=True, slots=True)
class SetAsideFilter:
    """Choice of messages that were set aside; a condition that is not given does not matter.

    Without a reason it chooses those of `RELEASABLE_REASONS`. `since` is included.
    """

    reason: str | None = None
    since: datetime | None = None


class SetAsideMessage(NamedTuple):
    """A message that was set aside, as the ledger has it."""

    message_id: UUID
    tracking: str
    reason: str
    at: datetime


class SetAsideContent(NamedTuple):
    """A message with its raw message, its opened body, and what its channel's reader makes of it."""

    message: SetAsideMessage
    raw: RawMessage
    body: bytes
    draft: Draft | NotComplaint


def reviewed_message(raw: RawMessage, body: bytes, sealer: Sealer) -> RawMessage:
    """Return the message as a release publishes it. `body` is the opened one. The same message gives the same bytes."""
    reviewed_id = ids.reviewed_message_id(raw.message_id)
    sealed_body = sealer.seal_for(raw.sender, body, reviewed_id)
    return raw.model_copy(update={"id": reviewed_id, "reviewed": True, "body": sealed_body})


def check_release(content: SetAsideContent) -> None:
    """Raise `NotReleasable` if no complaint can be made of the message."""
    draft, number = content.draft, content.message.tracking
    if isinstance(draft, NotComplaint):
        raise NotReleasable(
            f"{number} has no text of a complaint ({draft.reason}), so it cannot become a report. "
            "Its sender can report again."
        )


def unreleased(messages: Iterable[SetAsideMessage], events: Iterable[OversightEvent]) -> list[SetAsideMessage]:
    """Return the messages that nobody released, oldest first."""
    released_ids = {event.subject for event in events if event.event == "set-aside-released"}
    pending = [message for message in messages if message.message_id not in released_ids]
    return sorted(pending, key=lambda message: (message.at, message.tracking))


def list_row(message: SetAsideMessage) -> dict[str, object]:
    """Return the message as a row of the list."""
    return {"number": message.tracking, "at": iso(message.at), "reason": message.reason}


def describe(content: SetAsideContent) -> dict[str, object]:
    """Return the facts about a message. Title and text are masked."""
    raw, draft = content.raw, content.draft
    title, text = (draft.report.title, draft.report.text) if isinstance(draft, Draft) else ("", "")
    return {
        **list_row(content.message),
        "channel": raw.channel,
        "files": len(raw.attachments) + raw.unfetched,
        "title": mask_text(title),
        "text": mask_text(text),
    }


class SetAside:
    """Reads set-aside messages from the ledger and the topics of their channels, and releases them.

    `actor` and `why` are recorded in the `log` before a release; neither may name a citizen. Numbers are in their
    canonical form. Every method may raise the errors of bus and database.
    """

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        sealer: Sealer,
        readers: ReaderTable,
        log: Recorder,
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._sealer = sealer
        self._readers = readers
        self._log = log

    def unreleased(self, choice: SetAsideFilter) -> list[SetAsideMessage]:
        """Return the chosen messages that are no report and that nobody released, oldest first."""
        with read_transaction(self._engine) as connection:
            messages = _messages_without_report(connection, choice)
        return unreleased(messages, self._events_since(min(message.at for message in messages)) if messages else ())

    def find(self, number: str) -> SetAsideContent:
        """Return the message with this number.

        Raises `NotReleasable` if it is a report, unknown or expired, or if its sender was forgotten.
        """
        with read_transaction(self._engine) as connection:
            message = _message(connection, number)
            is_forgotten = bool(_forgotten(connection, [message]))
        if is_forgotten:
            raise NotReleasable(f"The sender of {number} was forgotten: it cannot be shown or released.")
        raw = self._raw_messages([message]).get(message.message_id)
        if raw is None:
            raise NotReleasable(
                f"The message of {number} is no longer on the topic of its channel: its retention has ended. "
                "It cannot be released. Its sender can report again."
            )
        try:
            return self._content(message, raw)
        except UnsealError as error:
            raise Stop(f"{number} cannot be opened. Check SATUPINTU_SECRET_KEY: it was changed.") from error
        except Unreadable as error:
            raise NotReleasable(f"{number} cannot be read ({error.field}). Tell the developers.") from error

    def contents(self, messages: Collection[SetAsideMessage]) -> Mapping[str, SetAsideContent]:
        """Return the messages that can be read, by number.

        One of a forgotten sender, one past its retention and one that cannot be opened are left out: `find` gives the
        reason.
        """
        with read_transaction(self._engine) as connection:
            forgotten = _forgotten(connection, messages)
        raws = self._raw_messages([message for message in messages if message.message_id not in forgotten])
        contents = {}
        for message in messages:
            with suppress(UnsealError, Unreadable):
                if raw := raws.get(message.message_id):
                    contents[message.tracking] = self._content(message, raw)
        return contents

    def release(self, number: str, actor: str, why: str, at: datetime) -> RawMessage:
        """Publish the message again as a complaint, and then the event. An interrupted release can be repeated.

        Raises `NotReleasable`, and `Stop` for a message that is sealed with another key.
        """
        content = self.find(number)
        check_release(content)
        reviewed = reviewed_message(content.raw, content.body, self._sealer)
        message_id = content.message.message_id
        self._log.append("set_aside.release", str(message_id), actor, why, at)
        with closing(self._bus.producer()) as producer:
            producer.publish([accepted_record(reviewed)])
            producer.publish([staff_event("set-aside-released", message_id, message_id, actor, why, at)])
        return reviewed

    def _content(self, message: SetAsideMessage, raw: RawMessage) -> SetAsideContent:
        """Return a message with its opened body. Raises `UnsealError` and `Unreadable`."""
        body = self._sealer.open(raw.body, raw.id)
        return SetAsideContent(message, raw, body, self._readers.reader_of(raw)(raw.content_type, body))

    def _raw_messages(self, messages: Sequence[SetAsideMessage]) -> Mapping[UUID, RawMessage]:
        """Return the raw messages that are on the topics still, by id: each is the record of its decision.

        Beside a kept database the topics may have been made again: then another message is at the position.
        """
        message_ids = {str(message.message_id): message.message_id for message in messages}
        if not message_ids:
            return {}
        with read_transaction(self._engine) as connection:
            offsets = _offsets(connection, message_ids.values())
        with closing(self._bus.reader()) as reader:
            records = reader.records_at(offsets)
        return {
            message_id: raw
            for record in records
            if (message_id := message_ids.get(record.header("ce_id"))) and (raw := _decoded(record))
        }

    def _events_since(self, at: datetime) -> Sequence[OversightEvent]:
        """Return the events of staff, without unreadable ones, which `satupintu tail` shows."""
        events = []
        with closing(self._bus.reader()) as reader:
            start_offsets = reader.offsets_since([topics.OVERSIGHT], _milliseconds(at - _CLOCK_DIFFERENCE))
            for record in reader.read([topics.OVERSIGHT], start_offsets=start_offsets):
                try:
                    events.append(codec.decode(OversightEvent, record.value, record.headers))
                except codec.CodecError:
                    continue
        return events


def _messages_without_report(connection: Connection, choice: SetAsideFilter) -> list[SetAsideMessage]:
    """Return the chosen messages. A replay with other rules may have made a report of a message."""
    row = EventFact
    is_report = exists().where(col(ComplaintFact.tracking) == col(row.tracking))
    reasons = (choice.reason,) if choice.reason else RELEASABLE_REASONS
    query = select(col(row.message_id), col(row.tracking), col(row.reason), col(row.at))
    query = query.where(IS_SET_ASIDE, ~is_report, is_one_of(col(row.reason), reasons))
    if choice.since:
        query = query.where(col(row.at) >= choice.since)
    return [SetAsideMessage(*values) for values in connection.execute(query)]


def _message(connection: Connection, number: str) -> SetAsideMessage:
    if has_row(connection, select(ComplaintFact.id).where(col(ComplaintFact.tracking) == number)):
        raise NotReleasable(f"{number} is a report already: `satupintu status {number}` shows it.")
    row = EventFact
    query = select(col(row.message_id), col(row.tracking), col(row.reason), col(row.at))
    values = connection.execute(query.where(col(row.tracking) == number, IS_SET_ASIDE).order_by(col(row.at))).first()
    if values is None:
        raise NotReleasable(
            f"No message with the number {number} was set aside. `satupintu trace {number}` shows where it is."
        )
    return SetAsideMessage(*values)


def _forgotten(connection: Connection, messages: Iterable[SetAsideMessage]) -> Collection[UUID]:
    """Return the ids of the messages whose senders were forgotten."""
    by_complaint = {ids.complaint_id(message.message_id): message.message_id for message in messages}
    return {by_complaint[complaint_id] for complaint_id in forgotten_complaints(connection, by_complaint)}


def _offsets(connection: Connection, message_ids: Collection[UUID]) -> Mapping[Partition, Collection[int]]:
    """Return the offsets of the records by which the messages were decided."""
    query = select(col(Decision.position)).where(is_one_of(col(Decision.message_id), message_ids))
    offsets: defaultdict[Partition, set[int]] = defaultdict(set)
    for position in connection.execute(query).scalars():
        topic, partition, offset = position.rsplit("/", 2)
        offsets[Partition(topic, int(partition))].add(int(offset))
    return offsets


def _decoded(record: Record) -> RawMessage | None:
    try:
        return codec.decode(RawMessage, record.value, record.headers)
    except codec.CodecError:
        return None


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
