"""Decisions of persons about suggested cases, as the desk needs them. Operations make them; the desk imports none."""

from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from accounts.permissions import Actor

# `same`: the two reports are about one problem. `different`: they are not, and are kept apart for ever.
SuggestionOutcome: TypeAlias = Literal["same", "different"]
# `decided`: another person was first. `over`: one of the cases was closed or merged meanwhile. `not-here`: the person
# may decide about cases of the own agency only. `not-ready`: the ledger does not have both reports yet.
SuggestionFault: TypeAlias = Literal["decided", "over", "not-here", "not-ready"]


class SuggestionActs(Protocol):
    """Decisions about suggestions. Numbers are in their canonical form."""

    def outcome(self, number: str) -> SuggestionOutcome | None:
        """Return what was decided about the suggestion of a case, also before the stages have processed it."""

    def decide(self, actor: Actor, number: str, outcome: SuggestionOutcome, at: datetime) -> SuggestionFault | None:
        """Decide at a time; return why nothing was done, `None` if the decision is stored.

        The act is in the audit log before it has any effect. Raises `Retry` if the bus is away.
        """

    def comparison_address(self, number: str, suggested_number: str) -> str:
        """Return the address of the page on which staff reads both reports."""
