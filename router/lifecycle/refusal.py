"""Where a complaint goes that an institution says is not its own, and what oversight is told of it. Pure.

A refusal adds one reason to those there were, so that the next institution reads who refused before it, why, and in
which order. Nothing moves without an answer.
"""

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from messages.shapes import AgencyAnswer, Dispatch, Reason
from router.lifecycle.linked import next_hop
from router.registry.registry import TRIAGE

# A complaint is passed on at most so often; then the national admin decides (triage).
MAX_HOPS = 4
# Nobody has measured it: the evidence spoke for the door that refused, and against this one.
_AFTER_A_REFUSAL = 0.5
_BY_TRIAGE = "named-by-triage"
_HOP_LIMIT = "hop-limit"
# The rules of the reasons that refusals by institutions add.
_REFUSALS = frozenset(
    ("named-by-refusal", "next-alternative", "no-alternative-left", "refused-after-triage", _HOP_LIMIT)
)


class NextAgency(NamedTuple):
    """A door, and the rule that chose it."""

    agency: str
    rule: str


class RefusalEvent(NamedTuple):
    """What oversight is told of a refusal."""

    event: Literal["refused", "ping-pong", "hop-limit"]
    reason: str


def next_agency(
    tried: Sequence[str],
    alternatives: Sequence[str],
    theirs: str | None,
    known: Container[str],
    *,
    by_person: bool = False,
) -> NextAgency:
    """The next door: never one that was tried, past the hop limit triage.

    `tried` are all doors, in order, the last of which refuses; `theirs` is the agency that it thinks competent; `known`
    are the codes that are doors now. What triage names is not a guess but the national admin's decision: it holds past
    the limit, and even for one that refused. Where that decision is refused (`by_person`), the admin decides again; and
    what triage itself gives back without a name, it keeps.
    """
    named = theirs if theirs is not None and theirs in known else None
    if tried[-1] == TRIAGE:
        return NextAgency(named, _BY_TRIAGE) if named else NextAgency(TRIAGE, "kept-by-triage")
    if by_person:
        return NextAgency(TRIAGE, "refused-after-triage")
    if len(tried) > MAX_HOPS:
        return NextAgency(TRIAGE, _HOP_LIMIT)
    if named and named not in tried:
        return NextAgency(named, "named-by-refusal")
    for code in alternatives:
        # The registry may be another one than when the alternatives were found.
        if code not in tried and code in known:
            return NextAgency(code, "next-alternative")
    return NextAgency(TRIAGE, "no-alternative-left")


def dispatch_to_next_agency(
    refused: Dispatch,
    answer: AgencyAnswer,
    door: NextAgency,
    name_of: Callable[[str], str | None],
    at: datetime,
    rules_version: str,
) -> Dispatch:
    """The next hop, with all reasons so far and this one; by whom, where a person in triage decided it.

    `name_of` gives the name of an agency; of a code that is none, nothing.
    """
    by_triage = door.rule == _BY_TRIAGE
    settled = by_triage or door.agency == TRIAGE
    reason = Reason(rule=door.rule, says=_says(refused, answer, name_of, by_triage=by_triage))
    to = {
        "agency": door.agency,
        "reasons": (*refused.reasons, reason),
        "confidence": 1.0 if settled else _AFTER_A_REFUSAL,
        "actor": (answer.actor or TRIAGE) if by_triage else "",
    }
    return next_hop(refused.model_copy(update=to), at, rules_version)


def refusal_event(
    door: NextAgency, tried: Sequence[str], theirs: str | None, earlier: Sequence[Reason]
) -> RefusalEvent:
    """What oversight is told of the refusal that leads to a door: the gravest that can be said of it.

    `ping-pong`: it names one that refused this complaint before, or it is not the first refusal. `earlier` are the
    reasons that the refusing one was given.
    """
    if door.rule == _HOP_LIMIT:
        return RefusalEvent("hop-limit", door.rule)
    if tried[-1] != TRIAGE and any(reason.rule in _REFUSALS for reason in earlier):
        back = theirs != TRIAGE and theirs in tried[:-1]
        return RefusalEvent("ping-pong", "names-one-that-refused" if back else "refused-again")
    return RefusalEvent("refused", door.rule)


def _says(refused: Dispatch, answer: AgencyAnswer, name_of: Callable[[str], str | None], *, by_triage: bool) -> str:
    why = answer.text or "(tanpa alasan)"
    if by_triage:
        return f"Diputuskan oleh petugas: {why}"
    name = name_of(refused.agency) or refused.agency
    pointed = name_of(answer.theirs) if answer.theirs and answer.theirs != refused.agency else None
    says = f"{name} menyatakan bukan kewenangannya: {why}"
    return f"{says} (menunjuk {pointed})" if pointed else says
