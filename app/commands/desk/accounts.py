"""Commands of the desk's accounts: invite, list and revoke persons, make password links, unlock, end sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from accounts.permissions import Role
from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json, Why, require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_line, print_note, print_rows, stop

if TYPE_CHECKING:
    from accounts.account_store import Account
    from accounts.person_checks import NotPossible
    from accounts.services import AccountServices
    from app.assembly.parts import Parts

_REASONS = {
    "email_invalid": "The e-mail address is not valid.",
    "name_invalid": "The name is missing or too long.",
    "agency_unknown": "No institution with a queue has this code. See `agencies.csv` in the reference folder.",
    "role_without_agency": "An officer, coordinator or head needs --agency CODE, an overseer may have "
    "kementerian-panrb, lembaga-ksp or lembaga-ombudsman; other roles have none to give.",
    "account_exists": "This address has an account already. `satupintu desk link` makes a new password link.",
    "no_such_account": "No account that is not revoked has this address.",
    "no_such_invitation": "There is no such invitation.",
    "unit_unknown": "The institution has no unit with this code. `satupintu desk units AGENCY` lists them.",
    "nobody_without_unit": "Nobody would see the cases that have no unit. Invite a coordinator first.",
    "last_without_unit": "Nobody else sees the cases that have no unit. Invite another coordinator first.",
    "unit_not_for_role": "Only an officer or a head can belong to a unit. A coordinator sees the whole institution.",
    "decree_invalid": "The number of the decree is too long or has an invisible character.",
    "decree_in_future": "The date of the decree is in the future. Give the date that stands in it.",
    "end_in_past": "The last day is over already. Give today or a later day, or use `satupintu desk revoke`.",
    "end_too_late": "The last day is too far away. Check the year.",
    "no_leave": "The person is not on leave, and no leave is set.",
    "no_leave_for_role": "Persons of this role hold no cases, so nobody stands in for them.",
    "leave_days_missing": "A leave needs --from and --until.",
    "leave_reversed": "The leave ends before it begins. Check --from and --until.",
    "leave_over": "The leave is over already. Give a later --until.",
    "stand_in_missing": "A leave needs --stand-in EMAIL.",
    "stand_in_self": "Nobody can be the own stand-in. Give another person.",
    "stand_in_unknown": "No person of the same institution has the address of --stand-in.",
    "stand_in_gone": "The stand-in is revoked, or ends before the leave does. Give another person or other days.",
    "stand_in_tier": "The stand-in does not see all cases of the person. Give somebody of the same unit or above.",
    "stand_in_away": "The stand-in is on leave on these days. Give another person.",
    "stands_in_itself": "The person stands in for somebody else on these days. Change that leave first.",
    "last_administrator": "The last administrator cannot be revoked. Invite another one first.",
}

Decree = Annotated[str, typer.Option("--decree", help="The number of the decree that appoints the person.")]
DecreeDate = Annotated[str, typer.Option("--decree-date", help="The date of the decree, such as 2026-01-05.")]
Until = Annotated[str, typer.Option("--until", help="The last day on which the person may sign in.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address of the account.")]


def invite(
    role: Annotated[Role, typer.Option("--role", help="The role of the person.")],
    email: Annotated[str, typer.Option("--email", help="The e-mail address with which the person signs in.")],
    name: Annotated[str, typer.Option("--name", help="The person's name, as citizens and colleagues see it.")],
    actor: Actor,
    why: Why,
    agency: Annotated[str, typer.Option("--agency", help="The institution, by code (kota-3374) or name.")] = "",
    unit: Annotated[
        str, typer.Option("--unit", help="The unit of an officer or a head, by code. See `desk units`.")
    ] = "",
    decree: Decree = "",
    decree_date: DecreeDate = "",
    until: Until = "",
) -> None:
    """Print a one-time link with which a person sets a password, and mail it. It works for 72 hours."""
    from accounts.account_store import normalized_email
    from accounts.invitations import NewPerson
    from accounts.pages.invitation_pages import invitation_link
    from app.assembly.processes.address_file import desk_address
    from messages.topics import TRIAGE

    with _account_services(actor, why) as (parts, services):
        code = agency_code(parts, agency) if agency else ""
        agency = TRIAGE if role is Role.TRIAGE else code
        person = NewPerson(
            normalized_email(email),
            name.strip(),
            role,
            agency,
            unit.strip().upper(),
            decree.strip(),
            _day(decree_date, "--decree-date"),
        )
        token = services.people.invite(person, actor, why, _day(until, "--until"))
        print_line(invitation_link(desk_address(parts.settings), token))
        _note_mail(services, normalized_email(email))


def link(email: Email, actor: Actor, why: Why) -> None:
    """Print a one-time link with which a person sets a new password, and mail it. It works for 72 hours."""
    from accounts.pages.invitation_pages import invitation_link
    from app.assembly.processes.address_file import desk_address

    with _account_services(actor, why) as (parts, services):
        account = _account(services, email)
        print_line(
            invitation_link(desk_address(parts.settings), services.people.new_password_link(account.id, actor, why))
        )
        _note_mail(services, account.email)


def move(
    email: Email,
    unit: Annotated[str, typer.Option("--unit", help="The new unit, by code; empty for the whole institution.")],
    actor: Actor,
    why: Why,
) -> None:
    """Give an officer to another unit of the institution. The person's list of cases follows at once."""
    from accounts.account_store import normalized_email

    with _account_services(actor, why) as (_, services):
        services.people.change_unit(_account(services, email).id, unit.strip().upper(), actor, why)
    print_note(f"{normalized_email(email)} {'belongs to ' + unit if unit.strip() else 'sees the whole institution'}.")


