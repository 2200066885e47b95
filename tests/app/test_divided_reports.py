"""A divided report from the SMS to the pages of its sender: one number, parts with their states, and one contact."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import requests
from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlmodel import col
from starlette.requests import Request

from app.assembly.http import page_templates
from app.assembly.parts import Parts
from app.operations.retention.case_ends import ended_reports
from bus.port import Outgoing
from cases.clocks.clock_states import ClockState
from config.database import read_transaction
from desk.read_model.case_view import read_contact
from desk.read_model.parts import CasePart, read_parts
from language.masking.masker import mask_with_labels
from messages import codec, ids
from messages.sender_link import sender_token
from messages.shapes import Correction, Dispatch, NewPart, RawMessage, Relation, Verdict
from messages.topics import AGENCY_ANSWERS, CORRECTIONS
from oversight.read_model.case_row import case_row
from oversight.read_model.fact_reader import read_facts
from oversight.read_model.report_facts import ReportFacts, case_clocks
from oversight.read_model.tallies import day_tallies
from pages.headers import PageHeaders
from pages.language import PageLanguage
from sinks.ledger.own.own_page import OwnPage
from sinks.ledger.own.own_report import OwnReports
from sinks.ledger.page import StatusPage
from sinks.ledger.status import ReportStatus, StatusReader
from sinks.replies.tables import OutboxRow, RecipientRow
from tests.app.forgetting.town import NAME, WORDS, Town, rows_with_canary
from tests.ingest.door_client import DoorServer
from tests.support import records
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES

_KEY = b"k" * 32
PLN, KEMENKES = "bumn-pln", "kementerian-kemenkes"
REPORT = "Kemenkes tolong, puskesmas di Kota Semarang tutup. Juga listrik sering padam."
PART = "Juga listrik sering padam."


@pytest.fixture
def town(parts: Parts, engine: Engine) -> Town:
    """Return a town on each kind of database."""
    return Town(parts, engine)


def divide(town: Town, report: Dispatch, words: str = PART, agency: str = PLN) -> Dispatch:
    """Let an officer divide a report; return the dispatch of the part."""
    correction = Correction(
        id=ids.correction_id(report.complaint_id, words, None),
        message_id=report.message_id,
        at=town.now,
        complaint_id=report.complaint_id,
        tracking=report.tracking,
        relation=Relation(),
        actor="Sri",
        reason="Petugas membagi laporan.",
        part=NewPart(dispatch_id=report.id, text=words, agency=agency),
    )
    town.publish(Outgoing(CORRECTIONS, *codec.encode(correction, str(correction.complaint_id), "/tests")))
    return town.dispatches()[-1]


def divided(town: Town) -> tuple[RawMessage, Dispatch, Dispatch]:
    """Return a report, its dispatch, and that of its part."""
    raw = town.report(REPORT)
    first = town.dispatches()[-1]
    town.now += timedelta(days=2)
    return raw, first, divide(town, first)


def answer(town: Town, dispatch: Dispatch, verdict: Verdict, words: str = "Sudah.") -> None:
    """Let the agency of a dispatch answer."""
    given = signed(unsigned_answer(dispatch, verdict, text=words, at=town.now))
    town.publish(Outgoing(AGENCY_ANSWERS, *codec.encode(given, str(given.complaint_id), "/tests")))
    town.now += timedelta(minutes=5)


def statuses(town: Town) -> StatusReader:
    """Return the reader of statuses."""
    return StatusReader(town.engine, {PLN: "PLN", KEMENKES: "Kementerian Kesehatan"})


def status(town: Town, number: str) -> ReportStatus:
    """Return the status of a number."""
    found = statuses(town).status(number)
    assert found is not None
    return found


def sms_texts(town: Town) -> Sequence[str]:
    """Return the texts of all replies, in order."""
    with read_transaction(town.engine) as connection:
        query = select(col(OutboxRow.text)).order_by(col(OutboxRow.made_at), col(OutboxRow.id))
        return connection.execute(query).scalars().all()


def test_a_report_is_over_when_its_last_part_is(town: Town) -> None:
    """Each part has the state that its agency gave it, and the report that of the part which is not over."""
    raw, first, second = divided(town)
    assert (second.agency, second.tracking) == (PLN, f"{raw.tracking}-2")
    whole = status(town, raw.tracking)
    assert [(part.tracking, part.part_number, part.state) for part in whole.parts] == [
        (second.tracking, 2, "diteruskan")
    ]
    assert whole.sentence == f"Laporan {raw.tracking} dibagi menjadi 2 bagian: 1 diteruskan, 2 diteruskan."
    answer(town, first, "closed")
    whole = status(town, raw.tracking)
    assert (whole.state, whole.whole_state) == ("selesai", "diteruskan")
    later = town.now + timedelta(days=1)
    reports = [first.complaint_id]
    assert ended_reports(town.engine, statuses(town).statuses, reports, later) == frozenset()
    answer(town, second, "closed")
    assert status(town, raw.tracking).whole_state == "selesai"
    assert ended_reports(town.engine, statuses(town).statuses, reports, later) == {first.complaint_id}
    assert (status(town, second.tracking).whole_number, status(town, second.tracking).parts) == (raw.tracking, ())


def test_the_pages_list_the_parts(town: Town) -> None:
    """Status page and own page of the report lead to the pages of its part, and those of the part back."""
    raw, first, second = divided(town)
    pages, reports = page_templates(DEADLINES, lambda: town.now), OwnReports(town.engine, statuses(town), str)
    app = FastAPI()
    app.add_middleware(PageLanguage)
    app.add_middleware(PageHeaders, new_nonce=lambda: "nonce")
    app.include_router(StatusPage(statuses(town), pages, lambda: town.now).routes())
    own = OwnPage(reports, pages, _KEY, lambda: town.now, uuid4, _ignore, DEADLINES, _nothing, _nothing)
    app.include_router(own.routes())
    server = DoorServer()
    server.app = app
    whole_address, part_address = (f"/l/{sender_token(item.message_id, _KEY)}" for item in (first, second))
    with server.serving():
        whole, part = (read(server, f"/status/{item.tracking}") for item in (first, second))
        assert f'<a href="/status/{second.tracking}">Bagian {second.tracking}</a>' in whole
        assert f'href="/status/{raw.tracking}">{raw.tracking}</a>' in part
        whole, part = read(server, whole_address), read(server, part_address)
    assert f'<a href="{part_address}">Bagian {second.tracking}</a>' in whole
    assert f'href="{whole_address}">{raw.tracking}</a>' in part
    assert "Bagian lain tetap berjalan" in whole


def read(server: DoorServer, address: str) -> str:
    """Return the HTML of a page."""
    page = requests.get(f"http://127.0.0.1:{server.port}{address}", headers={"Accept": "text/html"}, timeout=60)
    assert page.status_code == 200
    return page.text


def _ignore(_request: Request, _reason: str) -> None:
    """Do nothing."""


def _nothing(_id: UUID) -> None:
    """Return nothing."""


def test_the_sender_hears_of_a_part_by_the_contact_of_the_report(town: Town) -> None:
    """Each SMS names the part. The part has no contact of its own, and its officers may see that of the report."""
    _, first, second = divided(town)
    answer(town, second, "responded", "Trafo sudah diganti.")
    texts = sms_texts(town)
    assert any(text.startswith(f"Laporan {first.tracking} memuat hal lain.") and "PLN" in text for text in texts)
    assert any(second.tracking in text and "Trafo" in text for text in texts)
    with read_transaction(town.engine) as connection:
        assert set(connection.execute(select(col(OutboxRow.complaint_id))).scalars()) == {first.complaint_id}
        assert connection.execute(select(col(RecipientRow.complaint_id))).scalars().all() == [first.complaint_id]
        own, of_report = (read_contact(connection, each.complaint_id) for each in (second, first))
        assert own is not None
        assert (own, own.message_id) == (of_report, first.message_id)
        assert read_parts(connection, first.complaint_id) == [CasePart(second.tracking, PLN)]


def test_a_part_has_an_own_page_with_every_act(town: Town) -> None:
    """Its sender reads its words and its answer there, and what is sent there is about the part alone."""
    raw, first, second = divided(town)
    answer(town, second, "asked", "Di jalan apa?")
    own = OwnReports(town.engine, statuses(town), mask_with_labels)
    part = own.read(second.message_id)
    assert part is not None
    assert (part.question, part.whole_message_id) == ("Di jalan apa?", raw.id)
    assert [entry.text for entry in part.entries if entry.act == "reports"] == [PART]
    town.publish(records.followed(town.parts, second.message_id, "adds", "Jalan Melati", town.now))
    added = town.dispatches()[-1]
    assert (added.agency, added.own_case, added.relation.of) == (PLN, False, second.complaint_id)
    assert status(town, second.tracking).state == "ditangani"
    town.publish(records.followed(town.parts, second.message_id, "withdraws", "", town.now))
    assert (status(town, second.tracking).state, status(town, first.tracking).state) == ("ditarik", "diteruskan")


def test_an_sms_with_the_number_of_a_part_is_about_the_part(town: Town) -> None:
    """So is one without a number after the part was answered last."""
    _, first, second = divided(town)
    town.report(f"TAMBAH {second.tracking} di Jalan Melati")
    assert town.complaints()[-1].relation.of == second.complaint_id
    town.report(f"TAMBAH {first.tracking} di Jalan Mawar")
    assert town.complaints()[-1].relation.of == first.complaint_id
    answer(town, second, "closed")
    town.report(f"BELUM {second.tracking} masih padam")
    assert (town.complaints()[-1].relation.of, town.complaints()[-1].follow_up.act) == (second.complaint_id, "objects")
    assert status(town, second.tracking).state == "dibuka-lagi"


def test_whoever_is_forgotten_is_forgotten_with_all_parts(town: Town) -> None:
    """The sender asks by the link of the report: no table has a word of a part, and a replay brings none back."""
    raw = town.report(f"Kemenkes tolong. {WORDS}")
    first = town.dispatches()[-1]
    second = divide(town, first, WORDS)
    answer(town, second, "responded", f"Kepada {NAME}")
    assert second.complaint_id != first.complaint_id
    assert rows_with_canary(town.engine)
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    assert rows_with_canary(town.engine) == {}
    town.replay()
    assert rows_with_canary(town.engine) == {}


def test_a_part_waits_since_its_report_arrived(town: Town) -> None:
    """The period of the law counts from the arrival; the agency has the whole time of a first answer."""
    _, first, second = divided(town)
    with read_transaction(town.engine) as connection:
        facts = {each.id: each for each in read_facts(connection, [first.complaint_id, second.complaint_id])}
    report, part = (states_of(facts[dispatch.complaint_id]) for dispatch in (first, second))
    assert part["resolve"].due_at == report["resolve"].due_at
    assert part["first_answer"].due_at == second.due_at > first.due_at
    assert (report["verify"].state, part["verify"].state) == ("met", "dropped")


def test_a_part_is_a_case_and_no_further_report(town: Town) -> None:
    """Figures count one report that arrived and two cases."""
    _, first, second = divided(town)
    measures: list[set[str]] = []
    with read_transaction(town.engine) as connection:
        for facts in read_facts(connection, [first.complaint_id, second.complaint_id]):
            row = case_row(facts, case_clocks(facts, DEADLINES), DEADLINES, PROGRAMMES)
            assert row is not None
            measures.append({key.measure for key in day_tallies(row)})
    assert all("case" in found for found in measures)
    assert sorted("received" in found for found in measures) == [False, True]


def states_of(facts: ReportFacts) -> Mapping[str, ClockState]:
    """Return the states of the clocks of a report."""
    clocks = case_clocks(facts, DEADLINES)
    assert clocks is not None
    return {state.clock: state for state in clocks.states}
