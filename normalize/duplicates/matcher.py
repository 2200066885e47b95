"""Matcher: finds the earlier complaint about the same matter and decides the relation of a new complaint to it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog

from messages.shapes import Channel, ClosedCase, Contact, RawMessage, Relation, Report, Suggestion
from normalize.decision import NEW
from normalize.draft import ANONYMOUS
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.certainty import CERTAINTY_RANKS
from normalize.duplicates.comparison.comparator import Comparator, Verdict
from normalize.duplicates.groups import refer_to_group
from normalize.duplicates.limits import (
    DEFAULT_LIMITS,
    DuplicateLimits,
    NewComplaint,
    ReachedLimit,
    exceeds_case_limit,
    exceeds_sender_limit,
)
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.reading.comparable_reader import ComparableReader
from normalize.duplicates.reading.text_reading import TextReading
from normalize.duplicates.remembered_comparisons import RememberedComparisons
from normalize.duplicates.store.complaint_rows import EarlierComplaint
from normalize.duplicates.store.earlier_complaints import ClosedCandidate, EarlierComplaints
from normalize.duplicates.store.link_counts import LinkKind

# Evidence of a complaint that joins nothing because its sender has joined too many.
TOO_MANY_JOINS = "too-many-joins"
# Searches of one complaint: one more for each matter that has reached its limit.
_MAX_SEARCHES = 4
# Candidates that are weighed at least, if there are as many.
_MAX_WEIGHED = 3
# Distance of two scores within which a report in other words may belong to either matter.
MAX_AMBIGUOUS_DISTANCE = 0.1
# From this score on, an earlier complaint of the same sender is almost literally equal: no candidate can be likelier.
_LITERAL_SCORE = 0.98

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BestMatch:
    """The earlier complaint that is most likely about the same matter, and the verdict on it."""

    earlier: EarlierComplaint
    verdict: Verdict


class MatterDecision(NamedTuple):
    """The relation of a complaint to an earlier one, or the earlier complaint that a person is to compare it with.

    `similar_closed_case` is the closed case that a new complaint is like. `reached_limit` is the limit that a case has
    reached by this complaint as the first one.
    """

    relation: Relation
    suggestion: Suggestion | None = None
    similar_closed_case: ClosedCase | None = None
    reached_limit: ReachedLimit | None = None


class Matcher:
    """Matches complaints. `language_version` is the version of the language model that `reader` uses."""

    def __init__(
        self,
        reader: ComparableReader,
        comparator: Comparator | RememberedComparisons,
        language_version: str,
        limits: DuplicateLimits = DEFAULT_LIMITS,
    ) -> None:
        self.language_version = language_version
        self._limits = limits
        self._reader = reader
        self._comparator = comparator

    def for_batch(self) -> "Matcher":
        """Return a matcher that compares no pair twice, for one batch."""
        return Matcher(self._reader, RememberedComparisons(self._comparator), self.language_version, self._limits)

    def read_report(self, report: Report, raw: RawMessage, reading: TextReading | None = None) -> Comparable:
        """Return the comparable form of a report. Only a proven sender is a sender (see docs/decisions/0005).

        The sender of an anonymous report is another one than that of the same person's open reports. `reading` is used
        if it is of the report's text.
        """
        sender = raw.sender if raw.verified_by != "none" else ""
        if sender and report.anonim:
            sender = f"{ANONYMOUS}{sender}"
        return self._reader.read_report(report, sender, raw.channel, raw.at.timestamp(), reading)

    def read_known_sender(self, report: Report, sender: str, channel: Channel, received_at: float | None) -> Comparable:
        """Return the comparable form of a report whose sender is known. `received_at` is in seconds of the epoch."""
        return self._reader.read_report(report, sender, channel, received_at)

    def lookup_keys(self, comparable: Comparable) -> LookupKeys:
        """Return the keys of a complaint."""
        return self._reader.lookup_keys(comparable)

    def claim_of(self, contact: Contact, raw: RawMessage) -> str:
        """Return the keyed hash of the address that an unproven sender gives; empty without one, or if proven."""
        address = contact.phone or contact.email
        return self._reader.hash_address(address) if address and raw.verified_by == "none" else ""

    def find_best_match(
        self,
        earlier_complaints: EarlierComplaints,
        comparable: Comparable,
        keys: LookupKeys,
        full_roots: Collection[UUID] = frozenset(),
    ) -> BestMatch | None:
        """Return the best of the candidates, one of the same sender first; `None` if all are excluded.

        Complaints of `full_roots` are no candidates.

        A complaint that another member of the candidate's matter contradicts does not join it: a matter is no chain of
        neighbours. It is likely one matter at most.
        """
        contradicted = None
        matches = sorted(
            self._compare_candidates(earlier_complaints, comparable, keys, full_roots),
            key=_rank,
            reverse=True,
        )
        for match in matches:
            if match.verdict.certainty == "new":
                return contradicted or match
            if not self._is_contradicted(earlier_complaints, match.earlier, comparable):
                is_certain = (
                    match.verdict.certainty == "certain"
                    and not _is_ambiguous(match, matches)
                    and self._is_supported(earlier_complaints, match, matches, comparable)
                )
                return match if is_certain else contradicted or _make_likely(match)
            contradicted = contradicted or _make_likely(match)
        return contradicted

    def _compare_candidates(
        self,
        earlier_complaints: EarlierComplaints,
        comparable: Comparable,
        keys: LookupKeys,
        full_roots: Collection[UUID],
    ) -> Iterator[BestMatch]:
        """Yield the candidates that no rule excludes, and the last complaints of the sender.

        The first candidates are the likeliest. Behind `_MAX_WEIGHED` the next one is weighed only if the one before it
        is likely.
        """
        compared, weighed = set(), 0
        for candidate in earlier_complaints.candidates(keys, full_roots):
            compared.add(candidate.complaint_id)
            verdict = self._comparator.compare(candidate.comparable, comparable)
            if not verdict.exclusion:
                weighed += 1
                yield BestMatch(candidate, verdict)
            if _is_certain_repeat(verdict) and verdict.score >= _LITERAL_SCORE:
                return
            if weighed >= _MAX_WEIGHED and verdict.certainty == "new":
                break
        for candidate in earlier_complaints.last_of_sender(keys, full_roots):
            if candidate.complaint_id not in compared:
                verdict = self._comparator.compare(candidate.comparable, comparable)
                if not verdict.exclusion:
                    yield BestMatch(candidate, verdict)

    def _is_contradicted(
        self, earlier_complaints: EarlierComplaints, candidate: EarlierComplaint, comparable: Comparable
    ) -> bool:
        """Return True if the complaint cannot be about the same matter as another member of the candidate's matter.

        Time alone is no contradiction: the matter may go on, and the candidate is near enough in time.
        """
        return any(
            self._comparator.contradicts(member.comparable, comparable)
            for member in earlier_complaints.members(candidate.root_id)
            if member.complaint_id != candidate.complaint_id
        )

    def _is_supported(
        self,
        earlier_complaints: EarlierComplaints,
        match: BestMatch,
        matches: Iterable[BestMatch],
        comparable: Comparable,
    ) -> bool:
        """Return True unless a report in other words resembles one later member of the matter alone.

        A member may tell of a second matter besides. So what joins needs a second member, or a first report that is
        likely the same.
        """
        root_id = match.earlier.root_id
        if match.earlier.complaint_id == root_id or match.verdict.sender == "same" or match.verdict.is_near:
            return True
        members = (other for other in matches if other.earlier.root_id == root_id and other is not match)
        if any(other.verdict.certainty == "certain" for other in members):
            return True
        root = earlier_complaints.get(root_id)
        return root is None or self._comparator.compare(root.comparable, comparable).certainty != "new"

    def decide_relation(
        self,
        earlier_complaints: EarlierComplaints,
        complaint: NewComplaint,
        keys: LookupKeys,
        exact_relation: Relation,
    ) -> MatterDecision:
        """Return the relation of a complaint, or a suggestion, and add the complaint to the earlier ones.

        `exact_relation` follows from the message's marks or its literal text; if it refers to a complaint, that one is
        used without a search. A join refers to the root of the group. A repeat refers to the sender's own first
        complaint, even if that joins another one: by repeating, nobody gets another citizen's number or a say in
        another citizen's complaint. Both carry the earliest time of the group.
        """
        decision = MatterDecision(exact_relation)
        if not exact_relation.of:
            decision = self._search(earlier_complaints, complaint, keys)
        if decision.relation.kind == "new":
            closed_case = self.find_closed_case(earlier_complaints, complaint.comparable, keys, complaint.received_at)
            decision = decision._replace(similar_closed_case=closed_case)
        return decision._replace(relation=self.add_complaint(earlier_complaints, complaint, keys, decision))

    def add_complaint(
        self,
        earlier_complaints: EarlierComplaints,
        complaint: NewComplaint,
        keys: LookupKeys,
        decision: MatterDecision,
    ) -> Relation:
        """Add a complaint of this decision to the earlier ones. Return the relation as it refers to the group."""
        relation, complaint_id, received_at = decision.relation, complaint.complaint_id, complaint.received_at
        root_id, first_of_sender_id, since = complaint_id, complaint_id, received_at
        if relation.of:
            relation, group = refer_to_group(earlier_complaints, relation, relation.of, received_at)
            root_id, since = group.root_id, group.since
            first_of_sender_id = group.related_id if relation.kind == "repeat" else complaint_id
        earlier_complaints.add(
            EarlierComplaint(complaint_id, root_id, first_of_sender_id, since, complaint.comparable),
            # Nobody joins a complaint above the limit of its sender.
            keys.of_sender_alone() if TOO_MANY_JOINS in relation.evidence else keys,
            received_at,
            joined=relation.kind == "joins",
            parent_id=relation.of,
            suggested_id=decision.suggestion.of if decision.suggestion else None,
            claim=complaint.claim,
        )
        return relation

    def find_closed_case(
        self, earlier_complaints: EarlierComplaints, comparable: Comparable, keys: LookupKeys, received_at: datetime
    ) -> ClosedCase | None:
        """Return the closed case that a complaint is certainly or likely about; `None` if it came before the closing.

        Call it after `find_best_match`.
        """
        matches = [
            (BestMatch(candidate.complaint, verdict), candidate.closed_at)
            for candidate in earlier_complaints.closed_candidates(keys)
            if (verdict := self._judge_closed(candidate, comparable, received_at)) is not None
        ]
        if not matches:
            return None
        match, closed_at = max(matches, key=lambda pair: _rank(pair[0]))
        is_own = match.verdict.sender == "same"
        # The root may be another citizen's: its number is not for this sender.
        closed_id = match.earlier.first_of_sender_id if is_own else match.earlier.root_id
        return ClosedCase(of=closed_id, closed_at=closed_at, is_own=is_own)

    def _judge_closed(
        self, candidate: ClosedCandidate, comparable: Comparable, received_at: datetime
    ) -> Verdict | None:
        """Return the verdict on a complaint of a closed case; `None` if the new complaint is not about its matter."""
        if candidate.closed_at and received_at < candidate.closed_at:
            return None
        verdict = self._comparator.compare(candidate.complaint.comparable, comparable)
        return None if verdict.exclusion or verdict.certainty == "new" else verdict

    def _search(
        self, earlier_complaints: EarlierComplaints, complaint: NewComplaint, keys: LookupKeys
    ) -> MatterDecision:
        """Return what follows from the best match. A matter that has reached its limit is passed over."""
        full_roots: set[UUID] = set()
        reached_limit = None
        for _ in range(_MAX_SEARCHES):
            match = self.find_best_match(earlier_complaints, complaint.comparable, keys, full_roots)
            if match is None or match.verdict.certainty == "new":
                break
            if match.verdict.certainty == "likely":
                decision = self._suggest(earlier_complaints, complaint, match)
                return decision._replace(reached_limit=reached_limit or decision.reached_limit)
            evidence = (*match.verdict.evidence, f"score-{match.verdict.score:.2f}")
            if match.verdict.sender == "same":
                return MatterDecision(Relation(kind="repeat", of=match.earlier.complaint_id, evidence=evidence))
            if exceeds_sender_limit(self._limits, earlier_complaints, complaint, "joins"):
                _log.warning("sender.join_limit_exceeded", sender=complaint.comparable.sender or complaint.claim)
                return MatterDecision(Relation(evidence=(TOO_MANY_JOINS,)), reached_limit=reached_limit)
            root_id = match.earlier.root_id
            if not exceeds_case_limit(self._limits, earlier_complaints, complaint, "joins", root_id):
                relation = Relation(kind="joins", of=match.earlier.complaint_id, evidence=evidence)
                return MatterDecision(relation, reached_limit=reached_limit)
            full_roots.add(root_id)
            reached_limit = reached_limit or _reach_limit(earlier_complaints, complaint, "joins", root_id)
        return MatterDecision(NEW, reached_limit=reached_limit)

    def _suggest(
        self, earlier_complaints: EarlierComplaints, complaint: NewComplaint, match: BestMatch
    ) -> MatterDecision:
        """Return the suggestion of the match's matter; none if its case is closed, or above a limit."""
        root_id, new = match.earlier.root_id, MatterDecision(NEW)
        # Candidates are open.
        if root_id != match.earlier.complaint_id and earlier_complaints.is_closed(root_id):
            return new
        if exceeds_sender_limit(self._limits, earlier_complaints, complaint, "suggestions"):
            _log.warning("sender.suggestion_limit_exceeded", sender=complaint.comparable.sender or complaint.claim)
            return new
        if exceeds_case_limit(self._limits, earlier_complaints, complaint, "suggestions", root_id):
            return new._replace(reached_limit=_reach_limit(earlier_complaints, complaint, "suggestions", root_id))
        score = round(match.verdict.score, 3)
        return new._replace(suggestion=Suggestion(of=root_id, score=score, evidence=match.verdict.evidence))


