"""Part of a case's page about the recommendations of overseers: words, deadlines, and the form of the answer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.permissions import Act, Actor, may
from cases.clocks.deadlines import Deadlines
from cases.clocks.recommendation_clock import recommendation_clock
from desk.acts.answers import CaseProgressView
from desk.acts.recommendation_answers import RecommendationFault
from desk.pages.wording import Deadline, deadline_in_words
from desk.read_model.recommendations.case_recommendations import CaseRecommendation
from messages.recommendation import RecommendationOutcome
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.recommendations import RECOMMENDATION_KINDS, RECOMMENDATION_OUTCOMES

# The outcomes by their names in the form.
OUTCOMES_BY_NAME: Mapping[str, RecommendationOutcome] = {"diikuti": "followed", "tidak-diikuti": "not-followed"}
OUTCOME_MISSING = _("Pilih diikuti atau tidak diikuti.")
NOT_SENT = _("Sistem pusat tidak dapat dihubungi. Jawaban Anda belum terkirim. Coba kirim lagi sebentar lagi.")
FAULTS: Mapping[RecommendationFault, Message] = {
    "unknown-case": _("Laporan ini tidak ada di instansi Anda."),
    "moved": _("Laporan ini sudah tidak di instansi Anda. Jawaban Anda tidak dikirim."),
    "unknown-recommendation": _("Rekomendasi ini tidak ada lagi pada laporan ini. Jawaban Anda tidak dikirim."),
    "repeated": _("Jawaban yang sama sudah tercatat. Tidak ada yang dikirim lagi."),
    "answered": _("Rekomendasi ini sudah dijawab. Jawaban Anda tidak dikirim."),
    "text-missing": _("Jelaskan jawaban Anda."),
}


@dataclass(frozen=True, slots=True)
class RecommendationDraft:
    """An answer that a person has begun. `fault` says why it was not sent."""

    recommendation_id: UUID | None = None
    outcome: str = ""
    text: str = ""
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class RecommendationPart:
    """A recommendation on the page. `is_sent`: the person's answer is on its way; then there is no form."""

    recommendation: CaseRecommendation
    kind: Message
    due_at: datetime
    deadline: Deadline
    outcome: Message | None
    may_answer: bool
    is_sent: bool
    draft: RecommendationDraft


def recommendation_parts(
    actor: Actor,
    view: CaseProgressView,
    deadlines: Deadlines,
    now: datetime,
    region: str,
    draft: RecommendationDraft,
    sent_id: str,
) -> Sequence[RecommendationPart]:
    """Return the recommendations of a case, those that wait first. `region` is the code of the agency's region."""
    agency = view.case.case.agency
    may_answer = may(actor, Act.ANSWER_RECOMMENDATION, agency)
    parts = []
    for item in sorted(view.case.recommendations, key=lambda item: item.answer is not None):
        due_at = recommendation_clock(deadlines, item.at, item.held_since, agency).due_at
        is_sent = item.answer is None and str(item.id) == sent_id
        parts.append(
            RecommendationPart(
                item,
                RECOMMENDATION_KINDS[item.kind],
                due_at,
                deadline_in_words(due_at, now, region, clock_stopped=False),
                RECOMMENDATION_OUTCOMES[item.answer.outcome] if item.answer else None,
                may_answer=may_answer and item.answer is None and not is_sent,
                is_sent=is_sent,
                draft=draft if draft.recommendation_id == item.id else RecommendationDraft(),
            )
        )
    return parts
