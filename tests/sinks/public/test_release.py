"""Sensitive reports are public only after an officer of the agency that has them released them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from cases.clocks.public_day import public_day
from cases.facts.tables import ComplaintFact
from config.database import read_transaction, write_transaction
from config.reference.public_release import load_sensitive_reports, unknown_topics
from config.reference.table_reader import TableError
from language.masking import mask_with_labels
from language.stems import stems
from router.evidence.topics import TOPICS, load_topic_names
from sinks.public.public_id import public_id
from sinks.public.read_model import PublicReadModel
from sinks.public.releases import PublicReleases
from sinks.public.sensitive_words import word_finder
from sinks.public.tables import PublicReport
from tests.sinks.public.harness import EVERYTHING, KEY, SENSITIVE_WORD, SENSITIVITY, PublicPipeline, Sent
from tests.support.paths import SHIPPED_TABLES

_SENSITIVE = f"Kemenkes tolong, suami saya {SENSITIVE_WORD} saya, puskesmas tutup."
_HARMLESS = "Kemenkes tolong, antrean puskesmas lama."


@pytest.fixture
def releases(pipeline: PublicPipeline) -> PublicReleases:
    """The decisions of officers."""
    return PublicReleases(pipeline.engine, lambda: pipeline.time)


def decide(pipeline: PublicPipeline, releases: PublicReleases, sent: Sent, *, is_released: bool) -> None:
    """Let an officer of the agency that has the report decide, and the public view follow."""
    dispatch = sent.dispatch
    releases.decide(sent.complaint.id, dispatch.agency, dispatch.hop, is_released=is_released, at=pipeline.time)
    pipeline.model.follow_decisions(pipeline.engine)


def test_a_sensitive_report_waits_for_an_officer(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """Accepting and answering it makes it not public. A release does, from the next day on."""
    sent = pipeline.send_taken(_SENSITIVE)
    pipeline.answer(sent, "responded")
    assert (pipeline.shown, releases.state(sent.complaint.id)) == ([], "hidden")
    decide(pipeline, releases, sent, is_released=True)
    assert releases.state(sent.complaint.id) == "next-day"
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    assert len(pipeline.shown) == 1
    pipeline.time += timedelta(days=1)
    assert releases.state(sent.complaint.id) == "shown"
    pipeline.model.rebuild(pipeline.engine)
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1


def test_a_released_report_need_not_be_accepted(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """Also a harmless one."""
    for text in (_SENSITIVE, _HARMLESS):
        decide(pipeline, releases, pipeline.send(text), is_released=True)
    assert len(pipeline.shown) == 2


def test_an_officer_takes_a_report_back(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """It is gone at once, and neither an answer, a rebuild nor another agency shows it again."""
    sent = pipeline.send_taken(_HARMLESS)
    pipeline.time += timedelta(days=1)
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1
    releases.decide(sent.complaint.id, sent.dispatch.agency, sent.dispatch.hop, is_released=False, at=pipeline.time)
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    pipeline.answer(sent, "closed")
    pipeline.model.follow_decisions(pipeline.engine)
    pipeline.model.rebuild(pipeline.engine)
    assert (pipeline.shown, releases.state(sent.complaint.id)) == ([], "withdrawn")
    decide(pipeline, releases, sent, is_released=True)
    assert len(pipeline.shown) == 1


def test_another_agency_decides_anew(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """What the former agency took or released is not public any more from the next day on."""
    taken = pipeline.send_taken("Puskesmas tutup terus di Kota Semarang, mohon diperiksa.")
    released = pipeline.send(f"Puskesmas di Kota Semarang, petugas {SENSITIVE_WORD} saya.")
    decide(pipeline, releases, released, is_released=True)
    pipeline.time += timedelta(days=1)
    assert len(pipeline.shown) == 2
    for sent in (taken, released):
        former = sent.dispatch.agency
        pipeline.answer(sent, "refused")
        assert sent.dispatch.agency not in {former, "triage"}
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 2
    assert pipeline.shown == []
    for sent in (taken, released):
        pipeline.answer(sent, "accepted")
    assert [report.public_id for report in pipeline.shown] != []
    assert len(pipeline.shown) == 1


def test_a_danger_hides_a_report_at_once(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """Also one that another report about the case tells of. An officer may release it."""
    sent = pipeline.send_taken(_HARMLESS)
    pipeline.time += timedelta(days=1)
    (report,) = pipeline.reports.newest(EVERYTHING, 9)
    pipeline.send("Kemenkes, puskesmas itu terbakar, orang terjebak di dalam sekarang!", same_as=report.public_id)
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    pipeline.answer(sent, "responded")
    assert pipeline.shown == []
    decide(pipeline, releases, sent, is_released=True)
    assert len(pipeline.shown) == 1


def test_a_report_without_a_topic_waits(pipeline: PublicPipeline, releases: PublicReleases) -> None:
    """Nobody knows what it is about."""
    sent = pipeline.send_taken("Kemenkes tolong, begini terus tidak ada perubahan.")
    assert (sent.dispatch.topic, sent.dispatch.agency) == ("", "kementerian-kemenkes")
    assert pipeline.shown == []
    decide(pipeline, releases, sent, is_released=True)
    assert len(pipeline.shown) == 1


def test_a_rebuild_takes_away_what_should_not_be_public(pipeline: PublicPipeline) -> None:
    """At once: reports that an edited table makes sensitive. The others stay."""
    hidden, shown = pipeline.send_taken(_HARMLESS), pipeline.send_taken("Kemenkes tolong, listrik padam di puskesmas.")
    pipeline.time += timedelta(days=1)
    before = pipeline.reports.newest(EVERYTHING, 9)
    assert len(before) == 2
    sensitivity = replace(SENSITIVITY, has_sensitive_words=lambda words: "antrean" in words)
    model = PublicReadModel(mask_with_labels, KEY, sensitivity, lambda: pipeline.time, stems)
    pipeline.answer(shown, "responded")
    assert model.rebuild(pipeline.engine) == 2
    # The answer of today is shown tomorrow, also after a rebuild.
    (report,) = pipeline.reports.newest(EVERYTHING, 9)
    assert report in before
    assert report.public_id == public_id(shown.complaint.id, KEY)
    assert [later.state for later in pipeline.shown] == ["dijawab"]
    assert hidden.complaint.id != shown.complaint.id


def test_what_the_sinks_read_late_is_shown_with_the_next_batch(pipeline: PublicPipeline) -> None:
    """Else a report would appear in the middle of a day."""
    pipeline.send_taken(_HARMLESS)
    with write_transaction(pipeline.engine) as connection:
        connection.execute(delete(PublicReport))
        pipeline.time += timedelta(days=3)
        complaint_ids = connection.execute(select(col(ComplaintFact.id))).scalars().all()
        pipeline.model.derive(connection, complaint_ids)
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    (report,) = pipeline.shown
    assert report.published_on == public_day(pipeline.time) + timedelta(days=1)


def test_old_rows_are_deleted(pipeline: PublicPipeline) -> None:
    """A version that nobody reads any more does not stay in the database."""
    sent = pipeline.send_taken(_HARMLESS)
    pipeline.time += timedelta(days=1)
    pipeline.answer(sent, "refused")
    pipeline.time += timedelta(days=1)
    pipeline.model.follow_decisions(pipeline.engine)
    with read_transaction(pipeline.engine) as connection:
        assert connection.execute(select(PublicReport.complaint_id)).all() == []


@pytest.mark.parametrize(
    ("text", "is_sensitive"),
    [
        ("Suami saya memukuli saya sekarang, Kec. Tembalang", True),
        ("saya dipuuukulin tetangga tiap malam", True),
        ("Keponakan saya di-bully teman sekelas", True),
        ("Anakku dirundung di sekolah", True),
        ("saya HIV positif, obat di puskesmas habis", True),
        ("Lurah minta uang untuk surat pindah", True),
        ("saya mau bunuh diri saja", True),
        ("Jalan berlubang di depan pasar sejak pukul 10", False),
        ("Lampu jalan mati, tolong diperbaiki", False),
        ("Sampah menumpuk di Jl. Kenanga", False),
    ],
)
def test_words_of_the_shipped_table(text: str, is_sensitive: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Violence, bullying, children, health, corruption and self-harm, whatever the topic is."""
    assert word_finder(load_sensitive_reports().phrases)(text) == is_sensitive


def test_the_shipped_table_names_known_topics() -> None:
    """A topic that nobody finds would protect nothing."""
    assert list(unknown_topics(load_sensitive_reports(), load_topic_names(SHIPPED_TABLES / TOPICS))) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Violence,,dipukul", "'Violence' is no name of a group"),
        ("violence,,", "neither a topic nor a phrase"),
        ("violence,Korupsi,", "'Korupsi' is no id of a topic"),
        ("violence,,di*pukul", "'di*pukul' is not in small letters"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, row: str, fault: str) -> None:
    """With its line and the remedy."""
    path = tmp_path / "public_release.csv"
    path.write_text(f"group,topics,phrases\n{row}\n")
    with pytest.raises(TableError, match=r"public_release.csv: line 2: ") as raised:
        load_sensitive_reports(path)
    assert fault in str(raised.value)
