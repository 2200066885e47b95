"""A normalizer that others overtake between its reading and its writing decides as if they had come before it.

Each test forces the dangerous moment. The expected decisions are those of one normalizer that handles the batches one
after the other, on another database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from app.assembly.parts import Parts
from app.operations.forgetting.forgetting import Forgetting
from app.tables import METADATA
from bench.duplicate_streams import StreamReport
from bus.port import Outgoing, Record
from config.database import read_transaction
from messages import ids
from messages.shapes import Relation
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.limits import DuplicateLimits
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.store.expiry import COMPARISON_PERIOD
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.normalize.duplicates.test_closed_cases import answer_record
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING, OTHER_STREET, correction, report
from tests.support import records
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource
from tests.support.frozen_owner import handled_while_frozen
from tests.support.interleaving import after_next_reading, other_connection
from tests.support.paths import ROOT
from tests.support.records import at, value_of
from tests.support.rules import language_of
from tests.support.stages import make_normalizer

PHONE = "+628000000021"
_LIMITS = DuplicateLimits(joins_of_sender=2, joins_of_case=2)
_STREAM = next((ROOT / "tests" / "data" / "streams").glob("*.jsonl"))
_REPORTS_OF_STREAM, _BATCH_SIZE = 120, 10

MakeStage = Callable[[Engine], NormalizeStage]


@dataclass(frozen=True)
class Meeting:
    """Batches: those that were handled before, that of the normalizer that overtakes, and that of the other one."""

    earlier: Sequence[Record]
    overtaking: Sequence[Record]
    overtaken: Sequence[Record]


@pytest.fixture
def make_stage(parts: Parts, detection: DuplicateDetection) -> MakeStage:
    """Return a function that makes a normalizer with all questions and low limits."""
    conversation = Conversation(TraitsReaderSource(FixedSource(language_of())), {"sms"}, DEADLINES.may_object)
    matcher = Matcher(detection.reader, detection.comparator, "test", _LIMITS)
    return lambda engine: make_normalizer(engine, parts.sealer, matcher=matcher, conversation=conversation)


@pytest.fixture
def reference(other_engine: Engine) -> Engine:
    """A database on which the batches are handled one after the other."""
    return other_engine


def stored_rows(engine: Engine) -> dict[str, list[str]]:
    """Return the rows of all tables of the normalizer."""
    tables = [table for table in METADATA.sorted_tables if table.name.startswith("normalize_")]
    with read_transaction(engine) as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in tables}


def overtake(
    engine: Engine,
    stage: NormalizeStage,
    other: NormalizeStage,
    overtaken: Sequence[Record],
    overtaking: Sequence[Record],
) -> list[Sequence[Outgoing]]:
    """Let the other stage handle its batch when `stage`, on `engine`, has read and not written; return both outputs."""
    outputs: list[Sequence[Outgoing]] = []
    with after_next_reading(engine, lambda: outputs.append(other.handle(overtaking))):
        outputs.append(stage.handle(overtaken))
    return outputs


def complaint_of(message: Outgoing) -> UUID:
    """Return the id of the complaint that a message becomes."""
    return ids.complaint_id(UUID(value_of(message)["message_id"]))


def sms(parts: Parts, text: str, minutes: float, sid: str) -> Outgoing:
    """Return an SMS of a proven sender."""
    return records.sms(parts, text, PHONE, sid, NOW + timedelta(minutes=minutes), "twilio-signature")


def copies(parts: Parts) -> Meeting:
    """Two citizens report one matter."""
    return Meeting([], [at(report(parts, MORNING, "a"), 1)], [at(report(parts, AFTERNOON, "b", 1), 2)])


def same_text(parts: Parts) -> Meeting:
    """A citizen sends one text twice: the second is found by its fingerprint."""
    return Meeting([], [at(sms(parts, MORNING, 0, "SM1"), 1)], [at(sms(parts, MORNING, 1, "SM2"), 2)])


def deliveries(parts: Parts) -> Meeting:
    """The provider delivers one message twice."""
    return Meeting([], [at(sms(parts, MORNING, 0, "SM1"), 1)], [at(sms(parts, MORNING, 0, "SM1"), 2)])


def following_words(parts: Parts) -> Meeting:
    """The report, and an SMS with its place."""
    trouble, place = "Lampu jalan padam total sudah tiga malam", "Jl. Melati No 4 Kelurahan Sukamaju"
    return Meeting([], [at(sms(parts, trouble, 0, "SM1"), 1)], [at(sms(parts, place, 3, "SM2"), 2)])


def follow_up(parts: Parts) -> Meeting:
    """The sender objects by the own link to a closing; another citizen reports the matter at this moment."""
    message = report(parts, MORNING, "a")
    objection = records.followed(parts, UUID(value_of(message)["message_id"]), "objects", "Belum.", NOW)
    return Meeting(
        [at(message, 1), answer_record(complaint_of(message))],
        [at(objection, 2, NOW)],
        [at(report(parts, AFTERNOON, "b", 1), 3)],
    )


def closing(parts: Parts) -> Meeting:
    """The agency closes the case that a citizen's report is about."""
    message = report(parts, MORNING, "a")
    closing = answer_record(complaint_of(message))
    return Meeting([at(message, 1)], [closing], [at(report(parts, AFTERNOON, "b", 1), 2)])


def answer_to_own(parts: Parts) -> Meeting:
    """The agency closes a case, and its sender writes by SMS that the trouble goes on."""
    message = sms(parts, MORNING, 0, "SM1")
    return Meeting(
        [at(message, 1)], [answer_record(complaint_of(message))], [at(sms(parts, "Belum diperbaiki", 2, "SM2"), 2)]
    )


