"""The first dispatch of a complaint: to the agency of its own text, or to that of the case that it accompanies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cases.clocks.deadlines import Deadlines
from messages import ids
from messages.shapes import MERGED, ClosedCase, Complaint, Dispatch, PartOf, Reason, SenderAct
from messages.topics import TRIAGE
from router.answer_store import Closing, counted_verdicts
from router.cases.hops import (
    accompanies_case,
    dispatch_after_closing,
    dispatch_as_own_case,
    dispatch_to_case,
    next_hop,
    with_deadline,
)
from router.cases.known_cases import KnownCases
from router.cases.transfer import CaseTransfer
from router.decide import MAX_ALTERNATIVES, decide, decide_again, decide_jointly
from router.decision import DIVIDED, REROUTED, Decision
from router.lifecycle.objection import CaseReopening, is_objection_in_time
from router.rules import Rules
from router.store import dispatch_history, linked_dispatches, store_parent

# Acts of a sender that say nothing about the problem, and need no answer.
_CLOSING_ACTS: frozenset[SenderAct] = frozenset(
    {"confirms", "rates", "withdraws", "asks-to-be-forgotten", "agrees-to-ombudsman", "declines-ombudsman"}
)
# So long after its dispatch a report may be moved by what its sender adds.
_REROUTING_PERIOD = timedelta(minutes=5)
_DIVIDED_TEXT = "Bagian {} dari sebuah laporan: petugas membaginya karena memuat lebih dari satu hal."
_REROUTED_TEXT = "Semula di {}. Dipindahkan karena keterangan tambahan dari pelapor, sebelum instansi itu menjawab."


def lone_dispatch(
    cases: KnownCases, complaint: Complaint, rules: Rules, now: Callable[[], datetime], deadlines: Deadlines
) -> Dispatch | None:
    """Return the first hop of a complaint that no other one belongs to; `None` if it may move the one it belongs to."""
    if _may_move_parent(cases, complaint, rules, deadlines):
        return None
    return _first_hop(cases, complaint, rules, now(), deadlines)


def first_dispatches(
    transfer: CaseTransfer, cases: KnownCases, complaint: Complaint, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Return the first hop of a complaint and the hops that follow from it.

    These are hops of the earlier complaint that it adds to, and of later complaints that were routed before it. Return
    nothing if another record of the complaint was routed. `cases` note the hops.
    """
    parent_id = complaint.relation.of
    parent_hops = _hops_of_parent(transfer, cases, complaint, rules, now)
    cases.note(parent_hops)
    dispatch = _first_hop(cases, complaint, rules, now, transfer.deadlines)
    case = cases.find_case(parent_id)
    target = case if case and not dispatch.own_case else dispatch
    followers = _early_followers(transfer, complaint, target) if cases.is_followed(complaint.id) else ()
    dispatches = transfer.dispatch_with_accompanying(dispatch, followers, target)
    if dispatches and parent_id:
        store_parent(transfer.connection, complaint.id, parent_id)
    cases.note(dispatches)
    return [*parent_hops, *dispatches]


def _first_hop(cases: KnownCases, complaint: Complaint, rules: Rules, now: datetime, deadlines: Deadlines) -> Dispatch:
    """Return the dispatch of a complaint to its own agency or to that of the case that it belongs to."""
    case = cases.find_case(complaint.relation.of)
    closing = cases.find_closing(case) if case else None
    own_dispatch = _own_dispatch(complaint, rules, now, _closed_case(cases, complaint))
    dispatch = _relate_to_case(own_dispatch, case, rules, closing)
    has_own_deadline = dispatch.own_case or dispatch.relation.kind != "repeat"
    return with_deadline(dispatch, now, deadlines) if has_own_deadline else dispatch


def _may_move_parent(cases: KnownCases, complaint: Complaint, rules: Rules, deadlines: Deadlines) -> bool:
    """Return False if a complaint certainly leaves the earlier complaint where it is (see `_hops_of_parent`)."""
    parent_id = complaint.relation.of
    case = cases.find_case(parent_id)
    if case is None or parent_id is None or complaint.relation.kind != "repeat":
        return False
    if closing := cases.find_closing(case):
        return is_objection_in_time(complaint.follow_up.act, complaint.at, closing, deadlines)
    parent = cases.find_latest(parent_id) or case
    if parent.relation.kind == "repeat" and not parent.own_case:
        # The report is that of an earlier message of the sender.
        return True
    return (_clarified_decision(parent, complaint, rules) or _rerouting_decision(parent, complaint, rules)) is not None


