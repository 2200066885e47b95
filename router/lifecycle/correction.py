"""Applies a person's correction: splits a complaint from its case, keeps it apart, or merges it into another one."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from bus.errors import Reject
from messages.shapes import Correction, Dispatch, Reason, Relation
from router.answer_store import find_closing
from router.cases.hops import next_hop, next_hop_to_case
from router.cases.transfer import CaseTransfer
from router.decide import decide
from router.decision import Decision
from router.kept_apart import store_kept_apart
from router.rules import Rules
from router.store import dispatch_history, store_correction_once, store_parent


def apply_correction(transfer: CaseTransfer, correction: Correction, rules: Rules, now: datetime) -> Sequence[Dispatch]:
    """Return the hops that follow from a correction; none if it was applied before, or changes nothing (any more).

    Raises `Reject` if the router does not know the complaint, or the one into which it is merged.
    """
    if not store_correction_once(transfer.connection, transfer.cause):
        return ()
    history = transfer.locked_history(correction.complaint_id)
    if not history:
        raise Reject("unknown_complaint", "complaint_id")
    if correction.relation.kind != "new":
        return _merge(transfer, correction, history[-1], now)
    if correction.apart_from:
        store_kept_apart(transfer.connection, correction.complaint_id, correction.apart_from)
    if correction.is_denial:
        return _separate(transfer, correction, history, rules, now)
    return _split(transfer, correction, history, rules, now)


def _separate(
    transfer: CaseTransfer, correction: Correction, history: Sequence[Dispatch], rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Split the two complaints of a denied suggestion if they are one case by now; else change nothing."""
    apart_from = correction.apart_from
    case, suggested_case = transfer.find_case(correction.complaint_id), transfer.find_case(apart_from)
    if apart_from is None or case is None or suggested_case is None or case.complaint_id != suggested_case.complaint_id:
        return ()
    if not history[-1].own_case:
        return _split(transfer, correction, history, rules, now)
    # The suggested complaint was merged into this one.
    swapped = correction.model_copy(update={"complaint_id": apart_from, "apart_from": correction.complaint_id})
    return _split(transfer, swapped, transfer.locked_history(apart_from), rules, now)


def _split(
    transfer: CaseTransfer, correction: Correction, history: Sequence[Dispatch], rules: Rules, now: datetime
) -> Sequence[Dispatch]:
    """Make a complaint its own case, even at the same agency: the agency must know that it is one."""
    current = history[-1]
    if current.relation.kind == "new":
        return ()
    decision = decide_own_agency(history, rules)
    fields = {
        **decision.dispatch_fields(),
        "reasons": (*decision.reasons, _split_reason(transfer, correction)),
        "relation": Relation(evidence=correction.relation.evidence),
        "own_case": True,
        "actor": "",
    }
    case = next_hop(current.model_copy(update=fields), now, rules.version, transfer.deadlines)
    accompanying = transfer.dispatches_to_take_along(current, case, lambda report: decide(report, rules).agency)
    return transfer.dispatch_with_accompanying(case, accompanying, case)


def _merge(transfer: CaseTransfer, correction: Correction, current: Dispatch, now: datetime) -> Sequence[Dispatch]:
    """Move a complaint and those that accompany it to another case.

    Change nothing if it is there already, if the other case is its own, or if that was closed meanwhile: nobody would
    read the complaint there.
    """
    root_id = correction.relation.of
    case = transfer.find_case(root_id)
    if root_id is None or case is None:
        raise Reject("unknown_complaint", "relation.of")
    is_in_case = not current.own_case and current.relation.of == case.complaint_id
    if is_in_case or case.complaint_id == current.complaint_id or find_closing(transfer.connection, case):
        return ()
    accompanying = transfer.accompanying_dispatches(current)
    merged = next_hop_to_case(
        current.model_copy(update={"relation": correction.relation}), case, now, transfer.deadlines
    )
    explanation = f"Disatukan dengan laporan {case.tracking} oleh petugas: {correction.reason}"
    # A merge gives nobody more time.
    due_at = min(current.due_at, merged.due_at)
    fields = {"reasons": (Reason(rule="merged", text=explanation), *case.reasons), "due_at": due_at}
    store_parent(transfer.connection, merged.complaint_id, root_id)
    return transfer.dispatch_with_accompanying(merged.model_copy(update=fields), accompanying, case)


def decide_own_agency(history: Sequence[Dispatch], rules: Rules) -> Decision:
    """Return the decision by the complaint's own text.

    If the complaint has left that agency before, return the last decision that it had as a case of its own.
    """
    decision = decide(history[-1].report, rules)
    own_dispatches = [dispatch for dispatch in history if dispatch.own_case]
    if decision.agency not in {dispatch.agency for dispatch in own_dispatches[:-1]}:
        return decision
    last = own_dispatches[-1]
    return Decision(**{field.name: getattr(last, field.name) for field in fields(Decision)})


def _split_reason(transfer: CaseTransfer, correction: Correction) -> Reason:
    former = dispatch_history(transfer.connection, correction.apart_from) if correction.apart_from else ()
    number = former[-1].tracking if former else "lain"
    return Reason(rule="split", text=f"Dipisahkan dari laporan {number} oleh petugas: {correction.reason}")
