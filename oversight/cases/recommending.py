"""Recommendations of overseers: what a form may have, and the act: recorded in the audit log, then published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.permissions import Actor, actor_label
from bus.port import Outgoing
from messages import codec, ids
from messages.recommendation import Recommendation, RecommendationKind
from messages.topics import RECOMMENDATIONS
from oversight.cases.overseen_case import CaseHead
from pages.translation.message import Message
from pages.translation.message import message as _

MAX_TEXT = 5_000
_SOURCE = "/satu-pintu/oversight"
# Kinds by their names in the form.
KINDS_BY_NAME: Mapping[str, RecommendationKind] = {
    "percepat": "accelerate",
    "periksa-ulang": "review",
    "alihkan": "transfer",
    "lainnya": "other",
}
_TEXT_MISSING = _("Tulis rekomendasi Anda.")
_TOO_LONG = _("Teks terlalu panjang: paling banyak {limit} karakter.")

# Appends an act to the audit log: action, ids of its objects, actor, reason and time.
Record = Callable[[str, str, str, str, datetime], object]


class RecommendationDraft(NamedTuple):
    """A recommendation that a person has begun. `kind` is a name of `KINDS_BY_NAME`; `fault` says what is missing."""

    kind: str = "lainnya"
    text: str = ""
    fault: Message | None = None


def recommendation_draft(kind: str, typed: str) -> RecommendationDraft:
    """Return the recommendation that a form has. Lines end with one line feed; control characters are left out."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(sign for sign in lines if sign == "\n" or sign.isprintable()).strip()
    fault = None
    if not text:
        fault = _TEXT_MISSING
    elif len(text) > MAX_TEXT:
        fault = _TOO_LONG.filled(limit=MAX_TEXT)
    return RecommendationDraft(kind if kind in KINDS_BY_NAME else "lainnya", text, fault)


class Recommending:
    """Writes recommendations. `publish` returns when the bus has the messages."""

    def __init__(self, record: Record, publish: Callable[[Sequence[Outgoing]], object]) -> None:
        self._record = record
        self._publish = publish

    def recommend(self, actor: Actor, head: CaseHead, draft: RecommendationDraft, at: datetime) -> None:
        """Publish a draft without a fault. Sent twice it is one recommendation.

        Raises `DatabaseUnavailable` and the errors of the bus.
        """
        kind = KINDS_BY_NAME[draft.kind]
        id_ = ids.recommendation_id(head.complaint_id, actor.account_id, kind, draft.text)
        recommendation = Recommendation(
            id=id_,
            message_id=head.message_id,
            at=at,
            complaint_id=head.complaint_id,
            tracking=head.number,
            recommendation_id=id_,
            kind=kind,
            agency=head.agency,
            text=draft.text,
            actor=actor.name,
            account_id=actor.account_id,
        )
        self._record("oversight.recommend", f"{head.complaint_id} {id_}", actor_label(actor), kind, at)
        message = codec.encode(recommendation, str(head.complaint_id), _SOURCE)
        self._publish([Outgoing(RECOMMENDATIONS, *message)])