def appoint(
    email: Email, actor: Actor, why: Why, decree: Decree = "", decree_date: DecreeDate = "", until: Until = ""
) -> None:
    """Set the decree that appoints a person and the last day. What is left out is emptied."""
    from accounts.appointments import Appointment

    with _account_services(actor, why) as (_, services):
        account = _account(services, email)
        appointment = Appointment(decree.strip(), _day(decree_date, "--decree-date"), _day(until, "--until"))
        services.appointments.appoint(account.id, appointment, actor, why)
    print_note(f"{account.email} may sign in {'until ' + until if until else 'without an end'}.")


def leave(
    email: Email,
    actor: Actor,
    why: Why,
    stand_in: Annotated[str, typer.Option("--stand-in", help="The address of who stands in.")] = "",
    first_day: Annotated[str, typer.Option("--from", help="The first day of the leave, such as 2026-12-21.")] = "",
    last_day: Annotated[str, typer.Option("--until", help="The last day of the leave.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End the leave now, or take it back.")] = False,
) -> None:
    """Let a colleague stand in for a person on leave: the cases of the person are the colleague's on these days."""
    from accounts.account_store import normalized_email
    from accounts.appointments import Leave
    from accounts.person_checks import NotPossible

    with _account_services(actor, why) as (_, services):
        account = _account(services, email)
        if end:
            services.appointments.end_leave(account.id, actor, why)
            print_note(f"{account.email} is not on leave.")
            return
        colleague = services.accounts.by_email(normalized_email(stand_in)) if stand_in else None
        if stand_in and colleague is None:
            raise NotPossible("stand_in_unknown")
        days = _day(first_day, "--from"), _day(last_day, "--until")
        services.appointments.set_leave(account.id, Leave(colleague.id if colleague else None, *days), actor, why)
    print_note(f"{stand_in} stands in for {account.email} from {first_day} until {last_day}.")


def unlock(email: Email, actor: Actor, why: Why) -> None:
    """Forget the failed attempts at an account, after somebody's guesses have locked the person out."""
    from accounts.account_store import normalized_email

    with _account_services(actor, why) as (_, services):
        services.people.unlock(_account(services, email).id, actor, why)
    print_note(f"{normalized_email(email)} has no failed attempts any more.")


def revoke(email: Email, actor: Actor, why: Why) -> None:
    """Revoke an account. Its sessions, open links and second factor end at once, and nobody has its cases."""
    from accounts.account_store import normalized_email

    with _account_services(actor, why) as (_, services):
        services.people.revoke(_account(services, email).id, actor, why)
    print_note(f"{normalized_email(email)} cannot sign in any more.")


