"""Digests and notices: to whom, when, how often, and with numbers and links only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import DatabaseUnavailable, insert_statement, read_transaction, write_transaction
from config.row_insertion import insert_rows
from desk.acts.case_work import CaseWork
from desk.acts.tables import DeskHolder
from desk.changes import CaseChange, ChangeKind
from desk.escalation.tables import DeskToldPerson
from desk.mail.appointments import AppointmentMail
from desk.mail.composer import MailComposer
from desk.mail.digest import DigestJob, digest_day
from desk.mail.message import Mail
from desk.mail.notices import NEW_CASES_INTERVAL, NOTICE_INTERVAL, NoticeJob, NoticeQueue
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient
from desk.mail.smtp import MailResult, SmtpClient, SmtpServer
from desk.mail.texts import ESCALATED_KINDS, MAX_LISTED_CASES, DeskLinks, DigestCounts
from desk.read_model.tables import DeskCase
from desk.units.tree import Unit
from desk.units.units import Units
from messages.sealing import Sealer
from pages.translation.translator import load_translator
from tests.desk.mail.mail_server import HOST, mail_server
from tests.desk.webhooks.receiver import Clock
from tests.support.generated_cases import generate_cases
from tests.support.log_capture import captured_log

_AGENCY, _EASTERN_AGENCY = "bumn-pln", "provinsi-94"
_WIB, _WIT = timezone(timedelta(hours=7)), timezone(timedelta(hours=9))
_LINKS = DeskLinks(
    lambda case_list: f"https://lapor.example/desk?daftar={case_list}",
    lambda number: f"https://lapor.example/desk/{number}",
    "https://lapor.example/desk/webhook",
    "https://lapor.example/desk/akun",
    "https://lapor.example/desk/akun-semua",
    "https://lapor.example/desk?daftar=dilepas",
    "https://lapor.example/desk/pimpinan",
)
# A morning in Jakarta, 07:00.
_SEVEN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


@dataclass
class Accounts:
    """Persons of two agencies."""

    persons: dict[str, list[Recipient]] = field(
        default_factory=lambda: {
            _AGENCY: [
                Recipient("1", "ratna@pln.example"),
                Recipient("2", "budi@pln.example", wants_digest=False),
                Recipient("3", "english@pln.example", language="en"),
            ],
            _EASTERN_AGENCY: [Recipient("4", "yosef@papua.example")],
        }
    )
    heads: Sequence[Recipient] = (Recipient("head", "direktur@pln.example"),)

    ends: dict[tuple[str, datetime], int] = field(default_factory=dict)

    def agencies(self) -> Sequence[str]:
        """See `Recipients`."""
        return list(self.persons)

    def officers(self, agency: str) -> Sequence[Recipient]:
        """See `Recipients`."""
        return self.persons[agency]

    def administrators(self) -> Sequence[Recipient]:
        """See the protocol."""
        return [Recipient("administrator", "administrator@lapor.contoh.id")]

    def ending(self, after: datetime, until: datetime) -> Mapping[tuple[str, datetime], int]:
        """See the protocol."""
        return {(agency, at): count for (agency, at), count in self.ends.items() if after < at <= until}

    def readers(self, agency: str) -> Sequence[Recipient]:
        """See `Recipients`."""
        return [*self.persons[agency], *self.heads]

    def overseers(self) -> Sequence[Recipient]:
        """See the protocol."""
        return [Recipient("overseer", "pengawas@ombudsman.contoh.id")]

    def staff(self, agency: str) -> Sequence[Recipient]:
        """See `Recipients`."""
        return self.persons[agency]

    def coordinators(self, agency: str) -> Sequence[Recipient]:
        """See `Recipients`."""
        return self.persons.get(agency, [])[:1]


@dataclass
class Office:
    """The jobs on one database."""

    engine: Engine
    clock: Clock = field(default_factory=lambda: Clock(_SEVEN))
    accounts: Accounts = field(default_factory=Accounts)
    counts: dict[str, DigestCounts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build the parts."""
        self.outbox = MailOutbox(self.engine, Sealer([b"k" * 64]), self.clock)
        self.composer = MailComposer(load_translator().translate)
        self.queue = NoticeQueue(self.clock)
        self.digests = self.new_digest_job()
        self.notices = NoticeJob(
            self.engine, self.accounts, _LINKS, self.composer, self.outbox, self.clock, {_AGENCY: "PLN"}.__getitem__
        )

    def new_appointment_mail(self) -> AppointmentMail:
        """Return the job as another process has it."""
        zones = {_AGENCY: _WIB, _EASTERN_AGENCY: _WIT, "kota-3374": _WIB}
        return AppointmentMail(
            self.accounts,
            zones.__getitem__,
            lambda code: {_AGENCY: "PLN"}.get(code, code),
            _LINKS,
            self.composer,
            self.outbox,
            self.clock,
        )

    def new_digest_job(self) -> DigestJob:
        """Return the job as another process has it."""
        return DigestJob(
            self.accounts,
            lambda agency, unit: self.counts.get(f"{agency} {unit}".strip(), DigestCounts()),
            {_AGENCY: _WIB, _EASTERN_AGENCY: _WIT}.__getitem__,
            _LINKS,
            self.composer,
            self.outbox,
            self.clock,
        )

    def citizen_wrote(self, *sequences: int, agency: str = _AGENCY, kind: ChangeKind = "citizen-wrote") -> None:
        """Store changes, as the sink of the read model does."""
        changes = [
            CaseChange(UUID(int=number), kind, agency, f"L{number}", UUID(int=7), "new", self.clock.time)
            for number in sequences
        ]
        with write_transaction(self.engine) as connection:
            self.queue.add(connection, changes)

    def reached(self, number: int, kind: ChangeKind, *account_ids: str) -> None:
        """Store a change of a deadline, and that these persons are told of it by e-mail."""
        self.citizen_wrote(number, kind=kind)
        told = {"change_id": UUID(int=number), "dispatch_id": UUID(int=7), "agency": _AGENCY, "clock": "resolve"}
        told |= {"moment": "near", "who": "officer", "by_desk": True, "by_mail": True, "told_at": self.clock.time}
        with write_transaction(self.engine) as connection:
            insert_rows(connection, DeskToldPerson, [{**told, "account_id": id_} for id_ in account_ids])

    def send_all(self) -> dict[str, Mail]:
        """Send the e-mails of the outbox; return them by their recipient."""
        mails = {}
        while claimed := self.outbox.claim("lease"):
            self.outbox.finish(claimed, MailResult())
            mails[claimed.mail.to] = claimed.mail
        return mails

    def send_all_of_each(self) -> dict[str, list[Mail]]:
        """Send the e-mails of the outbox; return those to each recipient, the notices first."""
        mails: dict[str, list[Mail]] = {}
        while claimed := self.outbox.claim("lease"):
            self.outbox.finish(claimed, MailResult())
            mails.setdefault(claimed.mail.to, []).append(claimed.mail)
        return {address: sorted(sent, key=lambda mail: mail.kind) for address, sent in mails.items()}


