"""The normalizer: raw messages in, complaints out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject, Stop
from bus.port import Outgoing, Record
from config.database import writing
from messages import codec, ids
from messages.sealing import Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Complaint, OversightEvent, RawMessage
from messages.topics import COMPLAINTS, OVERSIGHT
from normalize.decision import cleaned, fingerprint
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.readers import mobile, sms, twitter, web
from normalize.store import decide_once

_SOURCE = "/satu-pintu/normalize"

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
    """See `bus.worker.Stage`. Decisions are kept in the database of `engine` before anything is published."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """One complaint, or one oversight event that says why not, for each message not worked before."""
        arrivals = [self._read(record) for record in records]
        outputs: dict[str, Outgoing | None] = {}
        with writing(self._engine) as connection:
            # In the order of what they claim: two normalizers with the same marks in their batches wait, not deadlock.
            for arrival in sorted(arrivals, key=lambda arrival: arrival.mark):
                outputs[arrival.position] = self._decide(connection, arrival)
        return [output for arrival in arrivals if (output := outputs[arrival.position])]

    def _read(self, record: Record) -> _Arrival:
        try:
            raw = codec.decode(RawMessage, record.value, record.headers)
            read = _READERS[raw.channel](raw.content_type, self._sealer.open(raw.body, raw.id))
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        except Unreadable as error:
            raise Reject("unreadable", error.field) from error
        except UnknownKeyError as error:
            raise Stop(f"{record.position} is sealed with key {error}: is SATUPINTU_SECRET_KEY another one?") from error
        except UnsealError as error:
            raise Reject("unsealable", "body") from error

        if isinstance(read, Draft):
            report = cleaned(read.report)
            read = Draft(report, read.contact) if report.text else NotComplaint("empty")
        mark = fingerprint(raw.sender, read.report) if isinstance(read, Draft) else str(raw.id)
        return _Arrival(record.position, raw, read, mark)

    def _decide(self, connection: Connection, arrival: _Arrival) -> Outgoing | None:
        raw, read = arrival.raw, arrival.read
        complaint = ids.complaint_id(raw.id)
        relation = decide_once(connection, raw.id, arrival.position, arrival.mark, complaint, raw.at)
        if relation is None:
            _log.info("message.delivered_again", message_id=str(raw.id), channel=raw.channel.value)
            return None
        if isinstance(read, NotComplaint):
            return _set_aside(raw, read)
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
        return Outgoing(COMPLAINTS, *codec.encode(made, str(relation.of or made.id), _SOURCE))


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
