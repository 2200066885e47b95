"""The normalizer: raw messages in, complaints out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from config.database import writing
from config.regions import Regions
from messages import codec, ids, open311
from messages.sealing import Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Complaint, OversightEvent, RawMessage
from messages.smpp import JOINED_SMS
from messages.topics import COMPLAINTS, OVERSIGHT, REPLIES
from normalize.decision import cleaned, fingerprint
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.marks import lead
from normalize.places import named
from normalize.readers import mobile, smpp, sms, twitter, web
from normalize.readers.open311 import Open311Reader
from normalize.replies import received
from normalize.store import decide_once

_SOURCE = "/satu-pintu/normalize"
_NO_REGIONS = Regions(())

Reader = Callable[[str, bytes], Draft | NotComplaint]
_READERS: dict[Channel, Reader] = {
    Channel.WEB: web.read,
    Channel.SMS: sms.read,
    Channel.TWITTER: twitter.read,
    Channel.MOBILE: mobile.read,
}

_log = structlog.get_logger()


class _Arrival(NamedTuple):
    """A record as read; `mark` is what its complaint is recognised by."""

    position: str
    raw: RawMessage
    read: Draft | NotComplaint
    mark: str


class NormalizeStage:
    """See `bus.worker.Stage`. Decisions are kept in the database of `engine` before anything is published.

    `services` are the names of Open311's services by their codes, `regions` those that citizens pick by code.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        services: Mapping[str, str] = MappingProxyType({}),
        regions: Regions = _NO_REGIONS,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._open311 = Open311Reader(services)
        self._regions = regions

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """For each message not worked before: a complaint and, on X, its number; or why it is none, to oversight."""
        arrivals = [self._read(record) for record in records]
        outputs: dict[str, Sequence[Outgoing]] = {}
        with writing(self._engine) as connection:
            # In the order of what they claim: two normalizers with the same marks in their batches wait, not deadlock.
            for arrival in sorted(arrivals, key=_turn):
                outputs[arrival.position] = self._decide(connection, arrival)
        return [output for arrival in arrivals for output in outputs[arrival.position]]

    def _reader(self, raw: RawMessage) -> Reader:
        if raw.content_type == open311.CONTENT_TYPE:
            return self._open311.read
        return smpp.read if raw.content_type == JOINED_SMS else _READERS[raw.channel]

    def _read(self, record: Record) -> _Arrival:
        try:
            raw = codec.decode(RawMessage, record.value, record.headers)
            read = self._reader(raw)(raw.content_type, self._sealer.open(raw.body, raw.id))
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        except Unreadable as error:
            raise Reject("unreadable", error.field) from error
        except UnknownKeyError as error:
            raise Stop(f"{record.position} is sealed with key {error}: is SATUPINTU_SECRET_KEY another one?") from error
        except UnsealError as error:
            raise Reject("unsealable", "body") from error

        if isinstance(read, Draft):
            came = {"attachments": raw.attachments, "unfetched": raw.unfetched}
            placed = {"place": named(read.report.place, self._regions)}
            report = cleaned(read.report.model_copy(update=came | placed))
            read = replace(read, report=report) if report.text else NotComplaint("empty")
        mark = fingerprint(raw.sender, read.report) if isinstance(read, Draft) else str(raw.id)
        return _Arrival(record.position, raw, read, mark)

    def _decide(self, connection: Connection, arrival: _Arrival) -> Sequence[Outgoing]:
        raw, read = arrival.raw, arrival.read
        complaint = ids.complaint_id(raw.id)
        follows = read.follows if isinstance(read, Draft) else None
        relation = decide_once(connection, raw.id, arrival.position, arrival.mark, complaint, raw.at, follows)
        if relation is None:
            _log.info("message.delivered_again", message_id=str(raw.id), channel=raw.channel.value)
            return ()
        if follows:
            lead(connection, follows.also, complaint, relation, raw.at)
        if isinstance(read, NotComplaint):
            return [_set_aside(raw, read)]
        made = Complaint(
            id=complaint,
            message_id=raw.id,
            at=raw.at,
            tracking=raw.tracking,
            channel=raw.channel,
            sender=raw.sender,
            report=read.report,
            contact=self._sealer.seal(read.contact.model_dump_json().encode(), raw.id),
            relation=relation,
        )
        # A repeat follows the complaint it belongs to: the same key keeps them in order.
        outputs = [Outgoing(COMPLAINTS, *codec.encode(made, str(relation.of or made.id), _SOURCE))]
        if reply := received(made):
            outputs.append(Outgoing(REPLIES, *codec.encode(reply, str(made.id), _SOURCE)))
        return outputs


def _turn(arrival: _Arrival) -> str:
    """What continues a matter comes after what began it: of one sender in the order of the bus."""
    return arrival.raw.sender if isinstance(arrival.read, Draft) and arrival.read.follows else arrival.mark


def _set_aside(raw: RawMessage, read: NotComplaint) -> Outgoing:
    event = OversightEvent(
        id=ids.event_id(raw.id, "not-a-complaint"),
        message_id=raw.id,
        at=raw.at,
        event="not-a-complaint",
        subject=raw.id,
        reason=read.reason,
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(raw.id), _SOURCE))
