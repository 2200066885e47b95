"""The decision on a report: an agency, its alternatives and the reasons."""

from dataclasses import dataclass, fields
from typing import Any

from messages.shapes import Reason, SecondMatter, UnitKind
from messages.topics import TRIAGE

# Rule of the reason that no institution could be chosen because the report names no place.
PLACE_MISSING = "place-missing"
# Rule of the reason that the point of a report and the places that it names are in different provinces.
PLACE_CONFLICT = "place-conflict"
# Rule of the reason that the sender's next words moved the report from the agency of its first words.
REROUTED = "rerouted"
# Rule of the reason that a person divided a report, and that this is a part of it.
DIVIDED = "divided"
# Confidence at triage if the rules propose no agency, or if the agencies that they proposed have refused.
NO_CANDIDATE = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """An agency, the agencies that come next if it refuses, and the reasons.

    `confidence` is the probability that the agency is right. It is calibrated on reports that nothing was learned from,
    and never 1. For triage it is that of the likeliest agency, and `NO_CANDIDATE` without any. `topic` and `region` (a
    dotted code) are those of the report, if they were found. `second_matter` is what the report tells of beside its
    topic, for another agency. `unit_kinds` are the kinds of units that it is for.
    `programme_words` are codes of the phrases of priority programmes that it has.
    """

    agency: str
    alternatives: tuple[str, ...]
    reasons: tuple[Reason, ...]
    confidence: float = NO_CANDIDATE
    topic: str = ""
    region: str = ""
    second_matter: SecondMatter | None = None
    unit_kinds: tuple[UnitKind, ...] = ()
    programme_words: tuple[str, ...] = ()

    @property
    def is_triage(self) -> bool:
        """True if a person has to decide."""
        return self.agency == TRIAGE

    def dispatch_fields(self) -> dict[str, Any]:
        """Return all fields by the names that a dispatch has for them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
