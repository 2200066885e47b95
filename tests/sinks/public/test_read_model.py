"""Reports are public from the day after their agency took them, with masked words, and only while they may be."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete

from config.database import write_transaction
from desk.acts.answer_pictures import AnswerPictures
from language.stems import stems
from messages.shapes import SenderAct, Verdict
from messages.topics import TRIAGE
from sinks.public.address import list_address, read_position
from sinks.public.queries import CLOSED, OPEN, PublicFilter, PublicReports, ShownReport
from sinks.public.read_model import PublicReadModel
from sinks.public.tables import PublicReport
from tests.conftest import NOW
from tests.ingest.files.test_attachments import picture
from tests.pages.test_document_cleaning import letter
from tests.sinks.ledger.test_own_report import (
    JOINED,
    JOINER,
    MESSAGE,
    REPORT,
    answer_row,
    case_row,
    message_row,
    report_row,
    write,
)
from tests.sinks.public.harness import EVERYTHING, KEY, SENSITIVITY, PublicPipeline
from tests.support import records
from tests.support.attachments import ample_space
from tests.support.case_stages import delete_facts
from tests.support.query_plans import plans_of, scanned_tables

_TEXT = "Kemenkes tolong, nama saya Rahmat Hidayat, hubungi 0812-3456-7890. Antrean puskesmas lama."
_MASKED = "Kemenkes tolong, nama saya [nama], hubungi [nomor]. Antrean puskesmas lama."


def test_what_is_shown(pipeline: PublicPipeline) -> None:
    """A report at an agency is shown with masked words; a rahasia report and one at triage never."""
    shown = pipeline.send_taken(_TEXT, title="Dari Pak Rahmat", anonim=True)
    pipeline.send_taken("Kemenkes tolong, puskesmas, ini rahasia saya.", rahasia=True)
    at_triage = pipeline.send("Entah siapa yang berwenang di sini.")
    assert at_triage.dispatch.agency == TRIAGE

    (report,) = pipeline.shown
    assert (report.title, report.text) == ("Dari Pak [nama]", _MASKED)
    assert (report.agency, report.state) == ("kementerian-kemenkes", "ditangani")
    assert shown.complaint.tracking.replace("-", "") not in report.public_id
    assert pipeline.tomorrow.find(report.public_id) == report
    assert pipeline.reports.find(report.public_id) is None
    assert pipeline.tomorrow.find("P000000000000") is None
    assert pipeline.tomorrow.find(shown.complaint.tracking) is None


@pytest.mark.parametrize(
    ("verdict", "is_public"), [("accepted", True), ("responded", True), ("closed", True), ("asked", False)]
)
def test_the_agency_takes_it_first(pipeline: PublicPipeline, verdict: Verdict, is_public: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """No report is public before its agency has accepted, answered or closed it."""
    sent = pipeline.send(_TEXT)
    assert pipeline.shown == []
    pipeline.answer(sent, verdict)
    assert bool(pipeline.shown) == is_public


def test_the_state_follows_the_case(pipeline: PublicPipeline) -> None:
    """Answers change the state from the next day on. A refused report goes, whatever was public before."""
    handled, refused = pipeline.send_taken(_TEXT), pipeline.send_taken("Kemenkes tolong, obat habis.")
    assert {report.state for report in pipeline.shown} == {"ditangani"}
    pipeline.time += timedelta(days=1)
    pipeline.answer(handled, "closed")
    pipeline.answer(refused, "refused")
    assert refused.dispatch.agency == TRIAGE
    assert [report.state for report in pipeline.reports.newest(EVERYTHING, 9)] == ["ditangani"] * 2
    assert [report.state for report in pipeline.shown] == ["selesai"]
    for state, count in ((OPEN, 0), (CLOSED, 1)):
        assert len(pipeline.tomorrow.newest(PublicFilter(state=state), 10)) == count
    (report,) = pipeline.shown
    assert (report.published_on, report.changed_on) == (date(2026, 11, 25), date(2026, 11, 26))


def test_pictures_that_everybody_may_see(pipeline: PublicPipeline) -> None:
    """Those of counted answers with the officer's tick, from the next day on, each once; a rebuild finds the same."""
    sent = pipeline.send_taken(_TEXT, anonim=True)
    other = pipeline.send_taken("Kemenkes tolong, obat habis.")
    one, two, hidden = (pipeline.picture(sent, picture(size=(side, 40))) for side in (50, 60, 70))
    foreign = pipeline.picture(other, picture())
    pipeline.time += timedelta(days=1)
    pipeline.answer(sent, "responded", text="Satu.", pictures=(two, foreign), pictures_public=True)
    pipeline.answer(sent, "responded", text="Dua.", pictures=(hidden,))
    pipeline.answer(sent, "closed", text="Tiga.", pictures=(one, two), pictures_public=True)
    assert {report.pictures for report in pipeline.reports.newest(EVERYTHING, 9)} == {""}
    pictures = {report.text: report.picture_ids for report in pipeline.shown}
    assert pictures == {_MASKED: [str(two), str(one)], "Kemenkes tolong, obat habis.": []}
    shown = pipeline.shown
    pipeline.model.rebuild(pipeline.engine)
    assert pipeline.shown == shown
    pipeline.time += timedelta(days=1)
    pipeline.send_raw(records.followed(pipeline.parts, sent.complaint.message_id, "withdraws"))
    assert {report.pictures for report in pipeline.reports.newest(EVERYTHING, 9)} == {""}


