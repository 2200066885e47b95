"""A unit hears by e-mail that a case was passed on to it, by the assembled desk."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from accounts.account_store import AccountStore
from accounts.permissions import Actor, Role
from app.assembly.desk.officers import AccountRecipients
from app.assembly.desk.parts import DeskParts
from app.assembly.desk.telling import teller
from app.assembly.parts import Parts
from config.database import read_transaction, write_transaction
from config.time_zones import TimeZone
from desk.escalation.tables import DeskToldPerson
from desk.mail.composer import MailComposer
from desk.mail.notices import NoticeJob
from desk.mail.outbox import MailOutbox
from desk.mail.smtp import MailResult
from desk.mail.tables import NoticeRow
from desk.mail.texts import DeskLinks
from desk.read_model.tables import DeskCase
from desk.units.passing import Step
from desk.units.tiers import Tier
from desk.units.tree import Unit
from messages.sealing import Sealer
from pages.translation.translator import load_translator
from tests.desk.harness import DeskHarness
from tests.desk.mail.test_officers import store_account
from tests.router.test_linked import complaint_of
from tests.support.generated_cases import generate_cases

_AGENCY = "bumn-pln"
_COORDINATOR = Actor(UUID(int=3), "Kori", Role.COORDINATOR, _AGENCY)
_LINKS = DeskLinks(lambda name: name, lambda number: f"https://lapor.example/desk/{number}", "", "", "", "", "")


def test_officers_of_a_unit_hear_of_a_case_that_is_passed_on_there(parts: Parts) -> None:
    """Once, with number and link. Not those of another unit, nor coordinators; the same step again tells nothing."""
    mail = {"smtp_host": "mail.example", "smtp_from": "satu-pintu@lapor.example"}
    parts.core.settings = parts.settings.model_copy(update=mail)
    desk = DeskParts(parts)
    generate_cases(parts.engine, [_AGENCY], 30, parts.now())
    for number, (role, code) in enumerate(
        [(Role.OFFICER, "ULP"), (Role.OFFICER, "UIP"), (Role.COORDINATOR, ""), (Role.OFFICER, "")], start=1
    ):
        store_account(parts.engine, number, role, unit=code)
    for unit in (Unit("UP3", "UP3"), Unit("ULP", "ULP Tembalang", "UP3"), Unit("UIP", "UIP")):
        desk.units.add(_AGENCY, unit, "Kori", "test")
    with read_transaction(parts.engine) as connection:
        query = select(DeskCase.__table__).where(col(DeskCase.is_current), col(DeskCase.tab) == "new")  # type: ignore[attr-defined]
        case = connection.execute(query.limit(1)).one()
    for _ in range(2):
        assert desk.passing.pass_on(_COORDINATOR, Tier(_AGENCY), case, Step("ULP"), TimeZone.WIB.value) is None
    outbox = MailOutbox(parts.engine, Sealer([b"k" * 64]), parts.now)
    job = NoticeJob(
        parts.engine,
        AccountRecipients(AccountStore(parts.engine, parts.now), parts.now),
        _LINKS,
        MailComposer(load_translator().translate),
        outbox,
        parts.now,
        lambda _: "PLN",
    )
    assert job.step() == 1
    claimed = outbox.claim("lease")
    assert claimed
    assert claimed.mail.to == "petugas1@pln.example"
    number_line = f"{case.tracking}: https://lapor.example/desk/{case.tracking}"
    assert claimed.mail.body.startswith(f"Laporan berikut diteruskan ke unit Anda:\n\n{number_line}\n")
    outbox.finish(claimed, MailResult())
    assert job.step() == 0


def test_officers_of_a_unit_hear_of_a_case_that_came_by_itself(parts: Parts) -> None:
    """As of one that a person passed on; once, also if it is told again."""
    mail = {"smtp_host": "mail.example", "smtp_from": "satu-pintu@lapor.example"}
    parts.core.settings = parts.settings.model_copy(update=mail)
    desk = DeskParts(parts)
    for number, code in enumerate(("ULP", "UIP"), start=1):
        store_account(parts.engine, number, Role.OFFICER, unit=code)
    for unit in (Unit("ULP", "ULP Tembalang"), Unit("UIP", "UIP Jawa")):
        desk.units.add(_AGENCY, unit, "Kori", "test")
    desk.case_work.set_passes_on_by_itself(_COORDINATOR, _AGENCY, wanted=True)
    harness = DeskHarness(parts.engine, parts.now)
    harness.send(complaint_of(1, "PLN, petugas ULP Tembalang tidak datang, listrik padam"))
    for _ in range(2):
        with write_transaction(parts.engine) as connection:
            teller(parts)(connection, harness.changes)
    with read_transaction(parts.engine) as connection:
        told = connection.execute(select(col(DeskToldPerson.account_id), col(DeskToldPerson.moment))).all()
        kinds = connection.execute(select(col(NoticeRow.kind))).scalars().all()
    assert [(row.account_id, row.moment) for row in told] == [(str(UUID(int=1)), "passed_on")]
    assert kinds == ["passed-on"]
