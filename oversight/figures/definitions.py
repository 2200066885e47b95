"""The fourteen figures: name, numerator, denominator, cohort and unit of each. `docs/figures.md` is made of them.

Common to all: the cohort is the month in which a report arrived, in Jakarta; only own cases count, so a report that was
merged with another one counts as a duplicate avoided. What triage archived as no complaint before an agency got it is
no case, and is in no figure but the first two. A share is taken of the cases whose period has passed, answered or not.
Cases whose period has not passed are *censored*: they are counted beside the share. So are those whose outcome nobody
will know: the sender withdrew them, triage archived them after an agency had them, or the agency waits for the sender.
A deadline has passed when its day in Jakarta has ended. Each figure can be taken of the reports of one channel alone,
that by which the report came that is the case (`--by-channel`); only the pairs of agencies are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from oversight.figures.counts import Measure

# Working days without any reaction after which a case counts as untouched.
UNTOUCHED_WORKING_DAYS = 10
# Perpres 76/2013: days at most until a complaint is finished.
FINISH_DAYS = 60
# A case that so many agencies refused was sent about.
PING_PONG_REFUSALS = 2
WORST_PAIRS = 10
# Of fewer ratings there is no median: one more would change it.
LEAST_RATINGS = 5

Unit: TypeAlias = Literal["reports", "cases", "share of cases", "days"]
# The agency whose figures a case counts in, for the figures of one agency. `first`: the first one that got it.
# `answering`: the one that missed the first deadline, or that answered, or that must answer. `current`: the one that
# has it.
CountedAgency: TypeAlias = Literal["first", "answering", "current"]

# The cases that an agency has now, not those that it was the first one for.
CURRENT_CASES: tuple[Measure, ...] = ("finish_met", "finish_missed", "finish_open", "finish_dropped")
_OWN_CASES = "own cases that arrived in the month"


@dataclass(frozen=True, slots=True)
class CountedShare:
    """A share of which both numbers are sums of counts, whatever the day. `censored` are in neither number."""

    numerator: tuple[Measure, ...]
    denominator: tuple[Measure, ...]
    censored: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureDefinition:
    """One figure. `keys` are its names in the output of `satupintu figures --json`.

    A figure with a `share` needs nothing else: its computation and its output follow from this.
    """

    keys: tuple[str, ...]
    title: str
    numerator: str
    denominator: str
    cohort: str
    unit: Unit
    agency: CountedAgency
    share: CountedShare | None = None


FIGURES: tuple[FigureDefinition, ...] = (
    FigureDefinition(
        ("received",),
        "Received by channel",
        "reports, by the channel that they came by; what a sender adds to an own report is none, and neither is a part "
        "into which a person divided one",
        "none",
        "reports that arrived in the month, also those that were merged",
        "reports",
        "first",
    ),
    FigureDefinition(
        ("cases", "no_reports", "duplicates_avoided"),
        "Cases, no reports, and duplicates avoided",
        "reports that are cases of their own; `no_reports`: those that triage archived as no complaint before an "
        "agency got them, which are no cases; and reports that were merged: `certain` by the rules, `confirmed` by a "
        "person, with or without a suggestion. All together are all reports received and all parts of divided ones",
        "none",
        "reports that arrived in the month",
        "cases",
        "first",
    ),
    FigureDefinition(
        ("forwarded_in_time",),
        "Forwarded in time",
        "cases that an agency got before the deadline of the clock `verify` (`clocks.csv`; as shipped, 3 working days "
        "after the arrival)",
        "cases whose deadline has passed. Censored: others, and those that triage waits for the sender of",
        _OWN_CASES,
        "share of cases",
        "first",
    ),
    FigureDefinition(
        ("first_agency_right",),
        "Right at the first agency",
        "cases of which the first agency reacted, did not refuse, and no other agency got the case",
        "cases of which the first agency reacted, or that another agency got. Censored: others. Triage is no agency",
        _OWN_CASES,
        "share of cases",
        "first",
        CountedShare(("first_right",), ("first_right", "first_wrong"), ("first_undecided",)),
    ),
    FigureDefinition(
        ("ping_pong",),
        "Ping-pong",
        f"cases that at least {PING_PONG_REFUSALS} agencies refused. `worst_pairs`: the {WORST_PAIRS} pairs of an "
        "agency that refused and the agency that got the case next, with the most of these cases",
        "cases",
        _OWN_CASES,
        "share of cases",
        "first",
        CountedShare(("ping_pong",), ("case",)),
    ),
    FigureDefinition(
        ("answered_in_time",),
        "First answer in time",
        "cases that an agency answered (responded or closed) before its deadline of the clock `first_answer` "
        "(`clocks.csv`; as shipped, 5 working days after it got the case; with its extension), and that no agency "
        "before it let pass its own deadline",
        "cases whose deadline has passed, answered or not. Censored: others",
        _OWN_CASES,
        "share of cases",
        "answering",
    ),
    FigureDefinition(
        ("days_to_answer",),
        "Days to the first answer",
        "`median` and `p90`: calendar days from the arrival after which half and nine tenths of the cases have an "
        "answer of an agency, by the Kaplan-Meier estimate. Empty while fewer have one",
        "cases. A case without an answer counts as unanswered until today, or until it was withdrawn or archived",
        f"{_OWN_CASES}; after a merge the earliest arrival begins the count",
        "days",
        "answering",
    ),
    FigureDefinition(
        ("finished_within_60_days",),
        "Finished within 60 days",
        f"cases that an agency closed at most {FINISH_DAYS} calendar days after the arrival, and that were not "
        "reopened since. `published_share` is the published way: it counts cases in process as finished, of all cases",
        f"cases that arrived more than {FINISH_DAYS} days ago, or that were finished later. Censored: others",
        _OWN_CASES,
        "share of cases",
        "current",
    ),
    FigureDefinition(
        ("oldest_open_days",),
        "Oldest open case, overdue, three times overdue",
        "calendar days since the arrival of the oldest case that is neither closed nor withdrawn. `overdue`: open "
        "cases with a deadline of triage or an agency that has passed. `three_times_overdue`: with three periods that "
        "have passed",
        "none; `open` is the number of open cases",
        _OWN_CASES,
        "days",
        "current",
    ),
    FigureDefinition(
        ("untouched_after_10_days",),
        "Untouched after 10 working days",
        f"cases to which no agency reacted within {UNTOUCHED_WORKING_DAYS} working days after the first one got it. "
        "`still_untouched`: those that have had no reaction since. An extension of the "
        "deadline is no reaction",
        "cases whose ten days have passed. Censored: others, and those at triage",
        _OWN_CASES,
        "share of cases",
        "first",
    ),
    FigureDefinition(
        ("reopened",),
        "Reopened",
        "cases that were opened again at least once, because the sender objected",
        "cases that an agency has closed at least once",
        _OWN_CASES,
        "share of cases",
        "current",
        CountedShare(("reopened",), ("closed",)),
    ),
    FigureDefinition(
        ("closed_without_evidence",),
        "Closed without evidence",
        "cases that an agency has closed, and of which no response or closing of an agency that counts names a picture "
        "of the work or a document",
        "cases that an agency has closed at least once",
        _OWN_CASES,
        "share of cases",
        "current",
        CountedShare(("closed_without_evidence",), ("closed",)),
    ),
    FigureDefinition(
        ("to_ombudsman",),
        "To the Ombudsman",
        "cases that were handed over to the Ombudsman with the consent of the sender",
        "cases",
        _OWN_CASES,
        "share of cases",
        "current",
        CountedShare(("to_ombudsman",), CURRENT_CASES),
    ),
    FigureDefinition(
        ("satisfaction",),
        "Satisfaction",
        "`asked`: cases whose sender was asked for a rating, once, a day after the closing: on the own page, and by a "
        "reply where a proven contact can get one. `answered`: those of them "
        "whose sender has rated since. `distribution`: cases by the last rating of the sender, from 1 (bad) to 5 (very "
        "good), asked or not; `median`: the rating that at least half of them do not exceed, empty while fewer than "
        f"{LEAST_RATINGS} are rated. A mean is never taken. Citizens who joined a case are asked too, and their "
        "ratings are in the case and in no number here",
        "`asked`: cases that an agency has closed at least once. `answered`: cases whose sender was asked. Not asked "
        "is who had rated before, withdrew the report or is forgotten, and who writes on X, where everybody would read "
        "it",
        f"{_OWN_CASES} that an agency has closed at least once",
        "share of cases",
        "current",
    ),
)
TITLES: Mapping[str, str] = {figure.keys[0]: figure.title for figure in FIGURES}
