"""Recipients of e-mail, as the accounts know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recipient:
    """A reader of e-mail. `account_id` does not change; `language` is a code of `LANGUAGES`."""

    account_id: str
    address: str
    wants_digest: bool = True
    language: str = "id"


class Recipients(Protocol):
    """Persons of the agencies who may sign in now. Every method may raise `DatabaseUnavailable`."""

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

    def overseers(self) -> Sequence[Recipient]:
        """Return the persons who watch all agencies."""
        ...
