"""A person divides a report: the words of a part are a complaint of their own below it (decision 0035)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import (
    MAX_PARTS,
    Complaint,
    Correction,
    CorrectionOutcome,
    Dispatch,
    NewPart,
    Place,
    Relation,
    Reply,
    Report,
)
from messages.topics import COMPLAINTS, CORRECTION_OUTCOMES, CORRECTIONS, REPLIES, TRIAGE
from privacy.forgotten import SentReport, find_sent_report, record_reports
from privacy.tables import PersonReport
from router.rebuild import RouterRebuild
from tests.conftest import NOW
from tests.router.test_linked import RouterHarness, complaint_of, dispatches
from tests.support.databases import Databases
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

PLN = "bumn-pln"
KEMENKES = "kementerian-kemenkes"
NUMBER = "M58Y-Z04Q-Q2T7"
ARRIVED = NOW - timedelta(days=4)
WHOLE = "Kemenkes tolong, lampunya padam."
WORDS = "PLN sering padam."


class DivisionHarness(RouterHarness):
    """A router that knows the senders of its complaints, and gets divisions."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        super().__init__(make_router(engine, fixed_rules_source(), now))
        self.engine = engine

    def receive(self, text: str = WHOLE, number: int = 1, **changes: object) -> Dispatch:
        """Route a new report of a known sender; return its dispatch."""
        complaint = complaint_of(number, text, channel="sms").model_copy(update={"tracking": NUMBER, **changes})
        sent = SentReport(complaint.id, complaint.message_id, complaint.sender, ARRIVED, has_shared_seal=False)
        with write_transaction(self.engine) as connection:
            record_reports(connection, [sent])
        (dispatch,) = dispatches(self.route(complaint))
        return dispatch

    def division(self, dispatch: Dispatch, text: str = WORDS, agency: str = "") -> Record:
        """Return the record of a division at the next offset."""
        correction = Correction(
            id=ids.correction_id(dispatch.complaint_id, text, None),
            message_id=dispatch.message_id,
            at=NOW,
            complaint_id=dispatch.complaint_id,
            tracking=dispatch.tracking,
            relation=Relation(),
            actor="Sri",
            reason="",
            part=NewPart(dispatch_id=dispatch.id, text=text, agency=agency),
        )
        self.offset += 1
        message = Outgoing(CORRECTIONS, *codec.encode(correction, str(correction.complaint_id), "/test"))
        return at(message, self.offset)

    def divide(self, dispatch: Dispatch, text: str = WORDS, agency: str = "") -> Sequence[Outgoing]:
        """Divide a report; return the messages."""
        return self.route_record(self.division(dispatch, text, agency))

    def route_part(self, outputs: Sequence[Outgoing]) -> tuple[Dispatch, list[Reply]]:
        """Route the only part among some messages; return its dispatch and the replies."""
        (part,) = parts_of(outputs)
        routed = self.route(part)
        (dispatch,) = dispatches(routed)
        answers = [output for output in routed if output.topic == REPLIES]
        return dispatch, [codec.decode(Reply, output.value, output.headers) for output in answers]


def parts_of(outputs: Sequence[Outgoing]) -> list[Complaint]:
    """Return the complaints among some messages."""
    published = [output for output in outputs if output.topic == COMPLAINTS]
    return [codec.decode(Complaint, output.value, output.headers) for output in published]


def outcome_of(outputs: Sequence[Outgoing]) -> CorrectionOutcome:
    """Return the only outcome among some messages."""
    (judged,) = [output for output in outputs if output.topic == CORRECTION_OUTCOMES]
    return codec.decode(CorrectionOutcome, judged.value, judged.headers)


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> DivisionHarness:
    """A router on each kind of database."""
    return DivisionHarness(engine, now)


def test_a_part_is_a_complaint_below_its_report(router: DivisionHarness) -> None:
    """It arrived with the report, has its sender, its number and secrecy, the words of the part, and no contact."""
    report = Report(text=WHOLE, title="Dua hal", place=Place(code="33.74"), rahasia=True)
    first = router.receive(report=report, danger="fire")
    outputs = router.divide(first)
    (part,) = parts_of(outputs)
    assert (part.message_id, part.id) == (
        ids.part_message_id(first.complaint_id, 2),
        ids.complaint_id(ids.part_message_id(first.complaint_id, 2)),
    )
    assert (part.tracking, part.at, part.sender, part.contact) == (f"{NUMBER}-2", ARRIVED, "sender", "")
    assert part.report == report.model_copy(update={"text": WORDS, "title": ""})
    assert (part.danger, part.relation, part.channel) == ("fire", Relation(), "sms")
    assert part.part_of is not None
    assert (part.part_of.report_id, part.part_of.number, part.part_of.actor) == (first.complaint_id, 2, "Sri")
    judged = outcome_of(outputs)
    assert (judged.outcome, judged.part_id, judged.part_number) == ("applied", part.id, 2)


def test_a_part_is_routed_as_any_complaint(router: DivisionHarness) -> None:
    """It is a case at the agency of its own words; the sender hears of it, by the contact of the report."""
    first = router.receive()
    second, replies = router.route_part(router.divide(first))
    assert (first.agency, second.agency, second.own_case, second.hop) == (KEMENKES, PLN, True, 0)
    assert [reason.rule for reason in second.reasons] == ["divided", "named"]
    assert second.part_of is not None
    assert second.part_of.number == 2
    (reply,) = replies
    assert (reply.complaint_id, reply.tracking) == (first.complaint_id, f"{NUMBER}-2")
    assert reply.text.startswith(f"Laporan {NUMBER} memuat hal lain. Hal itu kami teruskan ke ")
    (moved,) = dispatches(router.route_answer(second, suggested_agency=KEMENKES))
    assert (moved.agency, moved.part_of) == (KEMENKES, second.part_of)


