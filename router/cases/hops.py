"""Derives the next dispatch of a complaint from the one before and from its case. Pure.

A case is a complaint with a dispatch of its own. A repeat or a join accompanies its case: it lies at the same agency.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from cases.clocks.deadlines import Deadlines
from messages import ids
from messages.shapes import AFTER_CLOSING, MERGED, SAID_BY_SENDER, Dispatch, Reason, Relation
from messages.topics import TRIAGE

_ACCOMPANIES_TEXT = {
    "repeat": "Mengulang atau melanjutkan hal yang sudah dilaporkan dengan nomor {}.",
    "joins": "Hal yang sama sudah dilaporkan warga lain dengan nomor {}.",
}
_MERGED_TEXT = "Petugas menyatukannya dengan laporan nomor {}."
_CLOSED_CASE_TEXT = "Melanjutkan laporan nomor {}, yang sudah dinyatakan selesai oleh instansi ini."
_OWN_CASE_TEXT = "Hal yang sama sudah dilaporkan warga lain dengan nomor {}, yang berada di {}."


def accompanies_case(relation: Relation, agency: str, case: Dispatch) -> bool:
    """Return True if a repeat or join goes where its case lies; `agency` is the one that its own text leads to.

    A join never overrides the agency that its own text leads to: nobody can draw the report of another citizen to a
    wrong agency by reporting first. A join of an anonymous case whose text leads to none is at triage: the agency of
    the case would tell who copies the report where it lies. That of a public report is known to its readers.
    """
    if relation.follows_root:
        return True
    if SAID_BY_SENDER in relation.evidence:
        return agency in {TRIAGE, case.agency}
    return agency == case.agency != TRIAGE or (agency == TRIAGE and not case.report.anonim)


def last_dispatch_of_case(
    complaint_id: UUID | None, latest_dispatch: Callable[[UUID], Dispatch | None]
) -> Dispatch | None:
    """Return the latest dispatch of the case that a complaint is or accompanies.

    `None` without a complaint, or if `latest_dispatch` finds none. Of complaints that accompany each other, it is that
    of the last one of the circle.
    """
    case, passed_ids = None, set[UUID]()
    while complaint_id and complaint_id not in passed_ids and (dispatch := latest_dispatch(complaint_id)):
        passed_ids.add(complaint_id)
        case = dispatch
        complaint_id = None if case.own_case else case.relation.of
    return case


def dispatch_to_case(dispatch: Dispatch, case: Dispatch) -> Dispatch:
    """Return the dispatch as it accompanies its case, with the reasons of the case; a repeat has its deadline, too.

    A join keeps the deadline of its own dispatch: that of the case would tell when another citizen wrote. It has no
    suggestion and no closed case: only a case has one. It is not earlier than the dispatch of its case:
    `cases.course.case_course.answered_hop` relies on that.
    """
    relation = dispatch.relation.model_copy(update={"of": case.complaint_id})
    fields = {
        "at": max(dispatch.at, case.at),
        "agency": case.agency,
        "alternatives": (),
        "reasons": (_accompanies_reason(relation, case), *case.reasons),
        "rules_version": case.rules_version,
        "due_at": case.due_at if relation.kind == "repeat" else dispatch.due_at,
        "relation": relation,
        "own_case": False,
        "confidence": case.confidence,
        "actor": case.actor,
        "suggestion": None,
        "similar_closed_case": None,
    }
    return dispatch.model_copy(update=fields)


def dispatch_as_own_case(dispatch: Dispatch, earlier_case: Dispatch, agency_name: str) -> Dispatch:
    """Return the dispatch as a case of its own that mentions the earlier case of the same matter.

    `agency_name` is the name of the agency of the earlier case.
    """
    reason = Reason(rule="follows", text=_OWN_CASE_TEXT.format(earlier_case.tracking, agency_name))
    relation = dispatch.relation.model_copy(update={"of": earlier_case.complaint_id})
    fields = {"reasons": (*dispatch.reasons, reason), "relation": relation, "own_case": True}
    return dispatch.model_copy(update=fields)


def dispatch_after_closing(dispatch: Dispatch, closed_case: Dispatch) -> Dispatch:
    """Return the dispatch of a repeat as a new case at the agency that closed the earlier case.

    It has no relation to the closed case: neither moves with the other. Its first alternative is the agency that its
    own text leads to.
    """
    candidates = (dispatch.agency, *dispatch.alternatives)
    reason = Reason(rule="follows", text=_CLOSED_CASE_TEXT.format(closed_case.tracking))
    fields = {
        "agency": closed_case.agency,
        "alternatives": tuple(code for code in candidates if code not in {TRIAGE, closed_case.agency}),
        "reasons": (*dispatch.reasons, reason),
        "confidence": closed_case.confidence,
        "relation": Relation(evidence=(AFTER_CLOSING,)),
        "own_case": True,
    }
    return dispatch.model_copy(update=fields)


def next_hop_to_case(dispatch: Dispatch, case: Dispatch, at: datetime, deadlines: Deadlines) -> Dispatch:
    """Return the next hop of an accompanying complaint after its case has moved or has been replaced."""
    at_agency = dispatch.model_copy(update={"agency": case.agency})
    return dispatch_to_case(next_hop(at_agency, at, case.rules_version, deadlines), case)


def next_hop(dispatch: Dispatch, at: datetime, rules_version: str, deadlines: Deadlines) -> Dispatch:
    """Return the dispatch as the next hop, with a new id and deadline; agency and reasons are those of `dispatch`."""
    hop = dispatch.hop + 1
    fields = {
        "id": ids.dispatch_id(dispatch.complaint_id, hop),
        "at": at,
        "rules_version": rules_version,
        "hop": hop,
    }
    return with_deadline(dispatch.model_copy(update=fields), at, deadlines)


def with_deadline(dispatch: Dispatch, at: datetime, deadlines: Deadlines) -> Dispatch:
    """Return the dispatch with the deadline that its agency has for an answer from `at` on."""
    due_at = deadlines.answer_deadline(at, dispatch.agency, dispatch.report.kind, dispatch.topic)
    return dispatch.model_copy(update={"due_at": due_at})


def cases_first(dispatches: Iterable[Dispatch]) -> Sequence[Dispatch]:
    """Return the dispatches of one record in a fixed order: the cases before the complaints that accompany them."""
    return sorted(dispatches, key=lambda dispatch: (not dispatch.own_case, dispatch.complaint_id))


def _accompanies_reason(relation: Relation, case: Dispatch) -> Reason:
    text = _MERGED_TEXT if MERGED in relation.evidence else _ACCOMPANIES_TEXT[relation.kind]
    return Reason(rule="follows", text=text.format(case.tracking))
