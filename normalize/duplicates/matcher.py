"""Finds the earlier complaint about the same matter and says how this one stands to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from messages.shapes import Channel, RawMessage, Relation, Report
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparable_reader import ComparableReader
from normalize.duplicates.comparison import Comparator, Verdict
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.store import EarlierComplaint, EarlierComplaints

# Nobody sees so many broken roads: whoever joins more complaints in a month is looked at as one who writes anew.
JOINS = 30
JOINS_WITHIN = timedelta(days=30)

# What the same sender said almost word for word before: nothing can be likelier, no other one is looked at.
_CERTAIN = 0.98

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BestMatch:
    """The earlier complaint that is most likely about the same matter, and what was found in comparing."""

    known: EarlierComplaint
    verdict: Verdict


class Matcher:
    """`enough` is the probability from which on two complaints are taken for one matter."""

    def __init__(self, reader: ComparableReader, comparer: Comparator, enough: float) -> None:
        self._reader = reader
        self._comparer = comparer
        self._enough = enough

    def read_report(self, report: Report, raw: RawMessage) -> Comparable:
        """What of a report is compared. Only a proven sender is a sender (see docs/decisions/0005)."""
        sender = raw.sender if raw.verified_by != "none" else ""
        return self._reader.read_report(report, sender, raw.channel, raw.at.timestamp())

    def read_known_sender(self, report: Report, sender: str, channel: Channel, at: float | None) -> Comparable:
        """As `read_report`, of a report whose sender is known otherwise."""
        return self._reader.read_report(report, sender, channel, at)

    def lookup_keys(self, matter: Comparable) -> LookupKeys:
        """What it is found by."""
        return self._reader.lookup_keys(matter)

    def find_best_match(self, seen: EarlierComplaints, matter: Comparable, keys: LookupKeys) -> BestMatch | None:
        """The most likely of those that were seen, one of the same sender's first; `None` where none can be."""
        best = None
        for known in seen.candidates(keys):
            found = BestMatch(known, self._comparer.compare(known.matter, matter))
            if found.verdict.never or (best and self._rank(found) <= self._rank(best)):
                continue
            root = seen.get(known.root)
            # What is like a repeat may still not be like the complaint that this repeats.
            if root is None or root is known or not self._comparer.compare(root.matter, matter).never:
                best = found
                if found.verdict.person == "same" and found.verdict.score >= _CERTAIN:
                    break
        return best

    def _rank(self, found: BestMatch) -> tuple[bool, float]:
        """Who repeats their own complaint does not join another's, however much alike that is."""
        verdict = found.verdict
        return verdict.person == "same" and verdict.score >= self._enough, verdict.score

    def decide_relation(
        self,
        seen: EarlierComplaints,
        complaint_id: UUID,
        matter: Comparable,
        keys: LookupKeys,
        at: datetime,
        exact: Relation,
    ) -> Relation:
        """The relation of a complaint, and remember it. `exact` is what its marks or its very words already say.

        A join is of the complaint that was first; a repeat of the same sender's own, even where that joins another's:
        nobody gets another's number, or a say in another's complaint, by repeating. Both keep the earliest moment.
        """
        relation = exact if exact.of else self._found(seen, matter, keys, at)
        ahead = seen.get(relation.of) if relation.of else None
        root = (seen.get(ahead.root) or ahead) if ahead else None
        since, of = at, relation.of
        if ahead and root:
            since = min(at, root.since)
            of = ahead.own if relation.kind == "repeat" else root.complaint_id
            relation = relation.model_copy(update={"of": of, "since": since})
            if since < root.since:
                seen.earlier(root, since)
        own = of if of and relation.kind == "repeat" else complaint_id
        known = EarlierComplaint(complaint_id, root.complaint_id if root else of or complaint_id, own, since, matter)
        seen.add(known, keys, at, joined=relation.kind == "joins")
        return relation

    def _found(self, seen: EarlierComplaints, matter: Comparable, keys: LookupKeys, at: datetime) -> Relation:
        found = self.find_best_match(seen, matter, keys)
        if found is None or found.verdict.score < self._enough:
            return Relation()
        evidence = (*found.verdict.evidence, f"score-{found.verdict.score:.2f}")
        if found.verdict.person == "same":
            return Relation(kind="repeat", of=found.known.complaint_id, evidence=evidence)
        if matter.sender and seen.joins_of(matter.sender, at - JOINS_WITHIN) >= JOINS:
            _log.warning("matter.too_many_joins", sender=matter.sender)
            return Relation(evidence=("too-many-joins",))
        return Relation(kind="joins", of=found.known.complaint_id, evidence=evidence)
