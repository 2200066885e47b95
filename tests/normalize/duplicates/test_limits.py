"""Limits of joins and suggestions per sender and per case, on each database. What is above them is an own case."""

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing
from ingest.wrap import accepted_record
from messages import codec
from messages.shapes import Complaint, OversightEvent, Relation
from messages.topics import COMPLAINTS, OVERSIGHT
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.limits import DuplicateLimits
from normalize.duplicates.matcher import Matcher
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING, STREETS, report
from tests.normalize.duplicates.test_suggestions import OTHER_TREE, TREE
from tests.support import records
from tests.support.records import at
from tests.support.stages import make_normalizer

FEW = DuplicateLimits(
    joins_of_sender=3,
    suggestions_of_sender=1,
    joins_of_case=4,
    unproven_joins_of_case=2,
    suggestions_of_case=3,
    unproven_suggestions_of_case=1,
)
_COURTESIES = ("Tolong", "Mohon", "Halo", "Bapak", "Ibu", "Admin", "Salam", "Permisi", "Yth", "Kepada")
# A report of a tree in an alley of the street in which the first report has a tree.
ALLEY_TREE = "Di Jalan {} Gang {} ada pohon miring hampir tumbang di seberang kantor pos, tolong dipangkas"


@pytest.fixture
def stage(parts: Parts, engine: Engine, detection: DuplicateDetection) -> NormalizeStage:
    """A normalizer with low limits, on each kind of database."""
    matcher = Matcher(detection.reader, detection.comparator, "test", FEW)
    return make_normalizer(engine, parts.sealer, matcher=matcher)


def arrive(
    stage: NormalizeStage, messages: Sequence[Outgoing], first_offset: int, batch_size: int = 100
) -> tuple[list[Complaint], list[OversightEvent]]:
    """Return the complaints that the normalizer makes of messages, and its events."""
    arrivals = [at(message, first_offset + number) for number, message in enumerate(messages)]
    batches = [arrivals[first : first + batch_size] for first in range(0, len(arrivals), batch_size)]
    outputs = [output for batch in batches for output in stage.handle(batch)]
    complaints = [codec.decode(Complaint, out.value, out.headers) for out in outputs if out.topic == COMPLAINTS]
    events = [codec.decode(OversightEvent, out.value, out.headers) for out in outputs if out.topic == OVERSIGHT]
    return complaints, events


def unproven(parts: Parts, text: str, number: int, phone: str = "") -> Outgoing:
    """Return a web report whose sender nothing proves, in other words for each number below 1,000."""
    words = " ".join(_COURTESIES[int(digit)] for digit in f"{number:03}")
    body = json.dumps({"text": f"{words}. {text}", "phone": phone}).encode()
    raw = parts.wrapper.wrap("web", f"key:{number} {text} {phone}", "", body, NOW, records.JSON)
    return accepted_record(raw)


@pytest.mark.parametrize("batch_size", [1, 100])
def test_unproven_joins_of_a_case_are_limited(parts: Parts, stage: NormalizeStage, batch_size: int) -> None:
    """Above the limit one copy opens a case, and the next ones join that. Oversight is told once of each full case.

    A proven sender still joins the first case.
    """
    copies = [unproven(parts, MORNING, number) for number in range(7)]
    (first, *later), events = arrive(stage, [report(parts, MORNING, "a"), *copies], 0, batch_size)
    assert [complaint.relation.kind for complaint in later] == [
        "joins",
        "joins",
        "new",
        "joins",
        "joins",
        "new",
        "joins",
    ]
    second, third = later[2], later[5]
    assert {complaint.relation.of for complaint in later if complaint.relation.of} == {first.id, second.id, third.id}
    assert [(event.event, event.subject, event.reason) for event in events] == [
        ("duplicate-limit", first.id, "joins"),
        ("duplicate-limit", second.id, "joins"),
    ]
    (proven,), events = arrive(stage, [report(parts, AFTERNOON, "b", 1)], 50)
    assert (proven.relation.kind, events) == ("joins", [])
    assert proven.relation.of in {first.id, second.id, third.id}


def test_all_joins_of_a_case_are_limited(parts: Parts, stage: NormalizeStage) -> None:
    """Proven senders are limited too, at a higher number."""
    neighbours = [report(parts, f"{AFTERNOON} {number}", f"n{number}", 1) for number in range(6)]
    (first, *later), _ = arrive(stage, [report(parts, MORNING, "a"), *neighbours], 0)
    assert [complaint.relation.of for complaint in later].count(first.id) == FEW.joins_of_case


def test_the_event_is_told_again_when_the_record_is_processed_again(parts: Parts, stage: NormalizeStage) -> None:
    """It follows from the stored decision: after a crash the same records give the same bytes."""
    messages = [report(parts, MORNING, "a"), *(unproven(parts, MORNING, number) for number in range(4))]
    arrivals = [at(message, number) for number, message in enumerate(messages)]
    outputs = stage.handle(arrivals)
    assert [output.topic for output in outputs].count(OVERSIGHT) == 1
    assert stage.handle(arrivals) == outputs


def test_joins_from_one_claimed_address_are_limited(parts: Parts, stage: NormalizeStage) -> None:
    """A typed number proves nothing, and yet one number has no more joins than one person. Nobody joins what is above.

    A report without a number is not counted for a sender.
    """
    texts = [AFTERNOON.replace("Kenanga Raya", street) for street in STREETS[:4]]
    arrive(stage, [report(parts, text, f"o{number}") for number, text in enumerate(texts)], 0)
    phone = "+628000000055"
    copies, events = arrive(stage, [unproven(parts, text, 1, phone) for text in texts], 50)
    assert [copy.relation.kind for copy in copies] == ["joins", "joins", "joins", "new"]
    assert (copies[-1].relation.evidence, events) == (("too-many-joins",), [])
    (nameless, neighbour), _ = arrive(stage, [unproven(parts, texts[3], 2), report(parts, texts[3], "n", 1)], 90)
    assert {nameless.relation.kind, neighbour.relation.kind} == {"joins"}
    assert copies[-1].id not in {nameless.relation.of, neighbour.relation.of}


def test_suggestions_are_limited(parts: Parts, stage: NormalizeStage) -> None:
    """Per case and per sender. A report above a limit is a case of its own without one; oversight is told once."""
    streets = ("Manggis Raya", "Durian Raya", "Salak Raya")
    trees = [report(parts, TREE.replace(streets[0], street), f"o{street}", -4) for street in streets]
    (first, second, _), _ = arrive(stage, trees, 0)
    unproven_reports = [unproven(parts, ALLEY_TREE.format(streets[0], alley), 0) for alley in ("Mawar", "Melati")]
    (suggested, alone), events = arrive(stage, unproven_reports, 10, 1)
    assert (suggested.relation, alone.relation, alone.suggestion) == (Relation(), Relation(), None)
    assert suggested.suggestion
    assert suggested.suggestion.of == first.id
    assert [(event.subject, event.reason) for event in events] == [(first.id, "suggestions")]
    by_one_sender = [report(parts, OTHER_TREE.replace(streets[0], street), "b", 1) for street in streets[1:]]
    (suggested, alone), events = arrive(stage, by_one_sender, 20, 1)
    assert (suggested.relation, alone.relation, alone.suggestion, events) == (Relation(), Relation(), None, [])
    assert suggested.suggestion
    assert suggested.suggestion.of == second.id
