"""Evidence for institutions in a report: each piece with its strength, its rule and an explanation for the officer."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from messages.shapes import Reason
from router.evidence.reading.report_text import ReportText
from router.evidence.topics import Topic
from router.location.place_evidence import ReportLocation
from router.registry.units import UnitMention

# The weight of each kind is learned (`config/data/evidence_weights.csv`).
EvidenceKind = Literal[
    "matter",  # a topic of one national institution
    "hint",  # the same, but the words only hint at the topic
    "local-matter",  # a topic of the government of the place
    "next",  # the institution that comes next for a topic
    "policy",  # the same for a question of rules whose place is not known
    "addressed",  # the sender wrote it into the field for the addressee
    "named",  # an institution named in the text
    "greeted",  # an institution in the salutation, which misleads
    "unit",  # a unit of an institution
    "government",  # the government of a region, named as such
    "place",  # the government of the place, if no topic says more
    "operator",  # the operator of a landmark
    "nobody",  # the possibility that no careful person could tell
    "unplaced",  # a topic of the government of a place that is not known
]
EVIDENCE_KINDS: Sequence[EvidenceKind] = get_args(EvidenceKind)


class Evidence(NamedTuple):
    """Evidence for one institution.

    `strength` is 0 or more: log-odds of a topic's words, or the certainty of a name or a place (at most 1,
    or 2 for an addressee from the form that nothing contradicts).
    `explanation` is an Indonesian sentence for the officer. `topic` may be empty.
    """

    institution: str
    kind: EvidenceKind
    strength: float
    rule: str
    explanation: str
    topic: str = ""

    @property
    def reason(self) -> Reason:
        """The rule and the explanation as a dispatch shows them."""
        return Reason(rule=self.rule, text=self.explanation)


class CollectedEvidence(NamedTuple):
    """The evidence in a report, its topics (the strongest first), its location, its units, and the text that was read.

    `units` are those that the report speaks to or of: lines of an address are none.
    """

    evidence: tuple[Evidence, ...]
    topics: tuple[Topic, ...]
    location: ReportLocation
    units: tuple[UnitMention, ...]
    text: ReportText
