"""An agency's answer: the dispatch to which it belongs, and whether it counts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from bus.errors import Reject, Retry
from bus.port import Record
from cases.course.case_course import answered_hop
from cases.course.verdicts import case_progress, may_repeat, state_after
from messages.shapes import MERGED, AgencyAnswer, AnswerOutcomeKind, Dispatch, Verdict
from router.answer_store import ProcessedAnswer, counted_verdicts, store_answer_once
from router.cases.transfer import CaseTransfer
from router.store import dispatch_history


class AnsweredDispatch(NamedTuple):
    """The dispatch that an answer belongs to, and the dispatches of its complaint, the first agency's first.

    `is_latest` is False if the complaint has moved since the dispatch that the answer names. `is_to_case_sender` is
    False if the answer names the report of another citizen that accompanies the case.
    """

    history: Sequence[Dispatch]
    dispatch: Dispatch
    is_latest: bool
    is_to_case_sender: bool = True


def find_answered_dispatch(
    transfer: CaseTransfer, answer: AgencyAnswer, taken_at: datetime, processed: ProcessedAnswer | None
) -> AnsweredDispatch:
    """Return the answered dispatch. An answer to an accompanying complaint is an answer to its case.

    `taken_at` is the bus's time of the answer. It is an answer to the complaint alone if that has been taken from the
    case since. An answer that was processed before belongs to the same dispatch as then. Raises `Reject` if the agency
    that answers has no such dispatch.
    """
    history = transfer.locked_history(answer.complaint_id)
    dispatch = next((dispatch for dispatch in history if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    is_latest = dispatch is history[-1]
    if dispatch.relation.of is not None and (processed or _still_accompanies(dispatch, history[-1])):
        case_history = transfer.locked_history(dispatch.relation.of)
        if case := _answered_in_case(dispatch, case_history, taken_at, processed):
            is_to_sender = _is_from_case_sender(transfer, dispatch, case)
            return AnsweredDispatch(case_history, case, is_latest and case is case_history[-1], is_to_sender)
    return AnsweredDispatch(history, dispatch, is_latest)


def process_answer(
    transfer: CaseTransfer,
    answered: AnsweredDispatch,
    answer: AgencyAnswer,
    record: Record,
    now: datetime,
) -> AnswerOutcomeKind:
    """Return the outcome of an answer that was not processed before, and store it.

    Raises `Retry` if another record of the answer was processed meanwhile.
    """
    earlier_verdicts = counted_verdicts(transfer.connection, answered.dispatch.id)
    outcome = answer_outcome(answered, answer.verdict, earlier_verdicts)
    if outcome == "counted" and answer.verdict == "extended":
        outcome = _extension_outcome(transfer, answered, answer, record.taken_at, earlier_verdicts)
    if not store_answer_once(transfer.connection, record, answer, answered.dispatch, outcome, now):
        raise Retry("another record of this answer was processed at the same time")
    return outcome


def _extension_outcome(
    transfer: CaseTransfer,
    answered: AnsweredDispatch,
    answer: AgencyAnswer,
    taken_at: datetime,
    earlier_verdicts: Collection[Verdict],
) -> AnswerOutcomeKind:
    """Return the outcome of an extension of the deadline: one in a case, before its first answer and its deadline."""
    dispatch = answered.dispatch
    if any("extended" in counted_verdicts(transfer.connection, earlier.id) for earlier in answered.history):
        return "repeated"
    longest = transfer.deadlines.longest_extension(dispatch.at, dispatch.report.kind, dispatch.topic)
    is_allowed = 0 < answer.extension_days <= longest and "responded" not in earlier_verdicts
    return "counted" if is_allowed and taken_at <= dispatch.due_at else "not-accepted"


def joined_until(transfer: CaseTransfer, joined: Dispatch, until: datetime) -> bool:
    """Return whether a report had joined its case at a time. `joined` is its latest dispatch."""
    case_id = joined.relation.of
    return joined.at <= until or any(
        not dispatch.own_case and dispatch.relation.of == case_id and dispatch.at <= until
        for dispatch in dispatch_history(transfer.connection, joined.complaint_id)
    )


def answer_outcome(
    answered: AnsweredDispatch, verdict: Verdict, earlier_verdicts: Collection[Verdict]
) -> AnswerOutcomeKind:
    """Return the outcome of a verdict. `earlier_verdicts` about the same dispatch are those that counted."""
    agency = answered.dispatch.agency
    if verdict in earlier_verdicts and not may_repeat(verdict, agency):
        return "repeated"
    if not answered.is_latest:
        return "late"
    state = case_progress(earlier_verdicts, agency).state
    return "counted" if state_after(state, verdict, agency) else "not-accepted"


def _answered_in_case(
    accompanying: Dispatch, case_history: Sequence[Dispatch], taken_at: datetime, processed: ProcessedAnswer | None
) -> Dispatch | None:
    """Return the dispatch of the case for which an answer to an accompanying complaint counts; `None` without one."""
    if processed:
        return next((dispatch for dispatch in case_history if dispatch.id == processed.dispatch_id), None)
    hop = answered_hop(case_history, accompanying.agency, accompanying.at, taken_at)
    return next((dispatch for dispatch in case_history if dispatch.hop == hop), None)


def _is_from_case_sender(transfer: CaseTransfer, accompanying: Dispatch, case: Dispatch) -> bool:
    """Return whether the sender of a case wrote an accompanying complaint. A person who merged it may be wrong."""
    if accompanying.relation.kind != "repeat" or MERGED in accompanying.relation.evidence:
        return False
    return transfer.first_of_sender(accompanying.complaint_id).complaint_id == case.complaint_id


def _still_accompanies(dispatch: Dispatch, latest: Dispatch) -> bool:
    """Return True if a complaint accompanied a case at a dispatch and accompanies the same case now."""
    return not dispatch.own_case and not latest.own_case and latest.relation.of == dispatch.relation.of
