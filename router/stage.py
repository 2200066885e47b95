"""The router: complaints, refusals and corrections in, dispatches to agency queues out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import write_transaction
from config.reference.reloading import Source
from messages import codec, ids
from messages.channels import ChannelDirectory
from messages.shapes import AgencyAnswer, Complaint, Correction, Dispatch, OversightEvent, Reply
from messages.topics import COMPLAINTS, CORRECTIONS, OVERSIGHT, REPLIES, agency_topic
from router.lifecycle.correction import apply_correction
from router.lifecycle.first_dispatch import first_dispatches
from router.lifecycle.linked import in_order
from router.lifecycle.refusal import RefusalEvent, dispatch_to_next_agency, next_agency, refusal_event
from router.lifecycle.transfer import move, together, way_held
from router.replies import answer_reply, dispatch_reply
from router.rules import Rules
from router.store import dispatches_by_position

_SOURCE = "/satu-pintu/router"

_log = structlog.get_logger()


class RouterStage:
    """See `bus.worker.Stage`. `now` is asked once per dispatch; what it said is kept with the decision.

    The rules of a batch are those of `source` when it begins: an edit takes effect between two batches.
    """

    def __init__(
        self, engine: Engine, source: Source[Rules], now: Callable[[], datetime], channels: ChannelDirectory
    ) -> None:
        self._engine = engine
        self._source = source
        self._now = now
        self._channels = channels
        self._rules = source.current()

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """A dispatch for each complaint, refusal and correction not worked before, and what the sender is told of it.

        What follows a complaint (see `router.lifecycle.linked`) goes where that lies, and along when that moves.
        """
        self._rules = self._source.current()
        with write_transaction(self._engine) as connection:
            said = dispatches_by_position(connection, [record.position for record in records])
            return [
                output
                for record in records
                for output in self._route(connection, record, said.get(record.position, ()))
            ]

    def _route(self, connection: Connection, record: Record, said: Sequence[Dispatch]) -> Sequence[Outgoing]:
        try:
            if record.topic == COMPLAINTS:
                complaint = codec.decode(Complaint, record.value, record.headers, self._channels.names)
                return self._published(
                    said or first_dispatches(connection, record.position, complaint, self._rules, self._now())
                )
            if record.topic == CORRECTIONS:
                decided = codec.decode(Correction, record.value, record.headers)
                return self._published(
                    said or apply_correction(connection, record.position, decided, self._rules, self._now())
                )
            answer = codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        if answer.verdict == "refused":
            return self._next_door(connection, record.position, answer, said)
        return self._progress(connection, answer) if answer.verdict != "accepted" else ()

    def _progress(self, connection: Connection, answer: AgencyAnswer) -> Sequence[Outgoing]:
        """What the sender is told, and everyone whose complaint joins it and lies there with it."""
        _, dispatch = _asked(connection, answer)
        joined = [other for other in together(connection, dispatch) if other.relation.kind == "joins"]
        name = self._rules.registry.name_of(dispatch.agency)
        return [
            told
            for each in (dispatch, *joined)
            for told in _told(answer_reply(each, answer, name, self._channels.with_progress))
        ]

    def _next_door(
        self, connection: Connection, position: str, answer: AgencyAnswer, said: Sequence[Dispatch]
    ) -> Sequence[Outgoing]:
        way, refused = _asked(connection, answer)
        # Where it only went along it was not refused; and a hop to the door where it lies passes nothing on.
        own = (each.agency for each in way[: refused.hop + 1] if each.own_case or each is refused)
        tried = [code for code, _ in groupby(own)]
        registry = self._rules.registry
        # Who is named may be no more, or not connected: whoever gets what is theirs is meant.
        theirs = registry.find_receiving_agency(answer.theirs) if answer.theirs else None
        nexts = [code for code in map(registry.find_receiving_agency, refused.alternatives) if code]
        door = next_agency(tried, nexts, theirs, registry.agencies, by_person=bool(refused.actor))
        # What triage itself gives back has no other door: the admin's desk keeps it, and oversight is told.
        if not said and refused.agency != door.agency:
            hop = dispatch_to_next_agency(refused, answer, door, self._named, self._now(), self._rules.version)
            said = move(connection, position, hop, together(connection, refused), hop)
        told = refusal_event(door, tried, theirs, refused.reasons)
        return [*self._published(said), _tell_oversight(answer, told)]

    def _named(self, code: str) -> str | None:
        return self._rules.registry.name_of(code) if code in self._rules.registry.institutions else None

    def _published(self, dispatches: Iterable[Dispatch]) -> Sequence[Outgoing]:
        outputs = []
        for dispatch in in_order(dispatches):
            complaint, code = str(dispatch.complaint_id), dispatch.agency
            _log.info("complaint.dispatched", complaint_id=complaint, agency=code, hop=dispatch.hop)
            # The complaint and what belongs to it stay in order.
            key = complaint if dispatch.own_case else str(dispatch.relation.of)
            outputs.append(Outgoing(agency_topic(code), *codec.encode(dispatch, key, _SOURCE)))
            outputs += _told(dispatch_reply(dispatch, self._rules.registry.name_of(code), self._channels.with_progress))
        return outputs


def _asked(connection: Connection, answer: AgencyAnswer) -> tuple[Sequence[Dispatch], Dispatch]:
    """The way and the dispatch that are answered: an answer to what follows a complaint is one to the complaint.

    Not where it has been taken from that since. Raises `Reject` where the answering agency has no such dispatch.
    """
    way = way_held(connection, answer.complaint_id)
    dispatch = next((dispatch for dispatch in way if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    case = dispatch.relation.of
    if dispatch.own_case or case is None or way[-1].own_case or way[-1].relation.of != case:
        return way, dispatch
    ahead = way_held(connection, case)
    theirs = [each for each in ahead if each.agency == dispatch.agency]
    return (ahead, theirs[-1]) if theirs else (way, dispatch)


def _told(reply: Reply | None) -> Sequence[Outgoing]:
    return [Outgoing(REPLIES, *codec.encode(reply, str(reply.complaint_id), _SOURCE))] if reply else ()


def _tell_oversight(answer: AgencyAnswer, told: RefusalEvent) -> Outgoing:
    event = OversightEvent(
        id=ids.event_id(answer.dispatch_id, told.event),
        message_id=answer.message_id,
        at=answer.at,
        event=told.event,
        subject=answer.complaint_id,
        reason=told.reason,
        actor=answer.actor,
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(answer.complaint_id), _SOURCE))
