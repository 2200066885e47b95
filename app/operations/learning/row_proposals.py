"""Rows of the table of competence that refusals blame, with the institution that took the cases. Pure.

A person checks the law and edits the row: a refusal is no law.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.operations.learning.decided_cases import DecidedCase
from router.evidence.competence import CompetenceTable

# A row is named if at least so many of its first dispatches were refused, and at least this share of them.
_MIN_REFUSALS, _MIN_REFUSED_SHARE = 2, 0.3


class RowProposal(NamedTuple):
    """A row of `competence.csv`: how many of its cases were refused, of how many, and the agency that took most."""

    row: str
    topic: str
    refused: int
    cases: int
    institution: str
    taken_by: str
    taken: int


def row_proposals(cases: Iterable[DecidedCase], competence: CompetenceTable) -> Iterator[RowProposal]:
    """Yield the rows whose first dispatches were refused, those with most refusals first."""
    rows = {row.id: row for row in competence.rows}
    totals: Counter[str] = Counter()
    takers: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        if case.first_rule in rows:
            totals[case.first_rule] += 1
            if case.refused_by:
                takers[case.first_rule][case.agency] += 1
    for row_id, agencies in sorted(takers.items(), key=lambda item: (-item[1].total(), item[0])):
        refused = agencies.total()
        if refused >= _MIN_REFUSALS and refused >= _MIN_REFUSED_SHARE * totals[row_id]:
            agency, taken = agencies.most_common(1)[0]
            row = rows[row_id]
            yield RowProposal(row_id, row.topic, refused, totals[row_id], row.institution, agency, taken)
