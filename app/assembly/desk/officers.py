"""Tells the e-mail who the officers are, how many cases wait for them, and where the desk's pages are."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from sqlalchemy import Engine

from accounts.account_store import Account, AccountStore
from accounts.appointments import active_stand_ins
from accounts.pages.own_pages import OWN_ADDRESS
from accounts.pages.people_pages import PEOPLE_ADDRESS
from accounts.permissions import AGENCY_ROLES, CASE_ROLES, Role
from app.assembly.desk.institutions import RegistryInstitutions
from app.operations.own_figures.view import HEAD_PAGE
from config.database import read_transaction
from config.time_zones import time_zone
from desk.mail.recipients import Recipient
from desk.mail.texts import CaseList, DeskLinks, DigestCounts
from desk.pages.integration.addresses import INTEGRATION_ADDRESS
from desk.pages.list_query import LIST_ADDRESS, ListQuery
from desk.read_model.queries import count_tabs
from desk.units.tiers import tier_of

# Roles of the readers of the weekly letter.
_LEADING_ROLES = frozenset({Role.HEAD, Role.COORDINATOR})


class AccountRecipients:
    """See `desk.mail.recipients.Recipients`. Only persons who may sign in now get e-mail; `now` is the clock.

    A person on leave gets none: who stands in does.
    """

    def __init__(self, accounts: AccountStore, now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._now = now

    def agencies(self) -> Sequence[str]:
        """See the protocol."""
        return sorted({account.agency for account in self._accounts.active() if account.role in CASE_ROLES})

    def officers(self, agency: str) -> Sequence[Recipient]:
        """See the protocol."""
        return self._present(agency, CASE_ROLES)

    def staff(self, agency: str) -> Sequence[Recipient]:
        """See the protocol."""
        return self._present(agency, {*CASE_ROLES, Role.TRIAGE})

    def coordinators(self, agency: str) -> Sequence[Recipient]:
        """See the protocol."""
        return self._present(agency, {Role.COORDINATOR})

    def readers(self, agency: str) -> Sequence[Recipient]:
        """See the protocol."""
        return self._present(agency, AGENCY_ROLES)

    def leaders(self) -> Mapping[str, Sequence[Recipient]]:
        """Return the heads and coordinators of each institution, by its code."""
        leaders: defaultdict[str, list[Recipient]] = defaultdict(list)
        for account in self._accounts.active():
            if account.role in _LEADING_ROLES:
                leaders[account.agency].append(_recipient(account))
        return leaders

    def overseers(self) -> Sequence[Recipient]:
        """See the protocol."""
        return [_recipient(account) for account in self._accounts.active() if account.role == Role.OVERSEER]

    def administrators(self) -> Sequence[Recipient]:
        """See the protocol."""
        return [_recipient(account) for account in self._accounts.active() if account.role == Role.ADMINISTRATOR]

    def ending(self, after: datetime, until: datetime) -> Mapping[tuple[str, datetime], int]:
        """See the protocol."""
        accounts = self._accounts.ending(after, until)
        return Counter((account.agency, account.ends_at) for account in accounts if account.ends_at)

    def _present(self, agency: str, roles: Collection[Role]) -> Sequence[Recipient]:
        """Return the persons of these roles, by name, with those who stand in for the ones on leave."""
        accounts = self._accounts.of_agency(agency)
        stand_ins = active_stand_ins(accounts, self._now())
        readers: dict[str, Recipient] = {}
        for account in accounts:
            if account.role not in roles:
                continue
            reader = _recipient(stand_ins.get(account.id, account))
            earlier = readers.get(reader.account_id, reader)
            # Who stands in hears what the absent person would, also a digest that the own choice leaves out.
            wants_digest = earlier.wants_digest or reader.wants_digest or account.wants_digest
            stands_in_for = earlier.stands_in_for
            if account.id in stand_ins:
                stands_in_for = (*stands_in_for, str(account.id))
            readers[reader.account_id] = replace(earlier, wants_digest=wants_digest, stands_in_for=stands_in_for)
        return list(readers.values())


class DigestFacts:
    """Numbers of an agency's cases, and its time zone."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], institutions: RegistryInstitutions) -> None:
        self._engine = engine
        self._now = now
        self._institutions = institutions

    def zone(self, agency: str) -> tzinfo:
        """Return the time zone of the agency's region."""
        return time_zone(self._institutions.region(agency)).value

    def counts(self, agency: str, unit: str) -> DigestCounts:
        """Return the numbers of now, which are those of the lists that the links lead to."""
        with read_transaction(self._engine) as connection:
            tabs = count_tabs(connection, tier_of(connection, agency, unit), self._now())
        return DigestCounts(tabs["new"], tabs["soon"], tabs["overdue"], tabs["waiting"])


def desk_links(base: str) -> DeskLinks:
    """Return the addresses of the desk's pages. `base` is the public address without a slash at its end."""
    lists: dict[CaseList, ListQuery] = {
        "new": ListQuery(tab="new"),
        "due_soon": ListQuery(tab="soon"),
        "overdue": ListQuery(tab="overdue"),
        "waiting": ListQuery(tab="waiting"),
    }
    return DeskLinks(
        case_list=lambda case_list: base + lists[case_list].list_address(),
        case=lambda number: f"{base}{LIST_ADDRESS}/{number}",
        webhooks=base + INTEGRATION_ADDRESS,
        account=base + OWN_ADDRESS,
        accounts=base + PEOPLE_ADDRESS,
        released=base + ListQuery(released=True).list_address(),
        head_page=base + HEAD_PAGE,
    )


def _recipient(account: Account) -> Recipient:
    return Recipient(str(account.id), account.email, account.wants_digest, unit=account.unit)
