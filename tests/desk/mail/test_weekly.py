"""The weekly letter: to whom, when, once, and with the numbers of the reader's tier alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from desk.mail.composer import MailComposer
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient
from desk.mail.smtp import MailResult
from desk.mail.texts import DeskLinks, WeeklyFacts, WeeklyFigure
from desk.mail.weekly import WeeklyJob, weekly_day
from messages.sealing import Sealer
from pages.translation.message import Message
from pages.translation.translator import load_translator
from tests.accounts.desk import Clock

_CITY, _EASTERN = "kota-3374", "kabupaten-9101"
_WIB, _WIT = timezone(timedelta(hours=7)), timezone(timedelta(hours=9))
_LINKS = DeskLinks(
    *(str, str),
    *("https://x.example/webhook", "https://x.example/saya", "https://x.example/akun", "https://x.example/dilepas"),
    "https://x.example/pimpinan",
)
# Monday, 07:00 in Jakarta.
_MONDAY = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)


@dataclass
class Office:
    """The job on a database."""

    engine: Engine
    clock: Clock = field(default_factory=lambda: Clock(_MONDAY))
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the parts."""
        self.outbox = MailOutbox(self.engine, Sealer([b"k" * 64]), self.clock)
        self.job = self.new_job()

    def new_job(self) -> WeeklyJob:
        """Return the job as another process has it."""
        leaders: dict[str, Sequence[Recipient]] = {
            _CITY: [
                Recipient("1", "sekda@kota.example"),
                Recipient("2", "koordinator@kota.example", wants_digest=False),
                Recipient("3", "kadis@kota.example", unit="DINKES"),
                Recipient("4", "head@kota.example", language="en", unit="DINKES"),
            ],
            _EASTERN: [Recipient("5", "bupati@timur.example")],
        }
        composer = MailComposer(load_translator().translate)
        zones = {_CITY: _WIB, _EASTERN: _WIT}
        return WeeklyJob(lambda: leaders, self.facts, zones.__getitem__, _LINKS, composer, self.outbox, self.clock)

    def facts(self, agency: str, unit: str) -> WeeklyFacts:
        """Return numbers by which a tier is known."""
        self.asked.append((agency, unit))
        figures = [WeeklyFigure(Message("Kasus"), Message("12"), Message("9"))]
        if unit:
            return WeeklyFacts(Message("November 2026"), figures, overdue=3, returning=1, units_without_officer=2)
        return WeeklyFacts(Message("November 2026"), figures)

    def send_all(self) -> dict[str, tuple[str, str]]:
        """Send the e-mails; return subject and body by recipient."""
        mails = {}
        while claimed := self.outbox.claim("lease"):
            self.outbox.finish(claimed, MailResult())
            mails[claimed.mail.to] = (claimed.mail.subject, claimed.mail.body)
        return mails


@pytest.fixture
def office(engine: Engine) -> Office:
    """Return the job on each database."""
    return Office(engine)


@pytest.mark.parametrize(
    ("local_time", "is_due"),
    [
        ("2026-11-30T07:00", True),
        ("2026-11-30T11:59", True),
        ("2026-11-30T06:59", False),
        ("2026-11-30T12:00", False),
        ("2026-11-29T08:00", False),
        ("2026-12-01T08:00", False),
    ],
)
def test_a_letter_is_due_on_monday_morning_of_its_zone(local_time: str, is_due: bool) -> None:  # noqa: FBT001 - an expected value
    """Not on another day."""
    for zone in (_WIB, _WIT):
        now = datetime.fromisoformat(local_time).replace(tzinfo=zone)
        assert (weekly_day(now, zone) is not None) is is_due


def test_each_reader_gets_the_numbers_of_the_own_tier(office: Office) -> None:
    """In the reader's language, with links and numbers alone. Who does not want e-mail gets none."""
    assert office.job.step() == 4
    mails = office.send_all()
    assert set(mails) == {"sekda@kota.example", "kadis@kota.example", "head@kota.example", "bupati@timur.example"}
    subject, body = mails["kadis@kota.example"]
    assert subject == "Satu Pintu: surat mingguan, 2026-11-30"
    assert body.split("\n\n")[1:] == [
        "3 laporan lewat tenggat\n1 topik dan kecamatan dilaporkan lagi sesudah selesai",
        "Laporan yang masuk pada November 2026, di samping bulan sebelumnya:\nKasus: 12 (9)",
        "2 unit tanpa petugas",
        "Semua angka, juga untuk dicetak: https://x.example/pimpinan",
        "Anda dapat mematikan surat ini dan ringkasan pagi di akun Anda: https://x.example/saya",
        "Email ini dibuat otomatis. Mohon tidak dibalas.\n",
    ]
    assert "Tidak ada laporan yang lewat tenggat atau dibiarkan." in mails["sekda@kota.example"][1]
    assert mails["head@kota.example"][0] == "Satu Pintu: weekly letter, 2026-11-30"
    assert sorted(office.asked) == [(_EASTERN, ""), (_CITY, ""), (_CITY, "DINKES")]


def test_a_letter_comes_once_a_week(office: Office) -> None:
    """Whatever process makes it, and again on the next Monday."""
    office.job.step()
    office.send_all()
    office.clock.advance(timedelta(hours=1))
    assert office.job.step() == 0
    office.new_job().step()
    assert office.send_all() == {}
    office.clock.advance(timedelta(days=7) - timedelta(hours=1))
    assert office.job.step() == 4
    assert len(office.send_all()) == 4