def _hops_of_parent(
    transfer: CaseTransfer, cases: KnownCases, complaint: Complaint, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Return the hops of the earlier report: a closed case that is opened again, or one that is decided now."""
    parent_id = complaint.relation.of
    case = cases.find_case(parent_id)
    if case is None or parent_id is None or complaint.relation.kind != "repeat":
        return ()
    closing = cases.find_closing(case)
    if closing is None:
        clarified = _clarify_parent(transfer, complaint, parent_id, case, rules, now)
        return clarified or _reroute_parent(transfer, complaint, parent_id, rules, now)
    if not is_objection_in_time(complaint.follow_up.act, complaint.at, closing, transfer.deadlines):
        return ()
    return case_reopening(transfer, rules, now).for_objection(complaint.id, parent_id)


def case_reopening(transfer: CaseTransfer, rules: Rules, now: datetime) -> CaseReopening:
    """Return what opens cases again in a transaction."""
    return CaseReopening(transfer, rules, lambda report: decide(report, rules).agency, now)


def _early_followers(transfer: CaseTransfer, complaint: Complaint, target: Dispatch) -> Sequence[Dispatch]:
    """Return the dispatches of complaints that were routed before the one that they belong to, and now accompany it."""
    linked = linked_dispatches(transfer.connection, complaint.id)
    return [dispatch for dispatch in linked if accompanies_case(dispatch.relation, dispatch.agency, target)]


def _closed_case(cases: KnownCases, complaint: Complaint) -> ClosedCase | None:
    """Return the closed case that a complaint is like, without the sender's part in it.

    `None` if the router knows that it is open: the normalizer closes a whole matter, and a report of it may be a case
    of its own at another agency.
    """
    closed_case = complaint.similar_closed_case
    if closed_case is None:
        return None
    case = cases.find_case(closed_case.of)
    if case and cases.find_closing(case) is None:
        return None
    return closed_case.model_copy(update={"is_own": False})


def _own_dispatch(
    complaint: Complaint, rules: Rules, now: datetime, similar_closed_case: ClosedCase | None
) -> Dispatch:
    """Return the dispatch to the agency that the complaint's own text leads to, without a deadline yet.

    A part of a report goes to the agency that the person chose for it, if one was chosen.
    """
    part_of = complaint.part_of
    chosen = rules.registry.find_receiving_agency(part_of.agency) if part_of and part_of.agency else None
    decision = decide(complaint.report, rules)
    return Dispatch(
        **(_decision_on_part(decision, part_of.number, chosen) if part_of else decision).dispatch_fields(),
        id=ids.dispatch_id(complaint.id, 0),
        message_id=complaint.message_id,
        at=now,
        complaint_id=complaint.id,
        tracking=complaint.tracking,
        channel=complaint.channel,
        rules_version=rules.version,
        hop=0,
        due_at=now,
        report=complaint.report,
        relation=complaint.relation,
        follow_up=complaint.follow_up,
        danger=complaint.danger,
        suggestion=complaint.suggestion,
        similar_closed_case=similar_closed_case,
        part_of=PartOf(report_id=part_of.report_id, number=part_of.number) if part_of else None,
        actor=part_of.actor if part_of and chosen else "",
    )


def _decision_on_part(decision: Decision, number: int, agency: str | None) -> Decision:
    """Return the decision on a part, with the reason that it is one.

    `agency` is the one that a person chose, `None` without one. What the rules chose comes next.
    """
    reason = Reason(rule=DIVIDED, text=_DIVIDED_TEXT.format(number))
    if agency is None:
        return replace(decision, reasons=(reason, *decision.reasons))
    candidates = dict.fromkeys((decision.agency, *decision.alternatives))
    alternatives = tuple(code for code in candidates if code not in {TRIAGE, agency})[:MAX_ALTERNATIVES]
    return replace(decision, agency=agency, alternatives=alternatives, reasons=(reason,), confidence=1.0)


def _relate_to_case(dispatch: Dispatch, case: Dispatch | None, rules: Rules, closing: Closing | None) -> Dispatch:
    """Return the dispatch with its case, or as a case of its own. `closing` is that of the case.

    A complaint that is routed before its case does not wait: it has a case of its own meanwhile. Nothing accompanies a
    closed case, because no agency would read it there: a repeat goes to the agency that closed the case, a join to the
    agency of its own text. An act that needs no answer accompanies the closed case.
    """
    if case is None:
        return dispatch
    if closing and dispatch.follow_up.act in _CLOSING_ACTS:
        return dispatch_to_case(dispatch, case)
    if closing:
        closed_case = ClosedCase(of=case.complaint_id, closed_at=closing.at)
        dispatch = dispatch.model_copy(update={"similar_closed_case": closed_case})
    if closing and dispatch.relation.kind == "repeat":
        return dispatch_after_closing(dispatch, case)
    if closing is None and accompanies_case(dispatch.relation, dispatch.agency, case):
        return dispatch_to_case(dispatch, case)
    return dispatch_as_own_case(dispatch, case, rules.registry.name_of(case.agency))


def _clarify_parent(
    transfer: CaseTransfer, complaint: Complaint, parent_id: UUID, case: Dispatch, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Return the hops of an undecided earlier complaint whose own sender has now written more.

    A complaint that joins another citizen's case goes to its own agency then: its sender does not know where the
    matter of the other citizen is.
    """
    earlier = transfer.first_of_sender(parent_id)
    decision = _clarified_decision(earlier, complaint, rules)
    if decision is None or dispatch_history(transfer.connection, complaint.id):
        return ()
    fields = decision.dispatch_fields()
    if earlier.own_case:
        fields["reasons"] = (*earlier.reasons, *decision.reasons)
    clarified = next_hop(earlier.model_copy(update=fields), now, rules.version, transfer.deadlines)
    if not earlier.own_case:
        clarified = dispatch_as_own_case(clarified, case, rules.registry.name_of(case.agency))
    accompanying = transfer.dispatches_to_take_along(earlier, clarified, lambda report: decide(report, rules).agency)
    return transfer.dispatch_with_accompanying(clarified, accompanying, clarified)


def _clarified_decision(earlier: Dispatch, complaint: Complaint, rules: Rules) -> Decision | None:
    """Return the decision about an undecided earlier complaint with the words of a later one; `None` without any."""
    has_words = complaint.follow_up.act not in _CLOSING_ACTS
    if not has_words or not _can_be_clarified(earlier):
        return None
    decision = decide_again(earlier.report, complaint.report, rules)
    return None if decision.agency == TRIAGE else decision


def _can_be_clarified(earlier: Dispatch) -> bool:
    """Return True if an earlier complaint lies at triage, was never moved, and is not bound to another case."""
    is_undecided = earlier.agency == TRIAGE and earlier.hop == 0
    return is_undecided and (earlier.own_case or not earlier.relation.follows_root)


def _reroute_parent(
    transfer: CaseTransfer, complaint: Complaint, parent_id: UUID, rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Return the hops of a report that its sender's next words move from one agency to another.

    It stays where it is if the agency has answered, or if the report of somebody else accompanies it: that sender did
    not write these words.
    """
    earlier = transfer.first_of_sender(parent_id)
    decision = _rerouting_decision(earlier, complaint, rules)
    if decision is None or dispatch_history(transfer.connection, complaint.id):
        return ()
    is_of_others = any(map(_is_of_another_sender, transfer.accompanying_dispatches(earlier)))
    if is_of_others or counted_verdicts(transfer.connection, earlier.id):
        return ()
    reason = Reason(rule=REROUTED, text=_REROUTED_TEXT.format(rules.registry.name_of(earlier.agency)))
    fields = decision.dispatch_fields() | {"reasons": (*decision.reasons, reason)}
    rerouted = next_hop(earlier.model_copy(update=fields), now, rules.version, transfer.deadlines)
    return transfer.dispatch_with_accompanying(rerouted, transfer.accompanying_dispatches(earlier), rerouted)


def _rerouting_decision(earlier: Dispatch, complaint: Complaint, rules: Rules) -> Decision | None:
    """Return the decision by which a report at an agency goes to another one because of its sender's next words.

    `None` if it stays: the words came too late, are no addition, nothing else is likely enough, or the rules of today
    had sent the report itself elsewhere. A repeat that is a report of its own goes where its case lies.
    """
    is_in_time = complaint.at <= earlier.at + _REROUTING_PERIOD
    if not is_in_time or complaint.follow_up.act != "adds" or not _can_be_rerouted(earlier):
        return None
    decision = decide_jointly(earlier.report, complaint.report, rules)
    if decision.agency in {TRIAGE, earlier.agency} or decide(earlier.report, rules).agency != earlier.agency:
        return None
    return decision


def _can_be_rerouted(earlier: Dispatch) -> bool:
    """Return True if a report lies as a case of its own at the agency that the rules chose for its own text."""
    return earlier.agency != TRIAGE and earlier.hop == 0 and earlier.own_case


def _is_of_another_sender(accompanying: Dispatch) -> bool:
    return accompanying.relation.kind != "repeat" or MERGED in accompanying.relation.evidence