@pytest.fixture
def office(engine: Engine) -> Office:
    """The jobs on each kind of database."""
    return Office(engine)


@pytest.mark.parametrize(
    ("local_time", "day"),
    [("06:59", None), ("07:00", 24), ("11:59", 24), ("12:00", None), ("00:00", None), ("23:59", None)],
)
@pytest.mark.parametrize("zone", [_WIB, _WIT])
def test_a_digest_is_due_in_the_morning_of_its_zone(local_time: str, day: int | None, zone: timezone) -> None:
    """From 07:00 until noon. A process that starts in the afternoon makes none."""
    hour, minute = map(int, local_time.split(":"))
    now = datetime(2026, 11, 24, hour, minute, tzinfo=zone).astimezone(UTC)
    due = digest_day(now, zone)
    assert (due.day if due else None) == day


def test_a_digest_has_numbers_and_links(office: Office) -> None:
    """To each officer who wants it, in the officer's language; what is empty is left out."""
    office.counts[_AGENCY] = DigestCounts(new=3, overdue=1)
    assert office.digests.step() == 2
    mails = office.send_all()
    assert set(mails) == {"ratna@pln.example", "english@pln.example"}
    indonesian, english = mails["ratna@pln.example"], mails["english@pln.example"]
    assert (indonesian.subject, english.subject) == (
        "Satu Pintu: ringkasan pagi, 2026-11-24", "Satu Pintu: morning digest, 2026-11-24",
    )  # fmt: skip
    assert indonesian.body == (
        "Selamat pagi. Laporan instansi Anda pagi ini:\n\n"
        "1 laporan lewat tenggat\nhttps://lapor.example/desk?daftar=overdue\n\n"
        "3 laporan baru\nhttps://lapor.example/desk?daftar=new\n\n"
        "Anda dapat mematikan ringkasan ini di akun Anda: https://lapor.example/desk/akun\n\n"
        "Email ini dibuat otomatis. Mohon tidak dibalas.\n"
    )
    assert "1 complaint past its deadline" in english.body
    assert "3 new complaints" in english.body


