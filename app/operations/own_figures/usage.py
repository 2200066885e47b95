"""How an institution uses the service: persons, units, webhooks and cases that nobody looks after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import col

from accounts.account_store import Account
from accounts.permissions import CASE_ROLES
from desk.acts.openings import read_unopened_numbers
from desk.read_model.case_view import find_number
from desk.read_model.overdue_cases import count_untouched
from desk.units.tiers import Tier
from desk.units.tree import UnitTree
from desk.webhooks.tables import WebhookRow

# A new case that nobody has taken, passed on or answered for so many days is named.
UNTOUCHED_DAYS = 3


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody should look after.

    `never_signed_in` are names of persons, `units_without_officer` paths of units in force, `unopened_dangers` numbers
    of cases. `webhooks_off` counts webhooks, `untouched` cases. `has_nobody`: no person works on the cases.
    """

    never_signed_in: Sequence[str]
    units_without_officer: Sequence[str]
    webhooks_off: int
    untouched: int
    unopened_dangers: Sequence[str]
    has_nobody: bool


def read_usage(
    connection: Connection, tier: Tier, tree: UnitTree, accounts: Collection[Account], now: datetime, today: date
) -> Usage:
    """Return the usage of a tier. `accounts` are the persons of the institution who may sign in."""
    persons = [
        account for account in accounts if account.role in CASE_ROLES and (tier.is_whole or tier.has_unit(account.unit))
    ]
    staffed = {account.unit for account in persons}
    units = [unit.code for _, unit in tree.in_order() if tier.has_unit(unit.code) and unit.is_in_force(today)]
    dangers = [
        number
        for number in read_unopened_numbers(connection, tier.agency)
        if tier.is_whole or find_number(connection, tier, number)
    ]
    return Usage(
        never_signed_in=[account.name for account in persons if account.last_sign_in_at is None],
        units_without_officer=[tree.path(code) for code in units if code not in staffed],
        webhooks_off=_webhooks_off(connection, tier),
        untouched=count_untouched(connection, tier, now - timedelta(days=UNTOUCHED_DAYS)),
        unopened_dangers=dangers,
        has_nobody=tier.is_whole and not persons,
    )


def _webhooks_off(connection: Connection, tier: Tier) -> int:
    query = select(col(WebhookRow.unit), func.count()).where(
        col(WebhookRow.agency) == tier.agency, col(WebhookRow.active).is_(False)
    )
    return sum(
        number for unit, number in connection.execute(query.group_by(col(WebhookRow.unit))) if tier.has_unit(unit)
    )
