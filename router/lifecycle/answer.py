"""An agency's answer: the dispatch to which it belongs, and whether it counts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from bus.errors import Reject
from bus.port import Record
from messages.cases.verdicts import case_progress, state_after
from messages.shapes import AgencyAnswer, Dispatch, Verdict
from messages.topics import TRIAGE
from router.answer_store import AnswerOutcome, counted_verdicts, find_processed_answer, store_answer
from router.cases.transfer import CaseTransfer


class AnsweredDispatch(NamedTuple):
    """The dispatch that an answer belongs to, and the dispatches of its complaint, the first agency's first.

    `is_latest` is False if the complaint has moved since the dispatch that the answer names.
    """

    history: Sequence[Dispatch]
    dispatch: Dispatch
    is_latest: bool


def find_answered_dispatch(transfer: CaseTransfer, answer: AgencyAnswer) -> AnsweredDispatch:
    """Return the answered dispatch. An answer to an accompanying complaint is an answer to its case.

    That does not hold if the complaint has been taken from the case since. Raises `Reject` if the agency that answers
    has no such dispatch.
    """
    history = transfer.locked_history(answer.complaint_id)
    dispatch = next((dispatch for dispatch in history if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    is_latest = dispatch is history[-1]
    if dispatch.relation.of is not None and _still_accompanies(dispatch, history[-1]):
        case_history = transfer.locked_history(dispatch.relation.of)
        if case := _last_at(dispatch.agency, case_history):
            return AnsweredDispatch(case_history, case, is_latest and case is case_history[-1])
    return AnsweredDispatch(history, dispatch, is_latest)


def process_answer(
    transfer: CaseTransfer, answered: AnsweredDispatch, answer: AgencyAnswer, record: Record, *, has_moved_case: bool
) -> AnswerOutcome | None:
    """Return the outcome of an answer, and store it once; `None` if another record of it was processed.

    `has_moved_case`: the record led to dispatches when it was processed first.
    """
    processed = find_processed_answer(transfer.connection, answer.id)
    if processed:
        # Answers from before the table have no authenticator. The same answer with one is a second record.
        is_former_record = processed.position == "" and not answer.authenticator
        return processed.outcome if is_former_record or processed.position == record.position else None
    earlier_verdicts = counted_verdicts(transfer.connection, answered.dispatch.id)
    outcome: AnswerOutcome = "counted" if has_moved_case else answer_outcome(answered, answer.verdict, earlier_verdicts)
    store_answer(transfer.connection, record, answer, answered.dispatch, outcome)
    return outcome


def answer_outcome(
    answered: AnsweredDispatch, verdict: Verdict, earlier_verdicts: Collection[Verdict]
) -> AnswerOutcome:
    """Return the outcome of a verdict. `earlier_verdicts` about the same dispatch are those that counted.

    An agency may ask and respond more than once, and triage may decide after it has kept a case.
    """
    agency = answered.dispatch.agency
    may_repeat = verdict in {"asked", "responded"} or (verdict == "refused" and agency == TRIAGE)
    if verdict in earlier_verdicts and not may_repeat:
        return "repeated"
    if not answered.is_latest:
        return "late"
    state = case_progress(earlier_verdicts, agency).state
    return "counted" if state_after(state, verdict, agency) else "not-accepted"


def _last_at(agency: str, history: Sequence[Dispatch]) -> Dispatch | None:
    """Return the last dispatch to this agency."""
    return next((dispatch for dispatch in reversed(history) if dispatch.agency == agency), None)


def _still_accompanies(dispatch: Dispatch, latest: Dispatch) -> bool:
    """Return True if a complaint accompanied a case at a dispatch and accompanies the same case now."""
    return not dispatch.own_case and not latest.own_case and latest.relation.of == dispatch.relation.of
