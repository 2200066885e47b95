"""Sends a complaint on after an agency's refusal, and tells oversight. Nothing moves without an answer.

A refusal adds one reason to the earlier ones. So the next agency reads who refused before it, why, and in which order.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Literal, NamedTuple

from cases.clocks.deadlines import Deadlines
from messages.shapes import AgencyAnswer, Dispatch, Reason
from messages.topics import TRIAGE
from router.cases.hops import next_hop
from router.decision import NO_CANDIDATE, REROUTED

# A complaint is sent on at most so often; then the national admin decides (triage).
MAX_HOPS = 4
# Not measured. The evidence spoke for the agency that refused, and against the next one.
_CONFIDENCE_AFTER_REFUSAL = 0.5
# A person chose the agency.
_CONFIDENCE_OF_PERSON = 1.0
_NAMED_BY_TRIAGE = "named-by-triage"
_HOP_LIMIT = "hop-limit"
# The rules of the reasons that refusals by institutions add.
_REFUSAL_RULES = frozenset(
    ("named-by-refusal", "next-alternative", "no-alternative-left", "refused-after-triage", _HOP_LIMIT)
)


class NextAgency(NamedTuple):
    """An agency, and the rule that chose it."""

    agency: str
    rule: str


class RefusalEvent(NamedTuple):
    """The event for oversight that follows from a refusal."""

    event: Literal["refused", "ping-pong", "hop-limit"]
    reason: str


def refusing_agencies(history: Sequence[Dispatch], refused: Dispatch) -> Sequence[str]:
    """Return the agencies that have refused up to a dispatch, in order.

    An agency where the complaint only accompanied its case did not refuse it, nor one from which the sender's next
    words moved it. A second hop at the same agency counts once.
    """
    first = 1 if len(history) > 1 and any(reason.rule == REROUTED for reason in history[1].reasons) else 0
    dispatches = history[first : refused.hop + 1]
    agencies = (dispatch.agency for dispatch in dispatches if dispatch.own_case or dispatch is refused)
    return [code for code, _ in groupby(agencies)]


def next_agency(
    refused_by: Sequence[str],
    alternatives: Sequence[str],
    suggested_agency: str | None,
    agencies: Container[str],
    *,
    by_person: bool = False,
) -> NextAgency:
    """Return the next agency: never one that refused; past the hop limit triage.

    `refused_by` are all agencies that refused, in order; `suggested_agency` is the one that the last of them thinks
    competent; `agencies` are the codes with a queue now. A suggestion of triage is the national admin's decision: it
    holds past the limit, and even for an agency that refused. If that decision is refused (`by_person`), the admin
    decides again. A complaint that triage itself gives back without a suggestion stays at triage.
    """
    suggestion = suggested_agency if suggested_agency in agencies else None
    if refused_by[-1] == TRIAGE:
        return NextAgency(suggestion, _NAMED_BY_TRIAGE) if suggestion else NextAgency(TRIAGE, "kept-by-triage")
    if by_person:
        return NextAgency(TRIAGE, "refused-after-triage")
    if len(refused_by) > MAX_HOPS:
        return NextAgency(TRIAGE, _HOP_LIMIT)
    if suggestion and suggestion not in refused_by:
        return NextAgency(suggestion, "named-by-refusal")
    alternative = _first_untried(alternatives, refused_by, agencies)
    return NextAgency(alternative, "next-alternative") if alternative else NextAgency(TRIAGE, "no-alternative-left")


def _first_untried(alternatives: Iterable[str], refused_by: Sequence[str], agencies: Container[str]) -> str | None:
    """Return the first alternative that did not refuse and has a queue: the registry may have changed meanwhile."""
    return next((code for code in alternatives if code not in refused_by and code in agencies), None)


def dispatch_to_next_agency(
    refused: Dispatch,
    answer: AgencyAnswer,
    chosen: NextAgency,
    name_of: Callable[[str], str | None],
    at: datetime,
    rules_version: str,
    deadlines: Deadlines,
) -> Dispatch:
    """Return the next hop with all reasons so far and a new one; if a person in triage decided, with the person.

    `name_of` returns the name of an institution, or `None` for an unknown code.
    """
    by_triage = chosen.rule == _NAMED_BY_TRIAGE
    reason = Reason(rule=chosen.rule, text=_explanation(refused, answer, name_of, by_triage=by_triage))
    fields = {
        "agency": chosen.agency,
        "reasons": (*refused.reasons, reason),
        "confidence": _confidence(chosen),
        "actor": (answer.actor or TRIAGE) if by_triage else "",
    }
    return next_hop(refused.model_copy(update=fields), at, rules_version, deadlines)


def _confidence(chosen: NextAgency) -> float:
    """Return the confidence of a hop. At triage no agency is left that the rules would choose."""
    if chosen.agency == TRIAGE:
        return NO_CANDIDATE
    return _CONFIDENCE_OF_PERSON if chosen.rule == _NAMED_BY_TRIAGE else _CONFIDENCE_AFTER_REFUSAL


def refusal_event(
    chosen: NextAgency, refused_by: Sequence[str], suggested_agency: str | None, earlier_reasons: Sequence[Reason]
) -> RefusalEvent:
    """Return the gravest event that a refusal is.

    `ping-pong`: it suggests an agency that refused this complaint before, or it is not the first refusal.
    `earlier_reasons` are those of the refused dispatch.
    """
    if chosen.rule == _HOP_LIMIT:
        return RefusalEvent("hop-limit", chosen.rule)
    if refused_by[-1] != TRIAGE and any(reason.rule in _REFUSAL_RULES for reason in earlier_reasons):
        suggests_earlier = suggested_agency != TRIAGE and suggested_agency in refused_by[:-1]
        return RefusalEvent("ping-pong", "names-one-that-refused" if suggests_earlier else "refused-again")
    return RefusalEvent("refused", chosen.rule)


def _explanation(
    refused: Dispatch, answer: AgencyAnswer, name_of: Callable[[str], str | None], *, by_triage: bool
) -> str:
    text = answer.text or "(tanpa alasan)"
    if by_triage:
        return f"Diputuskan oleh petugas: {text}"
    refusing_name = name_of(refused.agency) or refused.agency
    explanation = f"{refusing_name} menyatakan bukan kewenangannya: {text}"
    suggested_name = (
        name_of(answer.suggested_agency)
        if answer.suggested_agency and answer.suggested_agency != refused.agency
        else None
    )
    return f"{explanation} (menunjuk {suggested_name})" if suggested_name else explanation