def test_a_digest_comes_once_a_day(office: Office) -> None:
    """Also from a second process, and after a restart. The zones have their own mornings."""
    office.counts = {_AGENCY: DigestCounts(new=1), _EASTERN_AGENCY: DigestCounts(new=1)}
    office.clock.time = _SEVEN - timedelta(hours=2)
    office.digests.step()
    assert set(office.send_all()) == {"yosef@papua.example"}
    office.clock.time = _SEVEN
    office.digests.step()
    office.counts[_AGENCY] = DigestCounts(new=9)
    office.digests.step()
    office.new_digest_job().step()
    mails = office.send_all()
    assert set(mails) == {"ratna@pln.example", "english@pln.example"}
    assert "1 laporan baru" in mails["ratna@pln.example"].body
    office.clock.advance(timedelta(days=1))
    assert office.digests.step() == 3


def test_a_day_without_cases_has_no_digest(office: Office) -> None:
    """An e-mail that says nothing is not read."""
    assert office.digests.step() == 0
    assert office.send_all() == {}


def test_a_digest_expires_with_its_day(office: Office) -> None:
    """The mail server was away until the evening."""
    office.counts[_AGENCY] = DigestCounts(new=1)
    office.digests.step()
    office.clock.time = datetime(2026, 11, 25, 0, 0, tzinfo=_WIB)
    assert office.send_all() == {}


def test_a_notice_lists_the_cases_in_which_citizens_wrote(office: Office) -> None:
    """To every officer. Other changes make no notice."""
    office.citizen_wrote(1, 2)
    office.citizen_wrote(3, kind="received")
    assert office.notices.step() == 3
    mail = office.send_all()["budi@pln.example"]
    assert mail.subject == "Satu Pintu: pelapor menulis pada 2 laporan"
    assert "L1: https://lapor.example/desk/L1\nL2: https://lapor.example/desk/L2\n" in mail.body
    assert "L3" not in mail.body


def test_an_agency_gets_one_notice_an_hour(office: Office) -> None:
    """What comes meanwhile is in the next one. Another agency is not affected."""
    office.citizen_wrote(1)
    assert office.notices.step() == 3
    office.clock.advance(timedelta(minutes=5))
    office.citizen_wrote(2, 3)
    office.citizen_wrote(4, agency=_EASTERN_AGENCY)
    assert office.notices.step() == 1
    office.send_all()
    office.clock.advance(NOTICE_INTERVAL)
    assert office.notices.step() == 3
    assert "2 laporan" in office.send_all()["ratna@pln.example"].subject
    assert office.notices.step() == 0


def arrival(office: Office, number: int, *kinds: ChangeKind) -> None:
    """Store the changes of a case that came."""
    dispatch_id = UUID(int=100 + number)
    changes = [
        CaseChange(UUID(int=10 * number + place), kind, _AGENCY, f"L{number}", dispatch_id, "new", office.clock.time)
        for place, kind in enumerate(kinds)
    ]
    with write_transaction(office.engine) as connection:
        office.queue.add(connection, changes)