def test_a_person_may_choose_the_agency_of_a_part(router: DivisionHarness) -> None:
    """The rules' choice comes next. A code that no agency has leaves the choice to the rules."""
    first = router.receive()
    chosen, _ = router.route_part(router.divide(first, agency=KEMENKES))
    assert (chosen.agency, chosen.alternatives[:1], chosen.actor, chosen.confidence) == (KEMENKES, (PLN,), "Sri", 1.0)
    other, _ = router.route_part(router.divide(first, text="PLN padam lagi.", agency="tidak-ada"))
    assert (other.agency, other.actor) == (PLN, "")


def test_a_place_that_only_the_report_names_is_that_of_the_part(router: DivisionHarness) -> None:
    """The part has the region that the router found for the report."""
    first = router.receive("Kemenkes tolong di Kota Semarang.")
    (part,) = parts_of(router.divide(first))
    assert (first.region, part.report.place.code) == ("33.74", "33.74")


def test_a_division_that_comes_again_makes_one_part(router: DivisionHarness) -> None:
    """The same record gives the same bytes; a second record of it only the outcome."""
    first = router.receive()
    record = router.division(first)
    once, again = router.route_record(record), router.route_record(record)
    assert once == again
    second = router.route_record(router.division(first))
    assert (parts_of(second), outcome_of(second)) == ([], outcome_of(once))
    (part,) = parts_of(once)
    assert dispatches(router.route(part))
    assert router.route(part) == []


def test_parts_are_numbered_and_limited(router: DivisionHarness) -> None:
    """Each act makes the next part, up to the limit."""
    first = router.receive()
    numbers = [outcome_of(router.divide(first, text=f"PLN {count}")).part_number for count in range(MAX_PARTS)]
    assert numbers == [2, 3, 4, 5, 0]


@pytest.mark.parametrize("state", ["closed", "moved", "repeat", "part", "forgotten", "unknown sender"])
def test_what_cannot_be_divided_stays_as_it_is(router: DivisionHarness, state: str) -> None:
    """The outcome says so: nothing is published, and nothing is lost."""
    dispatch = router.receive()
    if state == "closed":
        router.route_answer(dispatch, "closed")
    elif state == "moved":
        router.route_answer(dispatch, suggested_agency=PLN)
    elif state == "repeat":
        (dispatch,) = dispatches(router.route(complaint_of(2, "lagi", of=1)))
    elif state == "part":
        dispatch, _ = router.route_part(router.divide(dispatch))
    else:
        change = {"forgotten_at": NOW} if state == "forgotten" else {"received_at": None}
        with write_transaction(router.engine) as connection:
            connection.execute(update(PersonReport).values(change))
    outputs = router.divide(dispatch, text="PLN lain.")
    assert (parts_of(outputs), outcome_of(outputs).outcome, len(outputs)) == ([], "unchanged", 1)


def test_an_unknown_report_is_rejected(router: DivisionHarness) -> None:
    """As every correction of a complaint that the router does not know."""
    dispatch = router.receive()
    with pytest.raises(Reject, match="unknown_complaint"):
        router.divide(dispatch.model_copy(update={"complaint_id": UUID(int=1)}))


def test_a_part_is_forgotten_with_its_sender(router: DivisionHarness) -> None:
    """The sender's list of reports has the part; a replay of it writes no words."""
    first = router.receive()
    (part,) = parts_of(router.divide(first))
    with write_transaction(router.engine) as connection:
        forget = update(PersonReport).where(col(PersonReport.sender) == "sender")
        assert connection.execute(forget.values(forgotten_at=NOW)).rowcount == 2
    (dispatch,) = dispatches(router.route(part))
    assert (WORDS in dispatch.model_dump_json(), dispatch.agency) == (False, TRIAGE)


def test_a_restored_router_knows_the_parts(router: DivisionHarness, database: Databases, tmp_path: Path) -> None:
    """The division has its outcome, and the sender's list of reports the part."""
    first = router.receive()
    record = router.division(first)
    once = router.route_record(record)
    (part,) = parts_of(once)
    part_record = router.complaint_record(part)
    whole = router.complaint_record(complaint_of(1, WHOLE, channel="sms").model_copy(update={"tracking": NUMBER}))
    queued = [at(output, router.offset + number) for number, output in enumerate(router.stage.handle([part_record]), 1)]
    first_record = at(Outgoing(f"agency-{first.agency}", *codec.encode(first, str(first.complaint_id), "/test")), 90)
    queued_dispatches = [each for each in queued if each.topic.startswith("agency-")]
    with database.engine(tmp_path / "restored") as engine:
        restored = RouterRebuild(engine, {}, DEADLINES)
        restored.adopt([whole, first_record, record, part_record, *queued_dispatches], lambda _position: None)
        judged = restored.outcome_of(record)
        with read_transaction(engine) as connection:
            sent = find_sent_report(connection, part.id)
    assert judged is not None
    assert outcome_of([judged]) == outcome_of(once)
    assert sent == SentReport(part.id, part.message_id, "sender", ARRIVED, has_shared_seal=False)
