"""Texts of the e-mails. They contain numbers and links only, and no word or name of a person. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from desk.changes import ChangeKind
from messages.replies.emergency_texts import EMERGENCY
from pages.translation.message import Message, counted
from pages.translation.message import message as _

# Lists of cases that an e-mail links to.
CaseList: TypeAlias = Literal["new", "due_soon", "overdue", "waiting"]
# Numbers of cases that a notice lists; it counts the others.
MAX_LISTED_CASES: Final = 20

_FOOTER = _("Email ini dibuat otomatis. Mohon tidak dibalas.")
_DIGEST_SUBJECT = _("Satu Pintu: ringkasan pagi, {date}")
_DIGEST_OPENING = _("Selamat pagi. Laporan instansi Anda pagi ini:")
_DIGEST_SETTINGS = _("Anda dapat mematikan ringkasan ini di akun Anda: {link}")
_WEEKLY_SUBJECT = _("Satu Pintu: surat mingguan, {date}")
_WEEKLY_OPENING = _("Selamat pagi. Laporan di bagian Anda pada awal minggu ini:")
_WEEKLY_NOTHING = _("Tidak ada laporan yang lewat tenggat atau dibiarkan.")
_WEEKLY_MONTH = _("Laporan yang masuk pada {month}, di samping bulan sebelumnya:")
_WEEKLY_FIGURE = _("{title}: {value} ({value_before})")
_WEEKLY_PAGE = _("Semua angka, juga untuk dicetak: {link}")
_WEEKLY_SETTINGS = _("Anda dapat mematikan surat ini dan ringkasan pagi di akun Anda: {link}")
# Sentence before the cases of each kind of change, the most urgent first.
NOTICE_OPENINGS: Mapping[ChangeKind, Message] = {
    "three-times-overdue": _("Laporan berikut lewat tiga kali tenggatnya dan belum selesai:"),
    "twice-overdue": _("Laporan berikut lewat dua kali tenggatnya dan belum selesai:"),
    "overdue": _("Laporan berikut lewat tenggat:"),
    "unit-overdue": _("Laporan berikut lewat tenggat unit Anda:"),
    "recommendation-overdue": _("Rekomendasi pengawas pada laporan berikut belum dijawab, dan tenggatnya lewat:"),
    "due": _("Tenggat laporan berikut tinggal satu hari kerja:"),
    "unit-due": _("Tenggat unit Anda untuk laporan berikut tinggal satu hari kerja:"),
    "recommendation-due": _("Tenggat menjawab rekomendasi pengawas pada laporan berikut tinggal satu hari kerja:"),
    "recommended": _("Pengawas memberi rekomendasi pada laporan berikut. Instansi Anda harus menjawabnya:"),
    "contribution-asked": _("Unit Anda diminta kontribusi pada laporan berikut:"),
    "contribution-given": _("Unit lain memberi kontribusi pada laporan berikut:"),
    "passed-on": _("Laporan berikut diteruskan ke unit Anda:"),
    "citizen-wrote": _("Pelapor menulis lagi pada laporan berikut:"),
}
# Kinds of changes of which the rules of `escalation.csv` say who hears.
ESCALATED_KINDS: frozenset[ChangeKind] = frozenset(
    NOTICE_OPENINGS.keys() - {"recommended", "contribution-asked", "contribution-given", "citizen-wrote"}
)
# Sentence before the cases of each kind of change that officers are told of at once, in an e-mail of its own.
URGENT_OPENINGS: Mapping[ChangeKind, Message] = {
    "danger": _("Laporan berikut menyebut bahaya bagi nyawa. Buka dan jawab sekarang:"),
    "received": _("Laporan berikut masuk ke instansi Anda:"),
}
_DANGER_ADVICE = _("Halaman laporan menyebut siapa yang harus ditelepon. Nomor darurat: {number}.")
_NEW_CASES_SETTINGS = _("Koordinator instansi Anda dapat mematikan email ini: {link}")
# Sentence of a reminder to overseers, by the kind of change.
REMINDER_OPENINGS: Mapping[ChangeKind, Message] = {
    "due": _("Tenggat laporan berikut di {agency} tinggal satu hari kerja:"),
    "overdue": _("Laporan berikut di {agency} lewat tenggatnya dan belum selesai:"),
    "twice-overdue": _("Laporan berikut di {agency} lewat dua kali tenggatnya dan belum selesai:"),
    "three-times-overdue": _("Laporan berikut di {agency} lewat tiga kali tenggatnya dan belum selesai:"),
    "recommendation-due": _(
        "{agency} belum menjawab rekomendasi pengawas pada laporan berikut. Tenggatnya tinggal satu hari kerja:"
    ),
    "recommendation-overdue": _("{agency} belum menjawab rekomendasi pengawas pada laporan berikut. Tenggatnya lewat:"),
}
_OFF_SUBJECT = _("Satu Pintu: webhook instansi Anda dimatikan")
_OFF_FAILING = _("Sebuah alamat webhook instansi Anda tidak menerima pemberitahuan selama tiga hari.")
_OFF_GONE = _("Sebuah alamat webhook instansi Anda menjawab bahwa alamat itu sudah tidak ada (410).")
_OFF_ADVICE = _(
    "Kami berhenti mengirim ke alamat itu. Perbaiki sistem penerima, lalu hidupkan lagi webhook itu: {link}"
)
_OFF_WAITING = _("Pemberitahuan yang tertunda akan dikirim setelah dihidupkan, paling lama 30 hari.")
_ENDING_SUBJECT = _("Satu Pintu: tugas petugas segera berakhir")
_ENDING_ADVICE = _("Perpanjang tugas mereka, atau serahkan laporannya kepada orang lain: {link}")
_ENDED_SUBJECT = _("Satu Pintu: tugas petugas berakhir")
_ENDED_ADVICE = _("Laporan yang mereka pegang dilepas. Serahkan kepada orang lain: {link}")


@dataclass(frozen=True, slots=True)
class DigestCounts:
    """Numbers of an agency's cases: not read yet, due within 24 hours, past the deadline, waiting for the citizen."""

    new: int = 0
    due_soon: int = 0
    overdue: int = 0
    waiting: int = 0

    def is_empty(self) -> bool:
        """Return True if there is nothing to say."""
        return not (self.new or self.due_soon or self.overdue or self.waiting)


