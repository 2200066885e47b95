"""Recipients of e-mail, as the accounts know them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recipient:
    """A reader of e-mail. `account_id` does not change; `language` is a code of `LANGUAGES`.

    `unit` is the code of an officer's unit: the reader is told of its cases alone. `stands_in_for` are the accounts of
    persons on leave whose e-mail this reader gets.
    """

    account_id: str
    address: str
    wants_digest: bool = True
    language: str = "id"
    unit: str = ""
    stands_in_for: tuple[str, ...] = ()


class Recipients(Protocol):
    """Persons of the agencies who may sign in now; for one on leave who stands in.

    Every method may raise `DatabaseUnavailable`.
    """

    def agencies(self) -> Sequence[str]:
        """Return the codes of the agencies that have officers."""
        ...

    def officers(self, agency: str) -> Sequence[Recipient]:
        """Return the officers and coordinators of an agency who read its cases."""
        ...

    def staff(self, agency: str) -> Sequence[Recipient]:
        """Return the persons who work on the cases of an agency, or of triage."""
        ...

    def coordinators(self, agency: str) -> Sequence[Recipient]:
        """Return the coordinators of an agency."""
        ...

    def administrators(self) -> Sequence[Recipient]:
        """Return the persons who manage all accounts."""
        ...

    def ending(self, after: datetime, until: datetime) -> Mapping[tuple[str, datetime], int]:
        """Return how many persons of an agency end at one moment between two, by agency and moment."""
        ...

    def readers(self, agency: str) -> Sequence[Recipient]:
        """Return all persons of an agency who read its cases: officers, coordinators and heads."""
        ...

    def overseers(self) -> Sequence[Recipient]:
        """Return the persons who watch all agencies."""
        ...


def by_unit(recipients: Iterable[Recipient]) -> Mapping[str, Sequence[Recipient]]:
    """Return the readers of each unit; those of the whole institution under an empty code."""
    groups: defaultdict[str, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        groups[recipient.unit].append(recipient)
    return groups
