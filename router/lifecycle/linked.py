"""Whether a repeat, or what joins another's complaint, goes where that one lies, and how it does. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from messages import ids
from messages.shapes import MERGED, Dispatch, Reason, Relation
from messages.topics import TRIAGE
from router.decision import answer_deadline

_SAYS = {
    "repeat": "Mengulang atau melanjutkan hal yang sudah dilaporkan dengan nomor {}.",
    "joins": "Hal yang sama sudah dilaporkan warga lain dengan nomor {}.",
}
_MERGED = "Petugas menyatukannya dengan laporan nomor {}."
_BESIDE = "Hal yang sama sudah dilaporkan warga lain dengan nomor {}, yang berada di {}."


def follows(relation: Relation, agency: str, ahead: Dispatch) -> bool:
    """Whether what belongs to a complaint goes where that lies; `agency` is the door its own words lead to.

    What joins another's complaint does so only where its own words lead there too, or nowhere: nobody draws somebody
    else's report to a wrong door by writing first.
    """
    return relation.follows_root or agency in {TRIAGE, ahead.agency}


def follow(dispatch: Dispatch, ahead: Dispatch) -> Dispatch:
    """The dispatch as it goes where the complaint it belongs to is, for that one's reasons and by its date."""
    relation = dispatch.relation.model_copy(update={"of": ahead.complaint_id})
    where = {
        "agency": ahead.agency,
        "alternatives": (),
        "reasons": (_because(relation, ahead), *ahead.reasons),
        "rules_version": ahead.rules_version,
        "due_at": ahead.due_at,
        "relation": relation,
        "own_case": False,
        "confidence": ahead.confidence,
        "actor": ahead.actor,
    }
    return dispatch.model_copy(update=where)


def beside(dispatch: Dispatch, ahead: Dispatch, name: str) -> Dispatch:
    """The dispatch at the door of its own words, a case of its own, that says where the same matter lies already.

    `name` is of the agency where that is.
    """
    reason = Reason(rule="follows", says=_BESIDE.format(ahead.tracking, name))
    relation = dispatch.relation.model_copy(update={"of": ahead.complaint_id})
    apart = {"reasons": (*dispatch.reasons, reason), "relation": relation, "own_case": True}
    return dispatch.model_copy(update=apart)


def along(dispatch: Dispatch, ahead: Dispatch, at: datetime) -> Dispatch:
    """The next hop of one that follows, when the complaint it belongs to has moved or is another one."""
    return follow(next_hop(dispatch, at, ahead.rules_version), ahead)


def next_hop(dispatch: Dispatch, at: datetime, rules_version: str) -> Dispatch:
    """The next hop of a case, with a date of its own; where it goes, and why, stands in the dispatch."""
    hop = dispatch.hop + 1
    moved = {
        "id": ids.dispatch_id(dispatch.complaint_id, hop),
        "at": at,
        "rules_version": rules_version,
        "hop": hop,
        "due_at": answer_deadline(at),
    }
    return dispatch.model_copy(update=moved)


def in_order(dispatches: Iterable[Dispatch]) -> Sequence[Dispatch]:
    """What one record led to, the cases before what belongs to them: the same however often it is said."""
    return sorted(dispatches, key=lambda dispatch: (not dispatch.own_case, dispatch.complaint_id))


def _because(relation: Relation, ahead: Dispatch) -> Reason:
    says = _MERGED if MERGED in relation.evidence else _SAYS[relation.kind]
    return Reason(rule="follows", says=says.format(ahead.tracking))
