"""Events of a case, as far as its clocks need them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

# Code of triage, as in `messages.topics`: this package imports no other one.
TRIAGE: Final = "triage"
# `received`: the report arrived. `dispatched`: an agency or triage has the case now. `joined`: the complaint
# accompanies another case now. `wrote`: the sender told the agency something. `withdrawn`: the sender withdrew it.
# The others are verdicts of the agency that count.
EventKind: TypeAlias = Literal[
    "received",
    "dispatched",
    "joined",
    "accepted",
    "extended",
    "asked",
    "responded",
    "refused",
    "closed",
    "wrote",
    "withdrawn",
]
# Of events of one moment: a dispatch comes before the answers to it, and the sender's words after a question.
_ORDER: Sequence[EventKind] = get_args(EventKind)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event. `agency`, `hop` and `is_reopening` are those of a dispatch; `hop` is that of a verdict too.

    `is_reopening`: the sender objected to the closing, and the case begins again. `extension_days`: by how much the
    agency extends the deadline with `extended`.
    """

    at: datetime
    kind: EventKind
    hop: int = 0
    agency: str = ""
    is_reopening: bool = False
    extension_days: int = 0


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """The events of one complaint in any order. `kind` is that of the report, `topic` that of its first dispatch.

    `members` are the histories of the complaints that accompany the case now, each until it came to it: the earliest
    beginning counts for the clocks of all.
    """

    events: tuple[CaseEvent, ...]
    kind: str = ""
    topic: str = ""
    members: tuple["CaseHistory", ...] = ()


def in_order(events: Iterable[CaseEvent]) -> Sequence[CaseEvent]:
    """Return the events in the order in which they happened."""
    return sorted(events, key=lambda event: (event.at, event.hop, _ORDER.index(event.kind), event.extension_days))
