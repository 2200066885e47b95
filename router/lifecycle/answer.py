"""Finds the dispatch to which an agency's answer belongs."""

from collections.abc import Sequence
from typing import NamedTuple

from bus.errors import Reject
from messages.shapes import AgencyAnswer, Dispatch
from router.cases.transfer import CaseTransfer


class AnsweredDispatch(NamedTuple):
    """The dispatch that an answer belongs to, and the dispatches of its complaint, the first agency's first."""

    history: Sequence[Dispatch]
    dispatch: Dispatch


def find_answered_dispatch(transfer: CaseTransfer, answer: AgencyAnswer) -> AnsweredDispatch:
    """Return the answered dispatch. An answer to an accompanying complaint is an answer to its case.

    That does not hold if the complaint has been taken from the case since. Raises `Reject` if the agency that answers
    has no such dispatch.
    """
    history = transfer.locked_history(answer.complaint_id)
    dispatch = next((dispatch for dispatch in history if dispatch.id == answer.dispatch_id), None)
    if dispatch is None or dispatch.agency != answer.agency:
        raise Reject("unknown_dispatch", "dispatch_id")
    case_id = dispatch.relation.of
    if case_id is not None and _still_accompanies(dispatch, history[-1]):
        case_history = transfer.locked_history(case_id)
        at_agency = [case for case in case_history if case.agency == dispatch.agency]
        if at_agency:
            return AnsweredDispatch(case_history, at_agency[-1])
    return AnsweredDispatch(history, dispatch)


def _still_accompanies(dispatch: Dispatch, latest: Dispatch) -> bool:
    """Return True if a complaint accompanied a case at a dispatch and accompanies the same case now."""
    return not dispatch.own_case and not latest.own_case and latest.relation.of == dispatch.relation.of
