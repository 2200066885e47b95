"""The decree and the last day of a person, and who stands in during a leave."""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, update
from sqlmodel import col

from accounts.appointments import Appointment, Leave, active_stand_ins
from accounts.authentication.sign_in import AccountEnded, SessionStarted
from accounts.invitations import NewPerson
from accounts.permissions import Role
from accounts.person_checks import NotPossible, NotPossibleReason
from accounts.tables import AccountRow
from config.database import write_transaction
from tests.accounts.desk import PASSWORD, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import OpenDesk

# The clock of the tests stands on this day, in the morning of Jakarta.
TODAY = date(2026, 11, 27)
TOMORROW, NEXT_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)


def in_unit(desk: Desk, name: str, unit: str) -> UUID:
    """Add an officer of a unit."""
    account_id = desk.add(name)
    if unit:
        desk.services.people.change_unit(account_id, unit, "Tester", "test")
    return account_id


def end(desk: Desk, account_id: UUID, day: date) -> None:
    """Set the last day of a person."""
    desk.services.appointments.appoint(account_id, Appointment(last_day=day), "Tester", "test")


def fault(desk: Desk, account_id: UUID, leave: Leave) -> NotPossibleReason:
    """Return why a leave is refused. Nothing of it is recorded."""
    recorded = list(desk.log)
    with pytest.raises(NotPossible) as caught:
        desk.services.appointments.set_leave(account_id, leave, "Tester", "test")
    assert desk.log == recorded
    return caught.value.reason


def test_the_decree_of_an_invitation_is_that_of_the_account(desk: Desk) -> None:
    """With number, date and last day, also after the person set a new password."""
    person = NewPerson(
        *(email_of("Sari Dewi"), "Sari Dewi", Role.OFFICER, "kota-3374"),
        decree="SK 340/2021",
        decree_date=date(2026, 1, 5),
    )
    token = desk.services.people.invite(person, "Tester", "test", date(2026, 12, 31))
    account_id = desk.services.acceptance.accept(token, PASSWORD)
    end(desk, account_id, date(2027, 6, 30))
    desk.services.acceptance.accept(
        desk.services.people.new_password_link(account_id, "Tester", "test"), "sandi baru yang lain"
    )
    account = desk.services.accounts.by_id(account_id)
    assert account
    # Midnight in Jakarta.
    assert account.ends_at == datetime(2027, 6, 30, 17, tzinfo=UTC)
    assert desk.services.appointments.last_day_of(account) == "2027-06-30"
    # What a form leaves empty is emptied.
    assert (account.decree, account.decree_date) == ("", None)


def test_nobody_signs_in_after_the_last_day(desk: Desk, open_desk: OpenDesk) -> None:
    """Sessions end at midnight. A right password gets the day and who to ask, a wrong one says nothing of it."""
    account_id = desk.add("Sari Dewi")
    desk.add("Budi Santoso", Role.COORDINATOR)
    end(desk, account_id, TODAY)
    client = signed_in_client(desk, open_desk, "Sari Dewi")
    assert client.get("/desk").status_code == HTTPStatus.OK
    desk.clock.time = datetime(2026, 11, 27, 16, 59, tzinfo=UTC)
    assert isinstance(
        desk.services.sign_in.with_password(email_of("Sari Dewi"), PASSWORD, "", "", "/desk"), SessionStarted
    )
    desk.clock.time = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    assert client.get("/desk").status_code == HTTPStatus.SEE_OTHER
    answer = client.post("/desk/masuk", {"email": email_of("Sari Dewi"), "sandi": PASSWORD})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "Tugas Anda berakhir pada 27 Nov 2026" in answer.text
    assert "agar tugas diperpanjang: Budi Santoso." in answer.text
    wrong = client.post("/desk/masuk", {"email": email_of("Sari Dewi"), "sandi": "bukan sandi itu"})
    assert ("berakhir" in wrong.text, "Email atau kata sandi salah" in wrong.text) == (False, True)
    # A new last day lets the person in again.
    end(desk, account_id, NEXT_WEEK)
    sign_in(client, "Sari Dewi")


