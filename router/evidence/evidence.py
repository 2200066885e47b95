"""What in a report speaks for which institution: every sign with its strength, its rule, and words for an officer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from messages.shapes import Reason

# The kinds of sign; how much each is worth is learned (`config/data/doors.csv`).
Kind = Literal[
    "matter",  # a topic that is one national institution's
    "hint",  # the same, by words that hint only
    "local-matter",  # a topic of the government of the place
    "next",  # the institution that comes next for a topic
    "policy",  # the one that comes next where whose place it is is not known: a question of rules
    "addressed",  # what the sender wrote into the field for it
    "named",  # an institution named in the text
    "greeted",  # one in the salutation: it misleads
    "unit",  # a unit of an institution
    "government",  # the government of a region, called so
    "place",  # the government of the place that is named, where no topic says more
    "operator",  # who runs the well-known place that is named
    "nobody",  # that a careful person could not tell either
    "unplaced",  # a topic of the government of a place that is not known
]
KINDS: Sequence[Kind] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`strength` is 0 or more: log-odds of a topic's words, or how certain a name or place is (up to 1)."""

    institution: str
    kind: Kind
    strength: float
    rule: str
    says: str
    topic: str = ""

    @property
    def reason(self) -> Reason:
        """For the dispatch."""
        return Reason(rule=self.rule, says=self.says)
