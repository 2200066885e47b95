"""The case that opens after an act at triage: a danger that nobody has read, otherwise the next one of the list."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from accounts.permissions import TRIAGE_AGENCY
from app.operations.triage import TriageDesk
from app.staff import addresses
from config.database import read_transaction
from desk.acts.answers import OfficerAnswers
from desk.acts.openings import read_unopened_numbers
from desk.units.tiers import Tier
from pages.addresses import with_query
from sinks.ledger.triage_cases import TriagePage, TriagePlace

# Cases behind the one of the act that are looked at: others may have decided them while the list is not derived yet.
_LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Filter of the list from which a person came: the id of a topic, and the code of a region."""

    topic: str = ""
    region: str = ""

    @classmethod
    def read(cls, topic: str, region: str) -> "ListFilter":
        """Return the filter of a form. The words of the id of a topic are the id: "Jalan rusak" is `jalan-rusak`."""
        return cls("-".join(topic.lower().split()), region.strip())

    def address(self, path: str, **values: str) -> str:
        """Return an address that keeps the filter."""
        return with_query(path, topik=self.topic, wilayah=self.region, **values)


@dataclass(frozen=True, slots=True)
class NextCase:
    """Finds the next case. `triage_desk` returns the operations with the registry in force."""

    engine: Engine
    triage_desk: Callable[[], TriageDesk]
    answers: OfficerAnswers

    def place(self, number: str) -> TriagePlace | None:
        """Return the place of the case before the act; see `address`."""
        return self.triage_desk().place(number)

    def address(self, place: TriagePlace | None, choice: ListFilter, result: str) -> str:
        """Return the address of the case after this place, or of the list if there is none.

        `result` is the time of the act, from which the page tells what was done.
        """
        number = self._unread_danger(place) or (self._following(place, choice) if place else "")
        path = f"{addresses.TRIAGE}/{number}" if number else addresses.TRIAGE
        return choice.address(path, hasil=result)

    def _unread_danger(self, place: TriagePlace | None) -> str:
        with read_transaction(self.engine) as connection:
            numbers = read_unopened_numbers(connection, TRIAGE_AGENCY)
        return next((number for number in numbers if place is None or number != place.tracking), "")

    def _following(self, place: TriagePlace, choice: ListFilter) -> str:
        numbers = self.triage_desk().numbers(choice.topic, choice.region, TriagePage(_LOOKED_AT, place))
        return next((number for number in numbers if self._is_open(number)), "")

    def _is_open(self, number: str) -> bool:
        progress = self.answers.progress(Tier(TRIAGE_AGENCY), number)
        return progress is None or not progress.pending
