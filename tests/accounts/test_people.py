"""Invitations, revocation and the page of the accounts."""

import re
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest

from accounts.account_store import normalized_email
from accounts.authentication.sign_in import SessionStarted
from accounts.invitations import INVITATION_LIMIT, InvalidInvitation, NewPerson
from accounts.people import may_manage
from accounts.permissions import Actor, Role
from accounts.person_checks import NotPossible
from tests.accounts.desk import PASSWORD, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import DeskClient, OpenDesk

SARI = NewPerson(email_of("Sari Dewi"), "Sari Dewi", Role.OFFICER, "kota-3374")
NEW_PASSWORD = {"sandi": PASSWORD, "ulang": PASSWORD}


def invited(client: DeskClient, **fields: str) -> str:
    """Invite a person on the page, and return the path of the link."""
    answer = client.post("/desk/akun", fields)
    (link,) = re.findall(r">http://127\.0\.0\.1(/desk/undangan/[\w-]+)<", answer.text)
    return str(link)


def test_an_invited_person_sets_a_password(desk: Desk, open_desk: OpenDesk) -> None:
    """A coordinator invites an officer on the page; the officer opens the link, sets a password and signs in."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    link = invited(
        signed_in_client(desk, open_desk, "Budi Santoso"), nama="Sari Dewi", email=" Sari.Dewi@Semarang.example "
    )
    client = open_desk(desk.app())
    assert "Sari Dewi, Anda akan masuk sebagai Pejabat penghubung" in client.get(link).text
    # Opening the link again is no use of it: mail filters open links.
    assert client.get(link).status_code == HTTPStatus.OK
    assert client.post(link, NEW_PASSWORD).headers["Location"] == "/desk/masuk?selesai=sandi"
    sign_in(client, "Sari Dewi")
    assert client.get("/desk/laporan").text == "Sari Dewi"
    assert desk.actions()[-3:] == ["account.invited", "account.created", "account.signed_in"]
    assert desk.log[-3].actor.startswith("Budi Santoso [")


def test_a_link_works_once(desk: Desk, open_desk: OpenDesk) -> None:
    """A second use is refused and changes nothing."""
    token = desk.services.people.invite(SARI, "Tester", "test")
    client = open_desk(desk.app())
    client.post(f"/desk/undangan/{token}", NEW_PASSWORD)
    stolen = {"sandi": "sandi orang lain ini", "ulang": "sandi orang lain ini"}
    answer = client.post(f"/desk/undangan/{token}", stolen)
    assert (answer.status_code, "Tautan tidak berlaku" in answer.text) == (HTTPStatus.GONE, True)
    sign_in(client, "Sari Dewi")


@pytest.mark.parametrize("fault", ["expired", "withdrawn", "replaced", "unknown", "revoked"])
def test_links_that_do_not_work(desk: Desk, open_desk: OpenDesk, fault: str) -> None:
    """A link ends by time, by withdrawal, by a newer link for the same address, and by revocation."""
    people = desk.services.people
    token = people.invite(SARI, "Tester", "test")
    if fault == "expired":
        desk.clock.advance(INVITATION_LIMIT)
    elif fault == "withdrawn":
        people.withdraw_invitation(desk.services.invitations.open()[0].id, "Tester", "test")
    elif fault == "replaced":
        people.invite(SARI, "Tester", "test")
    elif fault == "revoked":
        account_id = desk.services.acceptance.accept(token, PASSWORD)
        token = people.new_password_link(account_id, "Tester", "forgot")
        people.revoke(account_id, "Tester", "left")
    else:
        token = "a" * 43
    client = open_desk(desk.app())
    assert client.get(f"/desk/undangan/{token}").status_code == HTTPStatus.GONE
    assert client.post(f"/desk/undangan/{token}", NEW_PASSWORD).status_code == HTTPStatus.GONE


def test_two_uses_at_the_same_time(desk: Desk) -> None:
    """Of two persons who send the form of one link, one gets the account. The second has read it before."""
    token = desk.services.people.invite(SARI, "Tester", "test")
    acceptance = desk.services.acceptance

    def use_the_link_meanwhile(_action: str) -> None:
        desk.record_hook = lambda _action: None
        acceptance.accept(token, "sandi yang menang ini")

    desk.record_hook = use_the_link_meanwhile
    with pytest.raises(InvalidInvitation):
        acceptance.accept(token, PASSWORD)
    result = desk.services.sign_in.with_password(SARI.email, "sandi yang menang ini", "", "", "/desk")
    assert isinstance(result, SessionStarted)


@pytest.mark.parametrize(
    ("password", "again", "text"),
    [
        ("pendek", "pendek", "terlalu pendek"),
        ("a" * 129 + "bcdefg", "a" * 129 + "bcdefg", "terlalu panjang"),
        ("indonesia123", "indonesia123", "terlalu umum"),
        ("saridewi1234", "saridewi1234", "memuat nama"),
        (PASSWORD, PASSWORD + "x", "tidak sama"),
    ],
)
def test_refused_passwords(desk: Desk, open_desk: OpenDesk, password: str, again: str, text: str) -> None:
    """The page says why, and the link still works."""
    token = desk.services.people.invite(SARI, "Tester", "test")
    client = open_desk(desk.app())
    answer = client.post(f"/desk/undangan/{token}", {"sandi": password, "ulang": again})
    assert (answer.status_code, text in answer.text, f'"{password}"' in answer.text) == (
        HTTPStatus.BAD_REQUEST,
        True,
        False,
    )
    assert client.post(f"/desk/undangan/{token}", NEW_PASSWORD).status_code == HTTPStatus.SEE_OTHER


def test_the_first_administrator(desk: Desk, open_desk: OpenDesk) -> None:
    """The link of the first start asks for name and address. There is none when an administrator exists."""
    people = desk.services.people
    former, token = people.invite_first_administrator(), people.invite_first_administrator()
    client = open_desk(desk.app())
    assert client.get(f"/desk/undangan/{former}").status_code == HTTPStatus.GONE
    nameless = client.post(f"/desk/undangan/{token}", NEW_PASSWORD)
    assert "Alamat email tidak benar" in nameless.text
    person = {"nama": "Rina Putri", "email": email_of("Rina Putri")}
    assert client.post(f"/desk/undangan/{token}", {**NEW_PASSWORD, **person}).status_code == HTTPStatus.SEE_OTHER
    assert sign_in(client, "Rina Putri") == "/desk/saya/kode"
    desk.give_needed_factor("Rina Putri")
    assert client.get("/desk/akun").status_code == HTTPStatus.OK
    assert people.invite_first_administrator() == ""


def test_a_revoked_person_with_an_open_page(desk: Desk, open_desk: OpenDesk) -> None:
    """The next request of a revoked officer is refused: a page, a form, and a new sign-in."""
    account_id = desk.add("Sari Dewi")
    desk.add("Budi Santoso", Role.COORDINATOR)
    officer = signed_in_client(desk, open_desk, "Sari Dewi")
    coordinator = DeskClient(officer.address)
    sign_in(coordinator, "Budi Santoso")
    fields = {"tindakan": "cabut", "alasan": "pindah tugas"}
    assert coordinator.post(f"/desk/akun/{account_id}", fields).status_code == HTTPStatus.SEE_OTHER
    assert officer.get("/desk/laporan").headers["Location"].startswith("/desk/masuk")
    assert officer.post("/desk/laporan", {"text": "jawaban"}).status_code == HTTPStatus.UNAUTHORIZED
    refused = officer.post("/desk/masuk", {"email": email_of("Sari Dewi"), "sandi": PASSWORD})
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert desk.log[-1].action == "account.revoked"
    assert desk.log[-1].why == "pindah tugas"


@pytest.mark.parametrize("act", ["tautan", "sesi", "kode", "cabut", "hapus"])
def test_a_coordinator_manages_the_own_officers_only(desk: Desk, open_desk: OpenDesk, act: str) -> None:
    """Officers of another agency, colleagues of equal rank, staff, and the coordinator: all are out of reach."""
    persons = [
        desk.add("Agus Salim", Role.OFFICER, "bumn-pln"),
        desk.add("Rina Putri", Role.ADMINISTRATOR),
        desk.add("Dian Sastra", Role.COORDINATOR),
        desk.add("Budi Santoso", Role.COORDINATOR),
        uuid4(),
    ]
    client, recorded = signed_in_client(desk, open_desk, "Budi Santoso"), len(desk.log)
    for account_id in persons:
        answer = client.post(f"/desk/akun/{account_id}", {"tindakan": act, "alasan": "iseng"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert len(desk.log) == recorded


def test_a_coordinator_invites_persons_of_the_own_agency_only(desk: Desk, open_desk: OpenDesk) -> None:
    """Forged fields of the form give no higher role and no other agency."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    person = {"nama": "Sari Dewi", "email": email_of("Sari Dewi")}
    for role in Role:
        for agency in ("", "kota-3374", "bumn-pln", "triage"):
            if role not in {Role.OFFICER, Role.HEAD} or agency in {"bumn-pln", "triage"}:
                answer = client.post("/desk/akun", {**person, "peran": role, "instansi": agency})
                assert answer.status_code == HTTPStatus.FORBIDDEN, (role, agency)
    assert desk.services.invitations.open() == []


