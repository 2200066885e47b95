"""The first door of a complaint: that of its own words, or where the complaint lies that it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from messages import ids
from messages.shapes import Complaint, Dispatch
from messages.topics import TRIAGE
from router.decision import answer_deadline, decide, decide_again
from router.lifecycle.correction import taken_along
from router.lifecycle.linked import beside, follow, follows, next_hop
from router.lifecycle.transfer import case_of, move
from router.rules import Rules
from router.store import belong, belongs_to, dispatch_history, following


def first_dispatches(
    connection: Connection, position: str, complaint: Complaint, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Its first hop, and the hops that follow from it: of what it says more about, and of what came before it.

    Nothing where another record of the complaint was worked.
    """
    of = complaint.relation.of
    case = case_of(connection, of)
    better: Sequence[Dispatch] = ()
    if of and case and not dispatch_history(connection, complaint.id):
        better = _better(connection, position, complaint, _said_first(connection, of), case, rules, now)
        case = case_of(connection, of) if better else case
    dispatch = _placed(_by_its_own_words(complaint, rules, now), case, rules)
    goes = case if case and not dispatch.own_case else dispatch
    early = [each for each in following(connection, complaint.id) if follows(each.relation, each.agency, goes)]
    first = move(connection, position, dispatch, early, goes)
    if first and of:
        belong(connection, complaint.id, of)
    return [*better, *first]


def _by_its_own_words(complaint: Complaint, rules: Rules, now: datetime) -> Dispatch:
    return Dispatch(
        **decide(complaint.report, rules).said(),
        id=ids.dispatch_id(complaint.id, 0),
        message_id=complaint.message_id,
        at=now,
        complaint_id=complaint.id,
        tracking=complaint.tracking,
        channel=complaint.channel,
        rules_version=rules.version,
        hop=0,
        due_at=answer_deadline(now),
        report=complaint.report,
        relation=complaint.relation,
    )


def _placed(dispatch: Dispatch, case: Dispatch | None, rules: Rules) -> Dispatch:
    """What comes before the complaint that it belongs to is not kept waiting: it has a case of its own meanwhile."""
    if case is None:
        return dispatch
    if follows(dispatch.relation, dispatch.agency, case):
        return follow(dispatch, case)
    return beside(dispatch, case, rules.registry.name_of(case.agency))


def _said_first(connection: Connection, of: UUID) -> Dispatch:
    """Where the first is now of what one sender said of a matter, given any of it."""
    said = dispatch_history(connection, of)[-1]
    while said.relation.kind == "repeat" and not said.own_case:
        before = belongs_to(connection, said.complaint_id)
        if before is None:
            break
        said = dispatch_history(connection, before)[-1]
    return said


def _better(
    connection: Connection,
    position: str,
    complaint: Complaint,
    earlier: Dispatch,
    case: Dispatch,
    rules: Rules,
    now: datetime,
) -> Sequence[Dispatch]:
    """The next hop of what nobody could place, where its own sender has now said more, and of what goes along.

    `earlier` is the complaint that this one repeats. Where it joins another's, which is the `case`, it is taken to
    its own door: where the other's happened, its sender does not say.
    """
    if complaint.relation.kind != "repeat" or earlier.agency != TRIAGE or earlier.hop > 0:
        return ()
    if not earlier.own_case and earlier.relation.follows_root:
        return ()
    decision = decide_again(earlier.report, complaint.report, rules)
    if decision.agency == TRIAGE:
        return ()
    found = decision.said()
    if earlier.own_case:
        found["reasons"] = (*earlier.reasons, *decision.reasons)
    better = next_hop(earlier.model_copy(update=found), now, rules.version)
    if not earlier.own_case:
        better = beside(better, case, rules.registry.name_of(case.agency))
    return move(connection, position, better, taken_along(connection, earlier, better, rules), better)
