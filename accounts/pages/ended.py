"""Sentence for a person whose last day is over: since when, and who to ask."""

from accounts.account_store import Account, AccountStore
from accounts.appointments import Appointments, last_day
from accounts.pages import wording
from accounts.permissions import AGENCY_ROLES, Role
from pages.local_times import day_in_words
from pages.translation.message import Message

_NAMED_COORDINATORS = 3


class EndedAccounts:
    """Explains why a person whose password was right cannot sign in."""

    def __init__(self, accounts: AccountStore, appointments: Appointments) -> None:
        self._accounts = accounts
        self._appointments = appointments

    def text(self, account: Account) -> Message:
        """Return the sentence. It names the coordinators of the institution, if there are any."""
        if account.ends_at is None:
            return wording.SIGN_IN_REFUSED
        day = last_day(account.ends_at, self._appointments.zone(account.agency))
        return wording.ENDED.filled(day=day_in_words(day), advice=self._advice(account))

    def _advice(self, account: Account) -> Message:
        people = self._accounts.of_agency(account.agency) if account.role in AGENCY_ROLES else ()
        names = [person.name for person in people if person.role is Role.COORDINATOR][:_NAMED_COORDINATORS]
        return wording.ASK_COORDINATORS.filled(names=", ".join(names)) if names else wording.ASK_ADMINISTRATOR
