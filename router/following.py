"""How a repeat, or what joins another's complaint, goes where that one lies. Pure."""

from datetime import datetime

from messages import ids
from messages.shapes import Dispatch, Reason, Relation

_SAYS = {
    "repeat": "Pelapor yang sama sudah melaporkan hal ini dengan nomor {}.",
    "joins": "Hal yang sama sudah dilaporkan warga lain dengan nomor {}.",
}


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
    }
    return dispatch.model_copy(update=where)


def along(dispatch: Dispatch, ahead: Dispatch, at: datetime) -> Dispatch:
    """The next hop of one that follows, when the complaint it belongs to has moved."""
    hop = dispatch.hop + 1
    moved = {"id": ids.dispatch_id(dispatch.complaint_id, hop), "at": at, "hop": hop}
    return follow(dispatch.model_copy(update=moved), ahead)


def _because(relation: Relation, ahead: Dispatch) -> Reason:
    return Reason(rule="follows", says=_SAYS[relation.kind].format(ahead.tracking))
