"""Answers of officers to recommendations of overseers: checked, recorded in the audit log, then published.

The answer is on the bus before an officer reads that it was sent; while the bus is away nothing is done. Its id follows
from its content, so a form or request that is sent twice has one effect.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from accounts.permissions import Actor, actor_label
from bus.port import Outgoing
from desk.acts.answers import CaseProgressView, OfficerAnswers, Record
from desk.read_model.recommendations.case_recommendations import CaseRecommendation
from desk.units.tiers import Tier
from messages import codec, ids
from messages.recommendation import Recommendation, RecommendationOutcome
from messages.topics import RECOMMENDATIONS

# `unknown-case`: the agency never had it. `moved`: it has left the agency. `unknown-recommendation`: the case has no
# such recommendation. `repeated`: this answer is recorded already. `answered`: another one is. `text-missing`: the
# answer has no words.
RecommendationFault: TypeAlias = Literal[
    "unknown-case", "moved", "unknown-recommendation", "repeated", "answered", "text-missing"
]


@dataclass(frozen=True, slots=True)
class RecommendationResult:
    """Outcome of an answer. `view` is the case as it was read, `recommendation` what was answered."""

    fault: RecommendationFault | None
    view: CaseProgressView | None = None
    recommendation: CaseRecommendation | None = None
    answer: Recommendation | None = None


class RecommendationAnswers:
    """Gives answers. `publish` returns when the bus has the messages; `now` is called once for each answer."""

    def __init__(
        self,
        answers: OfficerAnswers,
        record: Record,
        publish: Callable[[Sequence[Outgoing]], object],
        now: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._record = record
        self._publish = publish
        self._now = now

    def give(
        self,
        actor: Actor,
        tier: Tier,
        number: str,
        recommendation_id: UUID,
        outcome: RecommendationOutcome,
        text: str,
    ) -> RecommendationResult:
        """Answer a recommendation about a case. Raises `DatabaseUnavailable` and the errors of the bus."""
        view = self._answers.case(tier, number)
        recommendation, agency = _find(view, recommendation_id), tier.agency
        answer_id = ids.recommendation_answer_id(recommendation_id, agency, outcome, text)
        fault = _fault(view, recommendation, answer_id, text)
        if fault or view is None or recommendation is None:
            return RecommendationResult(fault or "unknown-case", view, recommendation)
        at = self._now()
        dispatch = view.case.dispatch
        answer = Recommendation(
            id=answer_id,
            message_id=dispatch.message_id,
            at=at,
            complaint_id=recommendation.complaint_id,
            tracking=dispatch.tracking,
            recommendation_id=recommendation.id,
            act=outcome,
            kind=recommendation.kind,
            agency=agency,
            text=text,
            actor=actor.name,
        )
        subject = f"{recommendation.complaint_id} {recommendation.id}"
        self._record("desk.answer_recommendation", subject, actor_label(actor), outcome, at)
        self._publish([recommendation_message(answer, f"/desk/{agency}")])
        return RecommendationResult(None, view, recommendation, answer)


def recommendation_message(recommendation: Recommendation, source: str) -> Outgoing:
    """Return the message of a recommendation or of an answer to one."""
    return Outgoing(RECOMMENDATIONS, *codec.encode(recommendation, str(recommendation.complaint_id), source))


def _find(view: CaseProgressView | None, recommendation_id: UUID) -> CaseRecommendation | None:
    recommendations = view.case.recommendations if view else ()
    return next((item for item in recommendations if item.id == recommendation_id), None)


def _fault(
    view: CaseProgressView | None, recommendation: CaseRecommendation | None, answer_id: UUID, text: str
) -> RecommendationFault | None:
    if view is None:
        return "unknown-case"
    if not view.case.case.is_current:
        return "moved"
    if recommendation is None:
        return "unknown-recommendation"
    if recommendation.answer:
        return "repeated" if recommendation.answer.id == answer_id else "answered"
    return None if text else "text-missing"
