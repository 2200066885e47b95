"""Invitations end with the right of the person who made them, and with the need for the first administrator."""

from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.invitations import InvalidInvitation, NewPerson
from accounts.permissions import Role
from accounts.person_checks import NotPossible
from tests.accounts.desk import PASSWORD, Desk, email_of
from tests.accounts.desk_client import OpenDesk

SARI = NewPerson(email_of("Sari Dewi"), "Sari Dewi", Role.OFFICER, "kota-3374")
AGUS = NewPerson(email_of("Agus Salim"), "Agus Salim", Role.OFFICER, "kota-3374")
RINA, RINA_EMAIL = "Rina Putri", email_of("Rina Putri")


def label(desk: Desk, account_id: UUID) -> str:
    """Return a person as the actor of the audit log."""
    account = desk.services.accounts.by_id(account_id)
    assert account
    return account.label


def test_revocation_withdraws_the_links_that_the_person_made(desk: Desk) -> None:
    """An invitation and a password link of a revoked coordinator end; those of a colleague of the same name stay."""
    people, acceptance = desk.services.people, desk.services.acceptance
    coordinator, officer = desk.add("Budi Santoso", Role.COORDINATOR), desk.add("Tono Wijaya")
    by = label(desk, coordinator)
    tokens = [people.invite(SARI, by, "test"), people.new_password_link(officer, by, "test")]
    colleague_token = people.invite(AGUS, f"Budi Santoso [{officer}]", "test")
    people.revoke(coordinator, "Tester", "left")
    for token in tokens:
        with pytest.raises(InvalidInvitation):
            acceptance.accept(token, PASSWORD)
    acceptance.accept(colleague_token, PASSWORD)
    assert desk.services.accounts.by_email(AGUS.email) is not None


def test_the_first_start_link_ends_with_the_first_administrator(desk: Desk) -> None:
    """A link that was printed at the first start makes no second administrator, and nothing is recorded for it."""
    people, acceptance = desk.services.people, desk.services.acceptance
    token = people.invite_first_administrator()
    desk.add("Tono Wijaya", Role.ADMINISTRATOR)
    recorded = len(desk.log)
    with pytest.raises(InvalidInvitation):
        acceptance.accept(token, PASSWORD, RINA_EMAIL, RINA)
    assert desk.services.accounts.by_email(RINA_EMAIL) is None
    assert len(desk.log) == recorded


def test_an_administrator_who_comes_at_the_same_moment(desk: Desk) -> None:
    """The link is refused although there was no administrator yet when the form was read."""
    token = desk.services.people.invite_first_administrator()

    def add_administrator_meanwhile(_action: str) -> None:
        desk.record_hook = lambda _action: None
        desk.add("Tono Wijaya", Role.ADMINISTRATOR)

    desk.record_hook = add_administrator_meanwhile
    with pytest.raises(InvalidInvitation):
        desk.services.acceptance.accept(token, PASSWORD, RINA_EMAIL, RINA)
    assert desk.services.accounts.by_email(RINA_EMAIL) is None


def test_the_page_of_a_first_start_link_that_has_ended(desk: Desk, open_desk: OpenDesk) -> None:
    """The form is answered as any link that is over."""
    token = desk.services.people.invite_first_administrator()
    desk.add("Tono Wijaya", Role.ADMINISTRATOR)
    fields = {"sandi": PASSWORD, "ulang": PASSWORD, "nama": RINA, "email": RINA_EMAIL}
    assert open_desk(desk.app()).post(f"/desk/undangan/{token}", fields).status_code == HTTPStatus.GONE


@pytest.mark.parametrize("name", ["Sari [Dewi]", "Sari Dewi [", "Sari Dewi ]", f"Sari [{UUID(int=1)}]"])
def test_a_name_that_looks_like_an_account(desk: Desk, name: str) -> None:
    """The audit log writes the account in brackets: no name has them, invited or typed."""
    people = desk.services.people
    with pytest.raises(NotPossible, match="name_invalid"):
        people.invite(NewPerson(SARI.email, name, Role.OFFICER, "kota-3374"), "Tester", "test")
    with pytest.raises(NotPossible, match="name_invalid"):
        desk.services.acceptance.accept(people.invite_first_administrator(), PASSWORD, RINA_EMAIL, name)
