"""The router: complaints and refusals in, dispatches to agency queues out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import writing
from messages import codec, ids
from messages.shapes import AgencyAnswer, Complaint, Dispatch, OversightEvent, Reason, Reply
from messages.topics import COMPLAINTS, OVERSIGHT, REPLIES, TRIAGE, agency
from router.decision import after_refusal, decide, decide_again, due
from router.following import along, follow
from router.registry import Registry
from router.replies import answered, dispatched
from router.store import following, route_once, said_of, way_so_far

_SOURCE = "/satu-pintu/router"

_log = structlog.get_logger()


class RouterStage:
    """See `bus.worker.Stage`. `now` is asked once per dispatch; what it said is kept with the decision."""

    def __init__(self, engine: Engine, registry: Registry, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._registry = registry
        self._now = now

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """A dispatch for each complaint and each refusal not worked before, and what the sender is told of it.

        A repeat, and what joins another's complaint, goes where that lies, and goes along when that moves.
        """
        with writing(self._engine) as connection:
            said = said_of(connection, [record.position for record in records])
            return [
                output
                for record in records
                for output in self._route(connection, record, said.get(record.position, ()))
            ]

    def _route(self, connection: Connection, record: Record, said: Sequence[Dispatch]) -> Sequence[Outgoing]:
        try:
            if record.topic == COMPLAINTS:
                complaint = codec.decode(Complaint, record.value, record.headers)
                return self._published(said or self._first_door(connection, record.position, complaint))
            answer = codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        if answer.verdict == "refused":
            return self._next_door(connection, record.position, answer, said)
        return self._progress(connection, answer) if answer.verdict != "accepted" else ()

    def _first_door(self, connection: Connection, position: str, complaint: Complaint) -> Sequence[Dispatch]:
        ahead = _ahead(connection, complaint)
        now = self._now()
        decision = decide(complaint.report, self._registry)
        dispatch = Dispatch(
            id=ids.dispatch_id(complaint.id, 0),
            message_id=complaint.message_id,
            at=now,
            complaint_id=complaint.id,
            tracking=complaint.tracking,
            channel=complaint.channel,
            agency=decision.agency,
            alternatives=decision.alternatives,
            reasons=decision.reasons,
            rules_version=self._registry.version,
            hop=0,
            due_at=due(now),
            report=complaint.report,
            relation=complaint.relation,
        )
        if ahead is None:
            return _move(connection, position, dispatch)
        known_better = self._known_better(ahead, complaint, now)
        others = _move(connection, position, known_better) if known_better else ()
        followed = follow(dispatch, known_better if known_better and others else ahead)
        return [*others, followed] if route_once(connection, position, followed) else others

    def _known_better(self, ahead: Dispatch, complaint: Complaint, now: datetime) -> Dispatch | None:
        """The next hop of what nobody could place, where its sender has now said more."""
        if ahead.agency != TRIAGE or ahead.hop > 0 or complaint.relation.kind != "repeat":
            return None
        decision = decide_again(ahead.report, complaint.report, self._registry)
        if decision.agency == TRIAGE:
            return None
        found = {
            "agency": decision.agency,
            "alternatives": decision.alternatives,
            "reasons": (*ahead.reasons, *decision.reasons),
        }
        return self._next_hop(ahead.model_copy(update=found), now)

    def _next_hop(self, dispatch: Dispatch, now: datetime) -> Dispatch:
        hop = dispatch.hop + 1
        moved = {
            "id": ids.dispatch_id(dispatch.complaint_id, hop),
            "at": now,
            "rules_version": self._registry.version,
            "hop": hop,
            "due_at": due(now),
        }
        return dispatch.model_copy(update=moved)

    def _progress(self, connection: Connection, answer: AgencyAnswer) -> Sequence[Outgoing]:
        """What the sender is told, and everyone whose complaint joins it."""
        _, dispatch = _asked(connection, answer)
        joined = [other for other in following(connection, dispatch.complaint_id) if other.relation.kind == "joins"]
        name = self._name(dispatch.agency)
        return [told for each in (dispatch, *joined) for told in _told(answered(each, answer, name))]

    def _name(self, code: str) -> str:
        """The agency's name; of one that is in the registry no more, its code."""
        known = self._registry.agencies.get(code)
        return known.name if known else code

    def _next_door(
        self, connection: Connection, position: str, answer: AgencyAnswer, said: Sequence[Dispatch]
    ) -> Sequence[Outgoing]:
        way, refused = _asked(connection, answer)
        tried = [dispatch.agency for dispatch in way[: refused.hop + 1]]
        code, rule = after_refusal(tried, refused.alternatives, answer.theirs, self._registry)
        # What triage itself gives back has no other door: the admin's desk keeps it, and oversight is told.
        if not said and refused.agency != code:
            said = _move(connection, position, self._passed_on(refused, answer, code, rule))
        event = "hop-limit" if rule == "hop-limit" else "refused"
        return [*self._published(said), _tell_oversight(answer, event, rule)]

    def _passed_on(self, refused: Dispatch, answer: AgencyAnswer, code: str, rule: str) -> Dispatch:
        name = self._name(answer.agency)
        reason = Reason(rule=rule, says=f"{name} menyatakan bukan kewenangannya: {answer.text or '(tanpa alasan)'}")
        to = {"agency": code, "reasons": (*refused.reasons, reason)}
        return self._next_hop(refused.model_copy(update=to), self._now())

    def _published(self, dispatches: Iterable[Dispatch]) -> Sequence[Outgoing]:
        outputs = []
        for dispatch in dispatches:
            complaint, code = str(dispatch.complaint_id), dispatch.agency
            _log.info("complaint.dispatched", complaint_id=complaint, agency=code, hop=dispatch.hop)
            # The complaint and what belongs to it stay in order.
            key = str(dispatch.relation.of or complaint)
            outputs.append(Outgoing(agency(code), *codec.encode(dispatch, key, _SOURCE)))
            outputs += _told(dispatched(dispatch, self._name(code)))
        return outputs