class WeeklyFigure(NamedTuple):
    """A figure of the month as a person reads it, beside that of the month before."""

    title: Message
    value: Message
    value_before: Message


@dataclass(frozen=True, slots=True)
class WeeklyFacts:
    """Numbers of a tier for the weekly letter.

    Cases: past their deadline, new for some days and left by all, with a danger that nobody has opened. `returning`
    counts topics and places, then persons who never signed in, units without an officer, webhooks that are off.
    """

    month: Message
    figures: Sequence[WeeklyFigure] = ()
    overdue: int = 0
    untouched: int = 0
    unopened_dangers: int = 0
    returning: int = 0
    never_signed_in: int = 0
    units_without_officer: int = 0
    webhooks_off: int = 0


@dataclass(frozen=True, slots=True)
class DeskLinks:
    """Addresses of the desk's pages: a list of cases, one case by its number, webhooks, and the person's account.

    `accounts` is the page of all accounts, `released` the list of cases whose officer works there no more, `head_page`
    the page of heads and coordinators.
    """

    case_list: Callable[[CaseList], str]
    case: Callable[[str], str]
    webhooks: str
    account: str
    accounts: str
    released: str
    head_page: str


@dataclass(frozen=True, slots=True)
class MailText:
    """Subject and paragraphs of an e-mail, to be translated for its reader. A paragraph has lines."""

    subject: Message
    paragraphs: Sequence[Sequence[str]]

    def render(self, translate: Callable[[str], str]) -> tuple[str, str]:
        """Return subject and body in the current language."""
        paragraphs = ["\n".join(map(translate, lines)) for lines in (*self.paragraphs, [_FOOTER])]
        return translate(self.subject), "\n\n".join(paragraphs) + "\n"


def digest_text(counts: DigestCounts, date: str, links: DeskLinks) -> MailText:
    """Return the morning digest. A list without cases is left out."""
    lists: Sequence[tuple[CaseList, int, Message]] = (
        ("overdue", counts.overdue, counted("{count} laporan lewat tenggat", counts.overdue)),
        ("due_soon", counts.due_soon, counted("{count} laporan jatuh tempo dalam 24 jam", counts.due_soon)),
        ("new", counts.new, counted("{count} laporan baru", counts.new)),
        ("waiting", counts.waiting, counted("{count} laporan menunggu jawaban pelapor", counts.waiting)),
    )
    linked = [[line, links.case_list(case_list)] for case_list, number, line in lists if number]
    settings = _DIGEST_SETTINGS.filled(link=links.account)
    return MailText(_DIGEST_SUBJECT.filled(date=date), [[_DIGEST_OPENING], *linked, [settings]])


def weekly_text(facts: WeeklyFacts, date: str, links: DeskLinks) -> MailText:
    """Return the weekly letter of a tier. What there is none of is left out."""
    cases = (
        (facts.unopened_dangers, counted("{count} laporan dengan bahaya belum dibuka petugas", facts.unopened_dangers)),
        (facts.overdue, counted("{count} laporan lewat tenggat", facts.overdue)),
        (facts.untouched, counted("{count} laporan baru dibiarkan lebih dari tiga hari", facts.untouched)),
        (facts.returning, counted("{count} topik dan kecamatan dilaporkan lagi sesudah selesai", facts.returning)),
    )
    usage = (
        (facts.never_signed_in, counted("{count} petugas belum pernah masuk", facts.never_signed_in)),
        (facts.units_without_officer, counted("{count} unit tanpa petugas", facts.units_without_officer)),
        (facts.webhooks_off, counted("{count} webhook mati", facts.webhooks_off)),
    )
    figures = [_WEEKLY_FIGURE.filled(**figure._asdict()) for figure in facts.figures]
    parts = [
        [line for number, line in cases if number] or [_WEEKLY_NOTHING],
        [_WEEKLY_MONTH.filled(month=facts.month), *figures],
        [line for number, line in usage if number],
    ]
    links_of_page = [_WEEKLY_PAGE.filled(link=links.head_page)]
    settings = [_WEEKLY_SETTINGS.filled(link=links.account)]
    paragraphs = [[_WEEKLY_OPENING], *filter(None, parts), links_of_page, settings]
    return MailText(_WEEKLY_SUBJECT.filled(date=date), paragraphs)