def sessions(
    email: Email,
    end: Annotated[bool, typer.Option("--revoke", help="End them all. Needs --actor and --why.")] = False,
    actor: Annotated[str, typer.Option("--actor", help="The person who decides. Recorded with the decision.")] = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the decision.")] = "",
    as_json: Json = False,
) -> None:
    """List the sessions of a person, or end them all."""
    from app.assembly.desk.accounts import build_account_services
    from messages.shapes import iso

    if end:
        require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts, _explained():
        services = build_account_services(parts, parts.audit_log.append)
        account = _account(services, email)
        if end:
            print_note(f"{services.people.end_sessions(account.id, actor, why)} sessions ended.")
            return
        rows = [
            {
                "id": str(session.id),
                "device": session.device,
                "since": iso(session.created_at),
                "last_used": iso(session.last_used_at),
            }
            for session in services.sessions.of_account(account.id)
        ]
    print_rows(("id", "device", "since", "last_used"), rows, ("id",), as_json=as_json)


def accounts(
    agency: Annotated[str, typer.Option("--agency", help="Only those of this institution, by code or name.")] = "",
    as_json: Json = False,
) -> None:
    """List the accounts that are not revoked."""
    from app.assembly.desk.accounts import build_account_services
    from messages.shapes import iso

    with open_parts_with_tables() as parts:
        services = build_account_services(parts, parts.audit_log.append)
        code = agency_code(parts, agency) if agency else None
        listed = services.accounts.search("", code, None)
        rows = [
            {
                "email": account.email,
                "name": account.name,
                "role": str(account.role),
                "agency": account.agency,
                "unit": account.unit,
                "decree": account.decree,
                "until": services.appointments.last_day_of(account),
                "stand_in": _stand_in(services, account),
                "second_factor": "yes" if account.has_second_factor else "no",
                "last_sign_in": iso(account.last_sign_in_at) if account.last_sign_in_at else "",
            }
            for account in listed
        ]
    columns = ("email", "name", "role", "agency", "unit", "until", "stand_in", "second_factor", "last_sign_in")
    print_rows(columns, rows, ("email",), as_json=as_json)


@contextmanager
def _account_services(actor: str, why: str) -> Iterator[tuple[Parts, AccountServices]]:
    """Open the accounts for an act of a person. An act that is not possible ends the process with a sentence."""
    from app.assembly.desk.accounts import build_account_services
    from app.assembly.processes.address_file import desk_address

    require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts, _explained():
        yield parts, build_account_services(parts, parts.audit_log.append, desk_address(parts.settings))


def _note_mail(services: AccountServices, email: str) -> None:
    """Say who gets the link, or that the operator has to send it."""
    if services.mail.is_sent:
        print_note(f"The service mails this link to {email}.")
    else:
        print_note(f"The service has no mail server: send this link to {email} yourself.")


@contextmanager
def _explained() -> Iterator[None]:
    from accounts.person_checks import NotPossible

    try:
        yield
    except NotPossible as error:
        _stop_not_possible(error)


def _stop_not_possible(error: NotPossible) -> NoReturn:
    stop(_REASONS[error.reason], EX_USAGE)


def _account(services: AccountServices, email: str) -> Account:
    from accounts.account_store import normalized_email
    from accounts.person_checks import NotPossible

    account = services.accounts.by_email(normalized_email(email))
    if account is None or account.revoked_at:
        raise NotPossible("no_such_account")
    return account


def _stand_in(services: AccountServices, account: Account) -> str:
    """Return the address of who stands in during a leave that is not over; empty without one."""
    stand_in = account.stand_in if account.has_leave(services.appointments.now()) else None
    colleague = services.accounts.by_id(stand_in) if stand_in else None
    return colleague.email if colleague else ""


def _day(typed: str, option: str) -> date | None:
    """Return the day of an option; `None` for an empty one. Anything else ends the process with a sentence."""
    from accounts.appointments import read_day

    try:
        return read_day(typed)
    except ValueError:
        stop(f"{option} is no date. Write it like 2026-12-31.", EX_USAGE)