def test_a_danger_is_told_at_once(office: Office) -> None:
    """Each time, whatever was told before; with number and link, and without the kind of danger."""
    office.citizen_wrote(1)
    assert office.notices.step() == 3
    for number in (2, 3):
        arrival(office, number, "received", "danger")
        arrival(office, number, "received", "danger")
        assert [office.notices.step(), office.notices.step()] == [3, 0]
    mails = office.send_all_of_each()["budi@pln.example"]
    assert [mail.kind for mail in mails] == ["danger", "danger", "notice"]
    assert mails[0].subject == "BAHAYA: 1 laporan di Satu Pintu harus dibuka sekarang"
    bodies = {mail.body for mail in mails[:2]}
    assert (
        "Laporan berikut menyebut bahaya bagi nyawa. Buka dan jawab sekarang:\n\n"
        "L2: https://lapor.example/desk/L2\n\n"
        "Halaman laporan menyebut siapa yang harus ditelepon. Nomor darurat: 112.\n\n"
        "Email ini dibuat otomatis. Mohon tidak dibalas.\n"
    ) in bodies


def test_a_danger_is_sent_before_a_thousand_digests(office: Office) -> None:
    """One process sends one e-mail after the other."""
    office.counts[_AGENCY] = DigestCounts(new=3)
    office.digests.step()
    office.clock.advance(timedelta(minutes=1))
    arrival(office, 2, "danger")
    office.notices.step()
    claimed = office.outbox.claim("lease")
    assert claimed
    assert claimed.mail.kind == "danger"


def test_new_cases_are_told_of_if_the_agency_wants_it(office: Office) -> None:
    """The first one at once, what follows in ten minutes. A case with a danger has one e-mail."""
    work = CaseWork(office.engine, lambda *_: None, office.clock, uuid4)
    coordinator = Actor(UUID(int=1), "Ratna", Role.COORDINATOR, _AGENCY)
    arrival(office, 1, "received")
    work.set_mails_new_cases(coordinator, _AGENCY, wanted=True)
    assert work.mails_new_cases(_AGENCY)
    assert not work.mails_new_cases(_EASTERN_AGENCY)
    assert office.notices.step() == 0
    arrival(office, 2, "received")
    assert office.notices.step() == 3
    arrival(office, 3, "received")
    arrival(office, 4, "received")
    arrival(office, 5, "received", "danger")
    assert office.notices.step() == 3
    assert {mail.kind for mails in office.send_all_of_each().values() for mail in mails} == {"danger", "received"}
    office.clock.advance(NEW_CASES_INTERVAL)
    assert office.notices.step() == 3
    mail = office.send_all()["budi@pln.example"]
    assert mail.subject == "Satu Pintu: 2 laporan baru"
    assert [f"L{number}:" in mail.body for number in (2, 3, 4, 5)] == [False, True, True, False]
    work.set_mails_new_cases(coordinator, _AGENCY, wanted=False)
    arrival(office, 6, "received")
    office.clock.advance(NEW_CASES_INTERVAL)
    assert office.notices.step() == 0


def test_a_record_that_is_processed_again_makes_no_second_notice(office: Office) -> None:
    """Nor does a change of last week, which a replay brings."""
    office.citizen_wrote(1, 1)
    office.citizen_wrote(1)
    office.notices.step()
    office.clock.advance(NOTICE_INTERVAL)
    office.citizen_wrote(1)
    assert office.notices.step() == 0
    now = office.clock.time
    office.clock.time = now - timedelta(days=7)
    changes = [CaseChange(UUID(int=9), "citizen-wrote", _AGENCY, "L9", UUID(int=7), "new", office.clock.time)]
    office.clock.time = now
    with write_transaction(office.engine) as connection:
        office.queue.add(connection, changes)
    assert office.notices.step() == 0


def test_a_long_notice_counts_what_it_does_not_list(office: Office) -> None:
    """After a power cut, hundreds of citizens write."""
    office.citizen_wrote(*range(100, 100 + MAX_LISTED_CASES + 5))
    office.notices.step()
    body = office.send_all()["ratna@pln.example"].body
    assert body.count("https://lapor.example/desk/L") == MAX_LISTED_CASES
    assert "Dan 5 laporan lain." in body