def full_case(parts: Parts) -> Meeting:
    """The last join that the limit of a case allows, and one more."""
    first, second, third, fourth = (report(parts, f"{AFTERNOON} {n}", f"n{n}", n) for n in range(4))
    return Meeting([at(first, 1), at(second, 2)], [at(third, 3)], [at(fourth, 4)])


def merge(parts: Parts) -> Meeting:
    """A person merges the case that a report joins into another one."""
    root, other = report(parts, OTHER_STREET, "a"), report(parts, MORNING, "b")
    merged = correction(complaint_of(other), Relation(kind="joins", of=complaint_of(root)))
    return Meeting([at(root, 1), at(other, 2)], [merged], [at(report(parts, AFTERNOON, "c", 2), 3)])


def expiry(parts: Parts) -> Meeting:
    """A later message lets the report expire that an overtaken one of its time is about."""
    late = COMPARISON_PERIOD / timedelta(hours=1) + 2
    return Meeting(
        [at(report(parts, MORNING, "a"), 1)],
        [at(report(parts, OTHER_STREET, "c", late), 2)],
        [at(report(parts, AFTERNOON, "b", 1), 3)],
    )


@pytest.mark.parametrize(
    "meet",
    [
        *(copies, same_text, deliveries, following_words, follow_up),
        *(closing, answer_to_own, full_case, merge, expiry),
    ],
)
def test_an_overtaken_batch_is_decided_after_the_other_one(
    parts: Parts, engine: Engine, reference: Engine, make_stage: MakeStage, meet: Callable[[Parts], Meeting]
) -> None:
    """It gives the same bytes and rows as one normalizer."""
    meeting = meet(parts)
    only = make_stage(reference)
    only.handle(meeting.earlier)
    expected = [only.handle(meeting.overtaking), only.handle(meeting.overtaken)]
    make_stage(engine).handle(meeting.earlier)
    with other_connection(engine) as other_engine:
        stages = make_stage(engine), make_stage(other_engine)
        assert overtake(engine, *stages, meeting.overtaken, meeting.overtaking) == expected
    assert stored_rows(engine) == stored_rows(reference)


@pytest.mark.slow
def test_overtaken_batches_of_a_stream(parts: Parts, engine: Engine, reference: Engine, make_stage: MakeStage) -> None:
    """Of two normalizers one overtakes the other in each pair of batches of a town's reports."""
    reports = StreamReport.load_file(_STREAM)[:_REPORTS_OF_STREAM]
    arrivals = [at(report(parts, each.text, each.sender), number) for number, each in enumerate(reports)]
    batches = [arrivals[first : first + _BATCH_SIZE] for first in range(0, len(arrivals), _BATCH_SIZE)]
    only = make_stage(reference)
    with other_connection(engine) as other_engine:
        stage, other = make_stage(engine), make_stage(other_engine)
        for overtaken, overtaking in zip(batches[::2], batches[1::2], strict=True):
            expected = [only.handle(overtaking), only.handle(overtaken)]
            assert overtake(engine, stage, other, overtaken, overtaking) == expected
    assert stored_rows(engine) == stored_rows(reference)


def test_a_person_who_is_forgotten_at_this_moment_writes_nothing(
    parts: Parts, engine: Engine, make_stage: MakeStage
) -> None:
    """The message was read before the request was stored. It is set aside, and no word of it is kept."""
    message = sms(parts, MORNING, 0, "SM1")
    stage = make_stage(engine)
    with other_connection(engine) as other_engine:
        forgetting = Forgetting(
            other_engine, parts.keys.key_store, parts.wrapper.sender_hash, parts.sealer, lambda: NOW, ()
        )
        sender = value_of(message)["sender"]
        with after_next_reading(engine, lambda: forgetting.forget(sender, NOW, "officer")):
            (event,) = stage.handle([at(message)])
    assert value_of(event)["reason"] == "forgotten"
    rows = stored_rows(engine)
    assert not rows["normalize_matter"]
    assert not rows["normalize_seen"]


def test_the_next_normalizer_publishes_what_a_frozen_one_stored(
    parts: Parts, engine: Engine, reference: Engine, make_stage: MakeStage
) -> None:
    """The bus has refused the commit of the frozen one. The decisions are published once, also at a third reading."""
    batch = [at(report(parts, MORNING, "a"), 1), at(report(parts, AFTERNOON, "b", 1), 2)]
    expected = make_stage(reference).handle(batch)
    with other_connection(engine) as other_engine:
        frozen, other = make_stage(engine), make_stage(other_engine)
        outputs = handled_while_frozen(engine, lambda: frozen.handle(batch), lambda: other.handle(batch))
        assert list(map(value_of, outputs)) == list(map(value_of, expected))
        assert other.handle(batch) == outputs


def test_each_batch_holds_the_lock_once(parts: Parts, engine: Engine, make_stage: MakeStage) -> None:
    """The answers of a batch are written before it is decided: it holds the lock twice. The revision counts both."""
    stage, message = make_stage(engine), report(parts, MORNING, "a")
    stage.handle([at(message, 1)])
    assert stored_rows(engine)["normalize_revision"] == ["(1, 1)"]
    stage.handle([answer_record(complaint_of(message)), at(report(parts, AFTERNOON, "b", 1), 2)])
    assert stored_rows(engine)["normalize_revision"] == ["(1, 3)"]