def _ahead(connection: Connection, complaint: Complaint) -> Dispatch | None:
    """Where the complaint that this one belongs to is now; `None` if it belongs to none, or has come before it."""
    of, ahead = complaint.relation.of, None
    while of is not None and (way := way_so_far(connection, of)):
        ahead = way[-1]
        of = ahead.relation.of
    return ahead


def _move(connection: Connection, position: str, dispatch: Dispatch) -> Sequence[Dispatch]:
    """The dispatch and, with it, the next hop of each that belongs to the complaint and lies elsewhere.

    Nothing, if another record led to this hop.
    """
    if not route_once(connection, position, dispatch):
        return ()
    others = [other for other in following(connection, dispatch.complaint_id) if other.agency != dispatch.agency]
    moved = [along(other, dispatch, dispatch.at) for other in others]
    return [dispatch, *(each for each in moved if route_once(connection, position, each))]


def _asked(connection: Connection, answer: AgencyAnswer) -> tuple[Sequence[Dispatch], Dispatch]:
    """The way and the dispatch that are answered: an answer to what follows a complaint is one to the complaint.

    Raises `Reject` where the answering agency has none.
    """
    way = way_so_far(connection, answer.complaint_id)
    dispatch = next((dispatch for dispatch in way if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    ahead = way_so_far(connection, dispatch.relation.of) if dispatch.relation.of else ()
    theirs = [each for each in ahead if each.agency == dispatch.agency]
    return (ahead, theirs[-1]) if theirs else (way, dispatch)


def _told(reply: Reply | None) -> Sequence[Outgoing]:
    return [Outgoing(REPLIES, *codec.encode(reply, str(reply.complaint_id), _SOURCE))] if reply else ()


def _tell_oversight(answer: AgencyAnswer, event: str, rule: str) -> Outgoing:
    told = OversightEvent(
        id=ids.event_id(answer.dispatch_id, event),
        message_id=answer.message_id,
        at=answer.at,
        event="hop-limit" if event == "hop-limit" else "refused",
        subject=answer.complaint_id,
        reason=rule,
    )
    return Outgoing(OVERSIGHT, *codec.encode(told, str(answer.complaint_id), _SOURCE))