def _reach_limit(
    earlier_complaints: EarlierComplaints, complaint: NewComplaint, kind: LinkKind, root_id: UUID
) -> ReachedLimit | None:
    """Log that a case has reached a limit; return it if this is the first time."""
    _log.warning("case.limit_exceeded", complaint_id=str(root_id), kind=kind)
    is_first = earlier_complaints.counts.reaches_first(kind, root_id, complaint.received_at)
    return ReachedLimit(root_id, kind) if is_first else None


def _rank(match: BestMatch) -> tuple[bool, int, float]:
    """Return the rank of a match: a repeat of the sender's own complaint ranks above a join, however similar."""
    verdict = match.verdict
    return _is_certain_repeat(verdict), CERTAINTY_RANKS[verdict.certainty], verdict.score


def _make_likely(match: BestMatch) -> BestMatch:
    return BestMatch(match.earlier, replace(match.verdict, certainty="likely"))


def _is_ambiguous(best: BestMatch, matches: Iterable[BestMatch]) -> bool:
    """Return True if a report in other words fits another matter nearly as well: two lamps of one street."""
    if best.verdict.is_near:
        return False
    least_score = best.verdict.score - MAX_AMBIGUOUS_DISTANCE
    return any(
        match.earlier.root_id != best.earlier.root_id
        and match.verdict.certainty != "new"
        and match.verdict.score >= least_score
        for match in matches
    )


def _is_certain_repeat(verdict: Verdict) -> bool:
    return verdict.sender == "same" and verdict.certainty == "certain"
