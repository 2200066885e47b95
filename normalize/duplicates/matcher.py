"""Matcher: finds the earlier complaint about the same matter and decides the relation of a new complaint to it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from messages.shapes import SAID_BY_SENDER, Channel, ClosedCase, RawMessage, Relation, Report, Suggestion
from normalize.draft import ANONYMOUS
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.certainty import CERTAINTY_RANKS
from normalize.duplicates.comparison.comparator import Comparator, Verdict
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.reading.comparable_reader import ComparableReader
from normalize.duplicates.store.complaint_rows import EarlierComplaint
from normalize.duplicates.store.earlier_complaints import ClosedCandidate, EarlierComplaints

# No citizen sees this many broken roads in the period. A sender's further joins become complaints of their own.
MAX_JOINS = 30
JOIN_PERIOD = timedelta(days=30)

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

    `again` is the closed case that a new complaint is like.
    """

    relation: Relation
    suggestion: Suggestion | None = None
    again: ClosedCase | None = None


class Matcher:
    """Matches complaints. `language_version` is the version of the language model that `reader` uses."""

    def __init__(self, reader: ComparableReader, comparator: Comparator, language_version: str) -> None:
        self.language_version = language_version
        self._reader = reader
        self._comparator = comparator

    def read_report(self, report: Report, raw: RawMessage) -> Comparable:
        """Return the comparable form of a report. Only a proven sender is a sender (see docs/decisions/0005).

        The sender of an anonymous report is another one than that of the same person's open reports.
        """
        sender = raw.sender if raw.verified_by != "none" else ""
        if sender and report.anonim:
            sender = f"{ANONYMOUS}{sender}"
        return self.read_known_sender(report, sender, raw.channel, raw.at.timestamp())

    def read_known_sender(self, report: Report, sender: str, channel: Channel, received_at: float | None) -> Comparable:
        """Return the comparable form of a report whose sender is known. `received_at` is in seconds of the epoch."""
        return self._reader.read_report(report, sender, channel, received_at)

    def lookup_keys(self, comparable: Comparable) -> LookupKeys:
        """Return the keys of a complaint."""
        return self._reader.lookup_keys(comparable)

    def find_best_match(
        self, earlier_complaints: EarlierComplaints, comparable: Comparable, keys: LookupKeys
    ) -> BestMatch | None:
        """Return the best of the candidates, one of the same sender first; `None` if all are excluded.

        A complaint that another member of the candidate's matter contradicts does not join it: a matter is no chain of
        neighbours. It is likely one matter at most.
        """
        contradicted = None
        matches = self._compare_candidates(earlier_complaints, comparable, keys)
        for match in sorted(matches, key=_rank, reverse=True):
            if match.verdict.certainty == "new":
                return contradicted or match
            if not self._is_contradicted(earlier_complaints, match.earlier, comparable):
                return match if match.verdict.certainty == "certain" else contradicted or match
            contradicted = contradicted or BestMatch(match.earlier, replace(match.verdict, certainty="likely"))
        return contradicted

    def _compare_candidates(
        self, earlier_complaints: EarlierComplaints, comparable: Comparable, keys: LookupKeys
    ) -> Iterator[BestMatch]:
        """Yield the candidates that no rule excludes."""
        for candidate in earlier_complaints.candidates(keys):
            verdict = self._comparator.compare(candidate.comparable, comparable)
            if not verdict.exclusion:
                yield BestMatch(candidate, verdict)
            if _is_certain_repeat(verdict) and verdict.score >= _LITERAL_SCORE:
                return

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

    def decide_relation(
        self,
        earlier_complaints: EarlierComplaints,
        complaint_id: UUID,
        comparable: Comparable,
        keys: LookupKeys,
        received_at: datetime,
        exact_relation: Relation,
    ) -> MatterDecision:
        """Return the relation of a complaint, or a suggestion, and add the complaint to the earlier ones.

        `exact_relation` follows from the message's marks or its literal text; if it refers to a complaint, that one is
        used without a search. A join refers to the root of the group. A repeat refers to the sender's own first
        complaint, even if that joins another one: by repeating, nobody gets another citizen's number or a say in
        another citizen's complaint. Both carry the earliest time of the group.
        """
        relation, suggestion, again = MatterDecision(exact_relation)
        if not exact_relation.of:
            relation, suggestion, _ = self._search(earlier_complaints, comparable, keys, received_at)
        if relation.kind == "new":
            again = self.find_closed_case(earlier_complaints, comparable, keys, received_at)
        relation = self.add_complaint(earlier_complaints, complaint_id, comparable, keys, received_at, relation)
        return MatterDecision(relation, suggestion, again)

    def add_complaint(
        self,
        earlier_complaints: EarlierComplaints,
        complaint_id: UUID,
        comparable: Comparable,
        keys: LookupKeys,
        received_at: datetime,
        relation: Relation,
    ) -> Relation:
        """Add a complaint of this relation to the earlier ones. Return the relation as it refers to the group."""
        root_id, first_of_sender_id, since = complaint_id, complaint_id, received_at
        if relation.of:
            relation, group = _refer_to_group(earlier_complaints, relation, relation.of, received_at)
            root_id, since = group.root_id, group.since
            first_of_sender_id = group.related_id if relation.kind == "repeat" else complaint_id
        earlier_complaints.add(
            EarlierComplaint(complaint_id, root_id, first_of_sender_id, since, comparable),
            keys,
            received_at,
            joined=relation.kind == "joins",
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
        self,
        earlier_complaints: EarlierComplaints,
        comparable: Comparable,
        keys: LookupKeys,
        received_at: datetime,
    ) -> MatterDecision:
        match = self.find_best_match(earlier_complaints, comparable, keys)
        if match is None or match.verdict.certainty == "new":
            return MatterDecision(Relation())
        if match.verdict.certainty == "likely":
            return MatterDecision(Relation(), _suggest(earlier_complaints, match))
        evidence = (*match.verdict.evidence, f"score-{match.verdict.score:.2f}")
        if match.verdict.sender == "same":
            return MatterDecision(Relation(kind="repeat", of=match.earlier.complaint_id, evidence=evidence))
        if self._has_too_many_joins(earlier_complaints, comparable.sender, received_at):
            _log.warning("sender.join_limit_exceeded", sender=comparable.sender)
            return MatterDecision(Relation(evidence=("too-many-joins",)))
        return MatterDecision(Relation(kind="joins", of=match.earlier.complaint_id, evidence=evidence))

    def _has_too_many_joins(self, earlier_complaints: EarlierComplaints, sender: str, received_at: datetime) -> bool:
        if not sender:
            return False
        return earlier_complaints.count_joins(sender, received_at - JOIN_PERIOD) >= MAX_JOINS