def test_who_has_ended_without_a_coordinator_asks_the_administrator(desk: Desk, open_desk: OpenDesk) -> None:
    """No name is said where there is none."""
    account_id = desk.add("Sari Dewi")
    end(desk, account_id, TODAY)
    desk.clock.advance(timedelta(days=1))
    answer = open_desk(desk.app()).post("/desk/masuk", {"email": email_of("Sari Dewi"), "sandi": PASSWORD})
    assert "Hubungi administrator layanan" in answer.text


def test_who_has_ended_counts_for_nothing(desk: Desk) -> None:
    """Not as the person who sees cases without a unit, and not as an administrator. Nor does OIDC let the person in."""
    coordinator = desk.add("Budi Santoso", Role.COORDINATOR)
    officer = desk.add("Sari Dewi")
    end(desk, coordinator, TODAY)
    desk.clock.advance(timedelta(days=1))
    account = desk.services.accounts.by_id(coordinator)
    assert account
    assert isinstance(desk.services.sign_in.with_oidc(account, "", "/desk"), AccountEnded)
    with pytest.raises(NotPossible, match="nobody_without_unit"):
        desk.services.people.change_unit(officer, "DINKES", "Tester", "test")
    assert [person.id for person in desk.services.accounts.of_agency("kota-3374")] == [officer]
    # Who has ended is still listed, and may be revoked: nothing depends on the person.
    assert len(desk.services.accounts.search("", "kota-3374", None)) == 2
    desk.services.people.revoke(coordinator, "Tester", "test")


def test_the_last_administrator_gets_no_last_day(desk: Desk) -> None:
    """The service would be without one."""
    first = desk.add("Rina Putri", Role.ADMINISTRATOR)
    with pytest.raises(NotPossible, match="last_administrator"):
        end(desk, first, NEXT_WEEK)
    second = desk.add("Andi Wijaya", Role.ADMINISTRATOR)
    end(desk, second, TODAY)
    desk.clock.advance(timedelta(days=1))
    with pytest.raises(NotPossible, match="last_administrator"):
        end(desk, first, NEXT_WEEK)


@pytest.mark.parametrize(
    ("appointment", "reason"),
    [
        (Appointment("x" * 101), "decree_invalid"),
        (Appointment("SK\n1"), "decree_invalid"),
        (Appointment(decree_date=TOMORROW), "decree_in_future"),
        (Appointment(last_day=TODAY - timedelta(days=1)), "end_in_past"),
        (Appointment(last_day=date.max), "end_too_late"),
    ],
)
def test_an_appointment_that_cannot_be(desk: Desk, appointment: Appointment, reason: NotPossibleReason) -> None:
    """Nothing is changed or recorded."""
    account_id = desk.add("Sari Dewi")
    recorded = list(desk.log)
    with pytest.raises(NotPossible, match=reason):
        desk.services.appointments.appoint(account_id, appointment, "Tester", "test")
    assert desk.log == recorded


def test_a_leave_has_its_days(desk: Desk) -> None:
    """The colleague stands in from the first minute of the first day to the last minute of the last one."""
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    desk.services.appointments.set_leave(sari, Leave(andi, TOMORROW, TOMORROW), "Tester", "test")
    # Minutes of Jakarta, seven hours before UTC.
    midnight = datetime(2026, 11, 27, 17, tzinfo=UTC)
    minute = timedelta(minutes=1)
    for at, is_away in (
        (midnight - minute, False),
        (midnight, True),
        (midnight + timedelta(days=1) - minute, True),
        (midnight + timedelta(days=1), False),
    ):
        desk.clock.time = at
        assert desk.services.accounts.stood_in_for(andi) == ({str(sari): "Sari Dewi"} if is_away else {})
        stand_ins = active_stand_ins(desk.services.accounts.of_agency("kota-3374"), at)
        assert {id_: person.id for id_, person in stand_ins.items()} == ({sari: andi} if is_away else {})