def notice_text(numbers: Mapping[ChangeKind, Sequence[str]], links: DeskLinks) -> MailText:
    """Return the notice of changes of cases, given by their tracking numbers for each kind of change."""
    paragraphs: list[Sequence[str]] = []
    for kind, opening in NOTICE_OPENINGS.items():
        if kind_numbers := numbers.get(kind, ()):
            paragraphs += [[opening], _listed(kind_numbers, links), *_unlisted(kind_numbers)]
    cases = len({number for kind_numbers in numbers.values() for number in kind_numbers})
    only_written = all(kind == "citizen-wrote" for kind, kind_numbers in numbers.items() if kind_numbers)
    if only_written:
        return MailText(counted("Satu Pintu: pelapor menulis pada {count} laporan", cases), paragraphs)
    return MailText(counted("Satu Pintu: {count} laporan perlu perhatian", cases), paragraphs)


def danger_text(numbers: Sequence[str], links: DeskLinks) -> MailText:
    """Return the notice of cases with danger to life. It does not say which danger: a mail may be read by others."""
    opening, advice = URGENT_OPENINGS["danger"], _DANGER_ADVICE.filled(number=EMERGENCY)
    subject = counted("BAHAYA: {count} laporan di Satu Pintu harus dibuka sekarang", len(numbers))
    return MailText(subject, [[opening], _listed(numbers, links), *_unlisted(numbers), [advice]])


def new_cases_text(numbers: Sequence[str], links: DeskLinks) -> MailText:
    """Return the notice of new cases, for an agency that wants it."""
    opening, settings = URGENT_OPENINGS["received"], _NEW_CASES_SETTINGS.filled(link=links.webhooks)
    subject = counted("Satu Pintu: {count} laporan baru", len(numbers))
    return MailText(subject, [[opening], _listed(numbers, links), *_unlisted(numbers), [settings]])


def reminder_text(kind: ChangeKind, agency_name: str, numbers: Sequence[str]) -> MailText:
    """Return a reminder of cases with a change of `REMINDER_OPENINGS`. Its readers need not have access to the desk."""
    subject = counted("Satu Pintu: {count} laporan perlu perhatian", len(numbers))
    if kind == "three-times-overdue":
        subject = counted("Satu Pintu: {count} laporan lewat tiga kali tenggat", len(numbers))
    if kind in {"recommendation-due", "recommendation-overdue"}:
        subject = counted("Satu Pintu: {count} laporan dengan rekomendasi yang belum dijawab", len(numbers))
    opening = REMINDER_OPENINGS[kind].filled(agency=agency_name)
    return MailText(subject, [[opening], numbers[:MAX_LISTED_CASES], *_unlisted(numbers)])


def _listed(numbers: Sequence[str], links: DeskLinks) -> Sequence[str]:
    return [f"{number}: {links.case(number)}" for number in numbers[:MAX_LISTED_CASES]]


def _unlisted(numbers: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the paragraph that counts the cases which are not listed, if there are any."""
    unlisted = len(numbers) - MAX_LISTED_CASES
    return [[counted("Dan {count} laporan lain.", unlisted)]] if unlisted > 0 else []


def switched_off_text(reason: str, links: DeskLinks) -> MailText:
    """Return the notice that a webhook was switched off. `reason` is `failing` or `gone`."""
    cause = _OFF_GONE if reason == "gone" else _OFF_FAILING
    return MailText(_OFF_SUBJECT, [[cause], [_OFF_ADVICE.filled(link=links.webhooks)], [_OFF_WAITING]])


def ending_text(agency_name: str, count: int, last_day: str, links: DeskLinks) -> MailText:
    """Return the e-mail about persons whose last day is near."""
    opening = counted("Tugas {count} orang di {agency} berakhir pada {day}.", count, agency=agency_name, day=last_day)
    advice = _ENDING_ADVICE.filled(link=links.accounts)
    return MailText(_ENDING_SUBJECT, [[opening], [advice], [_FOOTER]])


def ended_text(agency_name: str, count: int, last_day: str, links: DeskLinks) -> MailText:
    """Return the e-mail about persons whose last day is over."""
    opening = counted(
        "Tugas {count} orang di {agency} sudah berakhir, pada {day}.", count, agency=agency_name, day=last_day
    )
    advice = _ENDED_ADVICE.filled(link=links.released)
    return MailText(_ENDED_SUBJECT, [[opening], [advice], [_FOOTER]])
