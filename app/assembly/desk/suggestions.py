"""Makes the decisions of the desk about suggested cases by the operations of staff."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine

from accounts.permissions import Act, Actor, actor_label, may
from app.operations.corrections import Corrections
from app.operations.duplicates.decisions import REASONS, DuplicateDecisions
from app.operations.duplicates.suggested_pairs import SuggestedPairs
from app.operations.not_possible import DecisionFault, NotPossible
from app.operations.recorder import Recorder
from app.staff import addresses
from bus.port import Producer
from desk.acts.suggestions import SuggestionFault, SuggestionOutcome
from pages.addresses import with_query

_FAULTS: Mapping[DecisionFault, SuggestionFault] = {
    "suggestion-decided": "decided",
    "suggestion-not-open": "over",
    "together": "over",
    "circle": "over",
    "case-closed": "over",
    "other-agency": "not-here",
}


class StaffSuggestions:
    """See `desk.acts.suggestions.SuggestionActs`. `producer` returns the producer of the desk's acts."""

    def __init__(self, engine: Engine, producer: Callable[[], Producer], log: Recorder) -> None:
        self._engine = engine
        self._producer = producer
        self._log = log

    def outcome(self, number: str) -> SuggestionOutcome | None:
        """See the protocol."""
        pair = SuggestedPairs(self._engine).find(number)
        return pair.outcome if pair and not pair.is_pending else None

    def decide(self, actor: Actor, number: str, outcome: SuggestionOutcome, at: datetime) -> SuggestionFault | None:
        """See the protocol. Who may correct relations decides about the cases of every agency."""
        agency = "" if may(actor, Act.CORRECT_RELATION, "") else actor.agency
        corrections = Corrections(self._engine, self._producer(), self._log)
        decisions = DuplicateDecisions(self._engine, corrections, self._log)
        try:
            decisions.decide(number, outcome, actor_label(actor), REASONS[outcome], at, agency)
        except NotPossible as error:
            return _FAULTS.get(error.fault, "not-ready")
        return None

    def comparison_address(self, number: str, suggested_number: str) -> str:
        """See the protocol."""
        return with_query(addresses.CORRECTIONS, a=suggested_number, b=number)
