"""Changes of cases at an agency, for those who tell the agency of them: webhooks and e-mail. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args
from uuid import UUID

# The help of a command names the kinds, and needs no database.
if TYPE_CHECKING:
    from sqlalchemy import Connection

    from config.reference.escalation import EscalatedClock, Moment

# `received`: a case came to the agency. `danger`: a case that came, or a further report of it, tells of danger to life.
# `answered`: an answer of the agency counted. `citizen-wrote`: the citizen
# added to the case. `moved`: the case left the agency. `due`: the last day before a deadline of the case has begun.
# `overdue`: the deadline has passed. `twice-overdue` and `three-times-overdue`: so many times its period is over.
# `recommended`: the agency must answer a recommendation of an overseer. `recommendation-due` and
# `recommendation-overdue`: its deadline. `passed-on`: a unit got the case; webhooks hear of it as `received`.
# `unit-due` and `unit-overdue`: the deadline that the institution set its unit.
# `contribution-asked`: a unit of the agency was asked for a contribution. `contribution-given`: it gave it.
ChangeKind: TypeAlias = Literal[
    "received",
    "danger",
    "answered",
    "citizen-wrote",
    "moved",
    "due",
    "overdue",
    "twice-overdue",
    "three-times-overdue",
    "recommended",
    "recommendation-due",
    "recommendation-overdue",
    "passed-on",
    "unit-due",
    "unit-overdue",
    "contribution-asked",
    "contribution-given",
]
# Kinds of which webhooks are told.
CHANGE_KINDS: Final[tuple[ChangeKind, ...]] = tuple(kind for kind in get_args(ChangeKind) if kind != "passed-on")


class ReachedMoment(NamedTuple):
    """A moment of a deadline that a case has reached, or that a unit got it: who hears of it is in `escalation.csv`."""

    clock: EscalatedClock
    when: Moment


# A unit got the case.
PASSED_ON: Final = ReachedMoment("unit", "passed_on")


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One change of a case. `id` is derived from the record that led to it: the same record gives the same id.

    `state` is the state of the case at this agency after the change. `at` is the bus's time. `reached` is set for a
    change of a deadline.
    """

    id: UUID
    kind: ChangeKind
    agency: str
    number: str
    dispatch_id: UUID
    state: str
    at: datetime
    reached: ReachedMoment | None = None


# Stores what agencies are to be told of, in the transaction of the caller.
OnChanges: TypeAlias = "Callable[[Connection, Sequence[CaseChange]], None]"