def test_a_search_finds_an_institution_by_its_name(desk: Desk, open_desk: OpenDesk) -> None:
    """Its persons are listed as for its code."""
    desk.add("Rina Hartati", Role.ADMINISTRATOR)
    desk.add("Sari Dewi", Role.OFFICER)
    client = signed_in_client(desk, open_desk, "Rina Hartati")
    for words in ("kota-3374", "kota semarang"):
        assert "Sari Dewi" in client.get(f"/desk/akun?cari={words}").text
    assert "Sari Dewi" not in client.get("/desk/akun?cari=kementerian").text


def test_a_coordinator_sees_the_own_agency_only(desk: Desk, open_desk: OpenDesk) -> None:
    """Neither the list, nor a search, nor the invitations show persons of another agency."""
    desk.add("Agus Salim", Role.OFFICER, "bumn-pln")
    desk.services.people.invite(NewPerson(email_of("Joko Widagdo"), "Joko Widagdo", Role.OFFICER, "bumn-pln"), "T", "t")
    desk.add("Sari Dewi")
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    for search in ("", "agus", "pln", "%"):
        text = client.get(f"/desk/akun?cari={search}").text
        assert "Agus Salim" not in text
        assert "Joko Widagdo" not in text
    assert "Sari Dewi" in client.get("/desk/akun?cari=SARI").text
    withdrawn = client.post(f"/desk/akun/undangan/{desk.services.invitations.open()[0].id}")
    assert withdrawn.status_code == HTTPStatus.FORBIDDEN


