"""Error of a decision about a report that the ledger's data do not allow."""

from typing import Literal, TypeAlias

# Reasons, for a page that words them in another language.
DecisionFault: TypeAlias = Literal[
    "not-in-ledger",
    "not-in-queue",
    "unknown-agency",
    "no-queue",
    "not-at-triage",
    "decided",
    "returned",
    "no-relation",
    "same-report",
    "circle",
    "together",
    "unequal-anonim",
    "case-closed",
    "no-suggestion",
    "suggestion-decided",
    "suggestion-not-open",
    "other-agency",
]


class NotPossible(Exception):
    """The ledger's data do not allow the decision. The text gives the reason and the alternative.

    `fault` is the reason as a constant, `values` are the numbers, codes and persons that the text names.
    """

    def __init__(self, text: str, fault: DecisionFault, **values: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.values = values
