"""Changes of cases at an agency, for those who tell the agency of them: webhooks and e-mail. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

# `received`: a case came to the agency. `danger`: a case that came, or a further report of it, tells of danger to life.
# `answered`: an answer of the agency counted. `citizen-wrote`: the citizen
# added to the case. `moved`: the case left the agency. `due`: the last day before a deadline of the case has begun.
# `overdue`: the deadline has passed. `three-times-overdue`: three times its period is over. `recommended`: the agency
# must answer a recommendation of an overseer. `contribution-asked`: a unit of the agency was asked for a contribution.
# `contribution-given`: it gave it. `recommendation-due` and `recommendation-overdue`: its deadline.
ChangeKind: TypeAlias = Literal[
    "received",
    "danger",
    "answered",
    "citizen-wrote",
    "moved",
    "due",
    "overdue",
    "three-times-overdue",
    "recommended",
    "recommendation-due",
    "recommendation-overdue",
    "contribution-asked",
    "contribution-given",
]
DEADLINE_CHANGES: tuple[ChangeKind, ...] = ("due", "overdue", "three-times-overdue")


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One change of a case. `id` is derived from the record that led to it: the same record gives the same id.

    `state` is the state of the case at this agency after the change. `at` is the bus's time.
    """

    id: UUID
    kind: ChangeKind
    agency: str
    number: str
    dispatch_id: UUID
    state: str
    at: datetime
