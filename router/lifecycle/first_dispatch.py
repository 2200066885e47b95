"""The first dispatch of a complaint: to the agency of its own text, or to that of the case that it accompanies."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from messages import ids
from messages.shapes import Complaint, Dispatch
from messages.topics import TRIAGE
from router.answer_store import closing_time
from router.cases.hops import (
    accompanies_case,
    dispatch_after_closing,
    dispatch_as_own_case,
    dispatch_to_case,
    next_hop,
)
from router.cases.transfer import CaseTransfer
from router.deadlines import answer_deadline
from router.decide import decide, decide_again
from router.rules import Rules
from router.store import dispatch_history, find_parent, linked_dispatches, store_parent


def first_dispatches(transfer: CaseTransfer, complaint: Complaint, rules: Rules, now: datetime) -> Sequence[Dispatch]:
    """Return the first hop of a complaint and the hops that follow from it.

    These are hops of the earlier complaint that it adds to, and of later complaints that were routed before it. Return
    nothing if another record of the complaint was routed.
    """
    parent_id = complaint.relation.of
    case = transfer.find_case(parent_id)
    is_case_closed = case is not None and closing_time(transfer.connection, case) is not None
    clarified = () if is_case_closed else _clarify_parent(transfer, complaint, case, rules, now)
    if clarified:
        case = transfer.find_case(parent_id)
    dispatch = _relate_to_case(_own_dispatch(complaint, rules, now), case, rules, is_case_closed=is_case_closed)
    target = case if case and not dispatch.own_case else dispatch
    dispatches = transfer.dispatch_with_accompanying(dispatch, _early_followers(transfer, complaint, target), target)
    if dispatches and parent_id:
        store_parent(transfer.connection, complaint.id, parent_id)
    return [*clarified, *dispatches]


def _early_followers(transfer: CaseTransfer, complaint: Complaint, target: Dispatch) -> Sequence[Dispatch]:
    """Return the dispatches of complaints that were routed before the one that they belong to, and now accompany it."""
    linked = linked_dispatches(transfer.connection, complaint.id)
    return [dispatch for dispatch in linked if accompanies_case(dispatch.relation, dispatch.agency, target)]


def _own_dispatch(complaint: Complaint, rules: Rules, now: datetime) -> Dispatch:
    """Return the dispatch to the agency that the complaint's own text leads to."""
    return Dispatch(
        **decide(complaint.report, rules).dispatch_fields(),
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
        follow_up=complaint.follow_up,
        danger=complaint.danger,
    )


def _relate_to_case(dispatch: Dispatch, case: Dispatch | None, rules: Rules, *, is_case_closed: bool) -> Dispatch:
    """Return the dispatch with its case, or as a case of its own.

    A complaint that is routed before its case does not wait: it has a case of its own meanwhile. Nothing accompanies a
    closed case, because no agency would read it there: a repeat goes to the agency that closed the case, a join to the
    agency of its own text.
    """
    if case is None:
        return dispatch
    if is_case_closed and dispatch.relation.kind == "repeat":
        return dispatch_after_closing(dispatch, case)
    if not is_case_closed and accompanies_case(dispatch.relation, dispatch.agency, case):
        return dispatch_to_case(dispatch, case)
    return dispatch_as_own_case(dispatch, case, rules.registry.name_of(case.agency))


def _first_of_sender(transfer: CaseTransfer, parent_id: UUID) -> Dispatch:
    """Return the latest dispatch of the first complaint in a sender's chain of repeats."""
    dispatch = dispatch_history(transfer.connection, parent_id)[-1]
    while dispatch.relation.kind == "repeat" and not dispatch.own_case:
        earlier_id = find_parent(transfer.connection, dispatch.complaint_id)
        if earlier_id is None:
            break
        dispatch = dispatch_history(transfer.connection, earlier_id)[-1]
    return dispatch


def _clarify_parent(
    transfer: CaseTransfer, complaint: Complaint, case: Dispatch | None, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Return the hops of an undecided earlier complaint whose own sender has now written more.

    A complaint that joins another citizen's case goes to its own agency then: its sender does not know where the
    matter of the other citizen is.
    """
    parent_id = complaint.relation.of
    if parent_id is None or case is None or complaint.relation.kind != "repeat":
        return ()
    earlier = _first_of_sender(transfer, parent_id)
    if not _can_be_clarified(earlier) or dispatch_history(transfer.connection, complaint.id):
        return ()
    decision = decide_again(earlier.report, complaint.report, rules)
    if decision.agency == TRIAGE:
        return ()
    fields = decision.dispatch_fields()
    if earlier.own_case:
        fields["reasons"] = (*earlier.reasons, *decision.reasons)
    clarified = next_hop(earlier.model_copy(update=fields), now, rules.version)
    if not earlier.own_case:
        clarified = dispatch_as_own_case(clarified, case, rules.registry.name_of(case.agency))
    accompanying = transfer.dispatches_to_take_along(earlier, clarified, lambda report: decide(report, rules).agency)
    return transfer.dispatch_with_accompanying(clarified, accompanying, clarified)


def _can_be_clarified(earlier: Dispatch) -> bool:
    """Return True if an earlier complaint lies at triage, was never moved, and is not bound to another case."""
    is_undecided = earlier.agency == TRIAGE and earlier.hop == 0
    return is_undecided and (earlier.own_case or not earlier.relation.follows_root)
