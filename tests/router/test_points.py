"""Reports with a point: alone, beside names in its province, and beside names in another one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing
from messages import codec
from messages.gsm_alphabet import fits_one_sms
from messages.payloads.open311 import ServiceRequest
from messages.payloads.submission import MobileSubmission, Submission
from messages.sealing import Sealed
from messages.shapes import Channel, Complaint, Dispatch, Place, Relation, Reply, Report
from messages.topics import COMPLAINTS, REPLIES, TRIAGE
from router.decide import decide, decide_again
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support.records import at
from tests.support.rules import SHIPPED, cached_rules, fixed_rules_source
from tests.support.stages import link_of, make_router
from tests.support.triage_confidence import check_confidence_at_triage

RULES = cached_rules(SHIPPED)
SEMARANG = (-6.9932, 110.4203)
MEDAN = (3.5906, 98.6780)
_IDS = UUID(int=1708)
TEXT = "Lampu jalan mati sudah seminggu"


def _report(text: str, point: tuple[float, float] = SEMARANG, place: Place | None = None) -> Report:
    latitude, longitude = point
    coordinates = {"latitude": latitude, "longitude": longitude}
    return Report(text=text, place=(place or Place()).model_copy(update=coordinates))


FORMS = {
    "web": Submission.from_form(f"text={TEXT}&latitude=-6.99320&longitude=110.42030".encode()).report(),
    "app": MobileSubmission(
        text=TEXT, latitude=-6.9932, longitude=110.4203, accuracy=8, device_id=UUID(int=1)
    ).report(),
    "open311": ServiceRequest.from_form(f"service_code=x&lat=-6.9932&long=110.4203&description={TEXT}".encode()).report(
        "Perhubungan"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_point_alone_tells_the_place(form: str) -> None:
    """A local matter without any word of a place goes to the city in which its point lies."""
    decision = decide(FORMS[form], RULES)
    assert (decision.agency, decision.region) == ("kota-3374", "33.74.07")
    assert decision.reasons[-1].model_dump() == {
        "rule": "point",
        "text": "Titik lokasi: Semarang Selatan, Kota Semarang, Jawa Tengah.",
    }


@pytest.mark.parametrize(
    ("point", "agency"),
    [
        ((-4.0953, 138.9461), "kabupaten-9501"),
        ((-0.8762, 131.2558), "kota-9671"),
        ((-8.4932, 140.4018), "kabupaten-9301"),
        ((-6.1754, 106.8272), "provinsi-31"),
        ((-6.91, 110.42), "kota-3374"),
    ],
)
def test_the_government_of_the_point(point: tuple[float, float], agency: str) -> None:
    """The new provinces of Papua, Jakarta without cities of its own, and a point off the coast."""
    assert decide(_report(TEXT, point), RULES).agency == agency


@pytest.mark.parametrize("point", [(1.29, 103.85), (-5.0, 110.5), (0.0, 0.0)])
def test_a_point_that_is_nowhere_changes_nothing(point: tuple[float, float]) -> None:
    """In Singapore, far out at sea, or without a fix: the words decide, and the sender is asked if they do not."""
    unplaced, placed = Report(text=TEXT), Report(text=f"{TEXT} di Kota Semarang")
    assert decide(_report(unplaced.text, point), RULES) == decide(unplaced, RULES)
    assert decide(_report(placed.text, point), RULES) == decide(placed, RULES)
    assert {reason.rule for reason in decide(unplaced, RULES).reasons} >= {"place-missing"}


@pytest.mark.parametrize(
    ("text", "place", "overruled"),
    [
        (f"{TEXT} di Kabupaten Kendal", Place(), "Kabupaten Kendal, Jawa Tengah"),
        (f"{TEXT} di Ungaran", Place(), "Kabupaten Semarang, Jawa Tengah"),
        (f"{TEXT} di Kecamatan Bergas, Kabupaten Semarang", Place(), "Bergas, Kabupaten Semarang, Jawa Tengah"),
        (TEXT, Place(code="33.22.01"), "Getasan, Kabupaten Semarang, Jawa Tengah"),
        (TEXT, Place(address="Jalan Raya 3, Kendal"), "Kabupaten Kendal, Jawa Tengah"),
        (f"{TEXT} di Kabupaten Kendal", Place(code="33.21"), "Kabupaten Kendal, Jawa Tengah"),
        (f"{TEXT}, Jawa Tengah", Place(), ""),
        (f"{TEXT} di Semarang", Place(), ""),
        (f"{TEXT} di Kecamatan Tembalang", Place(), ""),
    ],
)
def test_a_point_decides_within_its_province(text: str, place: Place, overruled: str) -> None:
    """The officer reads which named place was overruled."""
    decision = decide(_report(text, place=place), RULES)
    assert decision.agency == "kota-3374"
    (explanation,) = (reason.text for reason in decision.reasons if reason.rule == "point")
    assert explanation.startswith("Titik lokasi: Semarang Selatan, Kota Semarang, Jawa Tengah.")
    note = f" Laporan menyebut {overruled}; titik lokasi menentukan."
    assert explanation.endswith(note) if overruled else "menyebut" not in explanation


@pytest.mark.parametrize(
    ("text", "place", "named", "government"),
    [
        (f"{TEXT} di Kabupaten Sleman", Place(), "Kabupaten Sleman, Daerah Istimewa Yogyakarta", "kabupaten-3404"),
        (f"{TEXT} di Medan", Place(), "Kota Medan, Sumatera Utara", "kota-1271"),
        (TEXT, Place(code="34.04"), "Kabupaten Sleman, Daerah Istimewa Yogyakarta", "kabupaten-3404"),
        (TEXT, Place(region="Kota Medan"), "Kota Medan, Sumatera Utara", "kota-1271"),
        (f"{TEXT} di Kecamatan Lembang", Place(), "Lembang, Kabupaten Bandung Barat, Jawa Barat", "kabupaten-3217"),
    ],
)
def test_a_conflict_of_provinces_goes_to_triage(text: str, place: Place, named: str, government: str) -> None:
    """Triage sees both places and both governments, and no region is counted."""
    decision = decide(_report(text, place=place), RULES)
    assert (decision.agency, decision.region) == (TRIAGE, "")
    assert {"kota-3374", government} <= set(decision.alternatives)
    assert decision.reasons[0].model_dump() == {
        "rule": "place-conflict",
        "text": f"Titik lokasi: Semarang Selatan, Kota Semarang, Jawa Tengah. Laporan menyebut: {named}. Pelapor perlu "
        "menegaskan tempatnya.",
    }
    assert not [reason for reason in decision.reasons if "tidak disebut" in reason.text]


@pytest.mark.parametrize(
    "text",
    [
        "Jl. Danau Toba rusak parah",
        f"{TEXT} di Tlogosari",
        f"{TEXT} di desa Sukamaju",
        "Bus dari Sleman ke Semarang tidak berhenti di halte, tolong ditindak",
    ],
)
def test_a_name_that_may_lie_near_is_no_conflict(text: str) -> None:
    """A street's name, a quarter's, a name of many villages, and a second name in the province of the point."""
    assert decide(_report(text), RULES).agency != TRIAGE


def test_a_matter_of_one_institution_needs_no_reason_of_the_point() -> None:
    """Of an institution for the whole country, the point is no reason."""
    decision = decide(_report("Listrik padam sejak pagi"), RULES)
    assert decision.agency == "bumn-pln"
    assert "point" not in {reason.rule for reason in decision.reasons}


@pytest.mark.parametrize(
    ("answer", "agency"),
    [
        ("Di Kabupaten Sleman", "kabupaten-3404"),
        ("Yang benar di Kota Semarang", "kota-3374"),
        ("Bukan di situ, di Kota Medan", "kota-1271"),
        ("tolong segera", TRIAGE),
    ],
)
def test_the_answer_of_the_sender_decides_a_conflict(answer: str, agency: str) -> None:
    """A place in the answer counts more than the point. Words without a place decide nothing."""
    earlier = _report(f"{TEXT} di Kabupaten Sleman" if agency != "kota-1271" else f"{TEXT} di Medan")
    assert decide(earlier, RULES).agency == TRIAGE
    assert decide_again(earlier, Report(text=answer), RULES).agency == agency


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> RouterStage:
    """A router with the shipped tables on each kind of database."""
    return make_router(engine, fixed_rules_source(SHIPPED), now)


def _route(router: RouterStage, number: int, report: Report, channel: Channel, relation: Relation) -> list[Outgoing]:
    complaint = Complaint(
        id=uuid5(_IDS, str(number)),
        message_id=uuid5(_IDS, f"message {number}"),
        at=NOW,
        tracking=f"A66B-MDC4-S{number:03}",
        channel=channel,
        sender="sender",
        report=report,
        contact=Sealed("sealed"),
        relation=relation,
    )
    outputs = router.handle([at(Outgoing(COMPLAINTS, *codec.encode(complaint, str(complaint.id), "/test")), number)])
    check_confidence_at_triage(outputs)
    return list(outputs)


def _dispatches(outputs: Sequence[Outgoing]) -> list[Dispatch]:
    return [codec.decode(Dispatch, out.value, out.headers) for out in outputs if out.topic.startswith("agency-")]


@pytest.mark.parametrize("channel", ["web", "mobile"])
def test_the_sender_is_asked_about_a_conflict(router: RouterStage, channel: Channel) -> None:
    """Once, without a word of the report, by the own link. The answer moves the report, and the sender hears of it."""
    outputs = _route(router, 1, _report(f"{TEXT} di Kabupaten Sleman"), channel, Relation())
    (first,), (question,) = _dispatches(outputs), _replies(outputs)
    assert (first.agency, question.kind) == (TRIAGE, "asked-place")
    assert question.text == (
        f"Titik lokasi dan isi laporan {first.tracking} berbeda. Tulis tempat yang benar: {link_of(first.message_id)}"
    )
    assert fits_one_sms(question.text)
    relation = Relation(kind="repeat", of=first.complaint_id)
    answered = _route(router, 2, Report(text="Di Kabupaten Sleman"), channel, relation)
    moved = _dispatches(answered)[0]
    assert (moved.complaint_id, moved.agency, moved.hop) == (first.complaint_id, "kabupaten-3404", 1)
    assert moved.reasons[0].rule == "place-conflict"
    assert [(reply.kind, reply.tracking) for reply in _replies(answered)] == [("dispatched", first.tracking)]


def test_equal_words_at_two_points_are_two_cases(router: RouterStage) -> None:
    """A join of a report elsewhere does not take it along: its own point leads to another agency."""
    (first,) = _dispatches(_route(router, 1, _report(TEXT), "web", Relation()))
    relation = Relation(kind="joins", of=first.complaint_id)
    (near,) = _dispatches(_route(router, 2, _report(TEXT, (-6.9940, 110.4210)), "web", relation))
    (far,) = _dispatches(_route(router, 3, _report(TEXT, MEDAN), "web", relation))
    assert [(dispatch.agency, dispatch.own_case) for dispatch in (first, near, far)] == [
        ("kota-3374", True),
        ("kota-3374", False),
        ("kota-1271", True),
    ]


def _replies(outputs: Sequence[Outgoing]) -> list[Reply]:
    return [codec.decode(Reply, out.value, out.headers) for out in outputs if out.topic == REPLIES]
