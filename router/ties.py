"""Breaks a tie between the government of the place and one national institution: the government gets the report. Pure.

It knows the place, and a wrong one can pass the report on. A tie of two national institutions or of two governments is
for a person: nothing tells which of them is nearer.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from messages.topics import TRIAGE
from router.registry.jurisdiction import Jurisdiction
from router.scoring import AgencyCandidate

# The likeliest institution has at least this probability, and the two likeliest together at least the other.
_MIN_LIKELIEST, _MIN_TOGETHER = 0.4, 0.8


class Tie(NamedTuple):
    """The government of the place and the national institution that is about as likely."""

    government: AgencyCandidate
    other: AgencyCandidate


def tie_with_government(candidates: Sequence[AgencyCandidate], place: str, jurisdiction: Jurisdiction) -> Tie | None:
    """Return the tie of the two likeliest candidates; `None` if they are not about equal, or not of these two kinds.

    `candidates` are the likeliest first; `place` is the dotted code of the likeliest place, or empty.
    """
    if not place or len(candidates) < 2:  # noqa: PLR2004 - a tie has two sides
        return None
    first, second = candidates[:2]
    is_close = first.likelihood >= _MIN_LIKELIEST and first.likelihood + second.likelihood >= _MIN_TOGETHER
    if not is_close or TRIAGE in {first.institution, second.institution}:
        return None
    return _tie(first, second, jurisdiction.governments_of(place), jurisdiction.codes)


def _tie(
    first: AgencyCandidate, second: AgencyCandidate, governments: Collection[str], regional: Collection[str]
) -> Tie | None:
    if first.institution in governments and second.institution not in regional:
        return Tie(first, second)
    if second.institution in governments and first.institution not in regional:
        return Tie(second, first)
    return None