def test_an_overseer_of_a_body_is_no_officer_of_that_institution(desk: Desk, open_desk: OpenDesk) -> None:
    """The body gives no desk: the person acts without an institution, and its coordinator sees no such account."""
    account_id = desk.add("Sari Dewi", Role.OVERSEER, "lembaga-ombudsman")
    desk.services.people.invite(
        NewPerson(email_of("Joko Widagdo"), "Joko Widagdo", Role.OVERSEER, "lembaga-ombudsman"), "T", "t"
    )
    account = desk.services.accounts.by_id(account_id)
    assert account
    assert (account.actor.agency, account.actor.body) == ("", "lembaga-ombudsman")
    desk.add("Budi Santoso", Role.COORDINATOR, "lembaga-ombudsman")
    text = signed_in_client(desk, open_desk, "Budi Santoso").get("/desk/akun").text
    assert "Budi Santoso" in text
    assert "Sari Dewi" not in text
    assert "Joko Widagdo" not in text
    assert not desk.services.invitations.open("lembaga-ombudsman")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.COORDINATOR, Role.ADMINISTRATOR}])
def test_nobody_else_manages_accounts(desk: Desk, open_desk: OpenDesk, role: Role) -> None:
    """The page is for administrators and coordinators."""
    desk.add("Sari Dewi", role)
    client = signed_in_client(desk, open_desk, "Sari Dewi")
    assert client.get("/desk/akun").status_code == HTTPStatus.FORBIDDEN
    assert client.post("/desk/akun", {"nama": "A", "email": "a@b.example"}).status_code == HTTPStatus.FORBIDDEN


