"""The first officer of a training room, who sets a password by a one-time link."""

from accounts.invitations import NewPerson
from accounts.pages.invitation_pages import invitation_link
from accounts.permissions import Role
from app.assembly.desk.accounts import build_account_services
from app.assembly.parts import Parts
from config.database import DatabaseUnavailable

_OFFICER = NewPerson("petugas@latihan.example", "Petugas Latihan", Role.OFFICER)


def first_officer_link(parts: Parts, agency: str) -> str:
    """Return a one-time link for the officer; empty if the institution has an account, or while the database is away.

    A link of an earlier start, if it was not used, is withdrawn.
    """
    services = build_account_services(parts, parts.audit_log.append)
    try:
        if services.accounts.of_agency(agency):
            return ""
        person = NewPerson(_OFFICER.email, _OFFICER.name, _OFFICER.role, agency)
        token = services.people.invite(person, "training", "training room")
    except DatabaseUnavailable:
        return ""
    return invitation_link(parts.settings.desk_reached_at, token)
