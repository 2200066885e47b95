"""The e-mail with real accounts, real cases and the process's own threads."""

import threading
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from sqlalchemy import Engine

from accounts.account_store import AccountStore, save_account
from accounts.permissions import Role
from app.assembly.desk.institutions import RegistryInstitutions
from app.assembly.desk.officers import AccountRecipients, DigestFacts, desk_links
from app.assembly.desk.parts import DeskParts
from app.assembly.parts import Parts
from config.database import read_transaction, write_transaction
from desk.mail.recipients import Recipient
from desk.pages.list_query import read_list_query
from desk.read_model.queries import read_page
from desk.units.tiers import Tier
from tests.conftest import NOW
from tests.support.generated_cases import generate_cases

_AGENCY = "bumn-pln"


def store_account(engine: Engine, number: int, role: Role, agency: str = _AGENCY, **values: object) -> None:
    """Store an account."""
    facts = {"email": f"petugas{number}@pln.example", "name": "Petugas", "role": role, "agency": agency, **values}
    with write_transaction(engine) as connection:
        save_account(connection, UUID(int=number), {"password_hash": "", **facts}, NOW)


def test_only_officers_of_the_agency_get_email(engine: Engine) -> None:
    """Not the revoked ones, nor heads, nor staff without an institution. The digest is each person's choice."""
    store_account(engine, 1, Role.OFFICER, wants_digest=False)
    store_account(engine, 2, Role.COORDINATOR)
    store_account(engine, 3, Role.OFFICER, revoked_at=NOW)
    store_account(engine, 4, Role.TRIAGE, "")
    store_account(engine, 5, Role.OFFICER, "kota-3374")
    store_account(engine, 6, Role.OVERSEER, "")
    store_account(engine, 9, Role.HEAD)
    recipients = AccountRecipients(AccountStore(engine))
    assert recipients.agencies() == [_AGENCY, "kota-3374"]
    coordinator = Recipient(str(UUID(int=2)), "petugas2@pln.example")
    officer = Recipient(str(UUID(int=1)), "petugas1@pln.example", wants_digest=False)
    assert list(recipients.officers(_AGENCY)) == [officer, coordinator]
    assert list(recipients.coordinators(_AGENCY)) == [coordinator]
    store_account(engine, 7, Role.TRIAGE, "triage")
    assert list(recipients.staff(_AGENCY)) == [officer, coordinator]
    assert list(recipients.staff("triage")) == [Recipient(str(UUID(int=7)), "petugas7@pln.example")]
    assert list(recipients.officers("triage")) == []
    assert list(recipients.overseers()) == [Recipient(str(UUID(int=6)), "petugas6@pln.example")]
    store_account(engine, 8, Role.OVERSEER, "lembaga-ombudsman")
    assert list(recipients.staff("lembaga-ombudsman")) == []
    assert [overseer.address for overseer in recipients.overseers()] == ["petugas6@pln.example", "petugas8@pln.example"]


def test_numbers_are_those_of_the_lists(parts: Parts) -> None:
    """The zone is that of the agency's region."""
    generate_cases(parts.engine, [_AGENCY], 200, NOW)
    facts = DigestFacts(parts.engine, lambda: NOW, RegistryInstitutions(lambda: parts.registry))
    counts = facts.counts(_AGENCY, "")
    numbers = {"new": counts.new, "due_soon": counts.due_soon, "overdue": counts.overdue, "waiting": counts.waiting}
    assert min(numbers.values()) > 0
    links = desk_links("https://lapor.example")
    with read_transaction(parts.engine) as connection:
        for case_list, number in numbers.items():
            address = links.case_list(case_list)  # type: ignore[arg-type]
            case_filter = read_list_query(dict(parse_qsl(urlsplit(address).query))).case_filter(
                UUID(int=0), facts.zone(_AGENCY)
            )
            assert len(read_page(connection, Tier(_AGENCY), case_filter, NOW, 200).rows) == number
    assert facts.counts("kota-3374", "").is_empty()
    assert facts.zone("provinsi-94").utcoffset(None) == timedelta(hours=9)


def test_links_lead_to_the_lists() -> None:
    """Under the public address."""
    links = desk_links("https://lapor.example")
    assert links.case_list("overdue").startswith("https://lapor.example/desk/laporan?")
    assert links.case("L1") == "https://lapor.example/desk/laporan/L1"


def test_email_has_threads_only_with_a_mail_server(parts: Parts) -> None:
    """The webhooks have theirs always."""
    stopping = threading.Event()
    assert [name for name, _ in DeskParts(parts).threads(stopping)] == [
        "desk-acts",
        "desk-decisions",
        "desk-closing",
        "desk-unit-deadlines",
        "webhooks",
    ]
    mail = {"smtp_host": "mail.example", "smtp_from": "satu-pintu@lapor.example"}
    parts.core.settings = parts.settings.model_copy(update=mail)
    names = [name for name, _ in DeskParts(parts).threads(stopping)]
    assert names[4:] == ["webhooks", "mail", "mail-schedule"]