def _rank(match: BestMatch) -> tuple[bool, int, float]:
    """Return the rank of a match: a repeat of the sender's own complaint ranks above a join, however similar."""
    verdict = match.verdict
    return _is_certain_repeat(verdict), CERTAINTY_RANKS[verdict.certainty], verdict.score


def _is_certain_repeat(verdict: Verdict) -> bool:
    return verdict.sender == "same" and verdict.certainty == "certain"


def _suggest(earlier_complaints: EarlierComplaints, match: BestMatch) -> Suggestion | None:
    """Return the suggestion of the match's matter; `None` if its case is closed."""
    root_id = match.earlier.root_id
    # Candidates are open.
    if root_id != match.earlier.complaint_id and earlier_complaints.is_closed(root_id):
        return None
    return Suggestion(of=root_id, score=round(match.verdict.score, 3), evidence=match.verdict.evidence)


class _Group(NamedTuple):
    """The complaint that a relation refers to, the root of its group, and the earliest arrival in the group."""

    related_id: UUID
    root_id: UUID
    since: datetime


def _refer_to_group(
    earlier_complaints: EarlierComplaints, relation: Relation, match_id: UUID, received_at: datetime
) -> tuple[Relation, _Group]:
    """Return the relation to the group of a matched complaint, and the group.

    An expired complaint is its own root; the relation to it stays as it is.
    """
    match = earlier_complaints.get(match_id)
    if match is None:
        return relation, _Group(match_id, match_id, received_at)
    root = earlier_complaints.get(match.root_id) or match
    since = min(received_at, root.since)
    if since < root.since:
        earlier_complaints.move_start(root, since)
    related_id = match.first_of_sender_id if relation.kind == "repeat" else root.complaint_id
    # The public report that the sender has read is a case. The root of its group may be closed, or not public.
    related_id = match_id if SAID_BY_SENDER in relation.evidence else related_id
    group = _Group(related_id, root.complaint_id, since)
    return relation.model_copy(update={"of": related_id, "since": since}), group
