"""Page of the accounts: invite, revoke, new links. For administrators, and for coordinators at their own agency."""

from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.account_store import Account, AccountStore, normalized_email
from accounts.appointments import REMINDED_BEFORE, Appointment, Appointments, Leave, has_leaves, last_day, read_day
from accounts.invitations import INVITATION_LIMIT, Invitation, Invitations, NewPerson
from accounts.pages import wording
from accounts.pages.invitation_pages import invitation_link
from accounts.people import FindUnits, People, may_manage
from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, UNIT_ROLES, Act, Actor, Role, actor_label, may
from accounts.person_checks import NotPossible, is_usable_reason
from accounts.signed_in import Forbidden, SignedIn
from pages.forms import Typed
from pages.frame import NavigationEntry, SignedInPages
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _

PEOPLE_ADDRESS = "/desk/akun"
# The administrator has this right for every agency.
PEOPLE_NAVIGATION = (NavigationEntry(_("Akun"), PEOPLE_ADDRESS, Act.MANAGE_OFFICERS),)
_SHOWN_ACCOUNTS = 100
# Reason of acts that need none, for the audit log.
_WHY = "page of accounts"
# Names of the notices after the acts about a person, by the name of the act in forms.
_NOTICES_OF_ACTS = {
    "tugas": "tugas",
    "cuti": "cuti",
    "cuti-batal": "cuti-batal",
    "unit": "unit-orang",
    "cabut": "dicabut",
    "kode": "kode-orang",
    "sesi": "sesi-orang",
}
# Return code and name of each institution that a typed text may mean, the best first.
FindAgencies = Callable[[str], Sequence[tuple[str, str]]]