def test_a_document_is_never_public(pipeline: PublicPipeline) -> None:
    """Neither beside pictures that everybody may see nor in their place."""
    sent = pipeline.send_taken(_TEXT, anonim=True)
    engine, take_space = pipeline.engine, ample_space().take
    store = AnswerPictures(engine, pipeline.parts.sealer, lambda _: nullcontext(), take_space, lambda: pipeline.time)
    document, shown = store.store_document(sent.dispatch, letter).id, pipeline.picture(sent, picture())
    pipeline.time += timedelta(days=1)
    pictures = (shown, document)
    pipeline.answer(sent, "responded", text="Satu.", pictures=pictures, pictures_public=True, document=document)
    pipeline.time += timedelta(days=1)
    assert [report.picture_ids for report in pipeline.shown] == [[str(shown)]]


def test_pictures_of_an_answer_for_its_sender_alone_are_not_shown(pipeline: PublicPipeline) -> None:
    """Whatever the tick about the pictures says: nobody else reads such an answer."""
    sent = pipeline.send_taken(_TEXT)
    pictures = (pipeline.picture(sent, picture()),)
    pipeline.time += timedelta(days=1)
    pipeline.answer(sent, "responded", "Satu.", "sender", pictures=pictures, pictures_public=True)
    (report,) = pipeline.shown
    assert (report.picture_ids, report.answer) == ([], "")


def test_records_in_any_order_and_twice(pipeline: PublicPipeline) -> None:
    """The view depends on the facts, not on their order; a rebuild gives the same."""
    sent = pipeline.send(_TEXT)
    pipeline.answer(sent, "accepted")
    (report,) = pipeline.shown
    for order in permutations(sent.records):
        with write_transaction(pipeline.engine) as connection:
            connection.execute(delete(PublicReport))
            delete_facts(connection)
        for record in order:
            pipeline.ledger.handle([record])
        pipeline.ledger.handle(order)
        assert pipeline.shown == [report]
    with write_transaction(pipeline.engine) as connection:
        connection.execute(delete(PublicReport))
    # Days later, a rebuild finds the same days.
    pipeline.time += timedelta(days=3)
    assert pipeline.model.rebuild(pipeline.engine) == 1
    assert pipeline.reports.newest(EVERYTHING, 9) == [report]


def test_a_withdrawn_report_is_gone(pipeline: PublicPipeline) -> None:
    """At once. Neither a later answer nor a rebuild shows it again. Withdrawing one that joins it does not hide it."""
    sent = pipeline.send_taken(_TEXT)
    pipeline.time += timedelta(days=1)
    (report,) = pipeline.shown
    joining = pipeline.send("Kemenkes, di tempat saya juga begitu.", same_as=report.public_id)
    pipeline.send_raw(records.followed(pipeline.parts, joining.complaint.message_id, "withdraws"))
    assert [shown.public_id for shown in pipeline.shown] == [report.public_id]
    pipeline.send_raw(records.followed(pipeline.parts, sent.complaint.message_id, "withdraws"))
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    pipeline.answer(sent, "responded")
    pipeline.model.rebuild(pipeline.engine)
    assert pipeline.shown == []
    assert pipeline.tomorrow.find(report.public_id) is None
    assert pipeline.tomorrow.open_complaint(report.public_id) is None