def test_a_notice_is_stored_together_with_its_mark(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the e-mails cannot be stored, the changes wait for the next step."""
    office.citizen_wrote(1)
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise DatabaseUnavailable("full")

        patch.setattr(office.outbox, "add_within", fail)
        with pytest.raises(DatabaseUnavailable):
            office.notices.step()
    assert office.notices.step() == 3


def test_each_person_hears_of_the_own_deadlines_in_one_mail(office: Office) -> None:
    """The most urgent first, beside what citizens wrote; an overseer by a reminder without links."""
    office.citizen_wrote(1)
    office.reached(2, "due", "1")
    office.reached(3, "overdue", "1", "2")
    office.reached(4, "twice-overdue", "head")
    office.reached(5, "three-times-overdue", "1", "overseer")
    office.reached(6, "three-times-overdue", "gone", "overseer")
    assert office.notices.step() == 5
    mails = {address: mail for address, (mail,) in office.send_all_of_each().items()}
    assert mails["ratna@pln.example"].subject == "Satu Pintu: 4 laporan perlu perhatian"
    lines = mails["ratna@pln.example"].body.splitlines()
    assert [line for line in lines if line.startswith(("L", "Tenggat", "Pelapor"))] == [
        "Laporan berikut lewat tiga kali tenggatnya dan belum selesai:",
        "L5: https://lapor.example/desk/L5",
        "Laporan berikut lewat tenggat:",
        "L3: https://lapor.example/desk/L3",
        "Tenggat laporan berikut tinggal satu hari kerja:",
        "L2: https://lapor.example/desk/L2",
        "Pelapor menulis lagi pada laporan berikut:",
        "L1: https://lapor.example/desk/L1",
    ]
    assert [number for number in range(1, 7) if f"L{number}:" in mails["budi@pln.example"].body] == [1, 3]
    assert mails["english@pln.example"].subject == "Satu Pintu: the sender wrote in 1 complaint"
    assert [number for number in range(1, 7) if f"L{number}:" in mails["direktur@pln.example"].body] == [4]
    reminder = mails["pengawas@ombudsman.contoh.id"]
    assert reminder.subject == "Satu Pintu: 2 laporan lewat tiga kali tenggat"
    assert "https:" not in reminder.body
    assert reminder.body.startswith("Laporan berikut di PLN lewat tiga kali tenggatnya dan belum selesai:\n\nL5\nL6\n")
    assert office.notices.step() == 0


def test_officers_hear_of_recommendations_and_of_their_deadlines(office: Office) -> None:
    """All officers of a new one; of its deadline those whom the rules name, and overseers without its words."""
    office.citizen_wrote(1, kind="recommended")
    office.reached(2, "recommendation-due", "1")
    office.reached(3, "recommendation-overdue", "1", "overseer")
    assert office.notices.step() == 4
    mails = {address: mail for address, (mail,) in office.send_all_of_each().items()}
    lines = mails["ratna@pln.example"].body.splitlines()
    assert [line for line in lines if line.startswith(("L", "Tenggat", "Rekomendasi", "Pengawas"))] == [
        "Rekomendasi pengawas pada laporan berikut belum dijawab, dan tenggatnya lewat:",
        "L3: https://lapor.example/desk/L3",
        "Tenggat menjawab rekomendasi pengawas pada laporan berikut tinggal satu hari kerja:",
        "L2: https://lapor.example/desk/L2",
        "Pengawas memberi rekomendasi pada laporan berikut. Instansi Anda harus menjawabnya:",
        "L1: https://lapor.example/desk/L1",
    ]
    reminder = mails["pengawas@ombudsman.contoh.id"]
    assert reminder.subject == "Satu Pintu: 1 laporan dengan rekomendasi yang belum dijawab"
    assert reminder.body.startswith("PLN belum menjawab rekomendasi pengawas pada laporan berikut.")
    assert "L2" not in mails["budi@pln.example"].body


@pytest.mark.parametrize("kind", sorted(ESCALATED_KINDS))
def test_every_kind_of_deadline_has_its_sentences(office: Office, kind: ChangeKind) -> None:
    """For persons of the agency, and for overseers unless it is the deadline of a unit."""
    office.reached(1, kind, "1", "overseer")
    assert office.notices.step() == 1 + (not kind.startswith(("unit-", "passed-")))
    assert "L1: https://lapor.example/desk/L1" in office.send_all()["ratna@pln.example"].body


def test_coordinators_hear_that_a_webhook_was_switched_off(office: Office) -> None:
    """Once for each time, with the reason. Officers do not."""
    for _ in range(2):
        office.notices.switched_off(_AGENCY, "webhook change 9", "failing")
    mails = office.send_all()
    assert set(mails) == {"ratna@pln.example"}
    assert mails["ratna@pln.example"].subject == "Satu Pintu: webhook instansi Anda dimatikan"
    assert "selama tiga hari" in mails["ratna@pln.example"].body
    assert "https://lapor.example/desk/webhook" in mails["ratna@pln.example"].body
    office.notices.switched_off(_AGENCY, "webhook change 10", "gone")
    assert "(410)" in office.send_all()["ratna@pln.example"].body


def test_an_unusable_address_stops_no_other(office: Office) -> None:
    """The log names the account, not the address."""
    office.accounts.persons[_AGENCY].insert(0, Recipient("9", "salah ketik@pln"))
    office.counts[_AGENCY] = DigestCounts(new=1)
    with captured_log() as log:
        assert office.digests.step() == 2
    assert [(line["event"], line["account_id"]) for line in log.lines] == [("mail.address_unusable", "9")]
    assert log.logged_words(["salah ketik"]) == []


def test_every_kind_of_mail_arrives_as_it_was_composed(office: Office) -> None:
    """A mail server gets digest, notice, reminder and warning, each with its recipient, subject and words."""
    office.counts[_AGENCY] = DigestCounts(new=1, overdue=2)
    office.digests.step()
    office.citizen_wrote(1)
    office.reached(2, "three-times-overdue", "overseer")
    office.notices.step()
    office.notices.switched_off(_AGENCY, "webhook change 9", "failing")
    composed: list[Mail] = []
    with mail_server() as server:
        client = SmtpClient(
            SmtpServer(HOST, server.port, "none", "", "", "satu-pintu@lapor.example"), lambda: office.clock.time
        )
        while claimed := office.outbox.claim("lease"):
            result = client.send(claimed.mail)
            assert result == MailResult()
            office.outbox.finish(claimed, result)
            composed.append(claimed.mail)
        arrived = [
            (message["To"], message["Subject"], message.get_content().splitlines()) for message in server.messages
        ]
    assert {mail.kind for mail in composed} == {"digest", "notice", "reminder", "webhook-off"}
    assert arrived == [(mail.to, mail.subject, mail.body.splitlines()) for mail in composed]


def test_an_officer_of_a_unit_hears_of_its_cases_alone(office: Office) -> None:
    """By notice and digest. A number that nobody of the unit may see is in no mail to it."""
    generate_cases(office.engine, [_AGENCY], 3, office.clock.time)
    with read_transaction(office.engine) as connection:
        first, second, _ = connection.execute(select(col(DeskCase.tracking), col(DeskCase.dispatch_id))).all()
    Units(office.engine, lambda *_: None, office.clock).add(_AGENCY, Unit("UP3", "UP3 Semarang"), "Budi", "test")
    with write_transaction(office.engine) as connection:
        held = {"dispatch_id": first.dispatch_id, "agency": _AGENCY, "unit": "UP3 Semarang", "unit_code": "UP3"}
        empty = {"unit_from": "", "returns": 0, "account_id": "", "name": ""}
        connection.execute(insert_statement(connection, DeskHolder).values({**held, **empty}))
        numbers = (first.tracking, second.tracking)
        changes = [
            CaseChange(UUID(int=at), "citizen-wrote", _AGENCY, number, UUID(int=at), "new", office.clock.time)
            for at, number in enumerate(numbers)
        ]
        office.queue.add(connection, changes)
    office.accounts.persons = {
        _AGENCY: [Recipient("1", "ratna@pln.example"), Recipient("2", "unit@pln.example", unit="UP3")]
    }
    office.counts = {_AGENCY: DigestCounts(new=3), f"{_AGENCY} UP3": DigestCounts(new=1)}
    assert office.notices.step() == 2
    bodies = {address: mail.body for address, mail in office.send_all().items()}
    assert [number in bodies["ratna@pln.example"] for number in numbers] == [True, True]
    assert [number in bodies["unit@pln.example"] for number in numbers] == [True, False]
    assert office.digests.step() == 2
    digests = {address: mail.body for address, mail in office.send_all().items()}
    assert ("3" in digests["ratna@pln.example"], "1" in digests["unit@pln.example"]) == (True, True)
    assert digests["ratna@pln.example"] != digests["unit@pln.example"]


def test_the_officers_of_an_asked_unit_hear_of_it(office: Office) -> None:
    """They alone; where the unit has nobody, those of the nearest unit above, and at last those of the agency."""
    units = Units(office.engine, lambda *_: None, office.clock)
    for unit in (Unit("UP3", "UP3 Semarang"), Unit("ULP", "ULP Semarang", "UP3"), Unit("UIP", "UIP Jawa")):
        units.add(_AGENCY, unit, "Budi", "test")
    office.accounts.persons = {
        _AGENCY: [Recipient("1", "ratna@pln.example"), Recipient("2", "unit@pln.example", unit="UP3")]
    }
    for number, (code, reader) in enumerate((("UP3", "unit"), ("ULP", "unit"), ("UIP", "ratna"))):
        asked = CaseChange(
            UUID(int=number), "contribution-asked", _AGENCY, f"L{number}", UUID(int=7), "proses", office.clock.time
        )
        with write_transaction(office.engine) as connection:
            office.queue.add_contribution(connection, asked, code)
        assert office.notices.step() == 1
        ((address, mail),) = office.send_all().items()
        assert (address, f"L{number}" in mail.body) == (f"{reader}@pln.example", True)
        assert "Unit Anda diminta kontribusi" in mail.body
        office.clock.advance(NOTICE_INTERVAL)


def test_an_officer_of_a_unit_without_news_gets_no_mail(office: Office) -> None:
    """Neither a notice nor a digest."""
    office.accounts.persons = {_AGENCY: [Recipient("2", "unit@pln.example", unit="UP3")]}
    office.counts = {_AGENCY: DigestCounts(new=3)}
    office.citizen_wrote(1)
    assert (office.notices.step(), office.digests.step()) == (0, 0)


def test_coordinators_hear_two_weeks_before_a_last_day(office: Office) -> None:
    """Once for all persons with the same last day, and once after it. No name is in the e-mail."""
    # Midnight in Jakarta after 8 December.
    ends_at = datetime(2026, 12, 8, 17, tzinfo=UTC)
    office.accounts.ends = {(_AGENCY, ends_at): 2}
    office.clock.time = ends_at - timedelta(days=14, seconds=1)
    assert office.new_appointment_mail().step() == 0
    office.clock.time += timedelta(seconds=1)
    assert office.new_appointment_mail().step() == 1
    office.new_appointment_mail().step()
    ((address, (mail,)),) = office.send_all_of_each().items()
    assert address == "ratna@pln.example"
    assert "Tugas 2 orang di PLN berakhir pada 8 Des 2026." in mail.body
    assert "https://lapor.example/desk/akun-semua" in mail.body
    office.clock.time = ends_at
    for _ in range(2):
        office.new_appointment_mail().step()
    ((_, (mail,)),) = office.send_all_of_each().items()
    assert "Tugas 2 orang di PLN sudah berakhir, pada 8 Des 2026." in mail.body
    assert "https://lapor.example/desk?daftar=dilepas" in mail.body


def test_administrators_hear_where_there_is_no_coordinator(office: Office) -> None:
    """Somebody must."""
    office.accounts.ends = {("kota-3374", office.clock.time + timedelta(days=3)): 1}
    assert office.new_appointment_mail().step() == 1
    assert list(office.send_all()) == ["administrator@lapor.contoh.id"]