def test_a_leave_ends(desk: Desk) -> None:
    """Also one that has not begun. There is none then to end again."""
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    appointments = desk.services.appointments
    for first_day in (TODAY, TOMORROW):
        appointments.set_leave(sari, Leave(andi, first_day, NEXT_WEEK), "Tester", "test")
        appointments.end_leave(sari, "Tester", "test")
        account = desk.services.accounts.by_id(sari)
        assert account
        assert (account.stand_in, account.has_leave(desk.clock())) == (None, False)
    with pytest.raises(NotPossible, match="no_leave"):
        appointments.end_leave(sari, "Tester", "test")


def test_leaves_that_cannot_be(desk: Desk) -> None:
    """Each has a reason of its own, and changes nothing."""
    sari, andi, budi = desk.add("Sari Dewi"), desk.add("Andi Wijaya"), desk.add("Budi Santoso")
    other, operator = desk.add("Tono Lain", agency="bumn-pln"), desk.add("Operator Satu", Role.OPERATOR)
    end(desk, budi, TOMORROW)
    assert fault(desk, sari, Leave(None, TODAY, TODAY)) == "stand_in_missing"
    assert fault(desk, sari, Leave(sari, TODAY, TODAY)) == "stand_in_self"
    assert fault(desk, sari, Leave(other, TODAY, TODAY)) == "stand_in_unknown"
    assert fault(desk, sari, Leave(uuid4(), TODAY, TODAY)) == "stand_in_unknown"
    assert fault(desk, sari, Leave(budi, TODAY, NEXT_WEEK)) == "stand_in_gone"
    assert fault(desk, sari, Leave(andi, None, TODAY)) == "leave_days_missing"
    assert fault(desk, sari, Leave(andi, TOMORROW, TODAY)) == "leave_reversed"
    assert fault(desk, sari, Leave(andi, date(2026, 11, 1), date(2026, 11, 2))) == "leave_over"
    assert fault(desk, sari, Leave(andi, TODAY, date.max)) == "end_too_late"
    assert fault(desk, operator, Leave(andi, TODAY, TODAY)) == "no_leave_for_role"
    desk.services.appointments.set_leave(sari, Leave(budi, TODAY, TOMORROW), "Tester", "test")
    desk.services.people.revoke(andi, "Tester", "test")
    assert fault(desk, sari, Leave(andi, TODAY, TODAY)) == "stand_in_gone"


def test_there_is_no_stand_in_of_a_stand_in(desk: Desk) -> None:
    """In both orders, on days that both leaves have."""
    sari, andi, budi = desk.add("Sari Dewi"), desk.add("Andi Wijaya"), desk.add("Budi Santoso")
    appointments = desk.services.appointments
    appointments.set_leave(sari, Leave(andi, TODAY, TOMORROW), "Tester", "test")
    assert fault(desk, budi, Leave(sari, TOMORROW, NEXT_WEEK)) == "stand_in_away"
    assert fault(desk, andi, Leave(budi, TOMORROW, NEXT_WEEK)) == "stands_in_itself"
    appointments.set_leave(andi, Leave(budi, TOMORROW + timedelta(days=1), NEXT_WEEK), "Tester", "test")


@pytest.mark.parametrize(
    "units", [("PKM-1", "DINKES"), ("PKM-1", "PKM-1"), ("PKM-1", ""), ("DINKES", "PKM-1"), ("", "DINKES")]
)
def test_who_stands_in_sees_no_more_than_before(desk: Desk, units: tuple[str, str]) -> None:
    """Somebody of the same unit or of one above it. A move to another unit keeps it so."""
    unit, unit_of_stand_in = units
    is_possible = units not in {("DINKES", "PKM-1"), ("", "DINKES")}
    desk.add("Koordinator Satu", Role.COORDINATOR)
    sari, andi = in_unit(desk, "Sari Dewi", unit), in_unit(desk, "Andi Wijaya", unit_of_stand_in)
    leave = Leave(andi, TODAY, NEXT_WEEK)
    sari_account = desk.services.accounts.by_id(sari)
    assert sari_account
    offered = {person.id for person in desk.services.appointments.possible_stand_ins(sari_account)}
    assert (andi in offered) == is_possible
    if not is_possible:
        assert fault(desk, sari, leave) == "stand_in_tier"
        return
    desk.services.appointments.set_leave(sari, leave, "Tester", "test")
    if unit_of_stand_in == "DINKES":
        desk.services.people.change_unit(andi, "PKM-1", "Tester", "test")
    if unit_of_stand_in:
        with pytest.raises(NotPossible, match="stand_in_tier"):
            desk.services.people.change_unit(sari, "", "Tester", "test")


