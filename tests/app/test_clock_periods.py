"""Texts for citizens follow the rows of `clocks.csv`: none of them has a number of days of its own."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.assembly.http import page_templates
from cases.clocks.clock_table import CLOCKS, ClockTable, load_clock_rows
from cases.clocks.deadlines import Deadlines
from cases.clocks.working_calendar import WorkingCalendar
from config.reference.folder import SHIPPED_FOLDER
from messages.replies.answer_replies import AnswerSubject, reply_text
from messages.replies.reply_texts import unopposed_text
from messages.replies.report_states import ReportState
from pages.translation.language import in_language
from sinks.ledger.own.own_report import OwnReport
from sinks.ledger.status import ReportStatus, StatusStep
from sinks.ledger.wording import page_sentence
from tests.support.deadlines import DEADLINES
from tests.support.page_texts import page_text

# Days and unit of the rows that citizens read of, from a day on.
CHANGES = {"verify": ("1", "working"), "first_answer": ("7", "calendar"), "objection": ("12", "calendar")}
CHANGE = datetime(2027, 1, 1, tzinfo=UTC)
BEFORE, AFTER = CHANGE - timedelta(days=1), CHANGE + timedelta(days=1)


def deadlines_of(folder: Path, rows: Sequence[Mapping[str, str]]) -> Deadlines:
    """Return the deadlines of an operator's table."""
    path = folder / CLOCKS
    with path.open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return Deadlines(WorkingCalendar(()), ClockTable(load_clock_rows(path)))


def shipped_rows() -> list[dict[str, str]]:
    """Return the rows of the shipped table."""
    with (SHIPPED_FOLDER / CLOCKS).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def changed(tmp_path: Path) -> Deadlines:
    """A table that changes on `CHANGE`, as an operator writes it: the earlier rows end on the day before."""
    rows = []
    for row in shipped_rows():
        if row["clock"] not in CHANGES:
            rows.append(row)
            continue
        days, unit = CHANGES[row["clock"]]
        rows.append({**row, "valid_until": f"{BEFORE:%Y-%m-%d}"})
        rows.append({**row, "days": days, "unit": unit, "extension_days": "0", "valid_from": f"{CHANGE:%Y-%m-%d}"})
    return deadlines_of(tmp_path, rows)


def pages(deadlines: Deadlines, now: datetime, language: str = "id") -> str:
    """Return the text of all pages that say how long something takes, in a language."""
    environment = page_templates(deadlines, lambda: now)
    states: Sequence[ReportState] = ("diterima", "diteruskan", "selesai")
    with in_language(language):
        texts = [environment.get_template(name).render(nonce=str, contact={}) for name in ("help.html", "receipt.html")]
        for state in states:
            status = ReportStatus("7K2M-P9QX-4TBC", state, (StatusStep(now, "received"),), "new", None)
            values = {
                "status": status,
                "report": OwnReport(status, (), answered_at=now),
                "sentence": page_sentence(status, names_agency=True),
                "number": status.tracking,
                "acts": ("adds",),
                "form_id": str,
                "nonce": str,
            }
            texts += [environment.get_template(name).render(values) for name in ("status.html", "own.html")]
    return page_text("\n".join(texts))


@pytest.mark.parametrize(
    ("now", "language", "present", "absent"),
    [
        (BEFORE, "id", ("3 hari kerja", "5 hari kerja", "10 hari kerja"), ("1 hari kerja", "7 hari", "12 hari")),
        (AFTER, "id", ("1 hari kerja", "7 hari.", "12 hari sejak"), ("3 hari", "5 hari", "10 hari", "hari kerja.\n7")),
        (BEFORE, "en", ("3 working days", "5 working days", "10 working days"), ("1 working", "7 days", "hari kerja")),
        (AFTER, "en", ("1 working day.", "7 days", "12 days"), ("3 working", "5 working", "10 working", "hari")),
    ],
)
def test_pages_follow_the_row_in_force(
    changed: Deadlines, now: datetime, language: str, present: Sequence[str], absent: Sequence[str]
) -> None:
    """A row counts from its first day on, in both languages, with working days or days of the calendar."""
    text = pages(changed, now, language)
    assert [words for words in present if words not in text] == []
    assert [words for words in absent if words in text] == []


def test_a_clock_without_a_row_promises_nothing(tmp_path: Path) -> None:
    """The steps stay, without a time."""
    text = pages(deadlines_of(tmp_path, [row for row in shipped_rows() if row["clock"] != "verify"]), BEFORE)
    assert "Kami meneruskannya ke instansi yang berwenang." in text
    assert "None" not in text
    assert "3 hari" not in text


def test_messages_follow_the_row_of_the_answer(changed: Deadlines) -> None:
    """The reply about a closing, and the words of a closing by the system."""
    subject = AnswerSubject("closed", "7K2M-P9QX-4TBC", "kota-3374", "Kota Contoh")

    def reply(at: datetime) -> str:
        period = changed.objection_period(at)
        return reply_text("sms", subject, "Sudah.", is_private=False, link="", objection_period=period)

    assert "BELUM 7K2M-P9QX-4TBC dalam 10 hari kerja." in reply(BEFORE)
    assert "BELUM 7K2M-P9QX-4TBC dalam 12 hari." in reply(AFTER)
    assert unopposed_text(changed.objection_period(AFTER)) == "Tidak ada keberatan dalam 12 hari."
    assert unopposed_text(DEADLINES.objection_period(AFTER)) == "Tidak ada keberatan dalam 10 hari kerja."
