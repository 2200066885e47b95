"""Part of a case's page about the case that is perhaps the same: sentences, link and acts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.permissions import Act, Actor, may
from desk.acts.suggestions import SuggestionOutcome
from desk.read_model.suggested_case import FormerCase, SuggestedCase, SuggestionState
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.suggestions import evidence_sentences

_OVER: Mapping[SuggestionState, Message] = {
    "closed": _("Laporan yang mungkin sama sudah selesai ditangani. Laporan ini ditangani sendiri."),
    "together": _("Laporan yang mungkin sama sudah digabung dengan laporan ini."),
    "denied": _("Sudah diputuskan: ini bukan laporan yang sama."),
}
_ELSEWHERE_OVER = _("Laporan yang mungkin sama di instansi lain tidak perlu diputuskan lagi.")
_DECIDED: Mapping[SuggestionOutcome, Message] = {
    "same": _("Sudah diputuskan: laporan ini sama, dan digabung. Sistem sedang memprosesnya."),
    "different": _("Sudah diputuskan: ini bukan laporan yang sama."),
}


@dataclass(frozen=True, slots=True)
class SuggestionPart:
    """`number` is that of the other case, empty if the person may not read it.

    `address` is that of the comparison for staff; an agency has a page of its own (`comparison_page`).

    `conclusion` is a sentence about a suggestion that is over; then there is nothing to decide.
    """

    number: str
    address: str
    evidence: Sequence[Message]
    may_decide: bool
    conclusion: Message | None = None


def suggestion_part(
    actor: Actor,
    agency: str,
    suggestion: SuggestedCase,
    outcome: SuggestionOutcome | None,
    comparison_address: str,
) -> SuggestionPart:
    """Return the part for a person. `outcome` is a decision that the stages may not have processed yet.

    Who may correct relations reads and decides about every pair, other persons only if the agency has both cases.
    """
    is_staff = may(actor, Act.CORRECT_RELATION, "")
    conclusion = _conclusion(suggestion, outcome, is_staff=is_staff)
    may_decide = is_staff or (suggestion.is_here and may(actor, Act.DECIDE_DUPLICATE, agency))
    is_shown = suggestion.is_readable or is_staff
    return SuggestionPart(
        number=suggestion.suggested_tracking if is_shown else "",
        address=comparison_address if is_staff else "",
        evidence=evidence_sentences(suggestion.evidence) if is_shown and conclusion is None else (),
        may_decide=may_decide and conclusion is None,
        conclusion=conclusion,
    )


@dataclass(frozen=True, slots=True)
class FormerPart:
    """The closed case that a case is like. `number` is empty if the person may not read it; `address` is for staff."""

    number: str
    address: str
    closed_at: datetime | None


def former_part(actor: Actor, former: FormerCase, comparison_address: str) -> FormerPart:
    """Return the part for a person. Who may correct relations reads every case, other persons those of the agency."""
    is_staff = may(actor, Act.CORRECT_RELATION, "")
    is_shown = former.is_readable or is_staff
    return FormerPart(
        number=former.former_tracking if is_shown else "",
        address=comparison_address if is_staff else "",
        closed_at=former.closed_at if is_shown else None,
    )


def _conclusion(suggestion: SuggestedCase, outcome: SuggestionOutcome | None, *, is_staff: bool) -> Message | None:
    if suggestion.state == "open":
        return _DECIDED[outcome] if outcome else None
    is_shown = suggestion.is_readable or is_staff
    return _OVER[suggestion.state] if is_shown else _ELSEWHERE_OVER