def test_a_stand_in_who_leaves_stands_in_for_nobody(desk: Desk) -> None:
    """The leave stays, without anybody who stands in; the accounts' page says so."""
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    desk.services.appointments.set_leave(sari, Leave(andi, TODAY, NEXT_WEEK), "Tester", "test")
    desk.services.people.revoke(andi, "Tester", "test")
    assert active_stand_ins(desk.services.accounts.of_agency("kota-3374"), desk.clock()) == {}


def test_cases_are_released_with_the_account(desk: Desk) -> None:
    """In the transaction of the revocation, and of a move to another unit."""
    desk.add("Koordinator Satu", Role.COORDINATOR)
    sari = desk.add("Sari Dewi")
    desk.services.people.change_unit(sari, "DINKES", "Tester", "test")
    desk.services.people.revoke(sari, "Tester", "test")
    assert desk.released == [(sari, "DINKES"), (sari, None)]


def test_a_release_that_fails_revokes_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise cases would stay with somebody who is gone."""
    sari = desk.add("Sari Dewi")

    def fail(_connection: Connection, *_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(desk.services.people, "_release", fail)
    with pytest.raises(RuntimeError):
        desk.services.people.revoke(sari, "Tester", "test")
    account = desk.services.accounts.by_id(sari)
    assert account
    assert account.revoked_at is None


def test_a_coordinator_appoints_and_sets_leaves_on_the_page(desk: Desk, open_desk: OpenDesk) -> None:
    """Each act needs its reason; the list shows decree, last day, leave and stand-in, and names who ends soon."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    form = {"tindakan": "tugas", "alasan": "SK baru", "sk": "SK 340/2021", "tanggal_sk": "2026-11-02"}
    address = f"/desk/akun/{sari}"
    assert "Tugas yang segera berakhir" not in client.get("/desk/akun").text
    assert client.post(address, {**form, "terakhir": "2026-12-05"}).status_code == HTTPStatus.SEE_OTHER
    leave = {"tindakan": "cuti", "alasan": "Cuti tahunan", "cuti_dari": "2026-11-27", "cuti_sampai": "2026-12-01"}
    assert client.post(address, {**leave, "wakil": email_of("Andi Wijaya")}).status_code == HTTPStatus.SEE_OTHER
    page = client.get("/desk/akun").text
    assert "SK 340/2021, 2 Nov 2026 · bertugas sampai 5 Des 2026 · cuti 27 Nov 2026 sampai 1 Des 2026" in page
    assert "wakil: Andi Wijaya" in page
    assert "Tugas yang segera berakhir" in page
    assert [row.action for row in desk.log[-2:]] == ["account.appointed", "account.leave_set"]
    desk.services.people.revoke(andi, "Tester", "test")
    assert "tanpa wakil" in client.get("/desk/akun").text
    assert client.post(address, {"tindakan": "cuti-batal", "alasan": "Batal"}).status_code == HTTPStatus.SEE_OTHER
    desk.clock.advance(timedelta(days=10))
    later = signed_in_client(desk, open_desk, "Budi Santoso").get("/desk/akun").text
    assert "<b>tugas berakhir 5 Des 2026</b>" in later


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tindakan": "tugas", "terakhir": "2026-11-26"}, "Hari terakhir itu sudah lewat"),
        ({"tindakan": "tugas", "terakhir": "31/12/2026"}, "Tanggal tidak benar"),
        ({"tindakan": "tugas", "tanggal_sk": "2027-01-01"}, "Tanggal SK belum tiba"),
        ({"tindakan": "cuti", "cuti_dari": "2026-11-28", "cuti_sampai": "2026-11-27"}, "Cuti berakhir sebelum dimulai"),
        ({"tindakan": "cuti", "cuti_dari": "2026-11-28", "cuti_sampai": "2026-11-29"}, "Pilih wakil selama cuti"),
        ({"tindakan": "cuti", "wakil": "siapa@semarang.example"}, "Wakil itu tidak ada di instansi yang sama"),
        ({"tindakan": "cuti", "cuti_dari": "besok"}, "Tanggal tidak benar"),
        ({"tindakan": "cuti-batal"}, "tidak sedang atau akan cuti"),
    ],
)
def test_the_page_says_what_to_do(desk: Desk, open_desk: OpenDesk, fields: dict[str, str], sentence: str) -> None:
    """In Indonesian, for each value that cannot be used."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    sari = desk.add("Sari Dewi")
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    answer = client.post(f"/desk/akun/{sari}", {"alasan": "Uji", **fields})
    assert (answer.status_code, sentence in answer.text) == (HTTPStatus.BAD_REQUEST, True)


def test_an_invitation_keeps_what_was_typed(desk: Desk, open_desk: OpenDesk) -> None:
    """A last day in the past is refused with the form as it was."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    fields = {"nama": "Sari Dewi", "email": email_of("Sari Dewi"), "sk": "SK 1", "terakhir": "2026-11-01"}
    answer = client.post("/desk/akun", fields)
    assert (answer.status_code, "Hari terakhir itu sudah lewat" in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert ('value="SK 1"' in answer.text, 'value="2026-11-01"' in answer.text) == (True, True)
    assert "bertugas sampai 31 Des 2026" not in answer.text
    client.post("/desk/akun", {**fields, "terakhir": "2026-12-31"})
    assert "SK 1 · bertugas sampai 31 Des 2026" in client.get("/desk/akun").text


def test_a_person_sets_the_own_leave(desk: Desk, open_desk: OpenDesk) -> None:
    """On the page of the own account, which offers only who may stand in. Each fault is a sentence there."""
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    desk.add("Tono Lain", agency="bumn-pln")
    client = signed_in_client(desk, open_desk, "Sari Dewi")
    page = client.get("/desk/saya").text
    assert ("Andi Wijaya" in page, "Tono Lain" in page) == (True, False)
    form = {"wakil": str(andi), "dari": "2026-11-30", "sampai": "2026-12-04"}
    refused = client.post("/desk/saya/cuti", {**form, "sampai": "2026-11-29"})
    assert (refused.status_code, "Cuti berakhir sebelum dimulai" in refused.text) == (HTTPStatus.BAD_REQUEST, True)
    # What was typed stays.
    assert 'value="2026-11-30"' in refused.text
    assert "Orang yang cuti tidak dapat" in client.post("/desk/saya/cuti", {**form, "wakil": str(sari)}).text
    assert "Tanggal tidak benar" in client.post("/desk/saya/cuti", {**form, "dari": "Senin"}).text
    assert client.post("/desk/saya/cuti", form).status_code == HTTPStatus.SEE_OTHER
    assert "Anda cuti dari 30 Nov 2026 sampai 4 Des 2026. Wakil Anda: Andi Wijaya." in client.get("/desk/saya").text
    assert client.post("/desk/saya/cuti", {"langkah": "batal"}).status_code == HTTPStatus.SEE_OTHER
    assert "Anda cuti dari" not in client.get("/desk/saya").text


def test_a_new_account_of_a_former_person_has_no_leave(desk: Desk) -> None:
    """Whoever is invited again begins without the last day and the leave of before."""
    sari, andi = desk.add("Sari Dewi"), desk.add("Andi Wijaya")
    desk.services.appointments.set_leave(sari, Leave(andi, TODAY, NEXT_WEEK), "Tester", "test")
    end(desk, sari, TOMORROW)
    desk.services.people.revoke(sari, "Tester", "test")
    with write_transaction(desk.engine) as connection:
        released = connection.execute(
            update(AccountRow)
            .where(col(AccountRow.id) == sari)
            .values(decree="")
            .returning(col(AccountRow.released_at))
        ).scalar_one()
    assert released == desk.clock()
    assert desk.add("Sari Dewi") == sari
    account = desk.services.accounts.by_id(sari)
    assert account
    assert (account.ends_at, account.stand_in, account.has_leave(desk.clock())) == (None, None, False)
