"""Builds accounts and their pages from the parts of the process."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from jinja2 import Environment
from sqlalchemy import Connection, Engine

from accounts.account_store import Account
from accounts.authentication.sign_in import Record
from accounts.pages.account_pages import AccountPages
from accounts.pages.invitation_pages import invitation_link
from accounts.services import AccountServices
from app.assembly.desk.account_mail import account_mail
from app.assembly.desk.institutions import RegistryInstitutions
from app.assembly.parts import Parts
from config.database import read_transaction
from config.time_zones import time_zone
from desk.acts.releases import Releases
from desk.institutions import Institutions
from desk.units.tiers import read_tree, tier_of
from ingest.http.client_networks import client_networks
from pages.frame import NavigationEntry

if TYPE_CHECKING:
    from accounts.authentication.oidc import OidcProvider


def build_account_services(parts: Parts, record: Record, own_address: str = "") -> AccountServices:
    """Return accounts, sessions and sign-in. `record` appends to the audit log.

    It is `Parts.audit_log` for commands, and the log without the system user for persons who have signed in.
    `own_address` is the address of the desk in e-mails; that of the settings if it is empty.
    """
    return AccountServices(
        parts.engine,
        parts.secrets.account_key,
        record,
        lambda code: code in parts.registry.agencies,
        lambda agency: find_units(parts.engine, agency),
        partial(covers_unit, parts.engine),
        lambda agency: time_zone(RegistryInstitutions(lambda: parts.registry).region(agency)).value,
        partial(release_cases, Releases(parts.engine, record, parts.now, parts.randomness.new_id)),
        partial(client_networks, counts_loopback=bool(parts.settings.public_url)),
        parts.now,
        parts.randomness,
        PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY),
        lambda: _public_names(parts),
        account_mail(parts, own_address or parts.settings.desk_reached_at),
    )


def find_units(engine: Engine, agency: str) -> Sequence[tuple[str, str]]:
    """Return code and name of each unit of an institution, with the names of the units above it."""
    with read_transaction(engine) as connection:
        tree = read_tree(connection, agency)
    return [(unit.code, tree.path(unit.code)) for _, unit in tree.in_order()]


def covers_unit(engine: Engine, agency: str, upper: str, lower: str) -> bool:
    """Return True if who belongs to one unit of an institution sees all that the other one sees; see `tier_of`."""
    if not upper or upper == lower:
        return True
    with read_transaction(engine) as connection:
        return bool(lower) and tier_of(connection, agency, upper).has_unit(lower)


def release_cases(releases: Releases, connection: Connection, account: Account, unit: str | None) -> None:
    """Take the cases of a person who leaves away; see `ReleaseCases`."""
    if account.agency:
        releases.release(connection, account.id, account.agency, unit)


def _public_names(parts: Parts) -> Iterator[str]:
    """Yield the names of provinces, cities and regencies, and the short names of institutions in their codes."""
    for province in parts.tables.regions.children():
        yield province.name
        yield from (region.name for region in parts.tables.regions.children(province.code))
    yield from parts.registry.agencies


def build_account_pages(
    parts: Parts,
    services: AccountServices,
    pages: Environment,
    navigation: Sequence[NavigationEntry],
    institutions: Institutions,
) -> AccountPages:
    """Return the pages of accounts. `navigation` are the links of all signed-in pages."""
    settings = parts.settings
    oidc = _oidc_provider(parts) if settings.oidc_issuer else None
    return AccountPages(
        services, pages, navigation, institutions.name, institutions.search, settings.desk_reached_at, oidc
    )


def first_administrator_link(parts: Parts) -> str:
    """Return a one-time link for the first administrator, empty if there is one already.

    A link of an earlier start, if it was not used, is withdrawn.
    """
    token = build_account_services(parts, parts.audit_log.append).people.invite_first_administrator()
    return invitation_link(parts.settings.desk_reached_at, token) if token else ""


def _oidc_provider(parts: Parts) -> "OidcProvider":
    from accounts.authentication.oidc import OidcProvider
    from accounts.pages.oidc_pages import OIDC_RETURN_ADDRESS

    settings = parts.settings
    return OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.desk_reached_at + OIDC_RETURN_ADDRESS,
        parts.now,
        parts.randomness.token,
    )