def test_acts_of_an_administrator(desk: Desk, open_desk: OpenDesk) -> None:
    """A new password link, the end of sessions, and a withdrawn invitation, each with its reason in the log."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    account_id = desk.add("Sari Dewi")
    officer = signed_in_client(desk, open_desk, "Sari Dewi")
    client = DeskClient(officer.address)
    sign_in(client, "Rina Putri")
    desk.give_needed_factor("Rina Putri")
    assert "Tulis alasannya" in client.post(f"/desk/akun/{account_id}", {"tindakan": "sesi", "alasan": " "}).text
    client.post(f"/desk/akun/{account_id}", {"tindakan": "sesi", "alasan": "ponsel hilang"})
    assert officer.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    sign_in(officer, "Sari Dewi")
    page = client.post(f"/desk/akun/{account_id}", {"tindakan": "tautan", "alasan": "lupa sandi"}).text
    (link,) = re.findall(r"(/desk/undangan/[\w-]+)<", page)
    changed = {"sandi": "sandi baru yang panjang", "ulang": "sandi baru yang panjang"}
    assert officer.post(link, changed).status_code == HTTPStatus.SEE_OTHER
    assert officer.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    sign_in(officer, "Sari Dewi", "sandi baru yang panjang")
    assert [row.why for row in desk.log if row.action in {"account.sessions_ended", "account.password_link_made"}] == [
        "ponsel hilang",
        "lupa sandi",
    ]


def test_the_last_administrator_stays(desk: Desk) -> None:
    """One of two administrators can be revoked, the last one cannot."""
    first, second = desk.add("Rina Putri", Role.ADMINISTRATOR), desk.add("Tono Wijaya", Role.ADMINISTRATOR)
    desk.services.people.revoke(first, "Tester", "left")
    with pytest.raises(NotPossible, match="last_administrator"):
        desk.services.people.revoke(second, "Tester", "left")


def test_a_revoked_person_can_be_invited_again(desk: Desk) -> None:
    """The account gets its new role and agency, and the same id: the audit log names one person."""
    account_id = desk.add("Sari Dewi")
    desk.services.people.revoke(account_id, "Tester", "left")
    assert desk.add("Sari Dewi", Role.COORDINATOR, "bumn-pln") == account_id
    account = desk.services.accounts.by_id(account_id)
    assert account
    assert (account.role, account.agency, account.revoked_at) == (Role.COORDINATOR, "bumn-pln", None)


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (NewPerson("", "Sari", Role.OFFICER, "kota-3374"), "email_invalid"),
        (NewPerson("Sari@b.example", "Sari", Role.OFFICER, "kota-3374"), "email_invalid"),
        (NewPerson("sari@b.example", " ", Role.OFFICER, "kota-3374"), "name_invalid"),
        (NewPerson("sari@b.example", "a" * 101, Role.OFFICER, "kota-3374"), "name_invalid"),
        (NewPerson("sari@b.example", "Sari\nDewi", Role.OFFICER, "kota-3374"), "name_invalid"),
        (NewPerson("sari@b.example", "Sari", Role.OFFICER, "kota-9999"), "agency_unknown"),
        (NewPerson("sari@b.example", "Sari", Role.OFFICER, ""), "role_without_agency"),
        (NewPerson("sari@b.example", "Sari", Role.AUDITOR, "kota-3374"), "role_without_agency"),
    ],
)
def test_persons_that_cannot_be_invited(desk: Desk, person: NewPerson, reason: str) -> None:
    """Nothing is stored or recorded."""
    with pytest.raises(NotPossible, match=reason):
        desk.services.people.invite(person, "Tester", "test")
    assert (desk.log, desk.services.invitations.open()) == ([], [])


def test_an_address_has_one_account(desk: Desk) -> None:
    """A person with an account is not invited again; a new password has its own act."""
    desk.add("Sari Dewi")
    with pytest.raises(NotPossible, match="account_exists"):
        desk.services.people.invite(SARI, "Tester", "test")


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("Sari@Kota.example", "sari@kota.example"),
        (" sari+lapor@kota.example\n", "sari+lapor@kota.example"),
        ("sari", ""),
        ("@kota.example", ""),
        ("sari@kota", ""),
        ("sari@@kota.example", ""),
        ("sari@kota.example, budi@kota.example", ""),
        ("sari@kota.example\r\nBcc: budi@kota.example", ""),
        ('"sari"@kota.example', ""),
        ("a" * 250 + "@kota.example", ""),
        # The Kelvin sign, a ligature and full-width letters: in lower case or NFKC they are letters of other addresses.
        ("\u212aartika@kota.example", ""),
        ("\ufb01na@kota.example", ""),
        ("\uff53ari@kota.example", ""),
        ("budi@\u212aota.example", ""),
        ("Jos\u00c9@kota.example", "jos\u00e9@kota.example"),
    ],
)
def test_addresses(typed: str, email: str) -> None:
    """One address in lower case, or none."""
    assert normalized_email(typed) == email


def test_who_manages_whom() -> None:
    """The administrator manages everybody, a coordinator the officers and heads of the own agency."""
    coordinator = Actor(UUID(int=1), "Budi Santoso", Role.COORDINATOR, "kota-3374")
    administrator = Actor(UUID(int=2), "Rina Putri", Role.ADMINISTRATOR)
    agencies = ("", "kota-3374", "bumn-pln", "triage")
    assert all(may_manage(administrator, role, agency) for role in Role for agency in agencies)
    managed = {(role, agency) for role in Role for agency in agencies if may_manage(coordinator, role, agency)}
    assert managed == {(Role.OFFICER, "kota-3374"), (Role.HEAD, "kota-3374")}


def test_names_of_persons_are_escaped(desk: Desk, open_desk: OpenDesk) -> None:
    """A name with markup is shown as text."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    person = NewPerson("x@b.example", "<script>alert(1)</script>", Role.OFFICER, "kota-3374")
    desk.services.people.invite(person, "T", "t")
    text = signed_in_client(desk, open_desk, "Rina Putri").get("/desk/akun").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_an_act_that_cannot_be_recorded_is_not_done(desk: Desk) -> None:
    """The audit log comes first: without it nothing changes."""
    account_id = desk.add("Sari Dewi")

    class Away(Exception):
        """The audit log is away."""

    def fail(*_: object) -> None:
        raise Away

    desk.record_hook = fail
    services = desk.services
    for act in (
        lambda: services.people.revoke(account_id, "T", "t"),
        lambda: services.people.new_password_link(account_id, "T", "t"),
        lambda: services.people.end_sessions(account_id, "T", "t"),
        lambda: services.sign_in.with_password(email_of("Sari Dewi"), PASSWORD, "", "", "/desk"),
    ):
        with pytest.raises(Away):
            act()
    account = services.accounts.by_id(account_id)
    assert account
    assert account.revoked_at is None
    assert (services.invitations.open(), services.sessions.of_account(account_id)) == ([], [])