class PeoplePages:
    """The accounts that a person may manage. `own_address` is the public address of the service, for links.

    `agency_name` returns the name of an institution by its code, `find_units` its units. `mails_links`: a link is also
    sent by e-mail.
    """

    def __init__(
        self,
        people: People,
        appointments: Appointments,
        accounts: AccountStore,
        invitations: Invitations,
        signed_in: SignedIn,
        signed_in_pages: SignedInPages,
        agency_name: Callable[[str], str],
        find_agencies: FindAgencies,
        find_units: FindUnits,
        own_address: str,
        *,
        mails_links: bool,
    ) -> None:
        self._people = people
        self._appointments = appointments
        self._accounts = accounts
        self._invitations = invitations
        self._signed_in = signed_in
        self._signed_in_pages = signed_in_pages
        self._agency_name = agency_name
        self._find_agencies = find_agencies
        self._find_units = find_units
        self._own_address = own_address
        self._mails_links = mails_links

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PEOPLE_ADDRESS, self.show, methods=["GET"])
        router.add_api_route(PEOPLE_ADDRESS, self.invite, methods=["POST"])
        router.add_api_route(f"{PEOPLE_ADDRESS}/undangan/{{invitation_id}}", self.change_invitation, methods=["POST"])
        router.add_api_route(f"{PEOPLE_ADDRESS}/{{account_id}}", self.change, methods=["POST"])
        return router

    def show(self, request: Request, cari: str = "", selesai: str = "") -> Response:
        """List the accounts, or those that match the typed words."""
        return self._page(request, self._manager(request), {"notice": wording.NOTICES.get(selesai), "search": cari})

    def invite(
        self,
        request: Request,
        nama: Typed = "",
        email: Typed = "",
        peran: Typed = "",
        instansi: Typed = "",
        kode: Typed = "",
        unit: Typed = "",
        sk: Typed = "",
        tanggal_sk: Typed = "",
        terakhir: Typed = "",
    ) -> Response:
        """Invite a person. The link is shown once, on this response.

        `instansi` is the code or the name of an institution, `kode` the code that was chosen from several. `unit` is
        the code of a unit. `sk` and `tanggal_sk` are number and date of the decree, `terakhir` the last day.
        """
        actor = self._manager(request)
        typed = {"name": nama, "email": email, "role": peran, "agency": instansi, "unit": unit}
        typed |= {"decree": sk, "decree_date": tanggal_sk, "last_day": terakhir}
        role = next((role for role in Role if role == peran), Role.OFFICER)
        agencies = self._agencies(actor, role, kode.strip() or instansi.strip())
        if len(agencies) != 1:
            problem = wording.AGENCY_CHOICE if agencies else wording.NOT_POSSIBLE["agency_unknown"]
            return self._page(request, actor, {"problem": problem, "typed": typed, "agencies": agencies})
        ((agency, _name),) = agencies
        if not may_manage(actor, role, agency):
            raise Forbidden
        try:
            appointment = _appointment(sk, tanggal_sk, terakhir)
            person = NewPerson(
                normalized_email(email),
                nama.strip(),
                role,
                agency,
                unit.strip().upper(),
                appointment.decree,
                appointment.decree_date,
            )
            token = self._people.invite(person, actor_label(actor), _WHY, appointment.last_day)
        except (NotPossible, ValueError) as error:
            return self._page(request, actor, {"problem": _problem(error), "typed": typed})
        return self._link_page(request, actor, person.name, person.email, token)

    def _agencies(self, actor: Actor, role: Role, typed: str) -> Sequence[tuple[str, str]]:
        """Return code and name of each institution that a manager may mean for a new person of a role.

        Only administrators choose: a coordinator invites to the own institution.
        """
        if role not in {*AGENCY_ROLES, Role.OVERSEER} or not (typed and may(actor, Act.MANAGE_ACCOUNTS, "")):
            usual = {**dict.fromkeys(UNIT_ROLES, actor.agency), Role.TRIAGE: TRIAGE_AGENCY}
            return [(typed or usual.get(role, ""), "")]
        code = typed.lower()
        if code == TRIAGE_AGENCY or self._agency_name(code) != code:
            return [(code, "")]
        found = self._find_agencies(typed)
        return [(code, name) for code, name in found if name.casefold() == typed.casefold()] or found

    def change(
        self,
        request: Request,
        account_id: UUID,
        tindakan: Typed = "",
        alasan: Typed = "",
        unit: Typed = "",
        sk: Typed = "",
        tanggal_sk: Typed = "",
        terakhir: Typed = "",
        wakil: Typed = "",
        cuti_dari: Typed = "",
        cuti_sampai: Typed = "",
    ) -> Response:
        """Revoke an account, make a new password link, switch its second factor off, or end its sessions.

        `tindakan` may also be `unit`: the person belongs to this unit from now on, or without one to the institution;
        `tugas`: the decree and the last day; `cuti`: a leave and the e-mail address of who stands in; `cuti-batal`.
        """
        actor = self._manager(request)
        account = self._accounts.by_id(account_id)
        if account is None or account_id == actor.account_id or not may_manage(actor, account.role, account.agency):
            raise Forbidden
        if not is_usable_reason(alasan):
            return self._page(request, actor, {"problem": wording.REASON_MISSING})
        by, why = actor_label(actor), alasan.strip()
        try:
            if tindakan == "tautan":
                token = self._people.new_password_link(account_id, by, why)
                return self._link_page(request, actor, account.name, account.email, token)
            if tindakan == "tugas":
                self._appointments.appoint(account_id, _appointment(sk, tanggal_sk, terakhir), by, why)
            elif tindakan == "cuti":
                leave = Leave(self._stand_in(wakil), read_day(cuti_dari), read_day(cuti_sampai))
                self._appointments.set_leave(account_id, leave, by, why)
            else:
                self._act(tindakan, account_id, unit, by, why)
        except (NotPossible, ValueError) as error:
            return self._page(request, actor, {"problem": _problem(error)})
        return see_other(f"{PEOPLE_ADDRESS}?selesai={_NOTICES_OF_ACTS[tindakan]}")

    def change_invitation(self, request: Request, invitation_id: UUID, tindakan: Typed = "") -> Response:
        """Withdraw an invitation, or renew it (`tindakan` is `perbarui`): the person gets a new link."""
        actor = self._manager(request)
        invitation = self._invitations.unused(invitation_id)
        if invitation is None:
            return self._page(request, actor, {"problem": wording.NOT_POSSIBLE["no_such_invitation"]})
        if not may_manage(actor, invitation.role, invitation.agency):
            raise Forbidden
        try:
            if tindakan == "perbarui":
                token = self._people.renew_invitation(invitation_id, actor_label(actor), _WHY)
                return self._link_page(request, actor, invitation.name, invitation.email, token)
            self._people.withdraw_invitation(invitation_id, actor_label(actor), _WHY)
        except NotPossible as error:
            return self._page(request, actor, {"problem": wording.NOT_POSSIBLE[error.reason]})
        return see_other(f"{PEOPLE_ADDRESS}?selesai=undangan")

    def _act(self, name: str, account_id: UUID, unit: str, by: str, why: str) -> None:
        """Do an act. Raises `NotPossible`, and `Forbidden` for an unknown one."""
        if name == "cabut":
            self._people.revoke(account_id, by, why)
        elif name == "cuti-batal":
            self._appointments.end_leave(account_id, by, why)
        elif name == "unit":
            self._people.change_unit(account_id, unit.strip().upper(), by, why)
        elif name == "kode":
            self._people.remove_second_factor(account_id, by, why)
        elif name == "sesi":
            self._people.end_sessions(account_id, by, why)
        else:
            raise Forbidden

    def _stand_in(self, email: str) -> UUID | None:
        """Return the account of an address; `None` for an empty one. Raises `NotPossible`."""
        if not email.strip():
            return None
        account = self._accounts.by_email(normalized_email(email))
        if account is None:
            raise NotPossible("stand_in_unknown")
        return account.id

    def _manager(self, request: Request) -> Actor:
        """Return the person if they may manage accounts, at least of the own agency."""
        actor = self._signed_in.actor(request)
        if may(actor, Act.MANAGE_ACCOUNTS, "") or may(actor, Act.MANAGE_OFFICERS, actor.agency):
            return actor
        raise Forbidden

    def _page(self, request: Request, actor: Actor, values: dict[str, Any]) -> Response:
        agency = None if may(actor, Act.MANAGE_ACCOUNTS, "") else actor.agency
        words = str(values.get("search", "")).strip()
        named = [code for code, _ in self._find_agencies(words)] if words else ()
        accounts = self._accounts.search(words, agency, _SHOWN_ACCOUNTS + 1, named)
        # The links that persons asked for themselves concern nobody else.
        invitations = [entry for entry in self._invitations.open(agency) if not entry.is_for_forgotten_password]
        expired = self._invitations.expired(agency, _SHOWN_ACCOUNTS)
        # Many of the persons belong to one institution.
        units_of = cache(self._find_units)
        all_values: dict[str, Any] = {
            "notice": None,
            "problem": None,
            "search": "",
            "typed": {},
            "agencies": (),
            **values,
            "accounts": [self._shown(actor, account, units_of) for account in accounts[:_SHOWN_ACCOUNTS]],
            "has_more": len(accounts) > _SHOWN_ACCOUNTS,
            "invitations": [self._shown(actor, invitation, units_of) for invitation in invitations],
            "expired": [self._shown(actor, invitation, units_of) for invitation in expired],
            "mails_links": self._mails_links,
            "roles": [(role, label) for role, label in wording.ROLES.items() if may_manage(actor, role, actor.agency)],
            "is_national": agency is None,
            "units": self._find_units(agency) if agency else (),
            "ending": self._ending(agency),
            "colleagues": self._accounts.of_agency(agency) if agency else (),
        }
        status = HTTPStatus.BAD_REQUEST if all_values["problem"] else HTTPStatus.OK
        return self._signed_in_pages.render("people.html", request, actor, all_values, status)

    def _shown(self, actor: Actor, person: Account | Invitation, units_of: FindUnits) -> dict[str, Any]:
        """Return what the list shows of a person."""
        units = dict(units_of(person.agency)) if person.unit else {}
        return {
            "person": person,
            "role": wording.ROLES[person.role],
            "agency": self._agency_name(person.agency) if person.agency else "",
            "unit": units.get(person.unit, person.unit),
            "may_have_unit": person.role in UNIT_ROLES,
            "may_be_away": has_leaves(person.role),
            **self._days(person),
            "may_change": may_manage(actor, person.role, person.agency) and person.id != actor.account_id,
        }

    def _ending(self, agency: str | None) -> Sequence[Account]:
        """Return the persons whose last day is near, the nearest first."""
        now = self._appointments.now()
        ending = self._accounts.ending(now, now + REMINDED_BEFORE)
        of_agency = [account for account in ending if agency is None or account.agency == agency]
        return sorted(of_agency, key=lambda account: (account.ends_at or now, account.name))

    def _days(self, person: Account | Invitation) -> dict[str, Any]:
        """Return the days of an appointment, and those of the leave of an account."""
        zone, now = self._appointments.zone(person.agency), self._appointments.now()
        days: dict[str, Any] = {"last_day": last_day(person.ends_at, zone) if person.ends_at else None}
        if not isinstance(person, Account):
            return days
        days["has_ended"] = person.has_ended(now)
        if person.away_from is None or person.away_until is None or not person.has_leave(now):
            return days
        stand_in = self._accounts.by_id(person.stand_in) if person.stand_in else None
        is_there = stand_in is not None and not stand_in.revoked_at and not stand_in.has_ended(now)
        first = person.away_from.astimezone(zone).date()
        return {
            **days,
            "leave": (first, last_day(person.away_until, zone)),
            "stand_in": stand_in if is_there else None,
        }

    def _link_page(self, request: Request, actor: Actor, name: str, email: str, token: str) -> Response:
        hours = int(INVITATION_LIMIT.total_seconds()) // 3600
        link, mailed_to = invitation_link(self._own_address, token), email if self._mails_links else ""
        values = {"link": link, "name": name, "hours": hours, "email": mailed_to}
        return self._signed_in_pages.render("invitation_link.html", request, actor, values)


def _appointment(decree: str, decree_date: str, last_day: str) -> Appointment:
    """Return what a form has. Raises `ValueError` for a date that is none."""
    return Appointment(decree.strip(), read_day(decree_date), read_day(last_day))


def _problem(error: NotPossible | ValueError) -> Message:
    return wording.NOT_POSSIBLE[error.reason] if isinstance(error, NotPossible) else wording.DATE_INVALID
