"""Everybody reads the agency's answer and its closing words, masked, from the next day on. A search finds them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from config.database import read_transaction, write_transaction
from language.stems import stems
from sinks.public.queries import PublicFilter, PublicReports
from sinks.public.releases import PublicReleases
from sinks.public.tables import PublicReport
from sinks.public.word_search import has_words, query_words
from tests.sinks.public.harness import EVERYTHING, SENSITIVE_WORD, PublicPipeline, Sent
from tests.support.query_plans import plans_of

_TEXT = "Kemenkes tolong, lantai puskesmas berlubang di depan loket, hubungi Pak Rahmat Hidayat 0812-3456-7890."
_ANSWER = "Yth. Bapak Rahmat Hidayat, petugas menambal lantai itu. Hubungi 0813-1111-2222."
_MASKED = "Yth. Bapak [nama], petugas menambal lantai itu. Hubungi [nomor]."


def shown_answers(pipeline: PublicPipeline, reports: PublicReports | None = None) -> Sequence[tuple[str, str]]:
    """Return answer and closing of each report that is public from the next day on, or of `reports` now."""
    shown = (reports or pipeline.tomorrow).newest(EVERYTHING, 9)
    return [(report.answer, report.closing) for report in shown]


def test_the_answer_is_masked_and_shown_from_the_next_day_on(pipeline: PublicPipeline) -> None:
    """The last answer, and the words of the closing. A question and the words of an acceptance are not among them."""
    sent = pipeline.send(_TEXT)
    pipeline.answer(sent, "accepted", "Diterima.")
    pipeline.answer(sent, "asked", "Di RT berapa?")
    pipeline.time += timedelta(days=1)
    assert shown_answers(pipeline) == [("", "")]
    pipeline.answer(sent, "responded", "Kami periksa.")
    pipeline.answer(sent, "responded", _ANSWER)
    pipeline.answer(sent, "closed", "Lantai sudah rata.")
    assert shown_answers(pipeline, pipeline.reports) == [("", "")]
    assert shown_answers(pipeline) == [(_MASKED, "Lantai sudah rata.")]
    pipeline.model.rebuild(pipeline.engine)
    assert shown_answers(pipeline, pipeline.reports) == [("", "")]
    assert shown_answers(pipeline) == [(_MASKED, "Lantai sudah rata.")]


def test_words_to_another_citizen_are_not_shown(pipeline: PublicPipeline) -> None:
    """What the agency writes to a citizen who joined the report may be about that citizen."""
    sent = pipeline.send_taken(_TEXT)
    pipeline.time += timedelta(days=1)
    (report,) = pipeline.shown
    joining = pipeline.send("Kemenkes, saya juga jatuh di sana.", same_as=report.public_id, rahasia=True)
    pipeline.answer(joining, "responded", "Semoga lekas pulih.")
    assert shown_answers(pipeline) == [("", "")]
    pipeline.answer(sent, "responded", _ANSWER)
    assert shown_answers(pipeline) == [(_MASKED, "")]


def test_a_number_of_a_telephone_is_masked_whole(pipeline: PublicPipeline) -> None:
    """Its last groups may be a valid number of a report with the word behind them, and the number goes all the same."""
    sent = pipeline.send_taken(_TEXT)
    number = sent.complaint.tracking
    words = "Hubungi 0813-1111-2222 bila perlu, pada 2026 kami akan datang."
    pipeline.answer(sent, "responded", f"{words} {number} dan {number.replace('-', '')}.")
    masked = "Hubungi [nomor] bila perlu, pada 2026 kami akan datang. [nomor] dan [nomor]."
    assert shown_answers(pipeline) == [(masked, "")]


def test_an_answer_for_its_sender_alone_is_not_shown(pipeline: PublicPipeline) -> None:
    """An answer that is shared with all who reported the same is masked for everybody else."""
    sent = pipeline.send_taken(_TEXT)
    pipeline.answer(sent, "responded", _ANSWER, "all-senders")
    pipeline.answer(sent, "closed", "Obat Anda siap diambil.", "sender")
    assert shown_answers(pipeline) == [(_MASKED, "")]


def test_the_words_of_a_former_agency_go_with_it(pipeline: PublicPipeline) -> None:
    """Another agency decides anew. What it answers is shown, and not what the former one had answered."""
    sent = pipeline.send("Puskesmas tutup terus di Kota Semarang, mohon diperiksa.")
    pipeline.answer(sent, "responded", "Kami periksa.")
    pipeline.answer(sent, "refused", "Bukan kewenangan kami.")
    assert shown_answers(pipeline) == []
    pipeline.answer(sent, "responded", "Dinas kami sudah ke sana.")
    assert shown_answers(pipeline) == [("Dinas kami sudah ke sana.", "")]


def test_a_sensitive_answer_is_shown_after_a_release_alone(pipeline: PublicPipeline) -> None:
    """The report stays public without it. An officer who releases the report releases the answer."""
    sent = pipeline.send(_TEXT)
    pipeline.answer(sent, "responded", f"Petugas itu {SENSITIVE_WORD} warga.")
    assert shown_answers(pipeline) == [("", "")]
    _release(pipeline, sent)
    assert shown_answers(pipeline) == [(f"Petugas itu {SENSITIVE_WORD} warga.", "")]


def test_a_fault_of_the_mask_shows_no_answer(pipeline: PublicPipeline) -> None:
    """The report itself, which was masked before, stays."""

    def failing(_text: str) -> str:
        raise ZeroDivisionError

    sent = pipeline.send_taken(_TEXT)
    pipeline.answer(sent, "responded", _ANSWER)
    with write_transaction(pipeline.engine) as connection:
        pipeline.model_with(failing).derive(connection, [sent.complaint.id])
    assert shown_answers(pipeline) == [("", "")]
    assert len(pipeline.shown) == 1


def test_a_rebuild_masks_answers_once_more(pipeline: PublicPipeline) -> None:
    """At once: the mask may have become better. A sensitive answer goes at once, too."""
    sent = pipeline.send_taken(_TEXT)
    pipeline.answer(sent, "responded", _ANSWER)
    pipeline.time += timedelta(days=1)
    with write_transaction(pipeline.engine) as connection:
        connection.execute(update(PublicReport).values(answer=_ANSWER))
    pipeline.model.rebuild(pipeline.engine)
    assert shown_answers(pipeline, pipeline.reports) == [(_MASKED, "")]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("lubang", True),
        ("BERLUBANG, depan", True),
        ("perlubangan", True),
        ("tambal", True),
        ("puskes", True),
        ("puskes lantai", False),
        ("rata", True),
        ("Rahmat", False),
        ("0812", False),
        ("diperbaiki", False),
        ("lantai' | | & !( :*", True),
        ("ali", False),
    ],
)
def test_a_search_finds_shown_words_in_any_form(pipeline: PublicPipeline, query: str, is_found: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Of the report and of its answers; the last word also as a beginning. It finds no word that the mask hides."""
    sent = pipeline.send_taken(_TEXT)
    pipeline.send_taken("Kemenkes tolong, antrean obat lama sekali.")
    pipeline.answer(sent, "responded", _ANSWER)
    pipeline.answer(sent, "closed", "Lantai sudah rata.")
    chosen = PublicFilter(query=query, words=query_words(query, stems))
    assert bool(chosen.words)
    shown = pipeline.tomorrow.newest(chosen, 9)
    assert len(shown) == is_found
    # What is shown tomorrow is found tomorrow.
    pipeline.time -= timedelta(days=1)
    assert pipeline.tomorrow.newest(chosen, 9) == []


@pytest.mark.only_on("postgresql", "SQLite has no index of words in a column")
def test_a_search_has_an_index(pipeline: PublicPipeline) -> None:
    """A search for a rare word reads the reports that have it."""

    def search() -> None:
        with read_transaction(pipeline.engine) as connection:
            is_found = has_words(connection, query_words("lubang", stems))
            connection.execute(select(col(PublicReport.public_id)).where(is_found))

    (plan,) = plans_of(pipeline.engine, search, "public_report")
    assert "ix_public_report_words" in plan


def _release(pipeline: PublicPipeline, sent: Sent) -> None:
    releases = PublicReleases(pipeline.engine, lambda: pipeline.time)
    releases.decide(sent.complaint.id, sent.dispatch.agency, sent.dispatch.hop, is_released=True, at=pipeline.time)
    pipeline.model.follow_decisions(pipeline.engine)
