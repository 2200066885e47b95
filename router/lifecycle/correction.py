"""Works what a person decided: takes a complaint apart from the one it belonged to, or puts it to another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bus.errors import Reject
from messages.shapes import Correction, Dispatch, Reason, Relation
from router.decision import Decision, decide
from router.lifecycle.linked import along, follows, next_hop
from router.lifecycle.transfer import case_of, move, together, way_held
from router.rules import Rules
from router.store import belong, correct_once, dispatch_history


def apply_correction(
    connection: Connection, position: str, correction: Correction, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """The hops that follow from a correction; none where it was worked before, or changes nothing (any more).

    Raises `Reject` where the router does not know the complaint, or the one it is put to.
    """
    if not correct_once(connection, position, correction.id):
        return ()
    way = way_held(connection, correction.complaint_id)
    if not way:
        raise Reject("unknown_complaint", "complaint_id")
    if correction.relation.kind == "new":
        return _split(connection, position, correction, way, rules, now)
    return _merge(connection, position, correction, way[-1], now)


def _split(
    connection: Connection,
    position: str,
    correction: Correction,
    way: Sequence[Dispatch],
    rules: Rules,
    now: datetime,
) -> Sequence[Dispatch]:
    """Even where it lies at its own door already: the agency learns that it is a case of its own."""
    current = way[-1]
    if current.relation.kind == "new":
        return ()
    decision = decide_own_agency(way, rules)
    found = {
        **decision.said(),
        "reasons": (*decision.reasons, _apart(connection, correction)),
        "relation": Relation(evidence=correction.relation.evidence),
        "own_case": True,
        "actor": "",
    }
    case = next_hop(current.model_copy(update=found), now, rules.version)
    return move(connection, position, case, taken_along(connection, current, case, rules), case)


def _merge(
    connection: Connection, position: str, correction: Correction, current: Dispatch, now: datetime
) -> Sequence[Dispatch]:
    """What goes along with the complaint goes along to where it is put. A circle, or one that is there: nothing."""
    of = correction.relation.of
    case = case_of(connection, of)
    if of is None or case is None:
        raise Reject("unknown_complaint", "relation.of")
    there = not current.own_case and current.relation.of == case.complaint_id
    if there or case.complaint_id == current.complaint_id:
        return ()
    others = together(connection, current)
    put = along(current.model_copy(update={"relation": correction.relation}), case, now)
    says = f"Disatukan dengan laporan {case.tracking} oleh petugas: {correction.reason}"
    reasons = (Reason(rule="merged", says=says), *case.reasons)
    belong(connection, put.complaint_id, of)
    return move(connection, position, put.model_copy(update={"reasons": reasons}), others, case)


def decide_own_agency(way: Sequence[Dispatch], rules: Rules) -> Decision:
    """The door that its own words lead to; where it has left that one before, the last that it had for itself."""
    decision = decide(way[-1].report, rules)
    own = [dispatch for dispatch in way if dispatch.own_case]
    if decision.agency not in {dispatch.agency for dispatch in own[:-1]}:
        return decision
    last = own[-1]
    return Decision(last.agency, last.alternatives, last.reasons, last.confidence, last.topic, last.region)


def taken_along(connection: Connection, before: Dispatch, case: Dispatch, rules: Rules) -> Sequence[Dispatch]:
    """What belongs to a complaint that becomes a case of its own; what only joins it may stay with the other.

    `before` is where the complaint was, `case` where it goes.
    """
    others = together(connection, before)
    if before.own_case:
        return others
    return [other for other in others if follows(other.relation, decide(other.report, rules).agency, case)]


def _apart(connection: Connection, correction: Correction) -> Reason:
    way = dispatch_history(connection, correction.apart_from) if correction.apart_from else ()
    number = way[-1].tracking if way else "lain"
    return Reason(rule="split", says=f"Dipisahkan dari laporan {number} oleh petugas: {correction.reason}")
