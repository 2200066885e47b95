"""Finds the earlier complaint about the same matter and says how this one stands to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from messages.shapes import Channel, RawMessage, Relation, Report
from normalize.duplicates.comparable import Matter
from normalize.duplicates.comparable_reader import MatterReader
from normalize.duplicates.comparison import Comparer, Verdict
from normalize.duplicates.lookup_keys import Keys
from normalize.duplicates.store import Known, SeenMatters

# Nobody sees so many broken roads: whoever joins more complaints in a month is looked at as one who writes anew.
JOINS = 30
JOINS_WITHIN = timedelta(days=30)

# What the same sender said almost word for word before: nothing can be likelier, no other one is looked at.
_CERTAIN = 0.98

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The earlier complaint that is most likely about the same matter, and what was found in comparing."""

    known: Known
    verdict: Verdict


class Near:
    """`enough` is the probability from which on two complaints are taken for one matter."""

    def __init__(self, reader: MatterReader, comparer: Comparer, enough: float) -> None:
        self._reader = reader
        self._comparer = comparer
        self._enough = enough

    def read(self, report: Report, raw: RawMessage) -> Matter:
        """What of a report is compared. Only a proven sender is a sender (see docs/decisions/0005)."""
        sender = raw.sender if raw.verified_by != "none" else ""
        return self._reader.read(report, sender, raw.channel, raw.at.timestamp())

    def matter(self, report: Report, sender: str, channel: Channel, at: float | None) -> Matter:
        """As `read`, of a report whose sender is known otherwise."""
        return self._reader.read(report, sender, channel, at)

    def keys(self, matter: Matter) -> Keys:
        """What it is found by."""
        return self._reader.keys(matter)

    def nearest(self, seen: SeenMatters, matter: Matter, keys: Keys) -> Nearest | None:
        """The most likely of those that were seen, one of the same sender's first; `None` where none can be."""
        best = None
        for known in seen.candidates(keys):
            found = Nearest(known, self._comparer.compare(known.matter, matter))
            if found.verdict.never or (best and self._rank(found) <= self._rank(best)):
                continue
            root = seen.get(known.root)
            # What is like a repeat may still not be like the complaint that this repeats.
            if root is None or root is known or not self._comparer.compare(root.matter, matter).never:
                best = found
                if found.verdict.person == "same" and found.verdict.score >= _CERTAIN:
                    break
        return best

    def _rank(self, found: Nearest) -> tuple[bool, float]:
        """Who repeats their own complaint does not join another's, however much alike that is."""
        verdict = found.verdict
        return verdict.person == "same" and verdict.score >= self._enough, verdict.score

    def relate(
        self,
        seen: SeenMatters,
        complaint_id: UUID,
        matter: Matter,
        keys: Keys,
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
        known = Known(complaint_id, root.complaint_id if root else of or complaint_id, own, since, matter)
        seen.add(known, keys, at, joined=relation.kind == "joins")
        return relation

    def _found(self, seen: SeenMatters, matter: Matter, keys: Keys, at: datetime) -> Relation:
        found = self.nearest(seen, matter, keys)
        if found is None or found.verdict.score < self._enough:
            return Relation()
        evidence = (*found.verdict.evidence, f"score-{found.verdict.score:.2f}")
        if found.verdict.person == "same":
            return Relation(kind="repeat", of=found.known.complaint_id, evidence=evidence)
        if matter.sender and seen.joins_of(matter.sender, at - JOINS_WITHIN) >= JOINS:
            _log.warning("matter.too_many_joins", sender=matter.sender)
            return Relation(evidence=("too-many-joins",))
        return Relation(kind="joins", of=found.known.complaint_id, evidence=evidence)
