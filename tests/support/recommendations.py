"""Recommendations of overseers and answers to them, as messages."""

from typing import Any
from uuid import UUID

from bus.port import Outgoing
from desk.acts.recommendation_answers import recommendation_message
from messages import ids
from messages.recommendation import Recommendation, RecommendationOutcome
from messages.shapes import Dispatch
from tests.conftest import NOW

OVERSEER = UUID(int=1708)


def recommendation(dispatch: Dispatch, text: str = "Percepat penanganan.", **changed: Any) -> Recommendation:
    """Return a recommendation about the report of a dispatch."""
    id_ = ids.recommendation_id(dispatch.complaint_id, OVERSEER, "accelerate", text)
    values: dict[str, Any] = {
        "id": id_,
        "message_id": dispatch.message_id,
        "at": NOW,
        "complaint_id": dispatch.complaint_id,
        "tracking": dispatch.tracking,
        "recommendation_id": id_,
        "kind": "accelerate",
        "agency": dispatch.agency,
        "text": text,
        "actor": "Rina Pengawas",
        "account_id": OVERSEER,
    }
    return Recommendation.model_validate(values | changed)


def answer_to(
    recommended: Recommendation, outcome: RecommendationOutcome = "followed", text: str = "Akan kami kerjakan."
) -> Recommendation:
    """Return the answer of the agency that the recommendation names."""
    id_ = ids.recommendation_answer_id(recommended.id, recommended.agency, outcome, text)
    changed = {"id": id_, "act": outcome, "text": text, "actor": "Sri Petugas", "account_id": None}
    return recommended.model_copy(update=changed)


def message_of(record: Recommendation) -> Outgoing:
    """Return the message of a recommendation or an answer."""
    return recommendation_message(record, "/test")