def test_old_invitations_are_not_listed(desk: Desk) -> None:
    """The list holds what can be used."""
    desk.services.people.invite(SARI, "T", "t")
    assert len(desk.services.invitations.open("kota-3374")) == 1
    assert desk.services.invitations.open("bumn-pln") == []
    desk.clock.advance(INVITATION_LIMIT + timedelta(seconds=1))
    assert desk.services.invitations.open() == []


def test_an_officer_belongs_to_a_unit(desk: Desk, open_desk: OpenDesk) -> None:
    """The coordinator chooses it with the invitation, and another one later. A new password changes no unit."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    assert "Dinas Kesehatan / Puskesmas 1 (PKM-1)" in client.get("/desk/akun").text
    link = invited(client, nama="Sari Dewi", email=SARI.email, unit="PKM-1")
    open_desk(desk.app()).post(link, NEW_PASSWORD)
    account = desk.services.accounts.by_email(SARI.email)
    assert account
    assert (account.unit, account.actor.unit) == ("PKM-1", "PKM-1")
    assert "Dinas Kesehatan / Puskesmas 1" in client.get("/desk/akun").text
    token = desk.services.people.new_password_link(account.id, "Budi", "lupa")
    moved = client.post(f"/desk/akun/{account.id}", {"tindakan": "unit", "unit": "DINKES", "alasan": "mutasi"})
    assert moved.headers["Location"] == "/desk/akun?selesai=unit-orang"
    desk.services.acceptance.accept(token, PASSWORD)
    assert desk.services.accounts.by_email(SARI.email).unit == "DINKES"  # type: ignore[union-attr]
    sessions = desk.services.sessions
    found = sessions.find(sessions.start(account.id, "Firefox"))
    assert found
    assert found.actor.unit == "DINKES"
    client.post(f"/desk/akun/{account.id}", {"tindakan": "unit", "unit": "", "alasan": "mutasi"})
    assert sessions.find(sessions.start(account.id, "Firefox")).actor.unit == ""  # type: ignore[union-attr]
    assert desk.actions().count("account.unit_changed") == 2


def test_units_that_a_person_cannot_have(desk: Desk) -> None:
    """One of another institution or none, and any for a coordinator."""
    people = desk.services.people
    with pytest.raises(NotPossible, match="unit_unknown"):
        people.invite(NewPerson("a@contoh.id", "A", Role.OFFICER, "kota-3374", "HILANG"), "Budi", "test")
    with pytest.raises(NotPossible, match="unit_not_for_role"):
        people.invite(NewPerson("a@contoh.id", "A", Role.COORDINATOR, "kota-3374", "DINKES"), "Budi", "test")
    with pytest.raises(NotPossible, match="nobody_without_unit"):
        people.invite(NewPerson("a@contoh.id", "A", Role.OFFICER, "kota-3374", "DINKES"), "Budi", "test")
    coordinator = desk.add("Budi Santoso", Role.COORDINATOR)
    with pytest.raises(NotPossible, match="unit_not_for_role"):
        people.change_unit(coordinator, "DINKES", "Siti", "test")
    officer = desk.add("Sari Dewi")
    with pytest.raises(NotPossible, match="unit_unknown"):
        people.change_unit(officer, "HILANG", "Siti", "test")
    assert "account.unit_changed" not in desk.actions()


def test_somebody_sees_the_cases_without_a_unit(desk: Desk) -> None:
    """The last person without a unit is neither moved nor revoked while others have units. Without units all may go."""
    people = desk.services.people
    officer, other = desk.add("Sari Dewi"), desk.add("Wati Lestari")
    people.change_unit(officer, "DINKES", "Siti", "test")
    with pytest.raises(NotPossible, match="nobody_without_unit"):
        people.change_unit(other, "DINKES", "Siti", "test")
    with pytest.raises(NotPossible, match="last_without_unit"):
        people.revoke(other, "Siti", "test")
    people.change_unit(officer, "", "Siti", "test")
    people.revoke(other, "Siti", "test")
    people.revoke(officer, "Siti", "test")


def test_a_coordinator_invites_a_head(desk: Desk, open_desk: OpenDesk) -> None:
    """Of the institution or of a unit. The person signs in as an officer does, and belongs to the own institution."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    page = client.get("/desk/akun").text
    assert '<option value="head">Pimpinan</option>' in page
    assert 'name="instansi"' not in page
    link = invited(client, nama="Sari Dewi", email=SARI.email, peran="head", unit="DINKES")
    head = open_desk(desk.app())
    assert "sebagai Pimpinan" in head.get(link).text
    head.post(link, NEW_PASSWORD)
    sign_in(head, "Sari Dewi")
    account = desk.services.accounts.by_email(SARI.email)
    assert account
    assert (account.role, account.agency, account.unit) == (Role.HEAD, "kota-3374", "DINKES")
    assert not account.must_have_second_factor
    assert head.get("/desk/akun").status_code == HTTPStatus.FORBIDDEN
    moved = client.post(f"/desk/akun/{account.id}", {"tindakan": "unit", "unit": "", "alasan": "mutasi"})
    assert moved.headers["Location"] == "/desk/akun?selesai=unit-orang"
    assert "terakhir masuk" in client.get("/desk/akun").text
    refused = client.post("/desk/akun", {"nama": "Tono", "email": "t@contoh.id", "peran": "coordinator"})
    assert refused.status_code == HTTPStatus.FORBIDDEN


def test_a_head_works_on_no_case(desk: Desk) -> None:
    """Somebody else must have the cases without a unit: a head alone is not enough, and may always be revoked."""
    people = desk.services.people
    head = desk.add("Sari Dewi", Role.HEAD)
    with pytest.raises(NotPossible, match="nobody_without_unit"):
        people.invite(NewPerson("a@contoh.id", "A", Role.OFFICER, "kota-3374", "DINKES"), "Budi", "test")
    officer, other = desk.add("Wati Lestari"), desk.add("Tono Wibowo")
    people.change_unit(officer, "DINKES", "Siti", "test")
    with pytest.raises(NotPossible, match="last_without_unit"):
        people.revoke(other, "Siti", "test")
    people.revoke(head, "Siti", "test")