def test_what_a_sender_does_by_a_further_report(pipeline: PublicPipeline) -> None:
    """Withdrawing a repeat hides the case, and an objection shows it again. A repeat in confidence hides it."""
    phone = "+6281234567890"
    first, repeat = pipeline.send_taken(_TEXT, phone=phone), pipeline.send(_TEXT, phone=phone)
    assert repeat.complaint.relation.of == first.complaint.id
    pipeline.time += timedelta(days=1)
    (report,) = pipeline.shown

    joining = pipeline.send("Kemenkes, di tempat saya juga begitu.", same_as=report.public_id, phone="+6281234567899")
    further = pipeline.send_raw(records.followed(pipeline.parts, joining.complaint.message_id, "adds", "Masih antre."))
    pipeline.send_raw(records.followed(pipeline.parts, further.complaint.message_id, "withdraws"))
    assert len(pipeline.shown) == 1

    acts: tuple[tuple[SenderAct, int, int], ...] = (("withdraws", 1, 0), ("objects", 2, 1))
    for act, hours, count in acts:
        when = pipeline.time + timedelta(hours=hours)
        pipeline.send_raw(records.followed(pipeline.parts, repeat.complaint.message_id, act, "Belum.", when))
        assert len(pipeline.shown) == count

    pipeline.send(_TEXT, phone=phone, rahasia=True)
    assert pipeline.shown == []
    pipeline.model.rebuild(pipeline.engine)
    assert pipeline.shown == []


def test_a_fault_of_the_mask_shows_nothing(pipeline: PublicPipeline) -> None:
    """A rebuild with a mask that works shows the report."""

    def failing(_text: str) -> str:
        raise ZeroDivisionError

    pipeline.send_taken(_TEXT)
    pipeline.model_with(failing).rebuild(pipeline.engine)
    assert pipeline.shown == []
    assert pipeline.model.rebuild(pipeline.engine) == 1
    assert len(pipeline.shown) == 1


def test_words_are_masked_once(pipeline: PublicPipeline) -> None:
    """An answer masks nothing again; a rebuild does, because the mask may have become better, and counts at once."""
    texts: list[str] = []

    def mask(text: str) -> str:
        texts.append(text)
        return text

    sent = pipeline.send_taken(_TEXT)
    pipeline.time += timedelta(days=1)
    model = pipeline.model_with(mask)
    with write_transaction(pipeline.engine) as connection:
        model.derive(connection, [sent.complaint.id])
    assert texts == []
    assert [report.text for report in pipeline.shown] == [_MASKED]
    model.rebuild(pipeline.engine)
    assert texts == [sent.complaint.report.title, _TEXT]
    assert [report.text for report in pipeline.reports.newest(EVERYTHING, 9)] == [_TEXT]


@pytest.mark.parametrize(
    ("act", "hours", "state"), [("rates", 3, "menunggu-anda"), ("adds", 3, "ditangani"), ("adds", 1, "menunggu-anda")]
)
def test_the_state_is_that_of_the_ledger(engine: Engine, act: SenderAct, hours: int, state: str) -> None:
    """The agency answered and then asked. A rating answers no question, and neither does an earlier message."""
    further = message_row(hours, act, "Amoksisilin.")
    ids = {"id": UUID(int=700), "own_case": False, "relation": "repeat", "of": REPORT}
    accompanying = case_row(0, further["id"], act=act, topic="jalan", at=NOW + timedelta(hours=hours), **ids)
    answers = [answer_row(1, "responded", "Sedang kami periksa."), answer_row(2, "asked", "Obat apa?")]
    reports = write(engine, [report_row(1), further], [case_row(act="reports", topic="jalan"), accompanying], answers)
    own = reports.read(MESSAGE)
    assert own
    assert [own.status.state, *(report.state for report in derived(engine, {REPORT}))] == [state, state]


def test_only_current_joins_count(engine: Engine) -> None:
    """A report that a person split from the case is not counted any more, and its withdrawal hides nothing else."""
    joining = {"own_case": False, "relation": "joins", "of": REPORT}
    dispatches = [
        case_row(topic="jalan"),
        case_row(0, JOINED, id=UUID(int=700), topic="jalan", **joining),
        case_row(1, JOINED, id=UUID(int=701), topic="jalan"),
    ]
    joiner = report_row(2, JOINER, relation="joins", of=REPORT)
    write(
        engine,
        [report_row(1), joiner, message_row(5, "withdraws", "", of=JOINED)],
        dispatches,
        [answer_row(1, "accepted", "")],
    )
    assert [report.joined for report in derived(engine, {REPORT, JOINED})] == [0]


