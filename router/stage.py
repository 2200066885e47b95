"""The router: complaints and refusals in, dispatches to agency queues out."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import writing
from messages import codec, ids
from messages.shapes import AgencyAnswer, Complaint, Dispatch, OversightEvent, Reason, Reply
from messages.topics import COMPLAINTS, OVERSIGHT, REPLIES, agency
from router.decision import after_refusal, decide, due
from router.registry import Registry
from router.replies import answered, dispatched
from router.store import route_once, way_so_far

_SOURCE = "/satu-pintu/router"

_log = structlog.get_logger()


class RouterStage:
    """See `bus.worker.Stage`. `now` is asked once per dispatch; what it said is kept with the decision."""

    def __init__(self, engine: Engine, registry: Registry, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._registry = registry
        self._now = now

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """One dispatch for each new complaint and each refusal not worked before; repeats and joins need none.

        And what the sender is told of it.
        """
        with writing(self._engine) as connection:
            return [output for record in records for output in self._route(connection, record)]

    def _route(self, connection: Connection, record: Record) -> Sequence[Outgoing]:
        try:
            if record.topic == COMPLAINTS:
                complaint = codec.decode(Complaint, record.value, record.headers)
                return self._first_door(connection, record.position, complaint)
            answer = codec.decode(AgencyAnswer, record.value, record.headers)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        if answer.verdict == "refused":
            return self._next_door(connection, record.position, answer)
        return self._progress(connection, answer) if answer.verdict != "accepted" else ()

    def _first_door(self, connection: Connection, position: str, complaint: Complaint) -> Sequence[Outgoing]:
        if complaint.relation.kind != "new":
            return ()
        decision = decide(complaint.report, self._registry)
        now = self._now()
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
        )
        kept = route_once(connection, position, dispatch)
        return [*_published(kept), *(_told(dispatched(kept, self._name(kept.agency))) if kept else ())]

    def _progress(self, connection: Connection, answer: AgencyAnswer) -> Sequence[Outgoing]:
        _, dispatch = _asked(connection, answer)
        return _told(answered(dispatch, answer, self._name(dispatch.agency)))

    def _name(self, code: str) -> str:
        """The agency's name; of one that is in the registry no more, its code."""
        known = self._registry.agencies.get(code)
        return known.name if known else code

    def _next_door(self, connection: Connection, position: str, answer: AgencyAnswer) -> Sequence[Outgoing]:
        way, refused = _asked(connection, answer)
        tried = [dispatch.agency for dispatch in way[: refused.hop + 1]]
        code, rule = after_refusal(tried, way[0].alternatives, answer.theirs, self._registry)
        # What triage itself gives back has no other door: the admin's desk keeps it, and oversight is told.
        published = () if refused.agency == code else self._pass_on(connection, position, refused, answer, code, rule)
        event = "hop-limit" if rule == "hop-limit" else "refused"
        return [*published, _tell_oversight(answer, event, rule)]

    def _pass_on(
        self, connection: Connection, position: str, refused: Dispatch, answer: AgencyAnswer, code: str, rule: str
    ) -> Sequence[Outgoing]:
        now = self._now()
        name = self._name(answer.agency)
        reason = Reason(rule=rule, says=f"{name} menyatakan bukan kewenangannya: {answer.text or '(tanpa alasan)'}")
        dispatch = refused.model_copy(
            update={
                "id": ids.dispatch_id(refused.complaint_id, refused.hop + 1),
                "at": now,
                "agency": code,
                "reasons": (*refused.reasons, reason),
                "rules_version": self._registry.version,
                "hop": refused.hop + 1,
                "due_at": due(now),
            }
        )
        return _published(route_once(connection, position, dispatch))


def _asked(connection: Connection, answer: AgencyAnswer) -> tuple[Sequence[Dispatch], Dispatch]:
    """The complaint's way, and the dispatch that is answered. Raises `Reject` where the answering agency has none."""
    way = way_so_far(connection, answer.complaint_id)
    dispatch = next((dispatch for dispatch in way if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    return way, dispatch


def _told(reply: Reply | None) -> Sequence[Outgoing]:
    return [Outgoing(REPLIES, *codec.encode(reply, str(reply.complaint_id), _SOURCE))] if reply else ()


def _published(dispatch: Dispatch | None) -> Sequence[Outgoing]:
    if dispatch is None:
        return ()
    _log.info("complaint.dispatched", complaint_id=str(dispatch.complaint_id), agency=dispatch.agency, hop=dispatch.hop)
    return [Outgoing(agency(dispatch.agency), *codec.encode(dispatch, str(dispatch.complaint_id), _SOURCE))]


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