def derived(engine: Engine, complaint_ids: Collection[UUID]) -> Sequence[ShownReport]:
    """Return the public reports after deriving these complaints."""
    with write_transaction(engine) as connection:
        PublicReadModel(str, KEY, SENSITIVITY, lambda: NOW, stems).derive(connection, complaint_ids)
    return PublicReports(engine, lambda: NOW + timedelta(days=1)).newest(EVERYTHING, 10)


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (EVERYTHING, "newest"),
        (PublicFilter(since=NOW, until=NOW), "newest"),
        (PublicFilter(agency="kota-3374"), "agency"),
        (PublicFilter(topics=("sampah",)), "topic"),
        (PublicFilter(region="33"), "province"),
        (PublicFilter(region="33.74"), "city"),
        (PublicFilter(region="33.74.01"), "city"),
        (PublicFilter(state=CLOSED), "is_closed"),
    ],
)
def test_each_filter_has_its_index(engine: Engine, chosen: PublicFilter, index: str) -> None:
    """No list searches all reports for those that it shows, and none of them is sorted."""
    reports = PublicReports(engine, lambda: NOW)
    (plan,) = plans_of(engine, lambda: reports.newest(chosen, 2), "public_report")
    assert f"ix_public_report_{index}" in plan
    assert "TEMP B-TREE" not in plan
    (plan,) = plans_of(engine, reports.agencies, "public_report")
    assert scanned_tables(plan, ["public_report"]) == set()


def test_pages_of_a_list(pipeline: PublicPipeline) -> None:
    """Pages continue after the last report, also among reports of the same day."""
    for number in range(5):
        pipeline.send_taken(f"Kemenkes tolong, puskesmas ke-{number} tutup.")
    pipeline.time += timedelta(days=1)
    first = pipeline.reports.newest(EVERYTHING, 2)
    second = pipeline.reports.newest(EVERYTHING, 2, first[-1].public_id)
    third = pipeline.reports.newest(EVERYTHING, 2, second[-1].public_id)
    assert [*first, *second, *third] == pipeline.shown
    assert pipeline.reports.newest(EVERYTHING, 2, "P000000000000") == first
    assert read_position(dict([list_address(EVERYTHING, first[-1].public_id).partition("?")[2].split("=")])) == (
        first[-1].public_id
    )
    # A narrow period would tell a time: only its days count.
    for hours, count in ((25, 5), (48, 0)):
        since = NOW + timedelta(hours=hours)
        assert len(pipeline.reports.newest(PublicFilter(since=since, until=NOW + timedelta(days=2)), 9)) == count
    assert pipeline.reports.newest(PublicFilter(agency="kota-3374"), 2) == []
    assert pipeline.reports.newest(PublicFilter(region="33.74"), 2) == []
    assert pipeline.reports.agencies() == ["kementerian-kemenkes"]
    assert len(pipeline.reports.newest(PublicFilter(agency="kementerian-kemenkes"), 9)) == 5


def test_a_report_joins_the_public_one_that_its_sender_names(pipeline: PublicPipeline) -> None:
    """The join is counted. The own text still leads to its agency; a closed or unknown report is joined by none."""
    first = pipeline.send_taken(_TEXT)
    pipeline.time += timedelta(days=1)
    (report,) = pipeline.shown
    joining = pipeline.send("Kemenkes, di tempat saya juga begitu.", same_as=report.public_id)
    assert joining.complaint.relation.kind == "joins"
    assert joining.complaint.relation.of == first.complaint.id
    assert joining.complaint.relation.evidence == ("said-by-sender",)
    assert joining.dispatch.agency == "kementerian-kemenkes"
    assert [shown.joined for shown in pipeline.shown] == [1]

    elsewhere = pipeline.send("PLN tolong, listrik padam di rumah saya.", same_as=report.public_id)
    assert (elsewhere.complaint.relation.kind, elsewhere.dispatch.agency) == ("joins", "bumn-pln")

    pipeline.answer(first, "closed")
    assert [shown.is_open for shown in pipeline.reports.newest(EVERYTHING, 9)] == [True]
    for same_as in (report.public_id, "P000000000000", "<script>"):
        late = pipeline.send(f"Kemenkes, masih begitu juga {same_as}.", same_as=same_as)
        assert (late.complaint.relation.kind, late.dispatch.own_case) == ("new", True)
